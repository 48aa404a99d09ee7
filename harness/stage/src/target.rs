//! Where a SUT is, as the roles that visit it need it.

use std::net::SocketAddr;

/// Where a SUT is.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Host name, for SNI and Host.
    pub(crate) host: String,
    /// Address and port.
    pub(crate) address: SocketAddr,
    /// Path of its URL.
    pub(crate) path: String,
    /// Whether its URL is one without TLS.
    pub(crate) clear: bool,
}

impl Target {
    /// Host and port as a Host field has them.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.address.port())
    }
}
