//! Sockets under the tap, over real loopback connections, with other people's peers at the other end.

mod bed;
mod fuzzing;
mod hello;
mod http;
mod tap;
mod tls;
mod transport;
mod websocket;
