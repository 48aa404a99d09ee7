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

    /// Carries a wish out, all of it or nothing.
    pub(super) fn apply(
        &mut self,
        impu: &str,
        request: &Message,
        wish: &Wish,
        lenience: Lenience,
    ) -> Result<(), Refused> {
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
