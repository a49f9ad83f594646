//! What the operating system says that a process uses.
#![expect(clippy::disallowed_methods, reason = "reads /proc")]

use anyhow::Context;

/// Processor time in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Times {
    /// Of the process itself, user and system.
    pub(crate) own_s: f64,
    /// Of the processes it started and waited for.
    pub(crate) children_s: f64,
}

/// Most memory that a process ever held, in megabytes (1,000,000 bytes).
pub(crate) fn peak_mb(pid: u32) -> anyhow::Result<f64> {
    kib(&read(pid, "status")?, "VmHWM:").map(|kib| kib * 1024.0 / 1e6).context("no VmHWM in /proc/PID/status")
}

/// Memory that it holds now, in megabytes.
pub(crate) fn rss_mb(pid: u32) -> anyhow::Result<f64> {
    kib(&read(pid, "status")?, "VmRSS:").map(|kib| kib * 1024.0 / 1e6).context("no VmRSS in /proc/PID/status")
}

/// What it has used so far.
pub(crate) fn times(pid: u32) -> anyhow::Result<Times> {
    let ticks = ticks(&read(pid, "stat")?).context("/proc/PID/stat has another form than proc(5) says")?;
    let second = rustix::param::clock_ticks_per_second() as f64;
    Ok(Times { own_s: (ticks[0] + ticks[1]) / second, children_s: (ticks[2] + ticks[3]) / second })
}

fn read(pid: u32, file: &str) -> anyhow::Result<String> {
    let path = format!("/proc/{pid}/{file}");
    std::fs::read_to_string(&path).with_context(|| format!("{path} (this figure needs Linux)"))
}

/// `VmHWM:     52344 kB`
fn kib(status: &str, name: &str) -> Option<f64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// `utime`, `stime`, `cutime`, `cstime`: fields 14 to 17 of proc(5). The name in field 2 may hold blanks and brackets.
fn ticks(stat: &str) -> Option<[f64; 4]> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let fields: Vec<f64> =
        behind_name.split_whitespace().skip(11).take(4).filter_map(|text| text.parse().ok()).collect();
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{kib, ticks};

    #[test]
    fn proc_files_are_read_whatever_the_process_is_called() {
        let stat = "77 (a) b (c) Z 1 2 3 4 5 6 7 8 9 10 110 22 3 4 20 0 1 0";
        assert_eq!(ticks(stat), Some([110.0, 22.0, 3.0, 4.0]));
        assert_eq!(ticks("77 (a"), None);
        assert_eq!(kib("Name:\ta\nVmHWM:\t   52344 kB\nVmRSS:\t 1 kB\n", "VmHWM:"), Some(52344.0));
        assert_eq!(kib("Name:\ta\n", "VmHWM:"), None);
    }
}
