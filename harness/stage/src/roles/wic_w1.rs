//! Our WIC on W1: what its user does at a portal under test, by the recipe that the SUT's file declares.

use std::net::SocketAddr;
use std::sync::Arc;

use script::vocabulary::wic::{Anonymous, Ask, Fetch, Login, Logout};
use serde_json::Value;
use wire::http::Message;

use crate::bed::Bed;
use crate::play::{Issued, Play, lock};
use crate::roles::w1_browser::{Browser, Turn, Visitor, cookie_line};
use crate::roles::{Acted, w4_http};
use crate::world::Person;

pub(crate) use crate::roles::w1_browser::Browsers;

/// Seconds that a token is taken to live when the portal's answer does not say.
const LIFE: u64 = 300;

/// Sends a request of the script's own, in clear or under TLS.
pub(crate) async fn fetch(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Fetch) -> Acted {
    let mut visitor = Visitor::new(bed, play, Some(step), verb.browser.as_deref())?;
    visitor.server_name.clone_from(&verb.server_name);
    let path = verb.path.as_deref().unwrap_or("/");
    let form: Option<Vec<(String, String)>> = verb.form.as_ref().map(|form| {
        form.iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    });
    let mut request = match &form {
        Some(fields) => visitor.post(path, fields),
        None => visitor.get(path),
    };
    if let Some(method) = &verb.method {
        request.head.start = format!("{method} {path} HTTP/1.1");
    }
    request.head.edit(&verb.set, &verb.add, &verb.drop);
    let _turn = Turn::take(play).await;
    if verb.clear == Some(true) {
        return in_clear(&visitor, request).await;
    }
    visitor.follow(request).await.map(|_| ())
}

/// Asks in clear wherever the portal might answer: at its declared address, then at the port that speaks TLS.
async fn in_clear(visitor: &Visitor<'_>, request: Message) -> Acted {
    let tls = visitor.target.address;
    let declared = match visitor.bed.answer("cleartext-address", ":80") {
        "" => None,
        declared => Some(clear_address(visitor.bed, declared, tls)?),
    };
    for address in declared.into_iter().chain([tls]) {
        let mut request = request.clone();
        request.head.set(
            "Host",
            &format!("{}:{}", visitor.target.host, address.port()),
        );
        let exchange = visitor.exchange(visitor.step, request);
        w4_http::ask_in_clear(visitor.bed, visitor.play, address, &exchange).await?;
    }
    Ok(())
}

/// `host:port`, where no host means that of the TLS address.
fn clear_address(bed: &Bed, declared: &str, tls: SocketAddr) -> Result<SocketAddr, String> {
    let wrong = || format!("the cleartext address {declared:?} is not host:port");
    let (host, port) = declared.rsplit_once(':').ok_or_else(wrong)?;
    let ip = if host.is_empty() {
        tls.ip()
    } else {
        host.parse()
            .ok()
            .or_else(|| bed.resolve(host))
            .ok_or_else(wrong)?
    };
    Ok(SocketAddr::new(ip, port.parse().map_err(|_| wrong())?))
}

/// Logs a user in.
pub(crate) async fn login(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Login) -> Acted {
    let visitor = Visitor::new(bed, play, Some(step), verb.browser.as_deref())?;
    let person = play.person(verb.person.as_deref())?;
    visitor.browser(|browser| browser.person = Some(person.name.clone()));
    if let Some(other) = &verb.cookies {
        let planted = lock(&play.web)
            .by_name
            .get(other)
            .map(|browser| browser.cookies.clone());
        let planted = planted.ok_or_else(|| format!("no browser is called {other}"))?;
        visitor.browser(|browser| browser.cookies = planted);
    }
    let (user, password) = credentials(play, &person, verb)?;
    let names = bed.answers("login-fields");
    let name =
        |at: usize, otherwise: &str| names.get(at).map_or(otherwise, String::as_str).to_owned();
    let _turn = Turn::take(play).await;
    for _ in 0..verb.times.unwrap_or(1) {
        let mut fields = match verb.bare {
            Some(true) => Vec::new(),
            _ => visitor.hidden(&name(1, "password")).await?,
        };
        fields.push((name(0, "username"), user.clone()));
        fields.push((name(1, "password"), password.clone()));
        let mut request = visitor.post(&visitor.path("login-path", "/login"), &fields);
        request.head.edit(&verb.set, &verb.add, &[]);
        visitor.entered();
        visitor.follow(request).await?;
    }
    Ok(())
}

/// User name and password that a script wants to be sent.
fn credentials(play: &Play, person: &Person, verb: &Login) -> Result<(String, String), String> {
    let right = play.world.passwords.get(&person.user).cloned();
    let user = verb.user.clone().unwrap_or_else(|| person.user.clone());
    let password = verb.password.clone().or(right).unwrap_or_default();
    match verb.credential.as_deref() {
        None => Ok((user, password)),
        Some("wrong-password") => Ok((user, "not the password".to_owned())),
        Some("empty-password") => Ok((user, String::new())),
        Some("unknown-user") => Ok(("nobody-of-that-name".to_owned(), password)),
        Some(other) => Err(format!("no credentials are called {other}")),
    }
}

/// Begins an anonymous session.
pub(crate) async fn anonymous(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Anonymous,
) -> Acted {
    let visitor = Visitor::new(bed, play, Some(step), verb.browser.as_deref())?;
    let fields: Vec<(String, String)> = verb
        .form
        .iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let _turn = Turn::take(play).await;
    visitor.entered();
    let request = visitor.post(&visitor.path("anonymous-path", "/anonymous"), &fields);
    visitor.follow(request).await.map(|_| ())
}

/// Asks for token and identity; redirects are not followed, for a login page is no answer.
pub(crate) async fn ask(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Ask) -> Acted {
    let visitor = Visitor::new(bed, play, Some(step), verb.browser.as_deref())?;
    let mut path = visitor.path("token-path", "/session");
    if let Some(query) = &verb.query {
        let mark = if path.contains('?') { '&' } else { '?' };
        path = format!("{path}{mark}{query}");
    }
    let mut request = visitor.get(&path);
    if let Some(method) = &verb.method {
        request.head.start = format!("{method} {path} HTTP/1.1");
    }
    if let Some(told) = &verb.cookie {
        let line = visitor.browser(|browser| shown(browser, told));
        // An empty field stands for none: the browser's own cookies are not put in its place.
        request.head.set("Cookie", &line);
    }
    request.head.edit(&verb.set, &verb.add, &[]);
    let _turn = Turn::take(play).await;
    let answer = visitor.send(Some(step), request).await?;
    let members = bed.answers("token-members");
    let member = members.first().map_or("access_token", String::as_str);
    if let Some(compact) = serde_json::from_slice(&answer.body)
        .ok()
        .and_then(|body| text_of(&body, member))
    {
        let issued = Issued {
            compact,
            person: None,
            party: None,
            expires_s: super::waf::now() + LIFE,
            genuine: true,
        };
        play.keep_token(step, verb.token.as_deref().unwrap_or("asked"), issued);
    }
    Ok(())
}

/// The text of the first member of that name, however deep.
fn text_of(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(members) => members
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or_else(|| members.values().find_map(|value| text_of(value, name))),
        Value::Array(list) => list.iter().find_map(|value| text_of(value, name)),
        _ => None,
    }
}

/// The Cookie field that a script wants in place of the browser's own.
fn shown(browser: &Browser, told: &str) -> String {
    let changed = |change: fn(&str) -> String| {
        let cookies = browser.cookies.iter();
        cookie_line(
            &cookies
                .map(|(name, value)| (name.clone(), change(value)))
                .collect(),
        )
    };
    let line = match told {
        "none" => None,
        "tampered" => changed(tampered),
        "random" => changed(of_the_same_form),
        "former" => cookie_line(&browser.former),
        value => Some(value.to_owned()),
    };
    line.unwrap_or_default()
}

/// A value with one character changed for another of its kind: the one in its middle, or the next that has a kind.
fn tampered(value: &str) -> String {
    let mut letters: Vec<char> = value.chars().collect();
    let middle = letters.len() / 2;
    let places = (middle..letters.len()).chain(0..middle);
    let place = places
        .into_iter()
        .find(|at| other(letters[*at]) != letters[*at]);
    if let Some(place) = place {
        letters[place] = other(letters[place]);
    }
    letters.into_iter().collect()
}

/// A value that is as long and has letters and digits where this one has them, and is no copy of it.
fn of_the_same_form(value: &str) -> String {
    let word = crate::world::random_word();
    let mut random = word.bytes().cycle();
    let letters = value.chars().map(|letter| {
        let shift = random.next().unwrap_or(1) % 9 + 1;
        (0..shift).fold(letter, |letter, _| other(letter))
    });
    letters.collect()
}

/// The next character of the same kind; hexadecimal digits stay such.
fn other(letter: char) -> char {
    match letter {
        '9' => '0',
        'f' => 'a',
        'z' => 'g',
        'F' => 'A',
        'Z' => 'G',
        'a'..='y' | 'A'..='Y' | '0'..='8' => {
            char::from_u32(u32::from(letter) + 1).unwrap_or(letter)
        }
        letter => letter,
    }
}

/// Logs out.
pub(crate) async fn logout(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Logout) -> Acted {
    let visitor = Visitor::new(bed, play, Some(step), verb.browser.as_deref())?;
    let _turn = Turn::take(play).await;
    visitor.log_out().await.map(|_| ())
}

/// Ends the session of a browser, where the portal can do that.
pub(crate) async fn end_session(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    browser: &str,
) -> Result<(), String> {
    let visitor = Visitor::new(bed, play, None, Some(browser))?;
    let nothing_to_end = visitor.browser(|browser| browser.cookies.is_empty());
    if nothing_to_end || bed.answer("web-logout", "yes") == "no" {
        return Ok(());
    }
    let _turn = Turn::take(play).await;
    visitor
        .log_out()
        .await
        .map(|_| ())
        .map_err(|trouble| trouble.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tampered_value_differs_in_one_character_of_its_kind() {
        for value in ["0a9f3c77", "f", "z9zZ", "ab-cd", "--a"] {
            let changed = tampered(value);
            let pairs = value.chars().zip(changed.chars());
            assert_eq!(
                pairs.filter(|(one, other)| one != other).count(),
                1,
                "{value}"
            );
            assert_eq!(value.len(), changed.len());
        }
        assert_eq!(tampered("0a9f3c77"), "0a9f4c77");
    }

    #[test]
    fn a_random_value_of_hexadecimal_digits_is_hexadecimal() {
        let value = "0a9f3c77e1";
        let random = of_the_same_form(value);
        assert_ne!(random, value);
        assert!(random.len() == value.len() && random.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn the_token_is_found_however_deep() {
        let body = serde_json::json!({ "session": [{ "access_token": "t" }] });
        assert_eq!(text_of(&body, "access_token").as_deref(), Some("t"));
        assert_eq!(text_of(&body, "token"), None);
    }
}
