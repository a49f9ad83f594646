//! The one place that chooses a TLS implementation.

use std::sync::Once;

/// Installs the crypto provider (`ring`) for the whole process, once. `reqwest` is built without one and panics where none is
/// installed, so every client is made behind this call; anything else that opens TLS connections calls it too.
pub fn init() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // An error says that a provider is installed already, which is all that is needed.
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::debug!("a TLS crypto provider was installed before ours");
        }
    });
}
