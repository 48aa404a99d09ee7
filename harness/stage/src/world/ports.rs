//! Ports for the nodes of a world, which outlives the moment in which a port is seen to be free.

use std::net::{IpAddr, TcpListener, UdpSocket};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::WorldError;

/// The lowest port that is taken: well-known services stand below.
const LOWEST: u32 = 10_240;
/// Where the system's own choice begins if it does not tell.
const USUAL_EPHEMERAL: u32 = 32_768;
/// Ports that are tried before the address counts as one without a free port.
const TRIES: usize = 512;

/// A port that is free for TCP and UDP on an address, and stays free: the system gives ports of its own range to any
/// connection, also of our own clients, so it is taken from below that range, and no two worlds of a process are offered the same.
pub(super) fn free_port(address: IpAddr) -> Result<u16, WorldError> {
    let width = ephemeral().saturating_sub(LOWEST).max(1);
    let candidates = (0..TRIES).map(|_| LOWEST + next() % width);
    // A machine whose own range begins lower than ours leaves none: then the system chooses.
    candidates
        .chain(std::iter::repeat_n(0, TRIES))
        .filter_map(|port| u16::try_from(port).ok())
        .find_map(|port| free(address, port))
        .ok_or(WorldError::NoPort(address))
}

fn free(address: IpAddr, port: u16) -> Option<u16> {
    let listener = TcpListener::bind((address, port)).ok()?;
    let port = listener.local_addr().ok()?.port();
    UdpSocket::bind((address, port)).ok()?;
    Some(port)
}

/// Counts on from a place that another process of the same moment hardly has.
fn next() -> u32 {
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    let begin = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanoseconds = since.map_or(0, |since| since.subsec_nanos());
        AtomicU32::new(nanoseconds ^ std::process::id().rotate_left(16))
    };
    NEXT.get_or_init(begin).fetch_add(1, Ordering::Relaxed)
}

/// The first port that the system gives away by itself.
fn ephemeral() -> u32 {
    static FIRST: OnceLock<u32> = OnceLock::new();
    let read = || {
        let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    *FIRST.get_or_init(|| read().unwrap_or(USUAL_EPHEMERAL))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn no_two_worlds_are_offered_one_port_and_none_is_the_systems() {
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
        let ports: BTreeSet<u16> = (0..300)
            .map(|_| free_port(address).expect("a port"))
            .collect();
        assert_eq!(ports.len(), 300);
        for port in ports {
            let port = u32::from(port);
            assert!((LOWEST..ephemeral()).contains(&port), "{port}");
        }
    }

    #[test]
    fn a_port_in_use_is_not_offered() {
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
        let held = TcpListener::bind((address, 0)).expect("a port");
        let port = held.local_addr().expect("its address").port();
        assert_eq!(free(address, port), None);
        let datagrams = UdpSocket::bind((address, 0)).expect("a port");
        let port = datagrams.local_addr().expect("its address").port();
        assert_eq!(free(address, port), None);
    }
}
