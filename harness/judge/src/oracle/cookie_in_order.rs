//! The session cookie is Secure, HttpOnly and SameSite.

use evidence::Interface;

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let declared = context.play.answer_list("session-cookies");
    let lines: Vec<(u32, &str)> = context
        .play
        .received()
        .filter(|message| message.interface == Interface::W1)
        .filter_map(|message| Some((message.n, message.http()?)))
        .flat_map(|(n, http)| {
            http.all("Set-Cookie")
                .map(move |line| (n, line))
                .collect::<Vec<_>>()
        })
        .filter(|(_, line)| {
            !is_removal(line)
                && (declared.is_empty() || declared.iter().any(|name| *name == name_of(line)))
        })
        .collect();
    if lines.is_empty() {
        return Ruling::undecided("no_cookie", "the portal set no session cookie in this play");
    }
    Ruling::unless(lines.into_iter().find_map(|(n, line)| {
        let missing = missing(line)?;
        let attributes = line.split_once(';').map_or("none", |(_, rest)| rest.trim());
        Some(Ruling::broken(
            format!("{missing} on the session cookie"),
            format!("{}; attributes: {attributes}", name_of(line)),
            [n],
        ))
    }))
}

fn name_of(line: &str) -> &str {
    line.split('=').next().unwrap_or_default().trim()
}

/// A cookie that is taken away needs no attributes.
fn is_removal(line: &str) -> bool {
    let value = line
        .split(';')
        .next()
        .and_then(|pair| pair.split_once('='))
        .map_or("", |(_, value)| value.trim());
    value.is_empty()
        || attribute(line, "Max-Age")
            .is_some_and(|age| age.parse::<i64>().is_ok_and(|age| age <= 0))
}

fn attribute<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let parts = line.split(';').skip(1).map(str::trim);
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .find(|(own, _)| own.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

fn missing(line: &str) -> Option<&'static str> {
    if attribute(line, "Secure").is_none() {
        Some("Secure")
    } else if attribute(line, "HttpOnly").is_none() {
        Some("HttpOnly")
    } else {
        let site = attribute(line, "SameSite").unwrap_or_default();
        let fits = site.eq_ignore_ascii_case("lax") || site.eq_ignore_ascii_case("strict");
        (!fits).then_some("SameSite=Lax or Strict")
    }
}
