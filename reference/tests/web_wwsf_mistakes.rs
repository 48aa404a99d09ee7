//! Every mistake of the portals shows where it is made, and honest users are served all the same.

mod webbed;

use std::future::Future;
use std::pin::Pin;

use reference::Role;
use serde_json::json;
use webbed::client::{Answer, Client};
use webbed::pki;
use webbed::world::World;
use webbed::{Answers, Bed};

const BOTH: [Role; 2] = [Role::Wwsf, Role::Waf];
const COOKIE: &str = "__Host-session";
const AT_WAF: Answers<'static> = &[("user-auth-at", &["waf"]), ("authz-iss", &["checked"])];

/// Whether something happens that must not.
type Probe = for<'a> fn(&'a Bed) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
/// What a test changes in the world before anything starts.
type Change = fn(&World);

async fn shows(defect: &str, answers: Answers<'_>, change: Change, probe: Probe) {
    for mistake in [None, Some(defect)] {
        let world = World::make();
        change(&world);
        let bed = Bed::start_in(world, &BOTH, mistake, answers).await;
        if answers.is_empty() {
            let mut browser = Client::new(&bed.world);
            log_in(&mut browser, "wwsf-b", "carol0").await;
            let honest = browser.get("wwsf-b", "/session").await;
            assert_eq!(honest.status, 200, "{defect}: an honest user is not served");
            browser.post("wwsf-b", "/logout", &[]).await;
        }
        assert_eq!(
            probe(&bed).await,
            mistake.is_some(),
            "{defect}: {mistake:?}"
        );
        bed.running.stop().await;
    }
}

macro_rules! mistakes {
    ($($test:ident: $defect:literal $(with $answers:expr)? $(, in $change:expr)?, |$bed:ident| $body:expr;)+) => {
        $(#[tokio::test]
        async fn $test() {
            #[allow(unused_mut, unused_assignments, reason = "most tests need no answers and the world as it is")]
            let (mut answers, mut change): (Answers<'_>, Change) = (&[], |_| {});
            $(answers = $answers;)?
            $(change = $change;)?
            shows($defect, answers, change, |$bed| Box::pin(async move { $body })).await;
        })+
    };
}

/// What an honest portal never does, and no mistake of the reference does either.
macro_rules! refusals {
    ($($test:ident: $(with $answers:expr,)? $(in $change:expr,)? |$bed:ident| $body:expr;)+) => {
        $(#[tokio::test]
        async fn $test() {
            #[allow(unused_mut, unused_assignments, reason = "most tests need no answers and the world as it is")]
            let (mut answers, mut change): (Answers<'_>, Change) = (&[], |_| {});
            $(answers = $answers;)?
            $(change = $change;)?
            let world = World::make();
            change(&world);
            let bed = Bed::start_in(world, &BOTH, None, answers).await;
            let probe: Probe = |$bed| Box::pin(async move { $body });
            assert!(!probe(&bed).await);
            bed.running.stop().await;
        })+
    };
}

async fn log_in(browser: &mut Client<'_>, node: &str, user: &str) -> Answer {
    let password = format!("password of {user}");
    browser
        .post(
            node,
            "/login",
            &[("username", user), ("password", &password)],
        )
        .await
}

/// The IMPI of a session's token, if there is one.
async fn impi(browser: &mut Client<'_>, node: &str) -> Option<String> {
    let answer = browser.get(node, "/session").await;
    (answer.status == 200).then(|| {
        answer.json()["impi"]
            .as_str()
            .expect("an identity")
            .to_owned()
    })
}

async fn guest<'a>(bed: &'a Bed) -> Client<'a> {
    let mut guest = Client::new(&bed.world);
    guest.post("wwsf-p1", "/anonymous", &[]).await;
    guest
}

async fn user<'a>(bed: &'a Bed, node: &str, name: &str) -> Client<'a> {
    let mut browser = Client::new(&bed.world);
    log_in(&mut browser, node, name).await;
    browser
}

/// What comes of a login with these words.
async fn enters(bed: &Bed, name: &str, password: &str) -> bool {
    let form = [("username", name), ("password", password)];
    Client::new(&bed.world)
        .post("wwsf-a", "/login", &form)
        .await
        .status
        == 303
}

fn unlink_dave(world: &World) {
    let path = world.path().join("wwsf-a/users.json");
    let text = std::fs::read_to_string(&path).expect("a file");
    let mut users: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for user in users
        .as_array_mut()
        .expect("users")
        .iter_mut()
        .filter(|user| user["user"] == "dave0")
    {
        user.as_object_mut()
            .expect("a user")
            .retain(|name, _| name == "user" || name == "password");
    }
    std::fs::write(path, users.to_string()).expect("a file");
}

fn waf_shows(world: &World, leaf: &pki::Leaf) {
    std::fs::write(world.path().join("waf-a/cert.pem"), &leaf.chain).expect("a file");
    std::fs::write(world.path().join("waf-a/key.pem"), &leaf.key).expect("a file");
}

mistakes! {
    no_login: "serves-token-without-login", |bed| impi(&mut Client::new(&bed.world), "wwsf-a").await.is_some();
    wrong_password: "any-password", |bed| enters(bed, "alice0", "wrong").await;
    empty_password: "empty-password-taken", |bed| enters(bed, "alice0", "").await;
    unknown_user: "unknown-user-is-first", |bed| enters(bed, "nobody", "x").await;
    forged_cookie: "forged-cookie-accepted", |bed| {
        let _victim = user(bed, "wwsf-a", "alice0").await;
        let mut thief = Client::new(&bed.world);
        thief.cookies.insert(COOKIE.to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
        impi(&mut thief, "wwsf-a").await.is_some()
    };
    fixed_session: "session-fixation", |bed| {
        let mut victim = Client::new(&bed.world);
        victim.cookies.insert(COOKIE.to_owned(), "planted".to_owned());
        log_in(&mut victim, "wwsf-a", "alice0").await;
        let mut thief = Client::new(&bed.world);
        thief.cookies.insert(COOKIE.to_owned(), "planted".to_owned());
        impi(&mut thief, "wwsf-a").await.is_some()
    };
    bare_cookie: "cookie-without-flags", |bed| {
        let answer = log_in(&mut Client::new(&bed.world), "wwsf-a", "alice0").await;
        !answer.header("set-cookie").expect("a cookie").contains("Secure")
    };
    cacheable: "token-cacheable-wwsf", |bed| {
        user(bed, "wwsf-a", "alice0").await.get("wwsf-a", "/session").await.header("cache-control").is_none()
    };
    hint: "hint-from-browser", |bed| {
        user(bed, "wwsf-a", "alice0").await.get("wwsf-a", "/session?user=bob0").await.json()["impi"] == "bob0@op.example"
    };
    switched_user: "keeps-token-of-browser", |bed| {
        let mut browser = user(bed, "wwsf-a", "alice0").await;
        impi(&mut browser, "wwsf-a").await;
        browser.post("wwsf-a", "/logout", &[]).await;
        log_in(&mut browser, "wwsf-a", "bob0").await;
        impi(&mut browser, "wwsf-a").await.as_deref() == Some("alice0@op.example")
    };
    kept_session: "logout-keeps-session", |bed| {
        let mut browser = user(bed, "wwsf-a", "alice0").await;
        let copy = browser.cookies.clone();
        browser.post("wwsf-a", "/logout", &[]).await;
        browser.cookies = copy;
        impi(&mut browser, "wwsf-a").await.is_some()
    };
    no_logout: "logout-does-nothing", |bed| {
        let mut browser = user(bed, "wwsf-a", "alice0").await;
        browser.post("wwsf-a", "/logout", &[]).await;
        impi(&mut browser, "wwsf-a").await.is_some()
    };
    login_from_elsewhere: "csrf-login-open", |bed| {
        let mut browser = Client::new(&bed.world);
        browser.extra = vec![("Origin".to_owned(), "https://evil.example".to_owned())];
        log_in(&mut browser, "wwsf-a", "alice0").await.status == 303
    };
    cors: "cors-any-origin", |bed| {
        let mut browser = user(bed, "wwsf-a", "alice0").await;
        browser.extra = vec![("Origin".to_owned(), "https://evil.example".to_owned())];
        browser.get("wwsf-a", "/session").await.header("access-control-allow-credentials").is_some()
    };
    common_name: "waf-common-name-accepted",
        in |world| waf_shows(world, &world.authority.common_name("waf-a.localhost")),
        |bed| impi(&mut user(bed, "wwsf-a", "alice0").await, "wwsf-a").await.is_some();
    picked: "anonymous-picks-identity", |bed| {
        let answer = guest(bed).await.get("wwsf-p1", "/session?impi=p1-000@op.example").await;
        answer.json()["impi"] == "p1-000@op.example"
    };
    class: "anonymous-from-identified", |bed| {
        let mut guest = Client::new(&bed.world);
        guest.post("wwsf-p1", "/anonymous", &[("class", "identified")]).await;
        impi(&mut guest, "wwsf-p1").await.is_some()
    };
    carried_over: "anonymous-keeps-identity", |bed| {
        let mut browser = user(bed, "wwsf-p1", "pat0").await;
        impi(&mut browser, "wwsf-p1").await;
        browser.post("wwsf-p1", "/logout", &[]).await;
        browser.post("wwsf-p1", "/anonymous", &[]).await;
        impi(&mut browser, "wwsf-p1").await.as_deref() == Some("p1-000@op.example")
    };
    identified: "identified-without-login", |bed| impi(&mut Client::new(&bed.world), "wwsf-p1").await.is_some();
    in_url: "token-in-url", |bed| {
        let answer = log_in(&mut Client::new(&bed.world), "wwsf-a", "alice0").await;
        answer.header("location").expect("an address").contains("access_token=")
    };
    foreign_impu: "delivers-foreign-impu", |bed| {
        user(bed, "wwsf-a", "bob0").await.get("wwsf-a", "/session").await.json()["impu"] != "sip:bob0@op.example"
    };
    default_token: "default-token-on-refusal", |bed| {
        let mut earlier = user(bed, "wwsf-a", "alice0").await;
        impi(&mut earlier, "wwsf-a").await;
        impi(&mut user(bed, "wwsf-a", "dave0").await, "wwsf-a").await.is_some()
    };
    locked: "lockout-all", |bed| {
        for _ in 0..5 {
            enters(bed, "dave0", "wrong").await;
        }
        !enters(bed, "alice0", "password of alice0").await
    };
}

refusals! {
    double: |bed| {
        let (mut pat, mut quinn) = (user(bed, "wwsf-p1", "pat0").await, user(bed, "wwsf-p1", "quinn0").await);
        impi(&mut pat, "wwsf-p1").await == impi(&mut quinn, "wwsf-p1").await
    };
    any_browser: with AT_WAF, |bed| comes_back(bed, str::to_owned, false).await;
    guessed: in unlink_dave, |bed| impi(&mut user(bed, "wwsf-a", "dave0").await, "wwsf-a").await.is_some();
    any_issuer: with AT_WAF, |bed| comes_back(bed, |callback| callback.replace("iss=https", "iss=http"), true).await;
    at_once: with &[("pool-release", &["quarantine"])], |bed| {
        let mut first = guest(bed).await;
        impi(&mut first, "wwsf-p1").await;
        first.post("wwsf-p1", "/logout", &[]).await;
        impi(&mut guest(bed).await, "wwsf-p1").await.is_some()
    };
    anywhere: |bed| {
        let form = [("username", "alice0"), ("password", "password of alice0"), ("return_to", "https://evil.example/")];
        Client::new(&bed.world).post("wwsf-a", "/login", &form).await.header("location") == Some("https://evil.example/")
    };
    no_challenge: with AT_WAF, |bed| {
        Client::new(&bed.world).get("wwsf-a", "/login").await.location_parameter("code_challenge").is_none()
    };
    exhausted: |bed| {
        let (mut first, mut second) = (guest(bed).await, guest(bed).await);
        impi(&mut first, "wwsf-p1").await;
        impi(&mut second, "wwsf-p1").await.is_some()
    };
    no_state: with AT_WAF, |bed| comes_back(bed, |callback| callback.replace("state=", "state=x"), true).await;
}

/// Whether alice's answer of the WAF, changed by `change`, logs a browser in: the one that asked, or another that asked too.
async fn comes_back(bed: &Bed, change: fn(&str) -> String, same_browser: bool) -> bool {
    let (mut portal, mut other) = (Client::new(&bed.world), Client::new(&bed.world));
    let target = portal
        .get("wwsf-a", "/login")
        .await
        .header("location")
        .expect("the WAF")
        .to_owned();
    other.get("wwsf-a", "/login").await;
    let mut front = Client::new(&bed.world);
    let page = front
        .get("waf-a", &target[bed.world.origin("waf-a").len()..])
        .await;
    let secret = page.hidden();
    let form = [
        ("csrf", secret.as_str()),
        ("username", "alice0"),
        ("password", "password of alice0"),
    ];
    let back = front.post("waf-a", "/authorize", &form).await;
    let callback =
        &back.header("location").expect("the portal")[bed.world.origin("wwsf-a").len()..];
    let browser = if same_browser {
        &mut portal
    } else {
        &mut other
    };
    browser.get("wwsf-a", &change(callback)).await;
    impi(browser, "wwsf-a").await.is_some()
}

#[tokio::test]
async fn a_portal_that_does_not_prove_itself_is_refused_by_an_honest_waf() {
    let bed = Bed::with(&BOTH, "no-client-certificate").await;
    assert_eq!(
        impi(&mut user(&bed, "wwsf-a", "alice0").await, "wwsf-a").await,
        None
    );
}

#[tokio::test]
async fn users_at_the_same_time_get_their_own() {
    let bed = Bed::honest(&BOTH).await;
    let (mut alice, mut bob) = (
        user(&bed, "wwsf-a", "alice0").await,
        user(&bed, "wwsf-a", "bob0").await,
    );
    for _ in 0..20 {
        let (first, second) = tokio::join!(impi(&mut alice, "wwsf-a"), impi(&mut bob, "wwsf-a"));
        assert_eq!(first.as_deref(), Some("alice0@op.example"));
        assert_eq!(second.as_deref(), Some("bob0@op.example"));
    }
}

#[tokio::test]
async fn hooks_of_other_nodes_are_nothing_to_a_portal() {
    let bed = Bed::honest(&[Role::Wwsf]).await;
    assert_eq!(bed.hook(json!({ "hook": "grant" })).await["ok"], false);
}
