//! Logs made by hand: a plan and events in their order, as the stage would write them.

use evidence::event::{Direction, Layer, Side, TlsFacts};
use evidence::record::Kind;
use evidence::{Bytes, Event, Interface, Plan, PlanStep, ReadLog, Role, What};
use script::{Applies, Case};
use serde_json::Value;

/// A log being made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) plan: Plan,
    events: Vec<(u64, What)>,
    clock: u64,
}

/// Microseconds between two events unless something waits.
const TICK: u64 = 1_000;

impl Made {
    pub(crate) fn new(sut: Role, script: &str) -> Self {
        let plan = Plan {
            play: format!("{script}@2#1"),
            number: 1,
            script: script.to_owned(),
            sut: Some(sut),
            registration: 2,
            wall_clock_ms: 1_800_000_000_000,
            ..Plan::default()
        };
        let mut made = Self {
            plan,
            events: Vec::new(),
            clock: 0,
        };
        for (person, user) in [("alice", "alice0"), ("bob", "bob0")] {
            made.fact(&format!("{person}.user"), user);
            made.fact(&format!("{person}.impi"), &format!("{user}@op.example"));
            made.fact(
                &format!("{person}.impus"),
                &format!("sip:{user}@op.example sip:{user}.work@op.example"),
            );
            made.fact(&format!("{person}.entity"), "https://waf-a.localhost:1");
        }
        made.fact("party.A.entity", "https://waf-a.localhost:1");
        made.fact("party.B.entity", "https://waf-b.localhost:2");
        made.answer("codes", &["bad-token=401,403", "not-entitled=403,404,401"]);
        made
    }

    pub(crate) fn fact(&mut self, name: &str, value: &str) {
        self.plan.facts.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn answer(&mut self, item: &str, answers: &[&str]) {
        self.plan.answers.insert(
            item.to_owned(),
            answers.iter().map(|answer| (*answer).to_owned()).collect(),
        );
    }

    /// Adds a step to the plan and returns its index.
    pub(crate) fn step(&mut self, verb: &str, fields: Value) -> usize {
        self.plan.steps.push(PlanStep {
            verb: verb.to_owned(),
            fields,
            ..PlanStep::default()
        });
        self.plan.steps.len() - 1
    }

    /// Lets time pass.
    pub(crate) fn wait_ms(&mut self, ms: u64) {
        self.clock += ms * 1000;
    }

    pub(crate) fn event(&mut self, what: What) -> &mut Self {
        self.clock += TICK;
        self.events.push((self.clock, what));
        self
    }

    pub(crate) fn begin(&mut self, step: usize) -> &mut Self {
        self.event(What::StepBegan { step })
    }

    /// Adds a step to the plan and begins it.
    pub(crate) fn act(&mut self, verb: &str, fields: Value) -> usize {
        let step = self.step(verb, fields);
        self.begin(step);
        step
    }

    pub(crate) fn stimulus(&mut self, step: usize, layer: Layer, text: &str) -> &mut Self {
        self.event(What::Stimulus {
            step,
            layer,
            text: Bytes(text.as_bytes().to_vec()),
        })
    }

    pub(crate) fn fresh(&mut self, name: &str, value: &str) -> &mut Self {
        self.event(What::Fresh {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    pub(crate) fn token(&mut self, step: usize, name: &str, compact: &str) -> &mut Self {
        self.event(What::Token {
            name: name.to_owned(),
            compact: compact.to_owned(),
            text: String::new(),
            step,
        });
        self.fresh(&format!("token {name}"), compact)
    }

    pub(crate) fn opened(
        &mut self,
        connection: u32,
        interface: Interface,
        by: Side,
        to: &str,
    ) -> &mut Self {
        let from = "127.0.0.51:1".to_owned();
        self.event(What::Opened {
            connection,
            interface,
            transport: "tcp".to_owned(),
            from,
            to: to.to_owned(),
            by,
        })
    }

    pub(crate) fn secured(&mut self, connection: u32, tls: TlsFacts) -> &mut Self {
        self.event(What::Secured { connection, tls })
    }

    pub(crate) fn message(
        &mut self,
        connection: u32,
        interface: Interface,
        direction: Direction,
        layer: Layer,
        bytes: &[u8],
    ) -> &mut Self {
        self.event(What::Message {
            connection,
            interface,
            direction,
            layer,
            bytes: Bytes(bytes.to_vec()),
            cut_from: None,
            late: false,
        })
    }

    pub(crate) fn sent(&mut self, connection: u32, interface: Interface, text: &str) -> &mut Self {
        self.message(
            connection,
            interface,
            Direction::Sent,
            layer_of(text),
            text.as_bytes(),
        )
    }

    pub(crate) fn came(&mut self, connection: u32, interface: Interface, text: &str) -> &mut Self {
        self.message(
            connection,
            interface,
            Direction::Received,
            layer_of(text),
            text.as_bytes(),
        )
    }

    pub(crate) fn late(&mut self, interface: Interface, text: &str) -> &mut Self {
        let bytes = Bytes(text.as_bytes().to_vec());
        let (direction, layer) = (Direction::Received, layer_of(text));
        self.event(What::Message {
            connection: u32::MAX,
            interface,
            direction,
            layer,
            bytes,
            cut_from: None,
            late: true,
        })
    }

    pub(crate) fn closed(&mut self, connection: u32, by: Side) -> &mut Self {
        self.event(What::Closed {
            connection,
            by,
            why: "end of stream".to_owned(),
        })
    }

    /// The acts end, an honest message comes through, the watch ends.
    pub(crate) fn end(&mut self) -> &mut Self {
        self.event(What::Ended).sentinel().event(What::WatchEnded)
    }

    pub(crate) fn sentinel(&mut self) -> &mut Self {
        self.event(What::Sentinel {
            play: "ok@2#2".to_owned(),
            path: "on a new connection".to_owned(),
        })
    }

    pub(crate) fn log(&self) -> ReadLog {
        let plan = (0, What::Plan(Box::new(self.plan.clone())));
        let all = std::iter::once(plan).chain(self.events.iter().cloned());
        let events = all
            .zip(0..)
            .map(|((at_us, what), n)| Event { n, at_us, what })
            .collect();
        ReadLog {
            events,
            torn: false,
        }
    }
}

/// SIP where the first line says so, HTTP otherwise.
fn layer_of(text: &str) -> Layer {
    if text
        .lines()
        .next()
        .is_some_and(|line| line.contains("SIP/2.0"))
    {
        Layer::Sip
    } else {
        Layer::Http
    }
}

/// A case that asks these oracles.
pub(crate) fn case(kind: Kind, sut: Role, oracles: &[&str]) -> Case {
    Case {
        id: "an-attack@2".to_owned(),
        slug: "an-attack".to_owned(),
        variant: None,
        title: "An attack".to_owned(),
        kind,
        sut,
        registration: 2,
        control: "ok".to_owned(),
        checks: vec!["REQ-4.b".to_owned()],
        code_checks: Vec::new(),
        proof: Vec::new(),
        steps: Vec::new(),
        departs: None,
        judged: Vec::new(),
        departure: None,
        outcome: Some((
            "made".to_owned(),
            oracles.iter().map(|oracle| (*oracle).to_owned()).collect(),
        )),
        codes: None,
        applies: Applies::Yes,
        exclusive: false,
        place: Default::default(),
    }
}

/// A token in compact form with these claims; its signature is of no one.
pub(crate) fn compact(claims: Value) -> String {
    let token = jose::Token {
        header: br#"{"alg":"ES256","typ":"at+jwt","kid":"one"}"#.to_vec(),
        claims: claims.to_string().into_bytes(),
        signature: vec![7; 64],
    };
    token.compact()
}
