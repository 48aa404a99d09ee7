//! Expectations about SIP: answers on W2 and Mw, requests that arrive at the core, at the edge and at the WIC.

use std::collections::{BTreeMap, BTreeSet};

use evidence::Interface;
use evidence::event::Side;
use script::vocabulary::{Verb, core, ep_cscf, wic};

use super::{Asked, Wrong, one_of, quoted, value_fits};
use crate::identity;
use crate::play::{Message, shortened};

impl<'p, 'a> Asked<'p, 'a> {
    pub(super) fn wic(&self, expect: &wic::Expect) -> Option<Wrong> {
        let name = expect.connection.as_deref();
        if let Some(method) = &expect.method {
            let elsewhere = |message: &'p Message<'a>| {
                (!self.is_connection(message.connection, name)).then(|| {
                    Wrong::new(
                        format!("{method} on connection {}", name.unwrap_or("main")),
                        format!("{} on another connection", message.summary()),
                        Some(message),
                    )
                })
            };
            return self.request_arrived(Interface::W2, method, elsewhere).err();
        }
        let mut answer = None;
        if let Some(wanted) = &expect.status {
            let request = self.last_request(Interface::W2, name);
            match self.status(wanted, request) {
                Ok(found) => answer = found,
                Err(wrong) => return Some(wrong),
            }
        }
        let http = self
            .http_answer(&[Interface::W2, Interface::W1])
            .or_else(|| self.handshake_answer());
        if let Some(wanted) = &expect.http_status
            && let Some(wrong) = self.http_status(wanted, http)
        {
            return Some(wrong);
        }
        self.tls(name, expect)
            .or_else(|| self.header(expect.header.as_ref(), answer.or(http)))
            .or_else(|| self.body(expect.impi.as_deref(), expect.impu.as_deref(), http))
    }

    /// Whether a connection is the one that scripts call `name`; any, where they name none.
    fn is_connection(&self, number: u32, name: Option<&str>) -> bool {
        let Some(name) = name else { return true };
        let opener = self
            .play
            .connections
            .get(&number)
            .and_then(|connection| self.play.verb(connection.step?));
        match opener {
            Some(Verb::Wic(wic::Verb::Connect(connect))) => {
                connect.connection.as_deref().unwrap_or("main") == name
            }
            _ => false,
        }
    }

    pub(super) fn core(&self, expect: &core::Expect) -> Option<Wrong> {
        if let Some(wanted) = &expect.status {
            let before = self
                .play
                .sent()
                .filter(|message| message.at < self.window.end);
            let request = before
                .filter(|message| message.interface == Interface::Mw && message.request().is_some())
                .last();
            return match (self.status(wanted, request), &expect.connection) {
                (Err(wrong), _) => Some(wrong),
                (Ok(_), Some(name)) => self.arrived_on(name),
                (Ok(_), None) => None,
            };
        }
        let method = expect.method.as_deref().unwrap_or("REGISTER");
        self.request_arrived(Interface::Mw, method, |message| {
            self.core_request(expect, message)
        })
        .err()
    }

    pub(super) fn ep_cscf(&self, expect: &ep_cscf::Expect) -> Option<Wrong> {
        if expect.active.is_some() || expect.impi.is_some() {
            return self.introspected(expect);
        }
        if let Some(method) = &expect.method {
            let on = if self.play.plan.sut == Some(evidence::Role::Wic) {
                Interface::W2
            } else {
                Interface::Mw
            };
            return self
                .request_arrived(on, method, |message| self.edge_request(expect, message))
                .err()
                .or_else(|| self.connections(expect.connections, on, method));
        }
        let request = self.last_request(Interface::Mw, None);
        let answer = match &expect.status {
            Some(wanted) => match self.status(wanted, request) {
                Ok(answer) => answer,
                Err(wrong) => return Some(wrong),
            },
            None => request.and_then(|request| self.play.final_answer(request)),
        };
        self.header(expect.header.as_ref(), answer)
            .or_else(|| self.bindings(expect.bindings.as_deref(), answer))
    }

    /// On how many connections requests of that method came.
    fn connections(&self, wanted: Option<u64>, on: Interface, method: &str) -> Option<Wrong> {
        let wanted = wanted?;
        let came: BTreeSet<u32> = self
            .came()
            .filter(|message| message.interface == on && message.request_of(method).is_some())
            .map(|message| message.connection)
            .collect();
        (u64::try_from(came.len()).is_ok_and(|came| came < wanted)).then(|| {
            Wrong::new(
                format!("{method} on {wanted} connections"),
                format!("{method} on {}", came.len()),
                None,
            )
        })
    }

    /// The answer to the last handshake on W2, however long ago it was.
    fn handshake_answer(&self) -> Option<&'p Message<'a>> {
        let before = self
            .play
            .received()
            .filter(|message| message.at < self.window.end && message.interface == Interface::W2);
        before
            .filter(|message| message.http_status().is_some())
            .last()
    }

    /// The last request that a step sent before this one asked, on a connection of that name if it has one.
    fn last_request(&self, interface: Interface, name: Option<&str>) -> Option<&'p Message<'a>> {
        let named = |step: usize| match self.play.verb(step) {
            Some(Verb::Wic(wic::Verb::Send(send))) => {
                name.unwrap_or("main") == send.connection.as_deref().unwrap_or("main")
            }
            // What the background sent is answered to the background.
            Some(Verb::Wic(wic::Verb::Background(_))) => false,
            _ => true,
        };
        self.play
            .sent()
            .filter(|message| {
                message.at < self.window.end
                    && message.interface == interface
                    && message.request().is_some()
            })
            .filter(|message| {
                message
                    .step
                    .is_some_and(|step| !self.play.observes(step) && named(step))
            })
            .last()
    }

    /// The MESSAGE of the core came to the WIC on the connection of that name, and on no other.
    fn arrived_on(&self, name: &str) -> Option<Wrong> {
        let connections = &self.play.connections;
        let named = |message: &Message<'_>| {
            let opened = connections
                .get(&message.connection)
                .and_then(|connection| connection.step);
            opened.map_or("main", |step| {
                self.play.field(step, "connection").unwrap_or("main")
            })
        };
        let arrived: Vec<_> = self
            .came()
            .filter(|message| {
                message.interface == Interface::W2 && message.request_of("MESSAGE").is_some()
            })
            .collect();
        let elsewhere = arrived.iter().find(|message| named(message) != name);
        let expected = format!("the MESSAGE on the connection {name} alone");
        match (arrived.is_empty(), elsewhere) {
            (true, _) => Some(Wrong::new(expected, "it on no connection", None)),
            (false, None) => None,
            (false, Some(message)) => {
                let came = format!("it on the connection {}", named(message));
                Some(Wrong::new(expected, came, Some(message)))
            }
        }
    }

    /// A request of a method that came and that `wrong` has nothing against.
    fn request_arrived(
        &self,
        interface: Interface,
        method: &str,
        wrong: impl Fn(&'p Message<'a>) -> Option<Wrong>,
    ) -> Result<(), Wrong> {
        let on = |message: &Message<'_>| message.interface == interface;
        let mut nearest = None;
        for message in self
            .came()
            .filter(|message| on(message) && message.request_of(method).is_some())
        {
            match wrong(message) {
                None => return Ok(()),
                Some(found) => nearest = Some(found),
            }
        }
        Err(nearest.unwrap_or_else(|| {
            let came = self.what_came(|message| on(message) && message.request().is_some());
            Wrong::new(format!("{method} on {interface}"), came, None)
        }))
    }

    fn core_request(&self, expect: &core::Expect, message: &'p Message<'a>) -> Option<Wrong> {
        let sip = message.request()?;
        let told = |what: &str, wanted: &str, came: Option<String>| {
            let came = came.map_or_else(
                || format!("no {what}"),
                |came| format!("{what} {}", quoted(&came)),
            );
            Some(Wrong::new(
                format!("{what} {}", quoted(wanted)),
                came,
                Some(message),
            ))
        };
        if let Some(wanted) = &expect.impi {
            let found = identity::usernames(sip).into_iter().next();
            if found.as_ref() != Some(wanted) {
                return told("IMPI", wanted, found);
            }
        }
        if let Some(wanted) = &expect.impu {
            let found = sip.address("To").map(|to| to.uri);
            if !found
                .as_ref()
                .is_some_and(|found| sip::same_identity(found, wanted))
            {
                return told("IMPU in To", wanted, found);
            }
        }
        if let Some(wanted) = &expect.label {
            let found = identity::labels(sip).into_iter().next();
            let fits = found.as_ref().map_or_else(
                || wanted.iter().any(|word| word == "none"),
                |found| wanted.contains(found),
            );
            if !fits {
                return told("label", &one_of(wanted), found);
            }
        }
        if let Some(wanted) = &expect.party {
            let entity = identity::entity(self.play, wanted).unwrap_or(wanted);
            let found = identity::parties(self.play, sip).into_iter().next();
            if found.as_deref() != Some(entity) {
                return told("third party", entity, found);
            }
        }
        self.header(expect.header.as_ref(), Some(message))
    }

    fn edge_request(&self, expect: &ep_cscf::Expect, message: &'p Message<'a>) -> Option<Wrong> {
        let sip = message.request()?;
        if let Some(wanted) = &expect.impu {
            let found = sip.address("To").map(|to| to.uri).unwrap_or_default();
            if !sip::same_identity(&found, wanted) {
                return Some(Wrong::new(
                    format!("IMPU {} in To", quoted(wanted)),
                    quoted(&found),
                    Some(message),
                ));
            }
        }
        if let Some(wanted) = &expect.token {
            let bears = identity::token_in(self.play, message.bytes).is_some();
            if bears != (wanted == "yes") {
                let (expected, came) = if bears {
                    ("no token", "a token")
                } else {
                    ("the token", "none of the issued tokens")
                };
                return Some(Wrong::new(
                    format!("{expected} in {}", message.summary()),
                    came,
                    Some(message),
                ));
            }
        }
        self.header(expect.header.as_ref(), Some(message))
    }

    fn tls(&self, name: Option<&str>, expect: &wic::Expect) -> Option<Wrong> {
        if expect.alpn.is_none() && expect.version.is_none() && expect.resumed.is_none() {
            return None;
        }
        let opened = self.play.connections.values().filter(|connection| {
            connection.by != Some(Side::Sut)
                && connection.opened < self.window.end
                && connection.step.is_none_or(|step| {
                    self.play.field(step, "connection").unwrap_or("main") == name.unwrap_or("main")
                })
        });
        let Some(tls) = opened
            .filter_map(|connection| connection.secured)
            .next_back()
        else {
            return Some(Wrong::new(
                "a TLS handshake that finishes",
                "none did",
                None,
            ));
        };
        let resumed = Some(if tls.resumed { "yes" } else { "no" }.to_owned());
        let checks = [
            ("ALPN protocol", &expect.alpn, &tls.alpn),
            ("TLS version", &expect.version, &tls.version),
            ("a resumed TLS session:", &expect.resumed, &resumed),
        ];
        checks.into_iter().find_map(|(what, wanted, found)| {
            let (wanted, found) = (wanted.as_ref()?, found.as_deref().unwrap_or("none"));
            let fits = wanted.iter().any(|word| word == found);
            (!fits).then(|| Wrong::new(format!("{what} {}", one_of(wanted)), found, None))
        })
    }

    /// Header fields of a SIP or HTTP message against those asked for; `none` for one that must be absent.
    pub(super) fn header(
        &self,
        wanted: Option<&BTreeMap<String, String>>,
        message: Option<&'p Message<'a>>,
    ) -> Option<Wrong> {
        let wanted = wanted?;
        let values = |name: &str| -> Vec<String> {
            let sip = message
                .and_then(Message::sip)
                .map(|sip| sip.fields(name).map(std::borrow::Cow::into_owned).collect());
            let http = || {
                message
                    .and_then(Message::http)
                    .map(|http| http.all(name).map(str::to_owned).collect())
            };
            sip.or_else(http).unwrap_or_default()
        };
        wanted.iter().find_map(|(name, value)| {
            let found = values(name);
            let fits = if value == "none" {
                found.is_empty()
            } else {
                found.iter().any(|found| value_fits(value, found))
            };
            let came = if found.is_empty() {
                format!("no {name}")
            } else {
                format!("{name}: {}", shortened(&found.join(" | "), 200))
            };
            (!fits).then(|| Wrong::new(format!("{name}: {value}"), came, message))
        })
    }

    fn bindings(
        &self,
        wanted: Option<&[String]>,
        answer: Option<&'p Message<'a>>,
    ) -> Option<Wrong> {
        let wanted = wanted?;
        let count = answer
            .and_then(Message::sip)
            .map(|sip| sip.addresses("Contact").len());
        let fits = count.is_some_and(|count| wanted.iter().any(|word| word.parse() == Ok(count)));
        let came = count.map_or_else(
            || "no answer".to_owned(),
            |count| format!("{count} bindings"),
        );
        (!fits).then(|| Wrong::new(format!("{} bindings", one_of(wanted)), came, answer))
    }
}
