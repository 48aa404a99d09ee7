//! certs-gen.
