//! The bindings: which Contact an identity is reached at, by which Path, until when (RFC 3261, 10.3).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::sip::Message;
use crate::sip::uri::{Address, Uri};

const MAX_BINDINGS_PER_IDENTITY: usize = 16;
const DEFAULT_EXPIRES: u64 = 3600;
const MAX_EXPIRES: u64 = 86_400;

/// One binding.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) contact: Address,
    /// The Path of its REGISTER, nearest to the registrar first.
    pub(super) path: Vec<String>,
    /// The third party that vouched for it.
    entity: Option<String>,
    call_id: String,
    cseq: u32,
    until: Instant,
}

impl Binding {
    /// Seconds until it runs out, at least one.
    pub(super) fn remaining(&self) -> u64 {
        self.until
            .saturating_duration_since(Instant::now())
            .as_millis()
            .div_ceil(1000)
            .try_into()
            .unwrap_or(1)
    }
}

/// Why a REGISTER changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// 400.
    Malformed,
    /// 500: older than what is known of the same call.
    OutOfOrder,
}

/// How strict the registrar is; an honest one is strict in everything.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lenience {
    pub(super) star_with_expires: bool,
    pub(super) any_order: bool,
    pub(super) first_contact_kept: bool,
}

/// What a REGISTER asks for.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    /// Tell the bindings.
    Query,
    /// End all.
    EndAll,
    /// Bind, refresh or end each of these, for so many seconds.
    Change(Vec<(Address, u64)>),
}

impl Wish {
    /// Whether it only ends bindings.
    pub(super) fn ends(&self) -> bool {
        match self {
            Self::Query => false,
            Self::EndAll => true,
            Self::Change(list) => list.iter().all(|(_, seconds)| *seconds == 0),
        }
    }
}

/// A REGISTER that was allowed.
#[derive(Clone, Copy)]
pub(super) struct Demand<'a> {
    pub(super) request: &'a Message,
    pub(super) wish: &'a Wish,
    /// The third party that vouched for it.
    pub(super) entity: Option<&'a str>,
    pub(super) lenience: Lenience,
}

/// Reads the Contacts and Expires of a REGISTER; one bad Contact refuses it whole.
pub(super) fn wish(request: &Message, lenience: Lenience) -> Result<Wish, Refused> {
    let header = match request.value("Expires") {
        Some(text) => Some(text.parse::<u64>().map_err(|_| Refused::Malformed)?),
        None => None,
    };
    let lines: Vec<&str> = request.values("Contact").collect();
    if lines.is_empty() {
        return Ok(Wish::Query);
    }
    if lines.iter().any(|line| line.trim() == "*") {
        let alone = lines.len() == 1 && (header == Some(0) || lenience.star_with_expires);
        return if alone {
            Ok(Wish::EndAll)
        } else {
            Err(Refused::Malformed)
        };
    }
    let mut list = Vec::new();
    for value in lines
        .iter()
        .flat_map(|line| crate::sip::uri::split_list(line))
    {
        match contact(value, header) {
            Some(good) => list.push(good),
            None if lenience.first_contact_kept && !list.is_empty() => {}
            None => return Err(Refused::Malformed),
        }
    }
    Ok(Wish::Change(list))
}

fn contact(value: &str, header: Option<u64>) -> Option<(Address, u64)> {
    let address = Address::read(value)?;
    Uri::read(&address.uri)?;
    let seconds = match address.parameter("expires") {
        Some(text) if text.len() < 10 => text.parse().ok()?,
        Some(_) => return None,
        None => header.unwrap_or(DEFAULT_EXPIRES),
    };
    Some((address, seconds.min(MAX_EXPIRES)))
}

/// All bindings, by public identity in its one spelling.
#[derive(Default)]
pub(super) struct Registrar {
    bindings: HashMap<String, Vec<Binding>>,
}

impl Registrar {
    /// The live bindings of an identity.
    pub(super) fn of(&self, impu: &str) -> Vec<&Binding> {
        let now = Instant::now();
        self.bindings
            .get(impu)
            .into_iter()
            .flatten()
            .filter(|binding| binding.until > now)
            .collect()
    }

    /// Ends every binding that a third party vouched for.
    pub(super) fn end_party(&mut self, entity: &str) {
        for bindings in self.bindings.values_mut() {
            bindings.retain(|binding| binding.entity.as_deref() != Some(entity));
        }
    }

    /// Carries a wish out, all of it or nothing.
    pub(super) fn apply(&mut self, impu: &str, demand: &Demand<'_>) -> Result<(), Refused> {
        let Demand {
            request,
            wish,
            entity,
            lenience,
        } = *demand;
        let now = Instant::now();
        let call_id = request.value("Call-ID").unwrap_or_default().to_owned();
        let cseq = request.cseq().unwrap_or_default();
        let mut next: Vec<Binding> = self.of(impu).into_iter().cloned().collect();
        let late = |binding: &Binding| {
            binding.call_id == call_id && cseq <= binding.cseq && !lenience.any_order
        };
        match wish {
            Wish::Query => return Ok(()),
            Wish::EndAll if next.iter().any(late) => return Err(Refused::OutOfOrder),
            Wish::EndAll => next.clear(),
            Wish::Change(list) => {
                let path: Vec<String> = request
                    .values("Path")
                    .flat_map(crate::sip::uri::split_list)
                    .map(str::to_owned)
                    .collect();
                for (contact, seconds) in list {
                    if next
                        .iter()
                        .any(|binding| same_target(&binding.contact, contact) && late(binding))
                    {
                        return Err(Refused::OutOfOrder);
                    }
                    next.retain(|binding| !same_target(&binding.contact, contact));
                    if *seconds > 0 {
                        let until = now + Duration::from_secs(*seconds);
                        let (contact, path, call_id) =
                            (contact.clone(), path.clone(), call_id.clone());
                        next.push(Binding {
                            contact,
                            path,
                            entity: entity.map(str::to_owned),
                            call_id,
                            cseq,
                            until,
                        });
                    }
                }
            }
        }
        if next.len() > MAX_BINDINGS_PER_IDENTITY {
            return Err(Refused::Malformed);
        }
        if next.is_empty() {
            self.bindings.remove(impu);
        } else {
            self.bindings.insert(impu.to_owned(), next);
        }
        Ok(())
    }
}

/// Whether two Contacts are one binding: the same flow of the same device (RFC 5626), else the same URI.
fn same_target(a: &Address, b: &Address) -> bool {
    let flow = |contact: &Address| {
        Some((
            contact.parameter("+sip.instance")?.to_owned(),
            contact.parameter("reg-id")?.to_owned(),
        ))
    };
    match (flow(a), flow(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.uri == b.uri,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::read::Framing;

    const IMPU: &str = "sip:a@op.example";

    fn request(cseq: u32, headers: &str) -> Message {
        let text = format!(
            "REGISTER sip:op.example SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z\r\nFrom: <{IMPU}>;tag=1\r\nTo: <{IMPU}>\r\nCall-ID: c\r\n\
             CSeq: {cseq} REGISTER\r\n{headers}\r\n"
        );
        Message::read(text.as_bytes(), Framing::Whole).expect("a REGISTER")
    }

    /// Carries out one REGISTER and tells what is bound then.
    fn after(registrar: &mut Registrar, cseq: u32, headers: &str) -> Result<Vec<String>, Refused> {
        let request = request(cseq, headers);
        let lenience = Lenience::default();
        let wish = wish(&request, lenience)?;
        registrar.apply(
            IMPU,
            &Demand {
                request: &request,
                wish: &wish,
                entity: Some("A"),
                lenience,
            },
        )?;
        Ok(registrar
            .of(IMPU)
            .into_iter()
            .map(|binding| binding.contact.uri.clone())
            .collect())
    }

    #[test]
    fn bindings_come_refresh_and_go() {
        let mut registrar = Registrar::default();
        let steps: &[(u32, &str, &[&str])] = &[
            (1, "Contact: <sip:x@h>\r\nExpires: 60\r\n", &["sip:x@h"]),
            (
                2,
                "Contact: <sip:y@h>;expires=60, <sip:x@h>;expires=30\r\n",
                &["sip:y@h", "sip:x@h"],
            ),
            (3, "", &["sip:y@h", "sip:x@h"]),
            (4, "Contact: <sip:y@h>;expires=0\r\n", &["sip:x@h"]),
            (
                5,
                "Contact: <sip:z@h>;+sip.instance=\"<i>\";reg-id=1\r\n",
                &["sip:x@h", "sip:z@h"],
            ),
            (
                6,
                "Contact: <sip:w@h>;+sip.instance=\"<i>\";reg-id=1\r\n",
                &["sip:x@h", "sip:w@h"],
            ),
            (7, "Contact: *\r\nExpires: 0\r\n", &[]),
        ];
        for (cseq, headers, expected) in steps {
            assert_eq!(
                after(&mut registrar, *cseq, headers).expect("a change"),
                *expected,
                "step {cseq}"
            );
        }
    }

    #[test]
    fn a_refused_register_changes_nothing() {
        let mut registrar = Registrar::default();
        after(&mut registrar, 5, "Contact: <sip:x@h>\r\n").expect("a binding");
        let cases = [
            (6, "Contact: <sip:y@h>, <nonsense\r\n", Refused::Malformed),
            (
                6,
                "Contact: <sip:y@h>\r\nContact: <mailto:x@y>\r\n",
                Refused::Malformed,
            ),
            (6, "Contact: *\r\n", Refused::Malformed),
            (6, "Contact: *\r\nExpires: 3600\r\n", Refused::Malformed),
            (
                6,
                "Contact: *\r\nContact: <sip:x@h>\r\nExpires: 0\r\n",
                Refused::Malformed,
            ),
            (6, "Contact: <sip:x@h>;expires=-1\r\n", Refused::Malformed),
            (5, "Contact: <sip:x@h>;expires=0\r\n", Refused::OutOfOrder),
            (4, "Contact: *\r\nExpires: 0\r\n", Refused::OutOfOrder),
            (4, "Contact: <sip:y@h>, <sip:x@h>\r\n", Refused::OutOfOrder),
        ];
        for (cseq, headers, refusal) in cases {
            assert_eq!(
                after(&mut registrar, cseq, headers),
                Err(refusal),
                "{headers}"
            );
            assert_eq!(
                after(&mut registrar, 6, "").expect("a query"),
                ["sip:x@h"],
                "{headers}"
            );
        }
    }

    #[test]
    fn the_end_of_a_party_ends_its_bindings_only() {
        let mut registrar = Registrar::default();
        after(&mut registrar, 1, "Contact: <sip:x@h>\r\n").expect("a binding");
        registrar.end_party("B");
        assert_eq!(registrar.of(IMPU).len(), 1);
        registrar.end_party("A");
        assert_eq!(registrar.of(IMPU).len(), 0);
    }
}
