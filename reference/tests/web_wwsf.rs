//! The portals over real sockets, with the WAF behind them.

mod webbed;

use reference::Role;
use webbed::Bed;
use webbed::client::{Answer, Client};

const BOTH: [Role; 2] = [Role::Wwsf, Role::Waf];
const COOKIE: &str = "__Host-session";

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

/// The IMPI of a session's token, or the status of the refusal.
async fn impi(browser: &mut Client<'_>, node: &str) -> Result<String, u16> {
    let answer = browser.get(node, "/session").await;
    if answer.status == 200 {
        Ok(answer.json()["impi"]
            .as_str()
            .expect("an identity")
            .to_owned())
    } else {
        Err(answer.status)
    }
}

#[tokio::test]
async fn a_login_gives_a_token_and_nothing_else_does() {
    let bed = Bed::honest(&BOTH).await;
    let mut browser = Client::new(&bed.world);
    assert_eq!(browser.get("wwsf-a", "/").await.status, 200);
    assert_eq!(browser.get("wwsf-a", "/app.js").await.status, 200);
    assert_eq!(browser.get("wwsf-a", "/session").await.status, 401);
    let answer = log_in(&mut browser, "wwsf-a", "alice0").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    let cookie = answer.header("set-cookie").expect("a cookie");
    for flag in [
        "__Host-session=",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
    ] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    let answer = browser.get("wwsf-a", "/session").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let members = answer.json();
    assert_eq!(members["impi"], "alice0@op.example");
    assert_eq!(members["impu"], "sip:alice0@op.example");
    assert_eq!(members["w2"], "wss://edge.localhost:40005/");
    assert!(members["access_token"].as_str().is_some());
}

#[tokio::test]
async fn wrong_names_and_passwords_look_the_same() {
    let bed = Bed::honest(&BOTH).await;
    let mut bodies = Vec::new();
    for (user, password) in [
        ("alice0", "wrong"),
        ("alice0", ""),
        ("nobody", "password of alice0"),
        ("ALICE0", "password of alice0"),
    ] {
        let mut browser = Client::new(&bed.world);
        let answer = browser
            .post(
                "wwsf-a",
                "/login",
                &[("username", user), ("password", password)],
            )
            .await;
        assert_eq!((answer.status, browser.cookies.len()), (401, 0), "{user}");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn a_planted_or_forged_cookie_is_worth_nothing() {
    let bed = Bed::honest(&BOTH).await;
    let mut browser = Client::new(&bed.world);
    browser
        .cookies
        .insert(COOKIE.to_owned(), "planted".to_owned());
    log_in(&mut browser, "wwsf-a", "alice0").await;
    assert_ne!(browser.cookies[COOKIE], "planted");
    let mut thief = Client::new(&bed.world);
    thief
        .cookies
        .insert(COOKIE.to_owned(), "planted".to_owned());
    assert_eq!(impi(&mut thief, "wwsf-a").await, Err(401));
}

#[tokio::test]
async fn logout_ends_the_session_at_the_server() {
    let bed = Bed::honest(&BOTH).await;
    let mut browser = Client::new(&bed.world);
    log_in(&mut browser, "wwsf-a", "alice0").await;
    let copy = browser.cookies.clone();
    assert_eq!(browser.post("wwsf-a", "/logout", &[]).await.status, 303);
    assert!(browser.cookies.is_empty());
    browser.cookies = copy;
    assert_eq!(impi(&mut browser, "wwsf-a").await, Err(401));
}

#[tokio::test]
async fn another_site_cannot_post() {
    let bed = Bed::honest(&BOTH).await;
    let mut browser = Client::new(&bed.world);
    browser.extra = vec![("Origin".to_owned(), "https://evil.example".to_owned())];
    assert_eq!(log_in(&mut browser, "wwsf-a", "alice0").await.status, 403);
    assert_eq!(browser.post("wwsf-p1", "/anonymous", &[]).await.status, 403);
    browser.extra = vec![("Origin".to_owned(), bed.world.origin("wwsf-a"))];
    assert_eq!(log_in(&mut browser, "wwsf-a", "alice0").await.status, 303);
}

#[tokio::test]
async fn no_hint_of_the_browser_counts() {
    let bed = Bed::honest(&BOTH).await;
    let mut browser = Client::new(&bed.world);
    log_in(&mut browser, "wwsf-a", "alice0").await;
    let answer = browser
        .get("wwsf-a", "/session?impi=bob0@op.example&user=bob0")
        .await;
    assert_eq!(answer.json()["impi"], "alice0@op.example");
}

#[tokio::test]
async fn a_return_address_stays_at_home() {
    let bed = Bed::honest(&BOTH).await;
    for (wanted, got) in [
        ("/app", "/app"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil", "/"),
    ] {
        let mut browser = Client::new(&bed.world);
        let form = [
            ("username", "alice0"),
            ("password", "password of alice0"),
            ("return_to", wanted),
        ];
        assert_eq!(
            browser
                .post("wwsf-a", "/login", &form)
                .await
                .header("location"),
            Some(got),
            "{wanted:?}"
        );
    }
}

#[tokio::test]
async fn the_waf_has_the_last_word() {
    let bed = Bed::honest(&BOTH).await;
    let mut browser = Client::new(&bed.world);
    log_in(&mut browser, "wwsf-a", "carol0").await;
    assert_eq!(
        impi(&mut browser, "wwsf-a").await,
        Err(403),
        "carol did not grant A"
    );
}

#[tokio::test]
async fn visitors_of_a_pool_get_different_identities_of_their_class() {
    let bed = Bed::honest(&BOTH).await;
    let mut browsers = [
        Client::new(&bed.world),
        Client::new(&bed.world),
        Client::new(&bed.world),
        Client::new(&bed.world),
    ];
    let [pat, quinn, third, guest] = &mut browsers;
    log_in(pat, "wwsf-p1", "pat0").await;
    log_in(quinn, "wwsf-p1", "quinn0").await;
    log_in(third, "wwsf-p1", "pat0").await;
    assert_eq!(
        guest
            .post("wwsf-p1", "/anonymous", &[("class", "identified")])
            .await
            .status,
        403
    );
    assert_eq!(guest.post("wwsf-p1", "/anonymous", &[]).await.status, 303);
    let first = impi(pat, "wwsf-p1").await.expect("an identity");
    let second = impi(quinn, "wwsf-p1").await.expect("an identity");
    assert_ne!(first, second);
    assert_eq!(
        impi(pat, "wwsf-p1").await,
        Ok(first.clone()),
        "it stays the same"
    );
    assert_eq!(impi(third, "wwsf-p1").await, Err(503));
    assert_eq!(
        impi(guest, "wwsf-p1").await,
        Ok("p1-002@op.example".to_owned())
    );
    pat.post("wwsf-p1", "/logout", &[]).await;
    assert_eq!(
        impi(third, "wwsf-p1").await,
        Ok(first),
        "revoked at the WAF, so free at once"
    );
}

#[tokio::test]
async fn an_identity_rests_while_its_token_lives() {
    let bed = Bed::start(&BOTH, None, &[("pool-release", &["quarantine"])]).await;
    let mut guest = Client::new(&bed.world);
    guest.post("wwsf-p1", "/anonymous", &[]).await;
    assert!(impi(&mut guest, "wwsf-p1").await.is_ok());
    guest.post("wwsf-p1", "/logout", &[]).await;
    let mut next = Client::new(&bed.world);
    next.post("wwsf-p1", "/anonymous", &[]).await;
    assert_eq!(impi(&mut next, "wwsf-p1").await, Err(503));
}

#[tokio::test]
async fn anonymous_entry_is_for_pools() {
    let bed = Bed::honest(&BOTH).await;
    assert_eq!(
        Client::new(&bed.world)
            .post("wwsf-a", "/anonymous", &[])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_waf_that_keeps_the_pools_chooses() {
    let answers: &[(&str, &[&str])] = &[
        ("pool-assigner", &["waf"]),
        ("pool-release", &["waf"]),
        ("waf-grants", &["client_credentials", "refresh_token"]),
        ("token-format", &["opaque"]),
        ("introspectable", &["opaque"]),
    ];
    let bed = Bed::start(&BOTH, None, answers).await;
    let mut guests = [Client::new(&bed.world), Client::new(&bed.world)];
    for guest in &mut guests {
        guest.post("wwsf-p1", "/anonymous", &[]).await;
    }
    let [first, second] = &mut guests;
    assert_eq!(
        impi(first, "wwsf-p1").await,
        Ok("p1-002@op.example".to_owned())
    );
    assert_eq!(
        impi(first, "wwsf-p1").await,
        Ok("p1-002@op.example".to_owned())
    );
    assert_eq!(
        impi(second, "wwsf-p1").await,
        Err(403),
        "nobody else gets it"
    );
    first.post("wwsf-p1", "/logout", &[]).await;
    assert_eq!(
        impi(second, "wwsf-p1").await,
        Ok("p1-002@op.example".to_owned())
    );
}
