//! Every mistake of the WAF shows where it is made, and honest clients are served all the same.

mod webbed;

use std::future::Future;
use std::pin::Pin;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reference::Role;
use serde_json::{Value, json};
use webbed::client::Client;
use webbed::oauth::{
    VERIFIER, ask, authorize, claims, exchange, introspect, log_in, picked, refresh, revoke, token,
};
use webbed::pki::{self, Authority, Usage};
use webbed::{Answers, Bed};

/// Whether something happens that must not.
type Probe = for<'a> fn(&'a Bed) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Does what a probe asks with an honest WAF, where it must fail, and with the mistake, where it must succeed; then asks honestly.
async fn shows(defect: &str, answers: Answers<'_>, probe: Probe) {
    let honest = Bed::start(&[Role::Waf], None, answers).await;
    assert!(
        !probe(&honest).await,
        "{defect}: the honest WAF does it too"
    );
    honest.running.stop().await;
    let bed = Bed::start(&[Role::Waf], Some(defect), answers).await;
    assert_eq!(
        token(&bed, "waf-b", "wwsf-b", "carol0").await.status,
        200,
        "{defect}: an honest client is not served"
    );
    assert!(probe(&bed).await, "{defect}: does not show");
    bed.running.stop().await;
}

macro_rules! mistakes {
    ($($test:ident: $defect:literal $(with $answers:expr)?, |$bed:ident| $body:expr;)+) => {
        $(#[tokio::test]
        async fn $test() {
            #[allow(unused_mut, unused_assignments, reason = "most tests need no answers")]
            let mut answers: Answers<'_> = &[];
            $(answers = $answers;)?
            shows($defect, answers, |$bed| Box::pin(async move { $body })).await;
        })+
    };
}

/// What an honest WAF never does, and no mistake of the reference does either.
macro_rules! refusals {
    ($($test:ident: $(with $answers:expr,)? |$bed:ident| $body:expr;)+) => {
        $(#[tokio::test]
        async fn $test() {
            #[allow(unused_mut, unused_assignments, reason = "most tests need no answers")]
            let mut answers: Answers<'_> = &[];
            $(answers = $answers;)?
            let bed = Bed::start(&[Role::Waf], None, answers).await;
            let probe: Probe = |$bed| Box::pin(async move { $body });
            assert!(!probe(&bed).await);
            bed.running.stop().await;
        })+
    };
}

/// A token request with some client certificate, or none.
async fn gets_token(
    bed: &Bed,
    leaf: Option<&pki::Leaf>,
    form: &[(&str, &str)],
    headers: &[(&str, &str)],
    target: &str,
) -> bool {
    let mut client = Client::shows(&bed.world, leaf);
    client.extra = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    client
        .try_post("waf-a", target, form)
        .await
        .is_some_and(|answer| answer.status == 200)
}

async fn served(bed: &Bed, leaf: Option<&pki::Leaf>) -> bool {
    gets_token(bed, leaf, &ask("wwsf-a", "alice0"), &[], "/token").await
}

/// The certificate of portal A.
fn own(bed: &Bed) -> pki::Leaf {
    bed.world
        .authority
        .leaf("portal-a.localhost", Usage::Client)
}

const PORTAL: &str = "portal-a.localhost";
const REFRESH: Answers<'static> = &[
    (
        "waf-grants",
        &["authorization_code", "client_credentials", "refresh_token"],
    ),
    ("refresh-rotation", &["always"]),
];
const KEEPS_POOLS: Answers<'static> = &[
    ("pool-assigner", &["waf"]),
    ("pool-release", &["waf"]),
    ("waf-grants", &["client_credentials", "refresh_token"]),
];
const SECRETS: Answers<'static> = &[("w4-auth", &["tls_client_auth", "client_secret_post"])];

mistakes! {
    no_client_authentication: "accepts-no-client-authentication", |bed| served(bed, None).await;
    self_signed_client: "accepts-self-signed-client", |bed| served(bed, Some(&pki::self_signed(PORTAL, Usage::Client))).await;
    expired_client: "accepts-expired-client", |bed| served(bed, Some(&bed.world.authority.expired(PORTAL, Usage::Client))).await;
    server_certificate: "accepts-server-usage-client", |bed| served(bed, Some(&bed.world.authority.leaf(PORTAL, Usage::Server))).await;
    foreign_authority: "accepts-foreign-authority-client", |bed| served(bed, Some(&Authority::make().leaf(PORTAL, Usage::Client))).await;
    unbound_client: "client-id-not-bound", |bed| {
        Client::of_node(&bed.world, "wwsf-b").post("waf", "/token", &ask("wwsf-a", "alice0")).await.status == 200
    };
    header_certificate: "certificate-from-header", |bed| {
        gets_token(bed, None, &ask("wwsf-a", "alice0"), &[("X-SSL-Client-Cert", "anything")], "/token").await
    };
    resumed_session: "trusts-resumed-session", |bed| {
        // One client keeps its TLS sessions from one request to the next.
        let mut client = Client::shows(&bed.world, Some(&bed.world.authority.leaf("portal-p1.localhost", Usage::Client)));
        let first = client.post("waf", "/token", &ask("wwsf-p1", "p1-000@op.example")).await;
        assert_eq!(first.status, 200);
        client.post("waf", "/token", &ask("wwsf-a", "alice0")).await.status == 200
    };
    first_name_wins: "first-client-id-wins", |bed| {
        let mut form = vec![("client_id", "wwsf-b")];
        form.extend(ask("wwsf-a", "carol0"));
        let mut client = Client::of_node(&bed.world, "wwsf-a");
        client.post("waf", "/token", &form).await.status == 200
    };
    last_name_wins: "last-client-id-wins", |bed| {
        let mut form = ask("wwsf-a", "carol0").to_vec();
        form.push(("client_id", "wwsf-b"));
        Client::of_node(&bed.world, "wwsf-a").post("waf", "/token", &form).await.status == 200
    };
    query_name_wins: "query-client-id-wins", |bed| {
        let form = ask("wwsf-a", "carol0");
        Client::of_node(&bed.world, "wwsf-a").post("waf", "/token?client_id=wwsf-b", &form).await.status == 200
    };
    no_grant: "ignores-grant", |bed| token(bed, "waf-a", "wwsf-a", "dave0").await.status == 200;
    grant_withdrawn: "ignores-grant-withdrawal", |bed| {
        bed.hook(json!({ "hook": "grant", "user": "alice0", "party": "A", "on": false })).await;
        token(bed, "waf-a", "wwsf-a", "alice0").await.status == 200
    };
    invented: "invents-identity", |bed| token(bed, "waf-a", "wwsf-a", "nobody").await.status == 200;
    party_off: "ignores-waf-party-switch", |bed| {
        bed.hook(json!({ "hook": "party-switch", "party": "A", "on": false })).await;
        token(bed, "waf-a", "wwsf-a", "alice0").await.status == 200
    };
    foreign_pool: "pool-of-any-client", |bed| token(bed, "waf", "wwsf-p1", "p2-000@op.example").await.status == 200;
    individual_for_pool: "pool-serves-individual", |bed| token(bed, "waf", "wwsf-p1", "alice0@op.example").await.status == 200;
    any_class: "anonymous-any-class", |bed| {
        let mut form = ask("wwsf-p1", "p1-000@op.example").to_vec();
        form.push(("anonymous", "true"));
        Client::of_node(&bed.world, "wwsf-p1").post("waf", "/token", &form).await.status == 200
    };
    pool_changed: "ignores-pool-change", |bed| {
        bed.hook(json!({ "hook": "provision", "pool": "P1", "impi": "p1-000@op.example", "on": false })).await;
        token(bed, "waf", "wwsf-p1", "p1-000@op.example").await.status == 200
    };
    released: "refreshes-released" with KEEPS_POOLS, |bed| {
        let held = picked(bed).await;
        let form = [("client_id", "wwsf-p1"), ("token", held["access_token"].as_str().expect("a token"))];
        Client::of_node(&bed.world, "wwsf-p1").post("waf", "/revoke", &form).await;
        refresh(bed, ("waf", "wwsf-p1"), &held, &[]).await["access_token"].is_string()
    };
    prefix: "redirect-prefix-match", |bed| {
        let target = authorize(bed, "wwsf-a", &[]).replace("callback", "callback.evil.example");
        Client::new(&bed.world).get("waf-a", &target).await.status == 200
    };
    code_twice: "code-reusable", |bed| {
        let code = code(bed).await;
        for expected in [true, false] {
            let again = exchange(bed, "waf-a", "wwsf-a", &code, &[("code_verifier", VERIFIER)]).await.status == 200;
            if again != expected {
                return again;
            }
        }
        false
    };
    replay: "replay-leaves-tokens", |bed| {
        let code = code(bed).await;
        let first = exchange(bed, "waf-a", "wwsf-a", &code, &[("code_verifier", VERIFIER)]).await.json();
        exchange(bed, "waf-a", "wwsf-a", &code, &[("code_verifier", VERIFIER)]).await;
        introspect(bed, &first).await["active"] == true
    };
    code_other_address: "code-any-redirect", |bed| {
        let form = [("grant_type", "authorization_code"), ("client_id", "wwsf-a"), ("code", &code(bed).await),
            ("redirect_uri", "https://portal-a.localhost:40021/other"), ("code_verifier", VERIFIER)];
        Client::of_node(&bed.world, "wwsf-a").post("waf-a", "/token", &form).await.status == 200
    };
    no_proof_key: "pkce-not-checked", |bed| exchange(bed, "waf-a", "wwsf-a", &code(bed).await, &[]).await.status == 200;
    implicit: "implicit-on", |bed| {
        let mut browser = Client::new(&bed.world);
        log_in(bed, &mut browser, "waf-a", "wwsf-a", "alice0").await;
        let target = authorize(bed, "wwsf-a", &[]).replace("response_type=code", "response_type=token");
        browser.get("waf-a", &target).await.header("location").is_some_and(|location| location.contains("access_token="))
    };
    password: "password-grant-on", |bed| {
        let form = [("grant_type", "password"), ("client_id", "wwsf-a"), ("username", "alice0"), ("password", "password of alice0")];
        Client::of_node(&bed.world, "wwsf-a").post("waf-a", "/token", &form).await.status == 200
    };
    skipped_consent: "consent-skipped", |bed| {
        let mut browser = Client::new(&bed.world);
        log_in(bed, &mut browser, "waf-a", "wwsf-a", "dave0").await;
        browser.get("waf-a", &authorize(bed, "wwsf-a", &[("prompt", "none")])).await.location_parameter("code").is_some()
    };
    consent_from_elsewhere: "consent-without-secret", |bed| {
        let mut browser = Client::new(&bed.world);
        log_in(bed, &mut browser, "waf-a", "wwsf-a", "dave0").await;
        browser.extra = vec![("Origin".to_owned(), "https://evil.example".to_owned())];
        browser.post("waf-a", "/authorize", &[("consent", "yes")]).await.location_parameter("code").is_some()
    };
    other_identity_consents: "consent-for-posted-identity", |bed| {
        let mut browser = Client::new(&bed.world);
        let page = log_in(bed, &mut browser, "waf-a", "wwsf-a", "dave0").await;
        let form = [("csrf", page.hidden()), ("consent", "yes".to_owned()), ("impu", "sip:carol0@op.example".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("waf-a", "/authorize", &form).await;
        token(bed, "waf-a", "wwsf-a", "carol0").await.status == 200
    };
    hinted: "hint-parameter-trusted", |bed| is_of_bob(bed, &[("impi", "bob0@op.example")]).await;
    scoped: "scope-names-identity", |bed| is_of_bob(bed, &[("scope", "ims:bob0")]).await;
    claimed: "claims-name-identity", |bed| is_of_bob(bed, &[("claims", r#"{"userinfo":{"impi":{"value":"bob0@op.example"}}}"#)]).await;
    open_introspection: "introspection-open", |bed| {
        let answer = token(bed, "waf-a", "wwsf-a", "alice0").await.json();
        let form = [("token", answer["access_token"].as_str().expect("a token"))];
        Client::new(&bed.world).post("waf-a", "/introspect", &form).await.json()["active"] == true
    };
    anything_active: "introspects-anything-active", |bed| introspect(bed, &json!({ "access_token": "rubbish" })).await["active"] == true;
    unverified: "introspects-unverified", |bed| {
        let answer = token(bed, "waf-a", "wwsf-a", "alice0").await.json();
        let token = answer["access_token"].as_str().expect("a token");
        let (signed, _) = token.rsplit_once('.').expect("a signature");
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([7; 64]));
        introspect(bed, &json!({ "access_token": forged })).await["active"] == true
    };
    foreign_revocation: "revokes-foreign", |bed| {
        let answer = token(bed, "waf-a", "wwsf-a", "alice0").await.json();
        revoke(bed, "ep-cscf", &answer["access_token"]).await;
        introspect(bed, &answer).await["active"] == false
    };
    open_revocation: "revocation-open", |bed| {
        let answer = token(bed, "waf-a", "wwsf-a", "alice0").await.json();
        let form = [("token", answer["access_token"].as_str().expect("a token"))];
        Client::new(&bed.world).post("waf-a", "/revoke", &form).await;
        introspect(bed, &answer).await["active"] == false
    };
    no_revocation: "revocation-without-effect", |bed| {
        let answer = token(bed, "waf-a", "wwsf-a", "alice0").await.json();
        revoke(bed, "wwsf-a", &answer["access_token"]).await;
        introspect(bed, &answer).await["active"] == true
    };
    refresh_of_others: "refresh-any-client" with REFRESH, |bed| {
        let first = by_code(bed, "waf").await;
        refresh(bed, ("waf", "wwsf-b"), &first, &[]).await["access_token"].is_string()
    };
    refresh_again: "refresh-reusable" with REFRESH, |bed| {
        let first = by_code(bed, "waf-a").await;
        refresh(bed, ("waf-a", "wwsf-a"), &first, &[]).await;
        refresh(bed, ("waf-a", "wwsf-a"), &first, &[]).await["access_token"].is_string()
    };
    refresh_wider: "refresh-widens" with REFRESH, |bed| {
        let first = by_code(bed, "waf-a").await;
        let wider = refresh(bed, ("waf-a", "wwsf-a"), &first, &[("scope", "ims:bob0")]).await;
        wider["impu"].as_array().is_some_and(|impus| impus.contains(&json!("sip:bob0@op.example")))
    };
    no_audience: "issues-without-audience", |bed| claims(&token(bed, "waf-a", "wwsf-a", "alice0").await).get("aud").is_none();
    no_issuer: "issues-without-issuer", |bed| claims(&token(bed, "waf-a", "wwsf-a", "alice0").await).get("iss").is_none();
    no_party: "issues-without-party", |bed| claims(&token(bed, "waf-a", "wwsf-a", "alice0").await).get("wwsf").is_none();
    other_subscription: "issues-other-impi", |bed| claims(&token(bed, "waf-a", "wwsf-a", "alice0").await)["impi"] != "alice0@op.example";
    cacheable: "token-cacheable", |bed| token(bed, "waf-a", "wwsf-a", "alice0").await.header("cache-control").is_none();
    death: "dies-on-malformed-waf", |bed| {
        Client::new(&bed.world).send("waf-a", "POST", "/token", "a=%").await;
        tokio::net::TcpStream::connect(bed.world.address("waf-a", "W4")).await.is_err()
    };
}

refusals! {
    any_secret: with SECRETS, |bed| {
        let mut form = ask("wwsf-a", "alice0").to_vec();
        form.push(("client_secret", "secret of B"));
        gets_token(bed, None, &form, &[], "/token").await
    };
    code_ended: with &[("t-code", &["0"])], |bed| {
        exchange(bed, "waf-a", "wwsf-a", &code(bed).await, &[("code_verifier", VERIFIER)]).await.status == 200
    };
    foreign_interaction: |bed| {
        let mut victim = Client::new(&bed.world);
        log_in(bed, &mut victim, "waf-a", "wwsf-a", "dave0").await;
        let page = log_in(bed, &mut Client::new(&bed.world), "waf-a", "wwsf-a", "carol0").await;
        victim.post("waf-a", "/authorize", &[("csrf", &page.hidden()), ("consent", "yes")]).await.location_parameter("code").is_some()
    };
    empty_secret: with SECRETS, |bed| {
        let mut form = ask("wwsf-a", "alice0").to_vec();
        form.push(("client_secret", ""));
        gets_token(bed, None, &form, &[], "/token").await
    };
    former_user: |bed| {
        let mut browser = Client::new(&bed.world);
        let page = log_in(bed, &mut browser, "waf-a", "wwsf-a", "dave0").await;
        browser.get("waf-a", "/logout").await;
        log_in(bed, &mut browser, "waf-a", "wwsf-a", "alice0").await;
        browser.post("waf-a", "/authorize", &[("csrf", &page.hidden()), ("consent", "yes")]).await.location_parameter("code").is_some()
    };
    frames: |bed| {
        let page = Client::new(&bed.world).get("waf-a", &authorize(bed, "wwsf-a", &[])).await;
        page.header("x-frame-options").is_none() && page.header("content-security-policy").is_none()
    };
    unlinked: |bed| {
        bed.hook(json!({ "hook": "link", "user": "alice0", "on": false })).await;
        token(bed, "waf-a", "wwsf-a", "alice0").await.status == 200
    };
    ended_active: with &[("token-life", &["0"])], |bed| {
        let answer = token(bed, "waf-a", "wwsf-a", "alice0").await.json();
        introspect(bed, &answer).await["active"] == true
    };
    held_twice: with KEEPS_POOLS, |bed| picked(bed).await["impi"] == picked(bed).await["impi"];
    withdrawn_key: |bed| {
        bed.hook(json!({ "hook": "rotate-keys" })).await;
        Client::new(&bed.world).get("waf-a", "/jwks").await.json()["keys"].as_array().expect("keys").len() > 1
    };
    method_kept: |bed| {
        log_in(bed, &mut Client::new(&bed.world), "waf-a", "wwsf-a", "alice0").await.status == 307
    };
    exhausted: with KEEPS_POOLS, |bed| {
        picked(bed).await;
        picked(bed).await;
        picked(bed).await["impi"].is_string()
    };
    revived: |bed| {
        let answer = token(bed, "waf-a", "wwsf-a", "alice0").await.json();
        revoke(bed, "wwsf-a", &answer["access_token"]).await;
        for on in [false, true] {
            bed.hook(json!({ "hook": "party-switch", "party": "A", "on": on })).await;
        }
        introspect(bed, &answer).await["active"] == true
    };
}

#[tokio::test]
async fn a_waf_can_refuse_everybody() {
    let bed = Bed::with(&[Role::Waf], "refuses-every-client").await;
    assert_eq!(token(&bed, "waf-a", "wwsf-a", "alice0").await.status, 401);
    assert!(!served(&bed, Some(&own(&bed))).await);
}

/// A code for alice at the WAF of A.
async fn code(bed: &Bed) -> String {
    let back = log_in(
        bed,
        &mut Client::new(&bed.world),
        "waf-a",
        "wwsf-a",
        "alice0",
    )
    .await;
    back.location_parameter("code").expect("a code")
}

async fn by_code(bed: &Bed, node: &str) -> Value {
    let back = log_in(bed, &mut Client::new(&bed.world), node, "wwsf-a", "alice0").await;
    let code = back.location_parameter("code").expect("a code");
    exchange(bed, node, "wwsf-a", &code, &[("code_verifier", VERIFIER)])
        .await
        .json()
}

/// Whether a flow of alice, whose request names bob, gives a token of bob.
async fn is_of_bob(bed: &Bed, more: &[(&str, &str)]) -> bool {
    let mut browser = Client::new(&bed.world);
    log_in(bed, &mut browser, "waf-a", "wwsf-a", "alice0").await;
    let back = browser.get("waf-a", &authorize(bed, "wwsf-a", more)).await;
    let Some(code) = back.location_parameter("code") else {
        return false;
    };
    let answer = exchange(
        bed,
        "waf-a",
        "wwsf-a",
        &code,
        &[("code_verifier", VERIFIER)],
    )
    .await
    .json();
    answer["impi"] == "bob0@op.example"
}
