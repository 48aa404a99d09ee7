//! TCP and UDP under the tap.

use std::net::{IpAddr, SocketAddr};

use evidence::event::Side;
use evidence::{Interface, What};
use wire::transport;

use crate::bed::Tapped;

fn local(last: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, last], port))
}

#[tokio::test]
async fn a_connection_is_opened_from_the_address_of_choice_and_told() {
    let tapped = Tapped::new();
    let listener = transport::listen(local(1, 0)).unwrap();
    let to = listener.local_addr().unwrap();
    let from = IpAddr::from([127, 0, 0, 77]);
    let opened = transport::connect(&tapped.tap, Interface::W2, Some(from), to);
    let (ours, theirs) = tokio::join!(opened, listener.accept());
    let (connection, stream) = ours.unwrap();
    let (_, seen_from) = theirs.unwrap();
    assert_eq!(seen_from.ip(), from);
    assert!(stream.nodelay().unwrap(), "small messages leave at once");
    let told = What::Opened {
        connection,
        interface: Interface::W2,
        transport: "tcp".to_owned(),
        from: seen_from.to_string(),
        to: to.to_string(),
        by: Side::Us,
    };
    assert_eq!(tapped.events(), [told]);
}

#[tokio::test]
async fn a_refused_connection_is_told_with_the_systems_reason() {
    let tapped = Tapped::new();
    // A port that was free a moment ago.
    let to = transport::listen(local(1, 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = transport::connect(&tapped.tap, Interface::W4, None, to)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let told = What::NotOpened {
        interface: Interface::W4,
        to: to.to_string(),
        why: refused.to_string(),
    };
    assert_eq!(tapped.events(), [told]);
}

#[tokio::test]
async fn a_busy_port_is_an_error_for_both_transports() {
    let listener = transport::listen(local(1, 0)).unwrap();
    assert!(transport::listen(listener.local_addr().unwrap()).is_err());
    let socket = transport::datagrams(local(1, 0)).await.unwrap();
    assert!(
        transport::datagrams(socket.local_addr().unwrap())
            .await
            .is_err()
    );
}
