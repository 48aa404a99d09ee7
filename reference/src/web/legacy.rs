//! A hand-written TLS server that takes hellos which no modern stack takes. It goes as far as its own hello and no further: that is
//! where a client learns what the server would settle for. rustls cannot be made to do this.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// What such a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Legacy {
    /// A highest version below TLS 1.2.
    Versions,
    /// Nothing but suites without encryption, without authentication, of export strength, or with RC4.
    Suites,
    /// TLS 1.2 as the highest version, without the mark of a server that speaks a higher one.
    Unmarked,
    /// TLS 1.2 as the highest version, without a word on what a renegotiation would be bound to.
    Unbound,
}

/// What the answer needs of a client's hello.
#[derive(Debug, PartialEq, Eq)]
struct Hello {
    version: [u8; 2],
    highest: [u8; 2],
    suites: Vec<[u8; 2]>,
}

impl Legacy {
    /// Answers the hello on `stream` if it is one of the old ones. Otherwise no byte of it is taken.
    pub(crate) async fn answers(self, stream: &TcpStream) -> bool {
        let mut first = [0; 4096];
        let Ok(length) = stream.peek(&mut first).await else {
            return false;
        };
        let Some(hello) = first.get(..length).and_then(Hello::read) else {
            return false;
        };
        let Some(answer) = self.choose(&hello) else {
            return false;
        };
        self.finish(stream, length, &answer).await;
        true
    }

    fn choose(self, hello: &Hello) -> Option<Vec<u8>> {
        match self {
            Self::Versions if hello.highest < [3, 3] => Some(server_hello(
                hello.highest,
                *hello.suites.first()?,
                NO_MARK,
                true,
            )),
            Self::Suites
                if hello.highest >= [3, 3] && hello.suites.iter().all(|suite| is_weak(*suite)) =>
            {
                let chosen = hello.suites.iter().find(|suite| !is_signal(**suite))?;
                Some(server_hello(hello.version, *chosen, MARK, true))
            }
            Self::Unmarked | Self::Unbound if hello.highest == [3, 3] => {
                let chosen = hello.suites.iter().find(|suite| !is_weak(**suite))?;
                Some(match self {
                    Self::Unmarked => server_hello(hello.version, *chosen, NO_MARK, true),
                    _ => server_hello(hello.version, *chosen, MARK, false),
                })
            }
            _ => None,
        }
    }

    /// Takes the hello, so that closing does not reset the connection under our answer, then waits for the client's end.
    async fn finish(self, stream: &TcpStream, length: usize, answer: &[u8]) {
        let mut rest = vec![0; length.max(1024)];
        let mut answered = false;
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut rest) {
                Ok(0) => return,
                Ok(_) if answered => {}
                Ok(_) => {
                    answered = true;
                    if stream.writable().await.is_err() || stream.try_write(answer).is_err() {
                        return;
                    }
                }
                Err(why) if why.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}

impl Hello {
    /// Reads one client hello in one record. `None`: it is something else, or not whole.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut record = Bytes(bytes);
        if record.take(1)? != [22] {
            return None;
        }
        record.take(2)?;
        let mut body = Bytes(record.counted(2)?);
        if body.take(1)? != [1] {
            return None;
        }
        let mut hello = Bytes(body.counted(3)?);
        let version: [u8; 2] = hello.take(2)?.try_into().ok()?;
        hello.take(32)?;
        hello.counted(1)?;
        let suites = hello
            .counted(2)?
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok())
            .collect();
        hello.counted(1)?;
        let highest = hello
            .counted(2)
            .map_or(Some(version), |list| highest_version(list, version))?;
        Some(Self {
            version,
            highest,
            suites,
        })
    }
}

/// The highest version of the extension `supported_versions`, else the one of the hello itself.
fn highest_version(extensions: &[u8], version: [u8; 2]) -> Option<[u8; 2]> {
    let mut list = Bytes(extensions);
    while !list.0.is_empty() {
        let kind = list.take(2)?;
        let value = list.counted(2)?;
        if kind == [0, 43] {
            let versions = Bytes(value).counted(1)?;
            // The first octet of a version that exists is 3; others are noise that keeps servers tolerant.
            return versions
                .chunks_exact(2)
                .filter(|each| each[0] == 3)
                .map(|each| [each[0], each[1]])
                .max();
        }
    }
    Some(version)
}

/// Octets that are taken from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    /// A field whose length stands before it in `width` octets.
    fn counted(&mut self, width: usize) -> Option<&'a [u8]> {
        let length = self
            .take(width)?
            .iter()
            .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
        self.take(length)
    }
}

/// The end of the random value of a server that speaks TLS 1.3, in an answer by TLS 1.2 (RFC 8446 section 4.1.3).
const MARK: [u8; 8] = *b"DOWNGRD\x01";
/// Any other.
const NO_MARK: [u8; 8] = [0x5a; 8];

/// A record with a server hello of that version and suite, no session, no compression, and at most the extension
/// `renegotiation_info` (RFC 5746).
fn server_hello(version: [u8; 2], suite: [u8; 2], mark: [u8; 8], bound: bool) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([0x5a; 24]);
    body.extend(mark);
    body.push(0);
    body.extend(suite);
    body.push(0);
    if bound {
        body.extend([0, 5, 0xff, 0x01, 0, 1, 0]);
    }
    let mut message = vec![2, 0, 0, u8::try_from(body.len()).unwrap_or(u8::MAX)];
    message.extend(body);
    let mut record = vec![
        22,
        version[0],
        version[1],
        0,
        u8::try_from(message.len()).unwrap_or(u8::MAX),
    ];
    record.extend(message);
    record
}

/// Renegotiation and fallback signals stand in the list of suites and are none.
fn is_signal(suite: [u8; 2]) -> bool {
    matches!(suite, [0x00, 0xff] | [0x56, 0x00])
}

/// Suites of the registry without encryption (NULL), without authentication (anonymous), of export strength, or with RC4.
fn is_weak(suite: [u8; 2]) -> bool {
    is_signal(suite)
        || match suite {
            [0x00, low] => {
                matches!(low, 0x01..=0x06 | 0x08 | 0x0b | 0x0e | 0x11 | 0x14 | 0x17..=0x1b | 0x26..=0x2e | 0x34 | 0x3a | 0x3b | 0x46 | 0x6c | 0x6d | 0x89 | 0x8a | 0x9b | 0xa6 | 0xa7)
            }
            [0xc0, low] => matches!(
                low,
                0x01 | 0x02 | 0x06 | 0x07 | 0x0b | 0x0c | 0x10 | 0x11 | 0x15..=0x19
            ),
            _ => false,
        }
}

/// Reads a hello and chooses an answer.
pub(super) fn read_hello(bytes: &[u8]) {
    if let Some(hello) = Hello::read(bytes) {
        for legacy in [
            Legacy::Versions,
            Legacy::Suites,
            Legacy::Unmarked,
            Legacy::Unbound,
        ] {
            let _ = legacy.choose(&hello);
        }
    }
}

/// Sends `request` in a record of application data without any protection, as a client would that took an old server's hello.
pub(super) async fn send_unprotected(
    stream: &mut TcpStream,
    request: &[u8],
) -> std::io::Result<()> {
    let length = u16::try_from(request.len()).unwrap_or(u16::MAX);
    let mut record = vec![23, 3, 2];
    record.extend(length.to_be_bytes());
    record.extend(request.iter().take(usize::from(length)));
    stream.write_all(&record).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version: [u8; 2], suites: &[[u8; 2]], extensions: &[u8]) -> Vec<u8> {
        let mut body = version.to_vec();
        body.extend([7; 32]);
        body.push(0);
        body.extend(u16::try_from(suites.len() * 2).unwrap().to_be_bytes());
        body.extend(suites.concat());
        body.extend([1, 0]);
        if !extensions.is_empty() {
            body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            body.extend(extensions);
        }
        let mut message = vec![1, 0];
        message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        message.extend(body);
        let mut record = vec![22, 3, 1];
        record.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
        record.extend(message);
        record
    }

    #[test]
    fn takes_an_old_version_and_leaves_a_new_one() {
        let old = Hello::read(&hello([3, 2], &[[0xc0, 0x13]], &[])).unwrap();
        let answer = Legacy::Versions.choose(&old).unwrap();
        assert_eq!(&answer[9..11], &[3, 2]);
        assert_eq!(&answer[44..46], &[0xc0, 0x13]);
        let new = Hello::read(&hello([3, 3], &[[0xc0, 0x13]], &[])).unwrap();
        assert_eq!(Legacy::Versions.choose(&new), None);
    }

    #[test]
    fn answers_tls_1_2_without_the_mark_or_without_the_extension() {
        let hello = Hello::read(&hello([3, 3], &[[0xc0, 0x2f]], &[])).unwrap();
        let unmarked = Legacy::Unmarked.choose(&hello).unwrap();
        assert_ne!(unmarked[35..43], MARK);
        assert!(unmarked.ends_with(&[0, 5, 0xff, 0x01, 0, 1, 0]));
        let unbound = Legacy::Unbound.choose(&hello).unwrap();
        assert_eq!(unbound[35..43], MARK);
        assert!(unbound.ends_with(&[0xc0, 0x2f, 0]));
    }

    #[test]
    fn reads_the_versions_extension() {
        let list = [0, 43, 0, 5, 4, 0x0a, 0x0a, 3, 4];
        assert_eq!(
            Hello::read(&hello([3, 3], &[[0x13, 1]], &list))
                .unwrap()
                .highest,
            [3, 4]
        );
    }

    #[test]
    fn picks_a_weak_suite_only_where_nothing_else_is_offered() {
        let weak = Hello::read(&hello([3, 3], &[[0x00, 0xff], [0x00, 0x02]], &[])).unwrap();
        assert_eq!(
            &Legacy::Suites.choose(&weak).unwrap()[44..46],
            &[0x00, 0x02]
        );
        let mixed = Hello::read(&hello([3, 3], &[[0x00, 0x02], [0xc0, 0x2f]], &[])).unwrap();
        assert_eq!(Legacy::Suites.choose(&mixed), None);
    }

    proptest::proptest! {
        #[test]
        fn any_hello_is_answered_with_one_of_its_own_suites(
            suites in proptest::collection::vec(proptest::array::uniform2(0_u8..), 1..8),
            low in 0_u8..5,
        ) {
            let read = Hello::read(&hello([3, low], &suites, &[])).expect("a hello");
            for legacy in [Legacy::Versions, Legacy::Suites, Legacy::Unmarked, Legacy::Unbound] {
                if let Some(answer) = legacy.choose(&read) {
                    proptest::prop_assert!(suites.iter().any(|suite| suite[..] == answer[44..46]));
                }
            }
        }
    }

    #[test]
    fn a_cut_hello_is_none() {
        let whole = hello([3, 1], &[[0, 5]], &[]);
        for length in 0..whole.len() {
            assert_eq!(Hello::read(&whole[..length]), None, "{length}");
        }
    }
}
