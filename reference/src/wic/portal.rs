//! From the portal's address to a token, or to what a client needs that has a secret of its own.

use serde_json::Value;
use url::Url;

use super::browser::{Browser, Page};
use super::digest;
use super::driver::{User, Visit};
use crate::web::form;
use crate::{Defect, Shared};

/// What the portal gave.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) token: Option<String>,
    pub(super) impi: Option<String>,
    pub(super) impu: String,
    pub(super) w2: Option<String>,
    pub(super) domain: String,
}

/// Fetches page and script, logs in, and takes what the registration needs.
pub(super) async fn enter(
    shared: &Shared,
    visit: &Visit,
    url: &Url,
    browser: &mut Browser<'_>,
) -> Result<Entry, String> {
    let page = browser.get(url).await?;
    succeeded(&page, "the page")?;
    let home = page.url;
    succeeded(&browser.get(&at(&home, "/app.js")?).await?, "the script")?;
    if visit.registration == 1 {
        return configured(shared, visit, &home, browser).await;
    }
    log_in(shared, visit, &home, browser).await?;
    let session = session(&home, browser).await?;
    let domain = match &visit.domain {
        Some(domain) => domain.clone(),
        None => domain_of(&session.impu)?,
    };
    Ok(Entry {
        token: Some(session.token),
        impi: session.impi,
        impu: session.impu,
        w2: session.w2,
        domain,
    })
}

async fn configured(
    shared: &Shared,
    visit: &Visit,
    home: &Url,
    browser: &mut Browser<'_>,
) -> Result<Entry, String> {
    let page = browser.get(&at(home, "/config.json")?).await?;
    let members = json(&page, "the configuration")?;
    let ims = visit
        .ims
        .as_ref()
        .ok_or("a registration with a secret needs the secret")?;
    let told = members["domain"].as_str().map(str::to_owned);
    // The operator's own configuration of the client counts more than what a portal says.
    let domain = visit
        .domain
        .clone()
        .or(told)
        .ok_or("nobody says what the domain is")?;
    if shared.has(Defect::TellsPortalHa1) {
        let ha1 = digest::ha1(&ims.impi, &domain, &ims.secret);
        // Whether the portal has such a place does not matter to whoever tells it.
        let _ = browser
            .post(&at(home, "/telemetry")?, format!("ha1={ha1}"))
            .await;
    }
    let w2 = members["w2"].as_str().map(str::to_owned);
    Ok(Entry {
        token: None,
        impi: Some(ims.impi.clone()),
        impu: ims.impu.clone(),
        w2,
        domain,
    })
}

async fn log_in(
    shared: &Shared,
    visit: &Visit,
    home: &Url,
    browser: &mut Browser<'_>,
) -> Result<(), String> {
    match &visit.user {
        None => Ok(()),
        Some(user) if user.is_anonymous() => succeeded(
            &browser
                .post(&at(home, "/anonymous")?, String::new())
                .await?,
            "the anonymous entry",
        ),
        Some(User::Word(word)) => Err(format!("{word} is no user")),
        Some(User::Named { name, password }) => {
            if shared.model.answer("user-auth-at", "wwsf") == "wwsf" || visit.registration == 3 {
                let members =
                    form::write([("username", name.as_str()), ("password", password.as_str())]);
                return succeeded(
                    &browser.post(&at(home, "/login")?, members).await?,
                    "the login",
                );
            }
            at_the_waf(name, password, home, browser).await
        }
    }
}

/// The portal sends the user to its WAF, which asks for name and password and perhaps for consent.
async fn at_the_waf(
    name: &str,
    password: &str,
    home: &Url,
    browser: &mut Browser<'_>,
) -> Result<(), String> {
    let mut page = browser.get(&at(home, "/login")?).await?;
    for _ in 0..3 {
        if page.url.origin() == home.origin() {
            return succeeded(&page, "the login");
        }
        succeeded(&page, "the login page")?;
        let shown = String::from_utf8_lossy(&page.answer.body).into_owned();
        let fields = fields(&shown);
        let hidden = fields.iter().filter(|field| field.hidden);
        let mut members: Vec<_> = hidden
            .map(|field| (field.name.as_str(), field.value.as_str()))
            .collect();
        if fields.iter().any(|field| field.name == "password") {
            members.extend([("username", name), ("password", password)]);
        } else {
            members.push(("consent", "yes"));
        }
        let action = action(&shown).unwrap_or_default();
        let action = page.url.join(&action).map_err(|why| why.to_string())?;
        page = browser.post(&action, form::write(members)).await?;
    }
    Err("the login has no end".to_owned())
}

/// A token and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) token: String,
    impi: Option<String>,
    impu: String,
    w2: Option<String>,
}

/// Takes a fresh token.
pub(super) async fn session(home: &Url, browser: &mut Browser<'_>) -> Result<Session, String> {
    let page = browser.get(&at(home, "/session")?).await?;
    let members = json(&page, "the session")?;
    let text = |name: &str| members[name].as_str().map(str::to_owned);
    let impu = text("impu").or_else(|| members["impu"][0].as_str().map(str::to_owned));
    Ok(Session {
        token: text("access_token")
            .filter(|token| is_bearer(token))
            .ok_or("the session has no token")?,
        impi: text("impi"),
        impu: impu.ok_or("the session has no public identity")?,
        w2: text("w2"),
    })
}

/// RFC 6750 2.1: nothing else can stand in a header field.
fn is_bearer(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

fn json(page: &Page, what: &str) -> Result<Value, String> {
    succeeded(page, what)?;
    serde_json::from_slice(&page.answer.body).map_err(|_| format!("{what} is no JSON"))
}

fn succeeded(page: &Page, what: &str) -> Result<(), String> {
    let status = page.answer.status;
    status
        .is_success()
        .then_some(())
        .ok_or_else(|| format!("{what} was answered by {status}"))
}

fn at(home: &Url, path: &str) -> Result<Url, String> {
    home.join(path).map_err(|why| why.to_string())
}

fn domain_of(impu: &str) -> Result<String, String> {
    let (_, domain) = impu
        .rsplit_once('@')
        .ok_or("the public identity has no domain")?;
    Ok(domain
        .split([';', '?', ':'])
        .next()
        .unwrap_or(domain)
        .to_owned())
}

/// Reads the form of a page.
pub(super) fn read_page(page: &str) {
    let _ = (fields(page), action(page));
    let _ = domain_of(page);
    let _ = is_bearer(page);
}

/// A field of a form.
#[derive(Debug, PartialEq, Eq)]
struct Field {
    name: String,
    value: String,
    hidden: bool,
}

/// The fields of the forms of a page.
fn fields(page: &str) -> Vec<Field> {
    let inputs = page.split('<').filter(|tag| tag.starts_with("input "));
    let field = |tag: &str| {
        let hidden = attribute(tag, "type").as_deref() == Some("hidden");
        Some(Field {
            name: attribute(tag, "name")?,
            value: attribute(tag, "value").unwrap_or_default(),
            hidden,
        })
    };
    inputs.filter_map(field).collect()
}

/// Where the form of a page is sent.
fn action(page: &str) -> Option<String> {
    attribute(
        page.split('<').find(|tag| tag.starts_with("form "))?,
        "action",
    )
}

/// The value of an attribute of a tag, with the characters that HTML writes in another way.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let plain = value
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'");
    Some(plain.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_value_of_a_field_is_read_as_it_was_written(value in "[^\u{0}]{0,20}") {
            let page = format!("<form action=\"/\"><input type=\"hidden\" name=\"csrf\" value=\"{}\"></form>", crate::web::answer::escape(&value));
            proptest::prop_assert_eq!(&fields(&page)[0].value, &value);
        }
    }

    #[test]
    fn reads_a_form() {
        let page = "<form method=\"post\" action=\"/a?b&amp;c\"><input type=\"hidden\" name=\"csrf\" value=\"a&quot;c\"><input name=\"username\"></form>";
        assert_eq!(action(page).as_deref(), Some("/a?b&c"));
        let found = fields(page);
        assert_eq!(
            found[0],
            Field {
                name: "csrf".to_owned(),
                value: "a\"c".to_owned(),
                hidden: true
            }
        );
        assert_eq!(
            (found[1].name.as_str(), found[1].hidden),
            ("username", false)
        );
    }

    #[test]
    fn a_token_with_a_line_break_is_none() {
        assert!(is_bearer("a.b-c_d=="));
        assert!(!is_bearer("a\r\nVia: x"));
        assert!(!is_bearer(""));
    }

    #[test]
    fn the_domain_of_an_identity() {
        assert_eq!(
            domain_of("sip:a@op.example;user=phone").unwrap(),
            "op.example"
        );
        assert!(domain_of("tel:+1").is_err());
    }
}
