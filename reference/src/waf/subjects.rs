//! Whose identities a client may have a token for: grants of subscribers, and pools.

use super::Waf;
use super::clients::Client;
use super::records::{Records, Subject, User};
use super::refusal::Refusal;
use crate::defect::Defect;
use crate::web::form::Form;
use crate::web::now;
use crate::world::Member;

impl Waf {
    /// The subject of a token request without a user at this WAF (`client_credentials`).
    pub(super) fn named_subject(
        &self,
        client: &Client,
        form: &Form,
        records: &Records,
    ) -> Result<Subject, Refusal> {
        match &client.pool {
            Some(pool) => self.pooled(pool, form, records),
            None => self.individual(client, form, records),
        }
    }

    /// Whether the operator lets the third party of this client take part.
    pub(super) fn party_is_on(&self, client: &Client, records: &Records) -> bool {
        self.shared.has(Defect::IgnoresWafPartySwitch)
            || client
                .party
                .as_ref()
                .is_none_or(|party| !records.off.contains(party))
    }

    /// Whether the subscriber granted access to the third party of this client.
    pub(super) fn is_granted(&self, client: &Client, user: &User) -> bool {
        self.shared.has(Defect::IgnoresGrant)
            || !self.shared.model.lists("grant-check", "waf", &["waf"])
            || client
                .party
                .as_ref()
                .is_some_and(|party| user.grants.contains(party))
    }

    /// Whether a token for this subject may still be used by this client.
    pub(super) fn still_holds(
        &self,
        client: &Client,
        subject: &Subject,
        records: &Records,
    ) -> bool {
        let entitled = match (&subject.user, &client.pool) {
            (Some(user), _) => records
                .users
                .get(user)
                .is_some_and(|user| !user.unlinked && self.is_granted(client, user)),
            (None, Some(pool)) => records.member(pool, &subject.impi).is_some(),
            (None, None) => false,
        };
        entitled && self.party_is_on(client, records)
    }

    fn individual(
        &self,
        client: &Client,
        form: &Form,
        records: &Records,
    ) -> Result<Subject, Refusal> {
        let item = self.shared.model.answer("w4-user", "login_hint");
        let hint = match item {
            "login_hint" | "impi" | "impu" => form.first(item),
            // Where users log in at this WAF, nobody else may name them.
            _ => return Err(Refusal::UnauthorizedClient),
        }
        .ok_or(Refusal::InvalidRequest)?;
        let user = match item {
            "impi" => records
                .users
                .values()
                .find(|user| user.impi.as_deref() == Some(hint)),
            "impu" => records
                .users
                .values()
                .find(|user| user.impus.iter().any(|impu| impu == hint)),
            _ => records.users.get(hint),
        };
        if self.shared.has(Defect::InventsIdentity) && user.and_then(|user| user.linked()).is_none()
        {
            return Ok(self.invented(hint));
        }
        // Unknown, unlinked and not granted look the same, so that nobody can ask who is a subscriber.
        let user = user
            .filter(|user| self.is_granted(client, user))
            .ok_or(Refusal::AccessDenied)?;
        user.linked().ok_or(Refusal::AccessDenied)
    }

    /// What a WAF would serve that takes every name for one of a subscriber.
    fn invented(&self, name: &str) -> Subject {
        let impi = format!("{name}@{}", self.shared.world.domain);
        Subject {
            user: None,
            impus: vec![format!("sip:{impi}")],
            impi,
            anonymous: false,
        }
    }

    fn pooled(&self, pool: &str, form: &Form, records: &Records) -> Result<Subject, Refusal> {
        let anonymous = match form.first("anonymous") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Refusal::InvalidRequest),
        };
        let Some(hint) = form.first("login_hint") else {
            return self.picked(pool, anonymous, records);
        };
        if let Some(subject) = self.beyond_the_pool(hint, records) {
            return Ok(subject);
        }
        let member = records.member(pool, hint).ok_or(Refusal::AccessDenied)?;
        if is_anonymous(member) != anonymous && !self.shared.has(Defect::AnonymousAnyClass) {
            return Err(Refusal::AccessDenied);
        }
        Ok(of_member(member))
    }

    /// Leaves the choice to this WAF: an identity of the class that nobody holds.
    fn picked(&self, pool: &str, anonymous: bool, records: &Records) -> Result<Subject, Refusal> {
        if self.shared.model.answer("pool-assigner", "wwsf") != "waf" {
            return Err(Refusal::InvalidRequest);
        }
        let now = now();
        let members = records
            .members
            .get(pool)
            .map(Vec::as_slice)
            .unwrap_or_default();
        members
            .iter()
            .filter(|member| is_anonymous(member) == anonymous)
            .find(|member| !records.is_held(&member.impi, now))
            .map(of_member)
            .ok_or(Refusal::AccessDenied)
    }

    /// The mistakes that serve a pool client with what is not of its pool.
    fn beyond_the_pool(&self, hint: &str, records: &Records) -> Option<Subject> {
        if self.shared.has(Defect::PoolOfAnyClient) {
            let member = records
                .members
                .values()
                .flatten()
                .find(|member| member.impi == hint)?;
            return Some(of_member(member));
        }
        if self.shared.has(Defect::PoolServesIndividual) {
            let named = |user: &&User| user.user == hint || user.impi.as_deref() == Some(hint);
            return records.users.values().find(named)?.linked();
        }
        None
    }
}

impl User {
    /// The identities of the user, if the operator has linked the account to a subscription.
    pub(super) fn linked(&self) -> Option<Subject> {
        let impi = self.impi.clone().filter(|_| !self.unlinked)?;
        Some(Subject {
            user: Some(self.user.clone()),
            impi,
            impus: self.impus.clone(),
            anonymous: false,
        })
    }
}

fn is_anonymous(member: &Member) -> bool {
    member.class == "anonymous"
}

fn of_member(member: &Member) -> Subject {
    Subject {
        user: None,
        impi: member.impi.clone(),
        impus: member.impus.clone(),
        anonymous: is_anonymous(member),
    }
}
