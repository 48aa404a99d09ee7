//! Our portal: what a WIC under test finds on W1.

use std::sync::Arc;

use bytes::Bytes;
use evidence::Interface;
use http_body_util::Full;
use hyper::Response;
use script::vocabulary::wwsf::Serve;
use wire::http::Message;

use crate::bed::{Bed, BedError};
use crate::play::Play;
use crate::roles::Acted;
use crate::serve::Link;

pub(crate) fn serve(_bed: &Arc<Bed>, _nodes: &[&'static str]) -> Result<(), BedError> {
    Ok(())
}
pub(crate) fn told(_play: &Play, _step: usize, _verb: &Serve) -> Acted {
    Ok(())
}
pub(crate) async fn answer(
    _bed: &Arc<Bed>,
    _link: &Link,
    _interface: Interface,
    _request: &Message,
) -> Response<Full<Bytes>> {
    Response::new(Full::default())
}
