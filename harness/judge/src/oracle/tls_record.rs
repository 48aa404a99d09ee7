//! As much of TLS records as an observer needs: a ServerHello's choice, and whether a client went on behind it.

/// What a ServerHello selects (RFC 5246 section 7.4.1.3).
pub(super) struct ServerHello {
    pub(super) version: u16,
    pub(super) suite: u16,
    /// The last octets of its random value, where a server says that it could do better (RFC 8446 section 4.1.3).
    pub(super) mark: [u8; 8],
    /// Number and body of each extension; none where the hello was cut before them.
    pub(super) extensions: Vec<(u16, Vec<u8>)>,
}

const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const SERVER_HELLO: u8 = 2;
const CLIENT_KEY_EXCHANGE: u8 = 16;

impl ServerHello {
    /// Reads the first handshake message of a stream if it is a ServerHello.
    pub(super) fn read(stream: &[u8]) -> Option<Self> {
        let (kind, body) = messages(stream).next()?;
        if kind != SERVER_HELLO {
            return None;
        }
        let version = u16::from_be_bytes([*body.first()?, *body.get(1)?]);
        let session = usize::from(*body.get(34)?);
        let suite = body.get(35 + session..37 + session)?;
        Some(Self {
            version,
            suite: u16::from_be_bytes([suite[0], suite[1]]),
            mark: body.get(26..34)?.try_into().ok()?,
            // Behind the compression method, and the length of them all.
            extensions: body.get(40 + session..).map_or_else(Vec::new, extensions),
        })
    }

    /// The body of an extension.
    pub(super) fn extension(&self, number: u16) -> Option<&[u8]> {
        let mut found = self.extensions.iter().filter(|(each, _)| *each == number);
        found.next().map(|(_, body)| body.as_slice())
    }
}

/// The extensions in a list of them, as far as they are whole.
fn extensions(mut list: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut found = Vec::new();
    while let [high, low, long, short, after @ ..] = list {
        let length = usize::from(u16::from_be_bytes([*long, *short]));
        let Some((body, rest)) = after.split_at_checked(length) else {
            break;
        };
        found.push((u16::from_be_bytes([*high, *low]), body.to_vec()));
        list = rest;
    }
    found
}

/// Whether a client went on, with its key exchange or with application data: it took the certificate and choice of the server.
pub(super) fn went_on(stream: &[u8]) -> bool {
    messages(stream).any(|(kind, _)| kind == CLIENT_KEY_EXCHANGE) || has_application_data(stream)
}

/// Whether a record of the stream is one of application data.
fn has_application_data(stream: &[u8]) -> bool {
    let mut rest = stream;
    while let [kind, _, _, high, low, after @ ..] = rest {
        if *kind == APPLICATION_DATA {
            return true;
        }
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        rest = &after[length..];
    }
    false
}

/// The handshake messages in the handshake records of a stream, the last one perhaps cut.
fn messages(stream: &[u8]) -> impl Iterator<Item = (u8, Vec<u8>)> {
    let mut joined = Vec::new();
    let mut rest = stream;
    while let [kind, _, _, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        if *kind != HANDSHAKE {
            // Behind ChangeCipherSpec everything is encrypted; an alert is no handshake.
            if *kind == 20 {
                break;
            }
        } else {
            joined.extend_from_slice(&after[..length]);
        }
        rest = &after[length..];
    }
    let mut rest = joined;
    std::iter::from_fn(move || {
        let [kind, high, middle, low, ..] = *rest.as_slice() else {
            return None;
        };
        let length = (usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low))
            .min(rest.len() - 4);
        let body = rest[4..4 + length].to_vec();
        rest.drain(..4 + length);
        Some((kind, body))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut record = vec![kind, 3, 1];
        record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        record.extend(body);
        record
    }

    #[test]
    fn a_server_hello_over_two_records_is_read() {
        let mut hello = vec![2, 0, 0, 38, 3, 1];
        hello.extend([7; 32]);
        hello.push(0);
        hello.extend([0xc0, 0x2f, 0]);
        let stream = [record(22, &hello[..10]), record(22, &hello[10..])].concat();
        let read = ServerHello::read(&stream).unwrap();
        assert_eq!((read.version, read.suite), (0x0301, 0xc02f));
        assert_eq!(read.mark, [7; 8]);
        assert!(read.extensions.is_empty());
        assert!(ServerHello::read(&record(21, &[2, 70])).is_none());
    }

    #[test]
    fn the_extensions_of_a_server_hello_are_read() {
        let mut hello = vec![2, 0, 0, 50, 3, 3];
        hello.extend([7; 32]);
        hello.extend([1, 9]);
        hello.extend([0xc0, 0x2f, 0, 0, 9, 0, 11, 0, 0, 0xff, 0x01, 0, 1, 0]);
        let read = ServerHello::read(&record(22, &hello)).unwrap();
        assert_eq!(read.extension(0xff01), Some(&[0][..]));
        assert_eq!(read.extension(11), Some(&[][..]));
        assert_eq!(read.extension(0), None);
    }

    #[test]
    fn a_key_exchange_means_that_the_client_went_on() {
        let hello = record(22, &[1, 0, 0, 1, 9]);
        assert!(!went_on(&hello));
        assert!(!went_on(&[hello.clone(), record(21, &[2, 42])].concat()));
        assert!(went_on(
            &[hello.clone(), record(23, b"GET / HTTP/1.1")].concat()
        ));
        assert!(went_on(&[hello, record(22, &[16, 0, 0, 2, 1, 1])].concat()));
    }

    proptest::proptest! {
        #[test]
        fn no_stream_makes_it_panic(stream: Vec<u8>) {
            let _ = ServerHello::read(&stream);
            let _ = went_on(&stream);
        }
    }
}
