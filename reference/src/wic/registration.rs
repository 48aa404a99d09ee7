//! A registration on W2, and its end.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::Outcome;
use super::browser::Browser;
use super::digest::{Account, Answering, before_challenge};
use super::portal;
use super::secure::{Leg, Secure};
use super::sip_client::{Link, Unanswered};
use super::upgrade;
use crate::Shared;
use crate::aka::Card;
use crate::defect::Defect;
use crate::net::random_hex;
use crate::sip::credentials::Credentials;
use crate::sip::{Message, Start};

/// The interval that is asked for, seconds.
const EXPIRES: u32 = 600;

/// The word of a visit that something ended which is no SIP.
pub(super) const GARBAGE: &str = "the edge answered with something that is no SIP";

/// One registration, from the opening of W2 to its end.
pub(super) struct Registration<'a, 'b> {
    pub(super) shared: &'a Shared,
    pub(super) secure: &'a Secure,
    pub(super) browser: &'a mut Browser<'b>,
    pub(super) portal: &'a Url,
    pub(super) w2: Url,
    pub(super) domain: String,
    pub(super) impi: Option<String>,
    pub(super) impu: String,
    pub(super) token: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) card: Option<Card>,
    pub(super) leg: Leg,
}

/// What stays the same from request to request.
struct Dialog {
    call_id: String,
    tag: String,
    contact: String,
    host: String,
    sequence: u32,
    account: Option<Account>,
    answering: Option<Answering>,
}

/// How far a connection came.
enum Course {
    Done(Outcome),
    /// Registered, then the edge dropped the connection.
    Dropped,
}

impl Registration<'_, '_> {
    pub(super) async fn run(&mut self) -> Outcome {
        let mut dialog = self.dialog();
        loop {
            let token = self.token.as_deref();
            let socket = upgrade::open(
                self.shared,
                self.secure,
                &self.w2,
                self.portal,
                token,
                self.leg,
            )
            .await;
            let mut link = match socket {
                Ok(socket) => Link::over(socket),
                Err(why) => return Outcome::failed(0, why),
            };
            let course = self.on(&mut link, &mut dialog).await;
            link.close().await;
            match course {
                Course::Done(outcome) => return outcome,
                Course::Dropped
                    if self.leg == Leg::W2
                        && self.shared.model.answer("wic-reconnect", "yes") == "yes" =>
                {
                    self.leg = Leg::W2Again;
                }
                Course::Dropped => return Outcome::failed(200, "the edge dropped the connection"),
            }
        }
    }

    fn dialog(&self) -> Dialog {
        let (user, host, instance) = (
            random_hex(4),
            format!("{}.invalid", random_hex(6)),
            random_hex(16),
        );
        let uuid = [
            &instance[..8],
            &instance[8..12],
            &instance[12..16],
            &instance[16..20],
            &instance[20..],
        ]
        .join("-");
        let secret = self
            .secret
            .clone()
            .zip(self.impi.clone())
            .filter(|_| self.token.is_none());
        Dialog {
            call_id: random_hex(12),
            tag: random_hex(6),
            contact: format!(
                "<sip:{user}@{host};transport=ws>;+sip.instance=\"<urn:uuid:{uuid}>\";reg-id=1"
            ),
            host,
            sequence: 0,
            account: secret.map(|(secret, impi)| Account {
                impi,
                secret,
                card: self.card.clone(),
                realm: self.domain.clone(),
                uri: format!("sip:{}", self.domain),
            }),
            answering: None,
        }
    }

    async fn on(&mut self, link: &mut Link, dialog: &mut Dialog) -> Course {
        let status = match self.register(link, dialog, EXPIRES).await {
            Ok(status) => status,
            Err(Unanswered::Ended) => {
                return Course::Done(Outcome::failed(0, "the edge ended the connection"));
            }
            Err(Unanswered::Garbage) if self.shared.has(Defect::TakesGarbageForSuccess) => {
                let reason = "registered".to_owned();
                return Course::Done(Outcome {
                    registered: true,
                    status: 200,
                    reason,
                });
            }
            Err(Unanswered::Garbage) => return Course::Done(Outcome::failed(0, GARBAGE)),
        };
        if status != 200 {
            return Course::Done(Outcome::failed(status, "the registration was refused"));
        }
        let ended = match self.register(link, dialog, 0).await {
            Ok(status) => status,
            Err(Unanswered::Ended) => return Course::Dropped,
            Err(Unanswered::Garbage) => return Course::Done(Outcome::failed(200, GARBAGE)),
        };
        let reason = if ended == 200 {
            "registered and de-registered"
        } else {
            "registered, not de-registered"
        };
        Course::Done(Outcome {
            registered: true,
            status,
            reason: reason.to_owned(),
        })
    }

    /// One REGISTER with what it needs of challenges and fresh tokens; the final status. 0: the registrar did not prove itself.
    async fn register(
        &mut self,
        link: &mut Link,
        dialog: &mut Dialog,
        expires: u32,
    ) -> Result<u16, Unanswered> {
        let mut challenges = 0;
        loop {
            let credentials = self.credentials(dialog);
            let answer = link
                .ask(&self.request(dialog, expires, credentials))
                .await?;
            let code = answer.code();
            // Once; and once more when an ISIM that is out of step has said so.
            let again = dialog.answering.as_ref().is_some_and(Answering::asks_again);
            if code == 401 && (challenges == 0 || (challenges == 1 && again)) {
                challenges += 1;
                if let Some(sent) = self.sent_to_anybody(&answer) {
                    return Ok(link
                        .ask(&self.request(dialog, expires, Some(sent)))
                        .await?
                        .code());
                }
                if self.can_go_on(&answer, dialog).await {
                    continue;
                }
            }
            if let (200, Some(answering), Some(account)) =
                (code, &mut dialog.answering, &dialog.account)
                && !answering.is_proven(&answer, account, self.shared)
            {
                return Ok(0);
            }
            return Ok(code);
        }
    }

    fn credentials(&self, dialog: &mut Dialog) -> Option<String> {
        if let Some(token) = &self.token {
            return Some(format!("Bearer {token}"));
        }
        let account = dialog.account.as_ref()?;
        Some(match &mut dialog.answering {
            Some(answering) => answering.credentials(account),
            None => before_challenge(account, self.shared),
        })
    }

    /// Whether a challenge can be answered: by Digest with the secret, or with a fresh token.
    async fn can_go_on(&mut self, challenge: &Message, dialog: &mut Dialog) -> bool {
        if let Some(account) = &mut dialog.account {
            dialog.answering = Answering::choose(challenge, account, self.shared);
            return dialog.answering.is_some();
        }
        let follows = self.shared.model.answer("bearer-401", "ignore") == "follow";
        let bearer = challenge
            .values("WWW-Authenticate")
            .filter_map(Credentials::read)
            .find(|line| line.is("Bearer"));
        let Some(bearer) = bearer.filter(|_| follows) else {
            return false;
        };
        if bearer.get("error") != Some("invalid_token") {
            return false;
        }
        // Tokens come from the portal alone, whatever server the challenge names (RFC 8898 2.1.1).
        match portal::session(self.portal, self.browser).await {
            Ok(session) => {
                self.token = Some(session.token);
                true
            }
            Err(_) => false,
        }
    }

    /// The mistakes that give the secret to whoever asks for it in another way than Digest.
    fn sent_to_anybody(&self, challenge: &Message) -> Option<String> {
        let secret = self.secret.as_ref().filter(|_| self.token.is_none())?;
        let asked = |scheme: &str| {
            challenge
                .values("WWW-Authenticate")
                .filter_map(Credentials::read)
                .any(|line| line.is(scheme))
        };
        if asked("Basic") && self.shared.has(Defect::AnswersBasic) {
            let pair = format!("{}:{secret}", self.impi.as_deref().unwrap_or_default());
            return Some(format!("Basic {}", STANDARD.encode(pair)));
        }
        let sends = asked("Bearer") && self.shared.has(Defect::SendsSecretAsToken);
        sends.then(|| format!("Bearer {}", STANDARD.encode(secret)))
    }

    fn request(&self, dialog: &mut Dialog, expires: u32, credentials: Option<String>) -> Message {
        dialog.sequence += 1;
        let start = Start::Request {
            method: "REGISTER".to_owned(),
            uri: format!("sip:{}", self.domain),
        };
        let mut request = Message {
            start,
            headers: Vec::new(),
            body: Vec::new(),
            as_it_came: Box::default(),
        };
        request.push(
            "Via",
            format!(
                "SIP/2.0/WSS {};branch=z9hG4bK{};rport",
                dialog.host,
                random_hex(8)
            ),
        );
        request.push("Max-Forwards", "70");
        request.push("From", format!("<{}>;tag={}", self.impu, dialog.tag));
        request.push("To", format!("<{}>", self.impu));
        request.push("Call-ID", dialog.call_id.clone());
        request.push("CSeq", format!("{} REGISTER", dialog.sequence));
        request.push("Contact", format!("{};expires={expires}", dialog.contact));
        request.push("Supported", "path, outbound");
        if let Some(credentials) = credentials {
            request.push("Authorization", credentials);
        }
        request.push("User-Agent", "wic");
        request
    }
}
