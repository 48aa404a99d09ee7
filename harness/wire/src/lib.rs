//! Sockets under a tap: what leaves and what comes goes into the log of a play, in plaintext and in one order.
//!
//! Knows TLS, HTTP heads and WebSocket frames; knows no SIP, no token and no scenario. The only crate of the harness that opens
//! protocol sockets.

#[doc(hidden)]
pub mod fuzz;
pub mod hello;
pub mod http;
pub mod tap;
pub mod tls;
pub mod transport;
pub mod websocket;

pub use tap::{Clock, Tap};
pub use transport::Stream;
