//! The registrar over UDP: what an enrolled edge may say, what Digest proves, and what each mistake lets through.

mod bed;

use std::collections::BTreeMap;
use std::time::Duration;

use bed::client::{Register, status};
use bed::world::World;
use reference::{Defect, Model, Options, Role, Running};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::UdpSocket;

const ALICE: &str = "sip:alice0@op.example";
const BOB: &str = "sip:bob0@op.example";
const A: &str = "https://waf-a.localhost:40011";
const B: &str = "https://waf-b.localhost:40012";
const P1: &str = "portal-p1.localhost";
const P2: &str = "portal-p2.localhost";

/// A core alone, spoken to from the address of the enrolled edge, or from another.
struct Core {
    bed: bed::Bed,
    edge: UdpSocket,
    stranger: UdpSocket,
}

impl Core {
    async fn start(defect: Option<&str>, answers: &[(&str, &str)]) -> Self {
        let world = World::make();
        let answers = answers
            .iter()
            .map(|(item, word)| ((*item).to_owned(), vec![(*word).to_owned()]));
        let model = Model::new(answers.collect::<BTreeMap<_, _>>());
        let defect = defect.map(|name| name.parse::<Defect>().expect("a defect of this name"));
        let options = Options {
            roles: vec![Role::Core],
            except: Vec::new(),
            world: world.folder(),
            defect,
            model,
        };
        let running: Running = reference::start(options).await.expect("a core");
        let edge = UdpSocket::bind(world.address("ep-cscf", "Mw"))
            .await
            .expect("the edge's address");
        let stranger = UdpSocket::bind(world.address("waf", "W4"))
            .await
            .expect("another address");
        for socket in [&edge, &stranger] {
            socket
                .connect(world.address("core", "Mw"))
                .await
                .expect("a way");
        }
        Self {
            bed: bed::Bed::of(world, running),
            edge,
            stranger,
        }
    }

    async fn ask(&self, socket: &UdpSocket, text: &str) -> String {
        socket.send(text.as_bytes()).await.expect("a datagram goes");
        let mut buffer = vec![0; 65_536];
        match tokio::time::timeout(Duration::from_millis(500), socket.recv(&mut buffer)).await {
            Ok(Ok(length)) => String::from_utf8(buffer[..length].to_vec()).expect("text"),
            _ => String::new(),
        }
    }

    async fn register(&self, register: &Register) -> u16 {
        status(&self.ask(&self.edge, &register.text()).await)
    }
}

/// A REGISTER by the edge's word.
fn vouched(impi: &str, impu: &str, entity: &str) -> Register {
    let mut register = Register::of(impu);
    register.authorization.push(format!(
        r#"Digest username="{impi}", realm="op.example", uri="sip:op.example", nonce="", response="", integrity-protected="auth-done", authorization-entity="{entity}""#
    ));
    register.extra = "P-Visited-Network-ID: op.example\r\nPath: <sip:flow@edge.localhost:40006;lr>\r\nRequire: path\r\n".to_owned();
    register
}

fn alice() -> Register {
    vouched("alice0@op.example", ALICE, A)
}

/// A mistake, the REGISTERs that show it, and the last status of the honest core and of the mistaken one.
type Case = (&'static str, fn() -> Vec<Register>, u16, u16);

const BY_WORD: &[Case] = &[
    (
        "ignores-visited-network",
        || vec![without(alice(), "P-Visited-Network-ID: op.example\r\n")],
        403,
        200,
    ),
    (
        "no-impi-impu-check",
        || vec![vouched("alice0@op.example", BOB, A)],
        403,
        200,
    ),
    (
        "accepts-unknown-impi",
        || vec![vouched("nobody@op.example", ALICE, A)],
        403,
        200,
    ),
    (
        "registers-barred",
        || {
            vec![vouched(
                "alice0@op.example",
                "sip:alice0.barred@op.example",
                A,
            )]
        },
        403,
        200,
    ),
    (
        "ignores-allowed-list",
        || vec![vouched("alice0@op.example", ALICE, B)],
        403,
        200,
    ),
    (
        "empty-party-allowed",
        || vec![vouched("alice0@op.example", ALICE, "")],
        403,
        200,
    ),
    (
        "party-prefix-match",
        || {
            vec![vouched(
                "alice0@op.example",
                ALICE,
                &format!("{A}.evil.example"),
            )]
        },
        403,
        200,
    ),
    (
        "no-pool-check-core",
        || vec![vouched("alice0@op.example", ALICE, P1)],
        403,
        200,
    ),
    (
        "pool-ignores-party",
        || vec![vouched("p1-000@op.example", "sip:p1-000@op.example", P2)],
        403,
        200,
    ),
    (
        "register-wildcard",
        || vec![vouched("alice0@op.example", "sip:chat!.*!@op.example", A)],
        403,
        200,
    ),
    (
        "from-not-checked",
        || {
            vec![Register {
                from: format!("<{BOB}>"),
                ..alice()
            }]
        },
        403,
        200,
    ),
    (
        "star-with-expires",
        || {
            vec![
                alice(),
                Register {
                    contact: Some("*".to_owned()),
                    extra: format!("{}Expires: 3600\r\n", alice().extra),
                    ..alice()
                },
            ]
        },
        400,
        200,
    ),
    (
        "first-contact-kept",
        || {
            vec![Register {
                contact: Some("<sip:a@b.invalid>, <nonsense".to_owned()),
                ..alice()
            }]
        },
        400,
        200,
    ),
    (
        "cseq-not-checked",
        || {
            let first = Register { cseq: 7, ..alice() };
            vec![
                first.clone(),
                Register {
                    cseq: 6,
                    expires: 0,
                    ..first
                },
            ]
        },
        500,
        200,
    ),
    (
        "dereg-without-check",
        || {
            vec![
                alice(),
                Register {
                    expires: 0,
                    ..vouched("alice0@op.example", ALICE, B)
                },
            ]
        },
        403,
        200,
    ),
    (
        "accepts-basic",
        || {
            vec![Register {
                authorization: vec!["Basic YTpi".to_owned()],
                ..alice()
            }]
        },
        401,
        200,
    ),
    (
        "trusts-tls-yes",
        || {
            let mut register = alice();
            register.authorization[0] = register.authorization[0].replace("auth-done", "tls-yes");
            vec![register]
        },
        401,
        200,
    ),
];

fn without(mut register: Register, line: &str) -> Register {
    register.extra = register.extra.replace(line, "");
    register
}

#[tokio::test]
async fn the_word_of_an_edge_counts_for_what_is_provisioned() {
    for (defect, registers, honest, mistaken) in BY_WORD {
        for (made, expected) in [(None, honest), (Some(*defect), mistaken)] {
            let core = Core::start(made, &[]).await;
            let mut last = 0;
            for register in registers() {
                last = core.register(&register).await;
            }
            assert_eq!(last, *expected, "{defect}, made: {}", made.is_some());
            assert_eq!(
                core.register(&vouched("bob0@op.example", BOB, A)).await,
                200,
                "an honest one, {defect}"
            );
        }
    }
}

#[tokio::test]
async fn a_stranger_vouches_for_nobody() {
    let core = Core::start(None, &[]).await;
    assert_eq!(
        status(&core.ask(&core.stranger, &alice().text()).await),
        403
    );
    assert_eq!(
        core.bed
            .hook(json!({ "hook": "bindings", "impu": ALICE }))
            .await["bindings"],
        json!([])
    );
    let lax = Core::start(Some("trusts-any-address"), &[]).await;
    assert_eq!(status(&lax.ask(&lax.stranger, &alice().text()).await), 200);
}

#[tokio::test]
async fn equal_spellings_are_one_identity() {
    for (defect, expected) in [
        (None, json!(["sip:wic@host.invalid;transport=ws"])),
        (Some("splits-equivalent-names"), json!([])),
    ] {
        let core = Core::start(defect, &[]).await;
        assert_eq!(
            core.register(&vouched(
                "alice0@op.example",
                "sip:%61lice0@OP.example;x=1",
                A
            ))
            .await,
            200
        );
        assert_eq!(
            core.bed
                .hook(json!({ "hook": "bindings", "impu": ALICE }))
                .await["bindings"],
            expected
        );
    }
}

#[tokio::test]
async fn hooks_change_who_may_vouch() {
    let pool = || vouched("p1-000@op.example", "sip:p1-000@op.example", P1);
    let core = Core::start(None, &[]).await;
    assert_eq!(core.register(&pool()).await, 200);
    core.bed
        .hook(
            json!({ "hook": "provision", "pool": "P1", "impi": "p1-000@op.example", "on": false }),
        )
        .await;
    assert_eq!(core.register(&pool()).await, 403, "taken out of the pool");
    core.bed
        .hook(json!({ "hook": "provision", "pool": "P1", "impi": "p1-000@op.example", "on": true }))
        .await;
    assert_eq!(core.register(&pool()).await, 200);
    core.bed
        .hook(
            json!({ "hook": "grant", "user": "alice0", "impu": ALICE, "party": "A", "on": false }),
        )
        .await;
    assert_eq!(core.register(&alice()).await, 403, "the grant is withdrawn");
    core.bed
        .hook(json!({ "hook": "party-switch", "party": "P1", "on": false }))
        .await;
    assert_eq!(core.register(&pool()).await, 403, "the party is off");
    assert_eq!(
        core.register(&vouched("bob0@op.example", BOB, A)).await,
        200,
        "others go on"
    );
}

/// What a Digest response is made of, to be changed by a test.
struct Answer {
    username: &'static str,
    realm: &'static str,
    uri: &'static str,
    nonce: Option<&'static str>,
    secret: &'static str,
    count: &'static str,
    qop: bool,
    empty: bool,
}

const RIGHT: Answer = Answer {
    username: "alice0@op.example",
    realm: "op.example",
    uri: "sip:op.example",
    nonce: None,
    secret: "secret of alice",
    count: "00000001",
    qop: true,
    empty: false,
};

impl Answer {
    fn line(&self, given: &str) -> String {
        let hash = |text: String| {
            Sha256::digest(text)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let Self {
            username,
            realm,
            uri,
            secret,
            count,
            ..
        } = self;
        let nonce = self.nonce.unwrap_or(given);
        let (who, what) = (
            hash(format!("{username}:{realm}:{secret}")),
            hash(format!("REGISTER:{uri}")),
        );
        let (tail, response) = match self.qop {
            true => (
                format!(", qop=auth, nc={count}, cnonce=\"c\""),
                hash(format!("{who}:{nonce}:{count}:c:auth:{what}")),
            ),
            false => (String::new(), hash(format!("{who}:{nonce}:{what}"))),
        };
        let response = if self.empty { "" } else { &response };
        format!(
            r#"Digest username="{username}", realm="{realm}", uri="{uri}", nonce="{nonce}", response="{response}", algorithm=SHA-256{tail}"#
        )
    }
}

/// A mistake, the answers given one after the other to one nonce, and the last status of honest and mistaken core.
const BY_DIGEST: &[(&str, &[Answer], u16, u16)] = &[
    (
        "accepts-wrong-digest",
        &[Answer {
            secret: "guessed",
            ..RIGHT
        }],
        401,
        200,
    ),
    (
        "accepts-empty-digest",
        &[Answer {
            empty: true,
            ..RIGHT
        }],
        401,
        200,
    ),
    ("accepts-replayed-nonce", &[RIGHT, RIGHT], 401, 200),
    (
        "ignores-nonce-count",
        &[
            Answer {
                count: "00000005",
                ..RIGHT
            },
            Answer {
                count: "00000004",
                ..RIGHT
            },
        ],
        401,
        200,
    ),
    (
        "accepts-any-nonce",
        &[Answer {
            nonce: Some("0123456789abcdef"),
            ..RIGHT
        }],
        401,
        200,
    ),
    (
        "ignores-realm",
        &[Answer {
            realm: "evil.example",
            ..RIGHT
        }],
        401,
        200,
    ),
    (
        "ignores-digest-uri",
        &[Answer {
            uri: "sip:evil.example",
            ..RIGHT
        }],
        401,
        200,
    ),
    (
        "accepts-no-qop",
        &[Answer {
            qop: false,
            ..RIGHT
        }],
        401,
        200,
    ),
    (
        "ignores-digest-username",
        &[Answer {
            username: "bob0@op.example",
            secret: "secret of bob",
            ..RIGHT
        }],
        403,
        200,
    ),
];

async fn challenged(core: &Core) -> String {
    let mut register = Register::of(ALICE);
    register.authorization.push(r#"Digest username="alice0@op.example", realm="op.example", uri="sip:op.example", nonce="", response="""#.to_owned());
    let challenge = core.ask(&core.edge, &register.text()).await;
    assert_eq!(status(&challenge), 401, "{challenge}");
    challenge
        .split("nonce=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a nonce")
        .to_owned()
}

async fn answered(core: &Core, nonce: &str, answers: &[Answer]) -> u16 {
    let mut last = 0;
    for answer in answers {
        let register = Register {
            authorization: vec![answer.line(nonce)],
            ..Register::of(ALICE)
        };
        last = core.register(&register).await;
    }
    last
}

#[tokio::test]
async fn digest_proves_what_it_is_made_for() {
    for (defect, answers, honest, mistaken) in BY_DIGEST {
        for (made, expected) in [(None, honest), (Some(*defect), mistaken)] {
            let core = Core::start(made, &[]).await;
            let nonce = challenged(&core).await;
            assert_eq!(
                answered(&core, &nonce, answers).await,
                *expected,
                "{defect}, made: {}",
                made.is_some()
            );
            let fresh = challenged(&core).await;
            assert_eq!(
                answered(&core, &fresh, &[RIGHT]).await,
                200,
                "an honest one, {defect}"
            );
        }
    }
}

#[tokio::test]
async fn wrong_responses_lock_nobody_out() {
    for (defect, expected) in [(None, 200), (Some("locks-out"), 403)] {
        let core = Core::start(defect, &[]).await;
        let nonce = challenged(&core).await;
        let wrong = || Answer {
            secret: "guessed",
            ..RIGHT
        };
        answered(&core, &nonce, &[wrong(), wrong(), wrong()]).await;
        assert_eq!(answered(&core, &nonce, &[RIGHT]).await, expected);
    }
}

#[tokio::test]
async fn records_tell_the_party_of_accepted_and_refused() {
    let core = Core::start(None, &[]).await;
    let (good, bad) = (alice(), vouched("alice0@op.example", ALICE, B));
    core.register(&good).await;
    core.register(&bad).await;
    for (register, party, outcome) in [(good, A, "accepted"), (bad, B, "refused")] {
        let records = core
            .bed
            .hook(json!({ "hook": "evidence", "call_id": register.call_id }))
            .await;
        let told: Vec<&Value> = ["party", "outcome", "impu"]
            .iter()
            .map(|name| &records["records"][0][*name])
            .collect();
        assert_eq!(told, [&json!(party), &json!(outcome), &json!(ALICE)]);
    }
}
