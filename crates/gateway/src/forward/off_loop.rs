//! Work on large bodies, kept away from the threads that move bytes.

use protocol::ProviderError;

use crate::shield;

/// Bodies up to this size take less time to read than it takes to hand them over.
const SMALL: usize = 256 * 1024;

/// Does the work on a thread of its own where the body is large.
///
/// # Errors
/// Its own; [`shield::fault`] where it could not be done at all.
pub(crate) async fn off_loop<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> Result<T, Box<ProviderError>> + Send + 'static,
) -> Result<T, Box<ProviderError>> {
    if size <= SMALL {
        return work();
    }
    let done = tokio::task::spawn_blocking(|| shield::contain(work)).await;
    done.ok().flatten().unwrap_or_else(|| Err(Box::new(shield::fault())))
}
