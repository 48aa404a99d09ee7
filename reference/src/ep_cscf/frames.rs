//! A stream on which a server that is lax about frames would read. The library that reads frames is strict, so every mistake is made
//! before it: the heads of the client's frames are written anew. An honest edge changes nothing.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Defect;

const FINAL: u8 = 0x80;
const TEXT: u8 = FINAL | 0x1;
/// Bits that no extension has given a meaning.
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
/// The longest payload of a control frame (RFC 6455 section 5.5).
const LONGEST_CONTROL: u64 = 125;
/// More SIP than this is not read outside of a frame.
const LONGEST_UNFRAMED: usize = 16 * 1024;

/// How SIP begins that is read outside of a frame.
const UNFRAMED: &[u8] = b"REG";

/// The stream of a client behind its upgrade.
pub(super) struct Frames<S> {
    stream: S,
    reading: Reading,
}

impl<S> Frames<S> {
    /// `rest` is what came behind the upgrade already, `defect` one of [`MISTAKES`].
    pub(super) fn new(stream: S, rest: Vec<u8>, defect: Option<Defect>) -> Self {
        let reading = Reading {
            defect,
            raw: rest,
            ready: VecDeque::new(),
            payload: 0,
            dropped: false,
            within: false,
            pinged: false,
        };
        Self { stream, reading }
    }
}

/// The mistakes that alter frames.
pub(super) const MISTAKES: &[Defect] = &[
    Defect::IgnoresReservedBits,
    Defect::UnknownFrameIsMessage,
    Defect::ContinuationBeginsMessage,
    Defect::MasksFrameLength,
    Defect::FragmentsAreMessages,
    Defect::PingEndsFragments,
    Defect::TextOnly,
    Defect::ReadsUnframedSip,
];

/// What came and what of it is to be read as what.
struct Reading {
    defect: Option<Defect>,
    raw: Vec<u8>,
    ready: VecDeque<u8>,
    /// Octets of the frame's payload that are still to come, and whether they are dropped.
    payload: u64,
    dropped: bool,
    /// Whether a fragmented message has begun and not ended.
    within: bool,
    /// Whether a ping came between fragments.
    pinged: bool,
}

/// The head of a frame and its length in octets.
struct Head {
    first: u8,
    length: u64,
    mask: Option<[u8; 4]>,
    octets: usize,
}

impl Reading {
    /// Moves what can be moved from `raw` to `ready`.
    fn go_on(&mut self) {
        if self.defect.is_none() {
            self.ready.extend(self.raw.drain(..));
        }
        while !self.raw.is_empty() {
            if self.payload > 0 {
                self.pass_payload();
            } else if self.unframed() {
                if !self.frame_what_is_none() {
                    return;
                }
            } else if let Some(head) = Head::read(&self.raw) {
                self.raw.drain(..head.octets);
                self.pass_head(head);
            } else {
                return;
            }
        }
    }

    fn pass_payload(&mut self) {
        let count = usize::try_from(self.payload)
            .unwrap_or(usize::MAX)
            .min(self.raw.len());
        let passed = self.raw.drain(..count);
        if self.dropped {
            drop(passed);
        } else {
            self.ready.extend(passed);
        }
        self.payload -= count as u64;
    }

    /// Whether this begins as a REGISTER, as far as it came: no good frame has its first octet.
    fn unframed(&self) -> bool {
        let begun = self.raw.len().min(UNFRAMED.len());
        self.defect == Some(Defect::ReadsUnframedSip) && self.raw[..begun] == UNFRAMED[..begun]
    }

    /// Puts a message without body into a frame; false: it is not whole.
    fn frame_what_is_none(&mut self) -> bool {
        let end = crate::sip::read::head_end(&self.raw).or_else(|| {
            // One that never ends is no message.
            (self.raw.len() > LONGEST_UNFRAMED).then_some(self.raw.len())
        });
        let Some(end) = end else { return false };
        let head = Head {
            first: TEXT,
            length: end as u64,
            mask: Some([0; 4]),
            octets: 0,
        };
        self.ready.extend(head.bytes());
        self.ready.extend(self.raw.drain(..end));
        true
    }

    fn pass_head(&mut self, mut head: Head) {
        let opcode = head.first & 0x0f;
        let last = head.first & FINAL != 0;
        let control = opcode >= 8;
        self.dropped = false;
        match self.defect {
            Some(Defect::IgnoresReservedBits) => head.first &= !RESERVED,
            Some(Defect::MasksFrameLength) => head.length &= u64::MAX >> 1,
            Some(Defect::UnknownFrameIsMessage) => {
                let unknown = matches!(opcode, 3..=7 | 11..);
                if control && !last {
                    head.first = TEXT & !FINAL;
                } else if unknown || (control && head.length > LONGEST_CONTROL) {
                    head.first = TEXT;
                }
            }
            Some(Defect::ContinuationBeginsMessage) if opcode == 0 && !self.within => {
                head.first = TEXT;
            }
            Some(Defect::FragmentsAreMessages) if opcode <= 2 => {
                head.first = TEXT | (head.first & RESERVED);
            }
            Some(Defect::TextOnly) => self.dropped = opcode == 2,
            // What comes behind the ping is begun anew, and what came before it is a message of its own.
            Some(Defect::PingEndsFragments) if opcode == 9 && self.within => {
                let end = Head {
                    first: FINAL,
                    length: 0,
                    mask: Some([0; 4]),
                    octets: 0,
                };
                self.ready.extend(end.bytes());
                self.within = false;
                self.pinged = true;
            }
            Some(Defect::PingEndsFragments) if opcode == 0 && !self.within && self.pinged => {
                head.first = 0x1 | (head.first & FINAL);
                self.within = !last;
            }
            _ => {}
        }
        if !control && head.first & 0x0f == opcode {
            self.within = !last;
        }
        self.payload = head.length;
        if !self.dropped {
            self.ready.extend(head.bytes());
        }
    }
}

impl Head {
    fn read(raw: &[u8]) -> Option<Self> {
        let (first, second) = (*raw.first()?, *raw.get(1)?);
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let length = match extended {
            0 => u64::from(second & 0x7f),
            _ => raw
                .get(2..2 + extended)?
                .iter()
                .fold(0, |sum, octet| sum << 8 | u64::from(*octet)),
        };
        let at = 2 + extended;
        let (mask, octets) = if second & MASKED == 0 {
            (None, at)
        } else {
            (Some(raw.get(at..at + 4)?.try_into().ok()?), at + 4)
        };
        Some(Self {
            first,
            length,
            mask,
            octets,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let bit = if self.mask.is_some() { MASKED } else { 0 };
        let mut bytes = vec![self.first];
        match (u8::try_from(self.length), u16::try_from(self.length)) {
            (Ok(short), _) if short < 126 => bytes.push(bit | short),
            (_, Ok(middle)) => {
                bytes.push(bit | 126);
                bytes.extend(middle.to_be_bytes());
            }
            _ => {
                bytes.push(bit | 127);
                bytes.extend(self.length.to_be_bytes());
            }
        }
        bytes.extend(self.mask.iter().flatten());
        bytes
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Frames<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            this.reading.go_on();
            let count = this.reading.ready.len().min(buffer.remaining());
            if count > 0 {
                let passed: Vec<u8> = this.reading.ready.drain(..count).collect();
                buffer.put_slice(&passed);
                return Poll::Ready(Ok(()));
            }
            let mut chunk = [0; 4096];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.reading.raw.extend_from_slice(read.filled());
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Frames<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8], defect: Option<Defect>) -> Vec<u8> {
        let mut reading = Frames::new((), Vec::new(), defect).reading;
        // Octet by octet: no frame depends on how it is cut.
        for octet in raw {
            reading.raw.push(*octet);
            reading.go_on();
        }
        reading.ready.into()
    }

    #[test]
    fn an_honest_edge_changes_nothing() {
        let raw = [0xc1, 0x82, 1, 2, 3, 4, 5, 6, 0x13, 0xff];
        assert_eq!(read(&raw, None), raw);
    }

    #[test]
    fn each_mistake_makes_a_good_frame_of_its_own_kind_of_bad_one() {
        let tail = [0x81, 1, 2, 3, 4, 5];
        let with = |first: u8| [&[first][..], &tail].concat();
        for (bad, defect, good) in [
            (0xc1, Defect::IgnoresReservedBits, 0x81),
            (0x83, Defect::UnknownFrameIsMessage, 0x81),
            (0x09, Defect::UnknownFrameIsMessage, 0x01),
            (0x80, Defect::ContinuationBeginsMessage, 0x81),
            (0x01, Defect::FragmentsAreMessages, 0x81),
        ] {
            assert_eq!(read(&with(bad), Some(defect)), with(good), "{defect:?}");
            assert_eq!(read(&with(0x81), Some(defect)), with(0x81), "{defect:?}");
        }
        let long = [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5];
        assert_eq!(read(&long, Some(Defect::MasksFrameLength)), with(0x81));
        assert_eq!(read(&with(0x82), Some(Defect::TextOnly)), [0; 0]);
    }

    #[test]
    fn sip_outside_of_a_frame_is_framed() {
        let sip = b"REGISTER sip:a SIP/2.0\r\n\r\n";
        let framed = read(sip, Some(Defect::ReadsUnframedSip));
        assert_eq!(framed[..2], [TEXT, MASKED | 26]);
        assert!(framed.ends_with(sip));
    }

    proptest::proptest! {
        #[test]
        fn no_stream_makes_it_panic(raw: Vec<u8>, at in 0..MISTAKES.len()) {
            let _ = read(&raw, Some(MISTAKES[at]));
        }
    }
}
