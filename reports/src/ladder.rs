//! A play as a ladder: a column a node, an arrow a message, in the order of the log. Plain text, made for people who know
//! the protocol; the log itself stays the evidence.

use std::collections::BTreeMap;

use evidence::event::{Direction, Layer, PlanStep, Side, TlsFacts};
use evidence::record::{Part, PlayRef};
use evidence::{CaseRecord, Event, Finding, Interface, Plan, ReadLog, Role, RunFolder, What};

use crate::hostile;
use crate::sheet::{Sheet, blanks};
use crate::style::{Style, mark, words};

/// Rows shown; what comes after is counted.
const MOST_ROWS: usize = 200;
/// `  66    1234.5ms ◆ `: the event's number in the log, and when it was.
const GUTTER: usize = 18;
const WIDEST_GAP: usize = 44;
const NARROWEST_GAP: usize = 18;

/// What a ladder is of: the case and its verdict, the play's part in it, and the log that the numbers of events are of.
#[must_use]
pub fn heading(case: &CaseRecord, play: &PlayRef) -> String {
    hostile::line(&format!(
        "{} {} {}: {} in {}",
        mark(case.verdict),
        words(case.verdict),
        case.case,
        part(play.part),
        RunFolder::new("").play(&play.play).display()
    )) + "\n"
}

/// The part of a play in a case, in words.
pub(crate) fn part(part: Part) -> &'static str {
    match part {
        Part::ControlBefore => "control before",
        Part::Attack => "attack",
        Part::ControlAfter => "control after",
    }
}

/// Draws a play. Each line begins with the number of its event. `◆` marks the departing step, `✗` the events that a finding names.
#[must_use]
pub fn draw(log: &ReadLog, play: &str, findings: &[Finding], width: usize) -> String {
    let plan = log.events.iter().find_map(|event| match &event.what {
        What::Plan(plan) => Some(&**plan),
        _ => None,
    });
    let Some(columns) = Columns::of(log, plan, width) else {
        return "nothing was sent and nothing came\n".to_owned();
    };
    let broken: Vec<u32> = findings
        .iter()
        .flat_map(|finding| &finding.events)
        .filter(|event| event.play == play)
        .map(|event| event.n)
        .collect();
    let mut sheet = Sheet::new(Style {
        colour: false,
        width,
    });
    columns.write_head(&mut sheet);
    let first = log.events.first().map_or(0, |event| event.at_us);
    let mut rows = 0;
    let mut hidden = 0;
    for event in &log.events {
        let Some(row) = row(event, plan, &columns) else {
            continue;
        };
        let marked = broken.contains(&event.n);
        if rows >= MOST_ROWS && !marked {
            hidden += 1;
            continue;
        }
        rows += 1;
        let mark = if marked { "✗" } else { row.mark };
        let milliseconds = event.at_us.saturating_sub(first) as f64 / 1000.0;
        sheet.line(&format!(
            "{:>4} {milliseconds:>9.1}ms {mark} {}",
            event.n, row.text
        ));
    }
    if hidden > 0 {
        sheet.line(&format!(
            "{}… {hidden} more events stand in the log",
            blanks(GUTTER)
        ));
    }
    if log.torn {
        sheet.line(&format!(
            "{}the log ends in the middle of a line",
            blanks(GUTTER)
        ));
    }
    sheet.into_text()
}

struct Row {
    mark: &'static str,
    text: String,
}

/// The nodes that the log shows, left to right as a message travels from the user to the core.
struct Columns {
    nodes: Vec<Role>,
    sut: Option<Role>,
    gap: usize,
    connections: BTreeMap<u32, Interface>,
}

const ORDER: [Role; 5] = [Role::Wic, Role::Wwsf, Role::Waf, Role::EpCscf, Role::Core];

impl Columns {
    fn of(log: &ReadLog, plan: Option<&Plan>, width: usize) -> Option<Self> {
        let shown: Vec<[Role; 2]> = log
            .events
            .iter()
            .filter_map(interface)
            .filter_map(ends)
            .collect();
        let nodes: Vec<Role> = ORDER
            .into_iter()
            .filter(|role| shown.iter().any(|pair| pair.contains(role)))
            .collect();
        let gaps = nodes.len().checked_sub(1).filter(|gaps| *gaps > 0)?;
        let gap = (width.saturating_sub(GUTTER + 10) / gaps).clamp(NARROWEST_GAP, WIDEST_GAP);
        let connections = log.events.iter().filter_map(|event| match &event.what {
            What::Opened {
                connection,
                interface,
                ..
            }
            | What::Message {
                connection,
                interface,
                ..
            } => Some((*connection, *interface)),
            _ => None,
        });
        Some(Self {
            nodes,
            sut: plan.and_then(|plan| plan.sut),
            gap,
            connections: connections.collect(),
        })
    }

    fn place(&self, role: Role) -> Option<usize> {
        self.nodes.iter().position(|node| *node == role)
    }

    fn write_head(&self, sheet: &mut Sheet) {
        let mut names = blanks(GUTTER - 1);
        let mut rails = blanks(GUTTER);
        for role in &self.nodes {
            let tested =
                self.sut == Some(*role) || self.sut == Some(Role::Network) && *role != Role::Wic;
            let name = if tested {
                format!("[{role}]")
            } else {
                format!(" {role} ")
            };
            names.push_str(&format!("{name:<gap$}", gap = self.gap));
            rails.push_str(&format!("{:<gap$}", "│", gap = self.gap));
        }
        sheet.line(&names);
        sheet.line(&rails);
    }

    /// The node that the SUT is on this interface, and ours.
    fn sides(&self, interface: Interface) -> Option<(Role, Role)> {
        let [near, far] = ends(interface)?;
        Some(if self.sut == Some(near) {
            (near, far)
        } else {
            (far, near)
        })
    }

    fn arrow(&self, interface: Interface, by: Side, label: &str, reached: bool) -> Option<String> {
        let (sut, ours) = self.sides(interface)?;
        let (from, to) = if by == Side::Sut {
            (sut, ours)
        } else {
            (ours, sut)
        };
        let (from, to) = (self.place(from)?, self.place(to)?);
        let (left, right) = (from.min(to), from.max(to));
        let room = (right - left) * self.gap - 1;
        let label = hostile::fit(label, room.saturating_sub(6));
        let line = "─".repeat(room.saturating_sub(hostile::columns(&label) + 5));
        let body = match (from < to, reached) {
            (true, true) => format!("── {label} {line}▶"),
            (true, false) => format!("── {label} {line}╳"),
            (false, true) => format!("◀{line} {label} ──"),
            (false, false) => format!("╳{line} {label} ──"),
        };
        let rail = |count: usize| format!("│{}", blanks(self.gap - 1)).repeat(count);
        let after = self.nodes.len() - 1 - right;
        let tail = if after > 0 {
            format!("{}│", rail(after))
        } else {
            "│".to_owned()
        };
        Some(format!("{}│{body}{tail}", rail(left)))
    }

    fn note(&self, text: &str) -> String {
        let room = (self.nodes.len() - 1) * self.gap;
        format!("│ {}", hostile::fit(&hostile::line(text), room.max(40)))
    }

    fn step(&self, text: &str) -> String {
        let room = (self.nodes.len() - 1) * self.gap + 1;
        let text = hostile::fit(&hostile::line(text), room.max(40));
        format!(
            "┄┄ {text} {}",
            "┄".repeat(room.saturating_sub(hostile::columns(&text) + 4))
        )
    }
}

fn interface(event: &Event) -> Option<Interface> {
    match &event.what {
        What::Opened { interface, .. }
        | What::NotOpened { interface, .. }
        | What::Message { interface, .. } => Some(*interface),
        _ => None,
    }
}

/// The two nodes of an interface, the one nearer to the user first.
fn ends(interface: Interface) -> Option<[Role; 2]> {
    match interface {
        Interface::W1 => Some([Role::Wic, Role::Wwsf]),
        Interface::W2 => Some([Role::Wic, Role::EpCscf]),
        Interface::W4 => Some([Role::Wwsf, Role::Waf]),
        Interface::Mw => Some([Role::EpCscf, Role::Core]),
        Interface::Introspection | Interface::Jwks => Some([Role::Waf, Role::EpCscf]),
        Interface::Hook => None,
    }
}

/// What is drawn for an event; `None` for what only programs need.
fn row(event: &Event, plan: Option<&Plan>, columns: &Columns) -> Option<Row> {
    let departs = |step: usize| plan.and_then(|plan| plan.departs) == Some(step);
    let mut mark = " ";
    let text = match &event.what {
        What::StepBegan { step } => {
            mark = if departs(*step) { "◆" } else { " " };
            columns.step(&step_name(*step, plan, departs(*step)))
        }
        What::Stimulus {
            step,
            layer: layer @ (Layer::State | Layer::Tls | Layer::Token),
            text,
        } => {
            mark = if departs(*step) { "◆" } else { " " };
            columns.note(&format!("{}: {}", layer_name(*layer), one_line(&text.0)))
        }
        What::Opened {
            interface,
            transport,
            by,
            ..
        } => columns.arrow(
            *interface,
            *by,
            &format!("{} opens", hostile::line(transport)),
            true,
        )?,
        What::NotOpened { interface, why, .. } => columns.arrow(
            *interface,
            Side::Us,
            &format!("not opened: {}", hostile::line(why)),
            false,
        )?,
        What::Message {
            interface,
            direction,
            layer,
            bytes,
            cut_from,
            late,
            ..
        } => {
            let by = if *direction == Direction::Sent {
                Side::Us
            } else {
                Side::Sut
            };
            let late = if *late { "late: " } else { "" };
            let cut = if cut_from.is_some() { " (cut)" } else { "" };
            columns.arrow(
                *interface,
                by,
                &format!("{late}{}{cut}", message_name(*layer, &bytes.0)),
                true,
            )?
        }
        other => columns.note(&note(other, columns)?),
    };
    Some(Row { mark, text })
}

fn step_name(step: usize, plan: Option<&Plan>, departs: bool) -> String {
    let known: Option<&PlanStep> = plan.and_then(|plan| plan.steps.get(step));
    let verb = known.map_or("", |known| known.verb.as_str());
    let name = known
        .and_then(|known| known.name.as_deref())
        .map(|name| format!(" \"{name}\""))
        .unwrap_or_default();
    let departure = if departs {
        ", here the attack departs"
    } else {
        ""
    };
    format!("step {} {verb}{name}{departure}", step + 1)
}

/// What stands beside the rails without an arrow.
fn note(what: &What, columns: &Columns) -> Option<String> {
    let on = |connection: &u32| {
        columns
            .connections
            .get(connection)
            .map_or("a connection", |interface| interface.word())
    };
    Some(match what {
        What::Secured { connection, tls } => format!("{}: TLS {}", on(connection), tls_words(tls)),
        What::NotSecured {
            connection,
            by,
            alert,
            why,
            ..
        } => {
            let alert = alert
                .map(|alert| format!(", alert {alert}"))
                .unwrap_or_default();
            format!(
                "{}: no TLS, ended by {}{alert}: {why}",
                on(connection),
                side(*by)
            )
        }
        What::Closed {
            connection,
            by,
            why,
        } => format!("{}: closed by {}: {why}", on(connection), side(*by)),
        What::StepFailed { by, why, .. } => format!("stopped by {}: {why}", side(*by)),
        What::TimedOut {
            awaited, after_ms, ..
        } => format!("{after_ms} ms without {awaited}"),
        What::Token { name, text, .. } => format!("token {name}: {}", one_line(text.as_bytes())),
        What::Hook { name, .. } => format!("hook {name}"),
        What::Sentinel { path, .. } => {
            format!("an honest message came through behind the attack: {path}")
        }
        What::Ended => "the acts end".to_owned(),
        What::Restored { what, failed: None } => format!("restored: {what}"),
        What::Restored {
            what,
            failed: Some(why),
        } => format!("not restored: {what}: {why}"),
        What::WatchEnded => "the watch for late messages ends".to_owned(),
        What::Note { text } => text.clone(),
        _ => return None,
    })
}

fn tls_words(tls: &TlsFacts) -> String {
    let mut words = vec![tls.version.clone().unwrap_or_default()];
    words.extend(tls.alpn.iter().map(|alpn| format!("alpn {alpn}")));
    words.extend(
        tls.shown
            .iter()
            .map(|shown| format!("we showed the certificate {shown}")),
    );
    words.extend(tls.resumed.then(|| "resumed".to_owned()));
    words.join(", ")
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Us => "us",
        Side::Sut => "the SUT",
        Side::System => "the machine",
    }
}

fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Tls => "tls",
        Layer::Http => "http",
        Layer::Websocket => "websocket",
        Layer::Sip => "sip",
        Layer::Token => "token",
        Layer::State => "state",
    }
}

/// The start line of SIP and HTTP, else the layer and the beginning of its text.
fn message_name(layer: Layer, bytes: &[u8]) -> String {
    let line = first_line(bytes);
    match layer {
        Layer::Sip | Layer::Http => line,
        Layer::Tls => format!("TLS records, {} bytes", bytes.len()),
        _ => format!("{}: {line}", layer_name(layer)),
    }
}

/// Enough of a text of several lines, in one.
fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]);
    hostile::line(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Enough of the first line for any width.
fn first_line(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len())
        .min(400);
    hostile::line(String::from_utf8_lossy(&bytes[..end]).trim_end_matches('\r'))
}
