//! A browser at a portal under test: its cookies, its forms, the redirects that it follows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use evidence::Interface;
use url::Url;
use wire::http::Message;

use crate::bed::{Bed, Target};
use crate::play::{Play, Undo, lock};
use crate::roles::w4_http::{self, Ask as Exchange};
use crate::roles::{Trouble, w4_page};

/// The browser of a step that names none.
const MAIN: &str = "main";
/// The most redirects that are followed in a row.
const MOST_REDIRECTS: usize = 10;

/// One browser is served at a time: what a portal then asks its WAF for, in whatever name, it asks for that browser.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The browsers of a play.
#[derive(Default)]
pub(crate) struct Browsers {
    pub(super) by_name: HashMap<String, Browser>,
    /// Whether one of them waits for the portal now.
    pub(crate) waiting: bool,
}

/// The cookies of one browser, by name.
pub(super) type Jar = BTreeMap<String, String>;

#[derive(Clone, Debug, Default)]
pub(super) struct Browser {
    pub(super) cookies: Jar,
    /// What it had before its last logout.
    pub(super) former: Jar,
    /// Whose device it is.
    pub(super) person: Option<String>,
    /// Whether a session was begun that the restore must end.
    pub(super) entered: bool,
}

/// What a step does with its browser at the portal.
pub(super) struct Visitor<'a> {
    pub(super) bed: &'a Bed,
    pub(super) play: &'a Arc<Play>,
    /// None when the harness asks for itself: nothing is a stimulus then.
    pub(super) step: Option<usize>,
    name: String,
    pub(super) target: Target,
    pub(super) server_name: Option<String>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(
        bed: &'a Bed,
        play: &'a Arc<Play>,
        step: Option<usize>,
        browser: Option<&str>,
    ) -> Result<Self, String> {
        let node = if play.registration == 3 {
            "wwsf-p1"
        } else {
            "wwsf-a"
        };
        Ok(Self {
            bed,
            play,
            step,
            name: browser.unwrap_or(MAIN).to_owned(),
            target: bed.target(Interface::W1, node)?,
            server_name: None,
        })
    }

    pub(super) fn browser<T>(&self, change: impl FnOnce(&mut Browser) -> T) -> T {
        change(
            lock(&self.play.web)
                .by_name
                .entry(self.name.clone())
                .or_default(),
        )
    }

    pub(super) fn path(&self, item: &str, otherwise: &str) -> String {
        self.bed.answer(item, otherwise).to_owned()
    }

    pub(super) fn get(&self, path: &str) -> Message {
        w4_http::get(&self.target, path, "*/*")
    }

    /// A form as a page of this portal posts it.
    pub(super) fn post(&self, path: &str, fields: &[(String, String)]) -> Message {
        let mut message = w4_http::post(&self.target, path, w4_http::form(fields).into_bytes());
        message.head.set("Accept", "*/*");
        let authority = self.target.authority();
        let origin = authority.strip_suffix(":443").unwrap_or(&authority);
        message.head.set("Origin", &format!("https://{origin}"));
        message
    }

    /// Sends a request with the browser's cookies and keeps those that come.
    pub(super) async fn send(
        &self,
        step: Option<usize>,
        mut request: Message,
    ) -> Result<Message, Trouble> {
        if request.head.field("Cookie").is_none()
            && let Some(line) = self.browser(|browser| cookie_line(&browser.cookies))
        {
            request.head.set("Cookie", &line);
        }
        let exchange = self.exchange(step, request);
        let answer = w4_http::ask(self.bed, self.play, &self.target, &exchange).await?;
        let answer = answer
            .ok_or_else(|| Trouble::sut("the portal ended the connection without an answer"))?;
        self.take_cookies(&answer);
        Ok(answer)
    }

    pub(super) fn exchange(&self, step: Option<usize>, request: Message) -> Exchange<'_> {
        let person = self.browser(|browser| browser.person.clone());
        Exchange {
            step,
            interface: Interface::W1,
            from: Some(self.bed.device(person.as_deref().unwrap_or("alice"))),
            versions: &[],
            server_name: self.server_name.as_deref(),
            identity: None,
            sessions: None,
            request,
        }
    }

    fn take_cookies(&self, answer: &Message) {
        for line in answer.head.all("Set-Cookie") {
            let Some((name, value, gone)) = set_cookie(line) else {
                continue;
            };
            if gone {
                self.browser(|browser| browser.cookies.remove(name));
            } else {
                self.play.masked(&format!("cookie {name}"), value);
                self.browser(|browser| browser.cookies.insert(name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Sends a request and goes where the portal sends the browser, on the portal's own host.
    pub(super) async fn follow(&self, request: Message) -> Result<Message, Trouble> {
        let (_, path) = request.head.request().unwrap_or(("GET", "/"));
        let base = format!("https://{}{path}", self.target.authority());
        let mut at = Url::parse(&base).map_err(|why| why.to_string())?;
        let mut answer = self.send(self.step, request).await?;
        for _ in 0..MOST_REDIRECTS {
            let Some(next) = redirect(&at, &answer) else {
                break;
            };
            // Where the portal leads is its answer, no stimulus of ours.
            let query = next
                .query()
                .map(|query| format!("?{query}"))
                .unwrap_or_default();
            let request = self.get(&format!("{}{query}", next.path()));
            answer = self.send(None, request).await?;
            at = next;
        }
        Ok(answer)
    }

    /// The hidden fields of the form that has this password field, on the portal's page or on the login page itself.
    pub(super) async fn hidden(&self, password: &str) -> Result<Vec<(String, String)>, Trouble> {
        for path in ["/".to_owned(), self.path("login-path", "/login")] {
            let page = self.send(self.step, self.get(&path)).await?;
            let form = w4_page::form(&page.body);
            if let Some(form) = form.filter(|form| form.password.as_deref() == Some(password)) {
                for (name, value) in &form.hidden {
                    self.play.masked(&format!("hidden {name}"), value);
                }
                return Ok(form.hidden);
            }
        }
        Ok(Vec::new())
    }

    /// A session is ended when the play is over.
    pub(super) fn entered(&self) {
        if !self.browser(|browser| std::mem::replace(&mut browser.entered, true)) {
            self.play.undo_later(Undo::Session {
                browser: self.name.clone(),
            });
        }
    }

    pub(super) async fn log_out(&self) -> Result<Message, Trouble> {
        self.browser(|browser| browser.former = browser.cookies.clone());
        let path = self.path("logout-path", "/logout");
        self.follow(self.post(&path, &[])).await
    }
}

/// Holds the turn at the portal; what its WAF is asked meanwhile belongs to this play.
pub(super) struct Turn<'a> {
    pub(super) play: &'a Play,
    _held: tokio::sync::MutexGuard<'static, ()>,
}

impl<'a> Turn<'a> {
    pub(super) async fn take(play: &'a Play) -> Self {
        let held = TURN.lock().await;
        lock(&play.web).waiting = true;
        Self { play, _held: held }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.play.web).waiting = false;
    }
}

pub(super) fn cookie_line(cookies: &Jar) -> Option<String> {
    let pairs: Vec<String> = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}

/// Name and value of a Set-Cookie line, and whether it takes the cookie away.
fn set_cookie(line: &str) -> Option<(&str, &str, bool)> {
    let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
    let (name, value) = pair.trim().split_once('=')?;
    let gone = attributes.split(';').any(|each| {
        let each = each.trim().to_ascii_lowercase();
        each.strip_prefix("max-age=")
            .is_some_and(|age| age.parse::<i64>().is_ok_and(|age| age <= 0))
    });
    Some((name, value, gone || value.is_empty()))
}

/// Where an answer sends the browser, if that is on the same host under TLS.
fn redirect(at: &Url, answer: &Message) -> Option<Url> {
    if !matches!(answer.head.status(), Some(301 | 302 | 303 | 307 | 308)) {
        return None;
    }
    let next = at.join(answer.head.field("Location")?).ok()?;
    (next.origin() == at.origin()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_kept_or_taken_away() {
        assert_eq!(
            set_cookie("__Host-session=ab; Path=/; Secure"),
            Some(("__Host-session", "ab", false))
        );
        assert_eq!(set_cookie("s=ab; Max-Age=0"), Some(("s", "ab", true)));
        assert_eq!(set_cookie("s=; Path=/"), Some(("s", "", true)));
        assert_eq!(set_cookie("Secure"), None);
    }

    #[test]
    fn a_redirect_is_followed_on_the_same_host_alone() {
        let at = Url::parse("https://portal-a.localhost:4/login").unwrap();
        let answer = |status: u16, location: &str| Message {
            head: wire::http::Head::read(
                format!("HTTP/1.1 {status} x\r\nLocation: {location}\r\n\r\n").as_bytes(),
            ),
            ..Message::default()
        };
        let next = |status, location| redirect(&at, &answer(status, location)).map(String::from);
        assert_eq!(
            next(303, "/").as_deref(),
            Some("https://portal-a.localhost:4/")
        );
        assert_eq!(next(302, "https://waf-a.localhost:5/authorize"), None);
        assert_eq!(next(302, "http://portal-a.localhost:4/"), None);
        assert_eq!(next(200, "/"), None);
    }
}
