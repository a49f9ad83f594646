//! What the agent's own process does for itself.

/// No other process of this user reads our memory or environment, and no core of ours is written: keys are in both.
/// Whatever we start is as before: the kernel sets this back when another program is executed.
///
/// # Errors
/// When the kernel refuses, which it has no reason to.
pub fn keep_private() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    let limits = rustix::process::getrlimit(rustix::process::Resource::Core);
    let none = rustix::process::Rlimit { current: Some(0), maximum: limits.maximum };
    rustix::process::setrlimit(rustix::process::Resource::Core, none)?;
    Ok(())
}
