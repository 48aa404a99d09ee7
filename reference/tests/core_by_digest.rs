//! The registrar: what Digest proves, and what each mistake lets through.

mod bed;

use bed::client::{Register, status};
use bed::core::Core;
use sha2::{Digest, Sha256};

const ALICE: &str = "sip:alice0@op.example";

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
