//! What a person or a supervisor says to the process.

use tokio::sync::mpsc;

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// End once what runs has ended.
    End,
    /// Read the configuration again.
    Again,
}

/// SIGTERM and Ctrl-C end, SIGHUP reads again.
///
/// # Errors
/// The system takes no handler.
pub(super) fn listen() -> std::io::Result<mpsc::UnboundedReceiver<Said>> {
    let (say, said) = mpsc::unbounded_channel();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            (SignalKind::terminate(), Said::End),
            (SignalKind::interrupt(), Said::End),
            (SignalKind::hangup(), Said::Again),
        ];
        for (kind, what) in kinds {
            let mut signals = signal(kind)?;
            let say = say.clone();
            tokio::spawn(async move { while signals.recv().await.is_some() && say.send(what).is_ok() {} });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && say.send(Said::End).is_ok() {} });
    Ok(said)
}
