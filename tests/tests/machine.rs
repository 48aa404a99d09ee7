//! The machine under wicheck has no room, or gives away what the bed needs: exit 70 with what to do, and what was finished stays.

mod support;

use std::net::{IpAddr, TcpListener, UdpSocket};
use std::process::Command;

use serde_json::Value;

use crate::support::{Scratch, binary};

/// Blocks of 512 bytes: enough for a world and some plays, not for thousands.
const ROOM: &str = "200";

#[test]
fn a_full_disk_ends_the_run_and_keeps_what_was_finished() {
    let scratch = Scratch::new();
    // A file system with little room, as far as a program without root can have one: writing past the limit fails.
    let limited = format!("trap '' XFSZ; ulimit -f {ROOM}; exec \"$0\" \"$@\"");
    let ran = Command::new("sh")
        .args(["-c", &limited])
        .arg(binary())
        .args([
            "run",
            "--only",
            "epc-jwt-*",
            "--repeat",
            "60",
            "--out",
            "out",
        ])
        .current_dir(scratch.path(""))
        .output()
        .expect("sh runs");
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(70), "{told}");
    for text in ["cannot write", "make room and run again with another --out"] {
        assert!(told.contains(text), "nowhere {text:?}: {told}");
    }
    scratch
        .call(&["rejudge", "out", "--json"])
        .tells(&["\"pass\":"]);
}

#[test]
fn a_busy_port_is_named_with_what_to_do() {
    let scratch = Scratch::new();
    scratch.call(&["certs", "--out", "world"]).exits(0);
    let text = std::fs::read_to_string(scratch.path("world/world.json")).expect("the world");
    let world: Value = serde_json::from_str(&text).expect("JSON");
    for (node, interface) in [("waf-a", "W4"), ("core", "Mw")] {
        let place = &world["nodes"][node];
        let address: IpAddr = place["address"]
            .as_str()
            .expect("an address")
            .parse()
            .expect("an IP address");
        let port =
            u16::try_from(place["ports"][interface].as_u64().expect("a port")).expect("16 bits");
        let _stream = TcpListener::bind((address, port)).expect("a free port");
        let _datagrams = UdpSocket::bind((address, port)).expect("a free port");
        scratch
            .call(&[
                "run",
                "--only",
                "epc-id-to-swap",
                "--world",
                "world",
                "--out",
                node,
            ])
            .exits(70)
            .tells(&[&format!("{address}:{port}")]);
    }
}
