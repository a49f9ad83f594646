//! `find`, whose expression can remove, write and run.

use super::paths::Folders;
use super::readers::outside;

/// Parts of an expression without a value.
const ALONE: &str = "-not -o -or -a -and ! ( ) , -print -print0 -ls -prune -empty -true -false -depth -xdev -mount -daystart \
    -quit -readable -writable -executable -nouser -nogroup -noleaf -ignore_readdir_race -warn -nowarn";
/// Parts with one.
const VALUED: &str = "-name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -type -xtype -maxdepth \
    -mindepth -size -mtime -atime -ctime -mmin -amin -cmin -newermt -newerct -perm -user -group -uid -gid -links -inum -used \
    -lname -ilname -fstype -printf";
/// Parts with a file as the value.
const FILES: &str = "-newer -anewer -cnewer -samefile";

pub(super) fn reads(rest: &[&str], folders: &Folders<'_>) -> Result<(), String> {
    let mut words = rest.iter().copied();
    let mut expression = false;
    while let Some(word) = words.next() {
        let on = |list: &str| list.split_whitespace().any(|known| known == word);
        // `-L`, `-H` and `-follow` go where links lead.
        if !expression && word == "-P" {
            continue;
        }
        if !expression && !word.starts_with('-') && !matches!(word, "(" | ")" | "!" | ",") {
            if !folders.readable(word) {
                return Err(outside("find", word));
            }
            continue;
        }
        expression = true;
        let file = on(FILES);
        if !(on(ALONE) || on(VALUED) || file) {
            return Err(format!("`find {word}` is not on the list of what only reads"));
        }
        if on(ALONE) {
            continue;
        }
        match words.next() {
            Some(value) if file && !folders.readable(value) => return Err(outside("find", value)),
            Some(_) => {}
            None => return Err(format!("`find {word}` without a value")),
        }
    }
    Ok(())
}
