//! The process that holds keys leaves no copy of its memory behind, and lets nobody else of the same user look into it.

/// No core file, and no other process reads this one's memory. Where the system refuses, the gateway runs all the same.
pub(super) fn process() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        if let Err(error) = setrlimit(Resource::Core, none) {
            tracing::warn!(%error, "core files are not switched off");
        }
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "the memory can be read by other processes of this user");
        }
    }
}
