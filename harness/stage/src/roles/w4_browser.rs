//! The browser of a user at the login and consent pages of a WAF under test.

use std::collections::BTreeMap;

use evidence::Interface;
use script::vocabulary::wwsf::Authorize;
use url::Url;
use wire::http::Message;

use crate::bed::{Bed, Target};
use crate::play::{Play, lock};
use crate::roles::Trouble;
use crate::roles::w4_http::{self, Ask};
use crate::roles::w4_page::{self, Form};
use crate::world::Person;

/// A login goes round no more often than this.
const MOST_PAGES: usize = 8;

/// A cookie as far as it decides whether it is sent.
#[derive(Clone, Debug)]
struct Cookie {
    value: String,
    /// Whether a foreign site's POST brings it along (SameSite=None).
    cross_site: bool,
}

/// The cookies of one person at the WAF.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar(BTreeMap<String, Cookie>);

/// The fields of a form as a user leaves them, and whether it was the one for consent.
type Filled = (Vec<(String, String)>, bool);

impl Jar {
    fn take(&mut self, play: &Play, answer: &Message) {
        for line in answer.head.all("Set-Cookie") {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
            let gone = value.is_empty() || attributes.iter().any(|each| each == "max-age=0");
            if gone {
                self.0.remove(name);
                continue;
            }
            play.masked(&format!("cookie {name}"), value);
            let cookie = Cookie {
                value: value.to_owned(),
                cross_site: attributes.iter().any(|each| each == "samesite=none"),
            };
            self.0.insert(name.to_owned(), cookie);
        }
    }

    fn line(&self, cross_site: bool) -> Option<String> {
        let sent = self
            .0
            .iter()
            .filter(|(_, cookie)| cookie.cross_site || !cross_site)
            .map(|(name, cookie)| format!("{name}={}", cookie.value))
            .collect::<Vec<_>>();
        (!sent.is_empty()).then(|| sent.join("; "))
    }
}

/// How a code flow ended for the browser.
pub(super) enum End {
    /// The WAF sent it away to this URL.
    Sent(Url),
    /// It stands before a page that asks nothing more of it.
    Page,
}

/// Whether the subscriber was asked and agreed.
#[derive(Default)]
pub(super) struct Told {
    pub(super) consented: bool,
}

/// One walk through the pages of a WAF.
pub(super) struct Walk<'a> {
    pub(super) bed: &'a Bed,
    pub(super) play: &'a Play,
    pub(super) step: usize,
    pub(super) target: &'a Target,
    pub(super) person: &'a Person,
    pub(super) verb: &'a Authorize,
}

impl Walk<'_> {
    /// Opens `start`, a path with query, and goes on until the WAF sends the browser away.
    pub(super) async fn go(&self, start: &str) -> Result<(End, Told), Trouble> {
        let mut told = Told::default();
        let origin = format!("https://{}", self.target.authority());
        let base = Url::parse(&origin).map_err(|why| why.to_string())?;
        let mut at = base.join(start).map_err(|why| why.to_string())?;
        let mut answer = self.get(&at).await?;
        for _ in 0..MOST_PAGES {
            let status = answer.head.status().unwrap_or_default();
            if let Some(next) = answer
                .head
                .field("Location")
                .filter(|_| (300..400).contains(&status))
            {
                let next = at
                    .join(next)
                    .map_err(|why| Trouble::sut(format!("it redirects to no URL: {why}")))?;
                self.mask(&next);
                if next.origin() != base.origin() {
                    return Ok((End::Sent(next), told));
                }
                at = next;
                answer = self.get(&at).await?;
                continue;
            }
            let Some(form) = w4_page::form(&answer.body) else {
                return Ok((End::Page, told));
            };
            if status == 401 || status == 403 {
                // The page asks again for what was wrong already.
                return Ok((End::Page, told));
            }
            let Some((body, cross_site)) = self.filled(&form, &mut told)? else {
                return Ok((End::Page, told));
            };
            let action = if form.action.is_empty() {
                at.clone()
            } else {
                at.join(&form.action).map_err(|why| why.to_string())?
            };
            answer = self.post(&action, body, cross_site).await?;
            at = action;
        }
        Err(Trouble::sut("its pages lead round in a circle"))
    }

    /// What a user types into a form of a WAF; `None` for a form that is neither login nor consent.
    fn filled(&self, form: &Form, told: &mut Told) -> Result<Option<Filled>, String> {
        let mut pairs = form.hidden.clone();
        for (name, value) in &pairs {
            self.play.masked(&format!("form {name}"), value);
        }
        if let Some(password_field) = &form.password {
            let own = self.bed.world.passwords.get(&self.person.user).cloned();
            let password = self.verb.password.clone().or(own).unwrap_or_default();
            let name = form.text.clone().unwrap_or_else(|| "username".to_owned());
            pairs.push((name, self.person.user.clone()));
            pairs.push((password_field.clone(), password));
            return Ok(Some((pairs, false)));
        }
        let wanted = self.verb.consent.as_deref().unwrap_or("yes");
        let (at, agrees) = match wanted {
            "yes" | "cross-site" => (0, true),
            "no" => (1, false),
            other => return Err(format!("no consent is called {other}")),
        };
        let Some(button) = form.buttons.get(at) else {
            return Ok(None);
        };
        let cross_site = wanted == "cross-site";
        if cross_site {
            pairs.clear();
        }
        pairs.push(button.clone());
        for (name, value) in self.verb.consent_form.iter().flatten() {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name.clone(), value.clone()));
        }
        told.consented = agrees;
        Ok(Some((pairs, cross_site)))
    }

    async fn get(&self, url: &Url) -> Result<Message, Trouble> {
        let mut request = w4_http::get(self.target, &path_of(url), "text/html");
        self.with_cookies(&mut request, false);
        self.exchange(request).await
    }

    async fn post(
        &self,
        url: &Url,
        pairs: Vec<(String, String)>,
        cross_site: bool,
    ) -> Result<Message, Trouble> {
        let body = w4_http::form(&pairs).into_bytes();
        let mut request = w4_http::post(self.target, &path_of(url), body);
        request.head.set("Accept", "text/html");
        let own = format!("https://{}", self.target.authority());
        let origin = if cross_site {
            "https://evil.example"
        } else {
            &own
        };
        request.head.set("Origin", origin);
        self.with_cookies(&mut request, cross_site);
        self.exchange(request).await
    }

    fn with_cookies(&self, request: &mut Message, cross_site: bool) {
        let flow = lock(&self.play.w4);
        let line = flow
            .jars
            .get(&self.person.name)
            .and_then(|jar| jar.line(cross_site));
        if let Some(line) = line {
            request.head.set("Cookie", &line);
        }
    }

    async fn exchange(&self, request: Message) -> Result<Message, Trouble> {
        let ask = Ask {
            step: Some(self.step),
            interface: Interface::W4,
            from: Some(self.bed.device(&self.person.name)),
            versions: &[],
            server_name: None,
            identity: None,
            sessions: None,
            request,
        };
        let answer = w4_http::ask(self.bed, self.play, self.target, &ask).await?;
        let answer = answer.ok_or_else(|| Trouble::sut("the WAF gave the browser no answer"))?;
        let mut flow = lock(&self.play.w4);
        let jar = flow.jars.entry(self.person.name.clone()).or_default();
        jar.take(self.play, &answer);
        Ok(answer)
    }

    /// Codes and the like are new in every play.
    fn mask(&self, url: &Url) {
        let fragment = url.fragment().unwrap_or_default().as_bytes().to_vec();
        let pairs = url
            .query_pairs()
            .chain(url::form_urlencoded::parse(&fragment));
        for (name, value) in pairs.filter(|(_, value)| value.len() > 12) {
            self.play.masked(&format!("{name} of a redirect"), &value);
        }
    }
}

fn path_of(url: &Url) -> String {
    url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    )
}
