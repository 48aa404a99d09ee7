//! What rustls cannot be made to do: a hand-written responder that answers an outdated ClientHello with a ServerHello, as far as
//! somebody who watches the hellos can see, and no further.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const LOOK: Duration = Duration::from_secs(2);

/// Answers a ClientHello that offers at most TLS 1.1 and tells whether it did; any other is left unread.
pub(super) async fn answer(stream: &mut TcpStream) -> bool {
    let mut head = [0; 11];
    if !peek(stream, &mut head).await {
        return false;
    }
    // Record: type 22, version, length; handshake: type 1, length; the version that the client offers at most.
    let offered = u16::from_be_bytes([head[9], head[10]]);
    if head[0] != 22 || head[5] != 1 || !(0x0301..=0x0302).contains(&offered) {
        return false;
    }
    let version = offered.to_be_bytes();
    let mut hello = version.to_vec();
    hello.extend_from_slice(&[0x5a; 32]);
    // No session; TLS_RSA_WITH_AES_128_CBC_SHA; no compression.
    hello.extend_from_slice(&[0, 0x00, 0x2f, 0]);
    let length = u8::try_from(hello.len()).unwrap_or_default();
    let mut record = vec![22, version[0], version[1], 0, length + 4, 2, 0, 0, length];
    record.extend_from_slice(&hello);
    let _ = stream.write_all(&record).await;
    let _ = stream.shutdown().await;
    true
}

/// Whether the first bytes are an HTTP request in clear.
pub(super) async fn is_clear_get(stream: &TcpStream) -> bool {
    begins(stream, b"GET ").await
}

/// Whether the first bytes are these.
pub(super) async fn begins<const LENGTH: usize>(stream: &TcpStream, with: &[u8; LENGTH]) -> bool {
    let mut head = [0; LENGTH];
    peek(stream, &mut head).await && &head == with
}

/// Waits until as many bytes are there, without taking them.
async fn peek(stream: &TcpStream, head: &mut [u8]) -> bool {
    let look = async {
        loop {
            match stream.peek(head).await {
                Ok(count) if count == head.len() => return true,
                Ok(0) | Err(_) => return false,
                Ok(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    };
    tokio::time::timeout(LOOK, look).await.unwrap_or(false)
}
