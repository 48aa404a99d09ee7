//! The test PKI before two independent judges, rustls-webpki and the `openssl` program.
//!
//! | module | what it shows |
//! | --- | --- |
//! | `honest` | honest chains pass both judges, for every usage and kind of name |
//! | `table` | per flaw: what each judge says, what differs from the honest chain, what heals it |
//! | `flaws` | the table holds |
//! | `handshake` | the flaws that only a handshake signature shows |
//! | `limits` | what a flaw needs of its request, and the other flaws' corner cases |
//! | `saved` | authorities saved and loaded; foreign bytes do not panic |
//! | `judges`, `structure`, `world` | the tools: both judges, the comparison, what the tests share |

mod flaws;
mod handshake;
mod honest;
mod judges;
mod limits;
mod saved;
mod structure;
mod table;
mod world;
