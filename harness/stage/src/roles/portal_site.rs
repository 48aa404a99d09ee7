//! Our portal: what a WIC under test finds on W1.

use std::sync::Arc;

use bytes::Bytes;
use evidence::Interface;
use evidence::event::{Direction, Layer};
use http_body_util::Full;
use hyper::Response;
use script::vocabulary::wwsf::Serve;
use serde_json::{Value, json};
use wire::http::Message;

use crate::bed::{Bed, BedError};
use crate::play::{Play, lock};
use crate::roles::visit::aimed;
use crate::roles::waf_site::form_of;
use crate::roles::{Acted, waf};
use crate::serve::{Link, Site, listen, owner, response};
use crate::world::Person;

/// The session cookie; its prefix binds it to this host, TLS and the path `/`.
const COOKIE: &str = "__Host-session";
/// The application of a WIC that is a browser.
const APPLICATION: &str = include_str!("portal_app.js");

/// Listens as these nodes.
pub(crate) fn serve(bed: &Arc<Bed>, nodes: &[&'static str]) -> Result<(), BedError> {
    nodes
        .iter()
        .try_for_each(|node| listen(bed, node, Interface::W1, Site::Portal))
}

/// Says to the tap how the portal departs.
pub(crate) fn told(play: &Play, step: usize, verb: &Serve) -> Acted {
    let facts = [
        ("certificate", &verb.certificate),
        ("TLS version", &verb.version),
        ("page redirects to", &verb.redirect),
        ("W2 address", &verb.w2),
    ];
    play.stimulus(step, Layer::State, stated("the portal's", &facts));
    Ok(())
}

/// Facts that are told, a line each.
pub(crate) fn stated(whose: &str, facts: &[(&str, &Option<String>)]) -> String {
    let lines = facts
        .iter()
        .filter_map(|(name, value)| Some(format!("{whose} {name}: {}", value.as_ref()?)));
    lines.collect::<Vec<_>>().join("\n")
}

/// What is answered to one request.
struct Reply {
    status: u16,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let fields = vec![
            ("content-type", kind.to_owned()),
            ("cache-control", "no-store".to_owned()),
        ];
        Self {
            status,
            fields,
            body: body.into(),
        }
    }

    fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    fn redirect(status: u16, location: &str) -> Self {
        Self::text(status, "").with("location", location.to_owned())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }
}

/// A request, and where it came in.
struct Asked<'a> {
    bed: &'a Bed,
    play: &'a Arc<Play>,
    request: &'a Message,
    /// Whether it came in clear: the portal of an attacker, who serves what was asked for.
    clear: bool,
    path: &'a str,
    /// Host and port as the request has them.
    authority: &'a str,
    /// The host without its port.
    host: &'a str,
    /// The portal's own name.
    own: &'a str,
}

/// Answers a request.
pub(crate) fn answer(
    bed: &Arc<Bed>,
    link: &Link,
    interface: Interface,
    request: &Message,
    clear: bool,
) -> Response<Full<Bytes>> {
    let authority = request.head.field("host").unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    let play = link.play().or_else(|| owner(bed, Some(host)));
    match &play {
        Some(play) => link.belongs_to(play),
        None => link.is_called(Some(host)),
    }
    link.message(
        interface,
        Direction::Received,
        Layer::Http,
        &request.bytes(),
    );
    let (method, target) = request.head.request().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let reply = match &play {
        None => Reply::text(421, "no such host"),
        Some(play) => Asked {
            bed,
            play,
            request,
            clear,
            path,
            authority,
            host,
            own: bed.world.name(link.node),
        }
        .reply(method),
    };
    let fields: Vec<(&str, &str)> = reply
        .fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let (answer, bytes) = response(reply.status, &fields, &reply.body);
    link.message(interface, Direction::Sent, Layer::Http, &bytes);
    answer
}

impl Asked<'_> {
    fn reply(&self, method: &str) -> Reply {
        let declared =
            |item: &str, otherwise: &'static str| self.bed.answer(item, otherwise) == self.path;
        match method {
            "GET" if self.path == "/" => self.page(),
            "GET" if self.path == "/app.js" => {
                Reply::new(200, "text/javascript; charset=utf-8", APPLICATION)
            }
            "GET" if self.path == "/config.json" => self.config(),
            "GET" if declared("token-path", "/session") => self.session(),
            "POST" if declared("login-path", "/login") => self.login(),
            "POST" if declared("anonymous-path", "/anonymous") => self.anonymous(),
            "POST" if declared("logout-path", "/logout") => self.logout(),
            _ => Reply::text(404, "nothing here"),
        }
    }

    fn page(&self) -> Reply {
        let redirect = lock(&self.play.scene)
            .portal
            .as_ref()
            .and_then(|told| told.redirect.clone());
        // What the redirect points to serves the application, in clear or not.
        if let Some(told) = redirect
            && !self.clear
            && !self.host.starts_with("elsewhere.")
        {
            return Reply::redirect(302, &aimed(&told, self.authority, "/"));
        }
        let anonymous = if self.play.registration == 3 {
            format!(
                "<form method=\"post\" action=\"{}\"><button>Go on without a name</button></form>",
                self.bed.answer("anonymous-path", "/anonymous")
            )
        } else {
            String::new()
        };
        let [user, password] = self.login_fields();
        let page = format!(
            "<!doctype html><html lang=\"en\"><title>Portal</title><body><form method=\"post\" action=\"{}\">\
             <input name=\"{user}\" autocomplete=\"username\"><input name=\"{password}\" type=\"password\">\
             <button>Log in</button></form>{anonymous}<script src=\"/app.js\"></script></body></html>",
            self.bed.answer("login-path", "/login"),
        );
        Reply::new(200, "text/html; charset=utf-8", page)
    }

    fn login_fields(&self) -> [String; 2] {
        let declared = self.bed.answers("login-fields");
        let name = |at: usize, otherwise: &str| {
            declared
                .get(at)
                .map_or(otherwise, String::as_str)
                .to_owned()
        };
        [name(0, "username"), name(1, "password")]
    }

    fn config(&self) -> Reply {
        let registrations: &[u8] = if self.play.registration == 3 {
            &[3]
        } else {
            &[1, 2]
        };
        Reply::json(
            200,
            &json!({ "w2": self.w2(), "domain": self.bed.world.public.domain, "registration": registrations }),
        )
    }

    /// The edge under the same label as this host, or where the script says.
    fn w2(&self) -> String {
        let label = self.host.strip_suffix(self.own).unwrap_or_default();
        let port = self
            .bed
            .world
            .address("ep-cscf", "W2")
            .map_or(443, |address| address.port());
        let authority = format!("{label}{}:{port}", self.bed.world.name("ep-cscf"));
        let told = lock(&self.play.scene)
            .portal
            .as_ref()
            .and_then(|told| told.w2.clone());
        let path = self.bed.answer("w2-path", "/");
        aimed(told.as_deref().unwrap_or("wss"), &authority, path)
    }

    fn login(&self) -> Reply {
        let form = form_of(&self.request.body);
        let value = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let [user, password] = self.login_fields().map(|name| value(&name));
        match self.known(&user, &password) {
            Some(person) => self.enter(person),
            None => Reply::text(401, "name or password is wrong"),
        }
    }

    /// The person of this play's lane whose name and password these are.
    fn known(&self, user: &str, password: &str) -> Option<Person> {
        let world = &self.bed.world;
        if user.is_empty()
            || world
                .passwords
                .get(user)
                .is_none_or(|right| right != password)
        {
            return None;
        }
        let visitor = lock(&self.play.visit).person.clone();
        let people =
            script::placeholder::people().filter_map(|name| self.play.person(Some(name)).ok());
        visitor
            .into_iter()
            .chain(people)
            .find(|person| person.user == user)
    }

    fn anonymous(&self) -> Reply {
        match self.play.person(Some("anonymous")) {
            Ok(person) if self.play.registration == 3 => self.enter(person),
            _ => Reply::text(403, "log in"),
        }
    }

    fn enter(&self, person: Person) -> Reply {
        let session = self.play.fresh("session cookie");
        lock(&self.play.visit)
            .sessions
            .insert(session.clone(), person);
        let cookie = format!("{COOKIE}={session}; Path=/; Secure; HttpOnly; SameSite=Lax");
        Reply::redirect(303, "/").with("set-cookie", cookie)
    }

    fn cookie(&self) -> Option<String> {
        let lines = self.request.head.all("cookie");
        let mut pairs = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        pairs
            .find(|(name, _)| *name == COOKIE)
            .map(|(_, value)| value.to_owned())
    }

    /// A fresh token for who is logged in.
    fn session(&self) -> Reply {
        let person = self
            .cookie()
            .and_then(|cookie| lock(&self.play.visit).sessions.get(&cookie).cloned());
        let Some(person) = person else {
            return Reply::json(401, &json!({ "error": "not_logged_in" }));
        };
        let name = format!("session-{}", lock(&self.play.visit).tokens.len() + 1);
        let issued = waf::issue_for(self.bed, self.play, usize::MAX, &name, &person)
            .and_then(|()| self.play.token(&name));
        let token = match issued {
            Ok(issued) => issued.compact,
            Err(why) => return Reply::text(502, &why),
        };
        lock(&self.play.visit)
            .tokens
            .insert(token.clone(), person.clone());
        let members = self.bed.answers("token-members");
        let member = |at: usize, otherwise: &str| {
            members.get(at).map_or(otherwise, String::as_str).to_owned()
        };
        let mut answer = json!({ "w2": self.w2(), "expires_in": 300 });
        answer[member(0, "access_token")] = Value::String(token);
        answer[member(1, "impi")] = Value::String(person.impi);
        answer[member(2, "impu")] = json!(person.impus.first());
        Reply::json(200, &answer)
    }

    fn logout(&self) -> Reply {
        if let Some(cookie) = self.cookie() {
            lock(&self.play.visit).sessions.remove(&cookie);
        }
        let gone = format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
        Reply::redirect(303, "/").with("set-cookie", gone)
    }
}
