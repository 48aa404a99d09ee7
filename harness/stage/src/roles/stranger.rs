//! A host that is nobody's: whatever a SUT sends it was led there by what a WIC wrote. It listens on UDP and TCP and never answers.

use std::net::SocketAddr;
use std::sync::Arc;

use evidence::event::{Direction, Layer, Side};
use evidence::{Interface, What};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::bed::{Bed, BedError};
use crate::play::Play;

/// The number that the stranger has in every play's log.
const STRANGER: u32 = 1_000_001;
/// Of a stream only the beginning tells something; more is not read.
const BEGINNING: usize = 8192;

/// Listens as the stranger.
pub(crate) async fn serve(bed: &Arc<Bed>) -> Result<(), BedError> {
    let Some(address) = bed.world.address("stranger", "Mw") else {
        return Ok(());
    };
    let busy = |why| BedError::Listen {
        address,
        node: "stranger".to_owned(),
        why,
    };
    let socket = wire::transport::datagrams(address).await.map_err(busy)?;
    let served = bed.clone();
    bed.spawn(async move {
        let mut buffer = vec![0; 65_536];
        loop {
            // An error of a UDP socket is about one datagram; the next is read.
            let Ok((read, from)) = socket.recv_from(&mut buffer).await else {
                continue;
            };
            tell(&served, "udp", &buffer[..read], from);
        }
    });
    let listener = wire::transport::listen(address).map_err(busy)?;
    let served = bed.clone();
    bed.spawn(async move {
        let mut streams = tokio::task::JoinSet::new();
        while let Ok((stream, from)) = listener.accept().await {
            while streams.try_join_next().is_some() {}
            streams.spawn(stream_of(served.clone(), stream, from));
        }
    });
    Ok(())
}

async fn stream_of(bed: Arc<Bed>, mut stream: TcpStream, from: SocketAddr) {
    let mut chunk = [0; BEGINNING];
    let read = stream.read(&mut chunk).await.unwrap_or(0);
    tell(&bed, "tcp", &chunk[..read], from);
}

/// Tells it to the play whose mark the bytes bear; what has none goes to every open play.
fn tell(bed: &Bed, transport: &str, bytes: &[u8], from: SocketAddr) {
    match bed.board.by_mark(bytes) {
        Some(Ok(play)) => came(bed, &play, transport, bytes, from),
        Some(Err(number)) => bed.board.late(number, Interface::Mw, Layer::Sip, bytes),
        None => {
            for play in bed.board.all() {
                came(bed, &play, transport, bytes, from);
            }
        }
    }
}

fn came(bed: &Bed, play: &Play, transport: &str, bytes: &[u8], from: SocketAddr) {
    play.tap.record(What::Opened {
        connection: STRANGER,
        interface: Interface::Mw,
        transport: transport.to_owned(),
        from: from.to_string(),
        to: bed.world.name("stranger").to_owned(),
        by: Side::Sut,
    });
    play.tap.message(
        STRANGER,
        Interface::Mw,
        Direction::Received,
        Layer::Sip,
        bytes,
    );
}
