//! Each side that a played node shows, one file each.

pub(crate) mod background;
pub(crate) mod core;
pub(crate) mod core_request;
pub(crate) mod digest;
pub(crate) mod edge_mw;
pub(crate) mod edge_registration;
pub(crate) mod edge_site;
pub(crate) mod hello;
pub(crate) mod isim;
pub(crate) mod mw_digest;
pub(crate) mod mw_message;
pub(crate) mod old_tls;
pub(crate) mod portal_site;
pub(crate) mod reg_event;
pub(crate) mod registrar;
pub(crate) mod seen;
pub(crate) mod stranger;
pub(crate) mod sut;
pub(crate) mod visit;
pub(crate) mod w1_browser;
pub(crate) mod w4_browser;
pub(crate) mod w4_client;
pub(crate) mod w4_code;
pub(crate) mod w4_http;
pub(crate) mod w4_page;
pub(crate) mod waf;
pub(crate) mod waf_introspection;
pub(crate) mod waf_keys;
pub(crate) mod waf_site;
pub(crate) mod wic_bare;
pub(crate) mod wic_cookie;
pub(crate) mod wic_flood;
pub(crate) mod wic_requests;
pub(crate) mod wic_sip;
pub(crate) mod wic_w1;
pub(crate) mod wic_w2;
pub(crate) mod wwsf_w4;

use evidence::event::Side;

/// Why an act could not be carried out, and whose doing that is.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) by: Side,
    pub(crate) why: String,
}

impl Trouble {
    /// The SUT's doing: it refused, closed, did not answer.
    pub(crate) fn sut(why: impl Into<String>) -> Self {
        Self {
            by: Side::Sut,
            why: why.into(),
        }
    }
}

/// What is wrong in a script or in the harness is ours.
impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Self { by: Side::Us, why }
    }
}

/// The outcome of an act.
pub(crate) type Acted = Result<(), Trouble>;
