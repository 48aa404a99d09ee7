//! `POST /authorize`: login and consent, each bound to the browser that was shown the page.

use std::sync::PoisonError;

use hyper::StatusCode;

use super::authorize::Request;
use super::clients::Client;
use super::issue::Order;
use super::pages;
use super::records::{Interaction, Records, Subject, User};
use super::{COOKIE, Waf};
use crate::defect::Defect;
use crate::web::answer::{self, Answer};
use crate::web::form::{self, Form};
use crate::web::serve::Asked;
use crate::web::{now, secret};

impl Waf {
    /// Takes what a user sent from one of our pages.
    pub(super) fn answered(&self, asked: &Asked) -> Answer {
        let Some(form) = asked.form().filter(|form| form.repeated().is_none()) else {
            return pages::error(StatusCode::BAD_REQUEST, "The form cannot be read.");
        };
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((id, interaction)) = self.interaction(asked, &form, &records) else {
            return pages::error(
                StatusCode::FORBIDDEN,
                "This form is not of this browser, or too old.",
            );
        };
        let Some(client) = self.client(&self.consenting_client(&interaction, &form)) else {
            return pages::error(StatusCode::FORBIDDEN, "The service is unknown.");
        };
        if let Some(choice) = form.first("consent") {
            records.interactions.remove(&id);
            self.consented(asked, &form, (choice, &interaction, client), &mut records)
        } else {
            self.logged_in(asked, &form, (&id, &interaction, client), &mut records)
        }
    }

    /// What the form belongs to: begun in this browser's session and known by the secret of the page.
    fn interaction(
        &self,
        asked: &Asked,
        form: &Form,
        records: &Records,
    ) -> Option<(String, Interaction)> {
        let session = asked.cookie(COOKIE)?;
        if self.shared.has(Defect::ConsentWithoutSecret) && form.first("csrf").is_none() {
            let own = records
                .interactions
                .iter()
                .find(|(_, interaction)| interaction.session == session);
            return own.map(|(id, interaction)| (id.clone(), interaction.clone()));
        }
        if asked.is_cross_site() {
            return None;
        }
        let id = form.first("csrf")?;
        let interaction = records.interactions.get(id)?;
        // What ties them is the session: after a logout the page is nobody's.
        (interaction.session == session).then(|| (id.to_owned(), interaction.clone()))
    }

    /// The service that a consent counts for: the one that the page named.
    fn consenting_client(&self, interaction: &Interaction, form: &Form) -> String {
        let posted = form
            .first("client_id")
            .filter(|_| self.shared.has(Defect::ConsentForPostedClient));
        posted.unwrap_or(&interaction.client).to_owned()
    }

    fn logged_in(
        &self,
        asked: &Asked,
        form: &Form,
        (id, interaction, client): (&str, &Interaction, &Client),
        records: &mut Records,
    ) -> Answer {
        let user = form
            .first("username")
            .and_then(|name| records.users.get(name))
            .cloned();
        let password = form.first("password").unwrap_or_default();
        let Some(user) = user.filter(|user| !password.is_empty() && user.password == password)
        else {
            return pages::login(StatusCode::UNAUTHORIZED, id, "Name or password is wrong.");
        };
        // A new session: what the browser had before may have been planted.
        if let Some(former) = asked.cookie(COOKIE) {
            records.sessions.remove(former);
        }
        let session = records.begin_session(&user.user, now());
        records.interactions.remove(id);
        let request = Request::of(interaction, client);
        let mut answer = if self.needs_consent(client, &user) {
            self.consent_page(&session, &request, &user, records)
        } else {
            self.finish(&request, user.linked(), records)
        };
        answer::set_cookie(&mut answer, COOKIE, &session, self.cookie_flags());
        answer
    }

    fn consented(
        &self,
        asked: &Asked,
        form: &Form,
        (choice, interaction, client): (&str, &Interaction, &Client),
        records: &mut Records,
    ) -> Answer {
        let request = self.consenting_request(interaction, client, form);
        if choice != "yes" {
            return self.deny(&request, "access_denied");
        }
        let Some(user) = self.consenting_user(asked, interaction, form, records) else {
            return pages::error(StatusCode::FORBIDDEN, "Somebody else was asked.");
        };
        if self.shared.model.answer("consent-is-grant", "yes") == "yes" {
            self.grant(&user.user, client, records);
        }
        let subject = records.users.get(&user.user).and_then(|user| user.linked());
        self.finish(&request, subject, records)
    }

    /// With the posted client goes a redirect URI of that client, or the mistake would show nowhere.
    fn consenting_request<'a>(
        &self,
        interaction: &Interaction,
        client: &'a Client,
        form: &Form,
    ) -> Request<'a> {
        let mut request = Request::of(interaction, client);
        if self.shared.has(Defect::ConsentForPostedClient) && client.client_id != interaction.client
        {
            let posted = form
                .first("redirect_uri")
                .filter(|posted| client.redirect_uris.iter().any(|known| known == posted));
            if let Some(own) = posted.or_else(|| client.redirect_uris.first().map(String::as_str)) {
                own.clone_into(&mut request.redirect_uri);
            }
        }
        request
    }

    /// Who consents: who is logged in now, if that is who the page was shown to.
    fn consenting_user(
        &self,
        asked: &Asked,
        interaction: &Interaction,
        form: &Form,
        records: &Records,
    ) -> Option<User> {
        let shown_to = interaction
            .asked
            .as_ref()
            .and_then(|name| records.users.get(name));
        if let Some(impu) = form
            .first("impu")
            .filter(|_| self.shared.has(Defect::ConsentForPostedIdentity))
        {
            return records
                .users
                .values()
                .find(|user| user.impus.iter().any(|each| each == impu))
                .cloned();
        }
        let now_here = self.session_user(asked, records)?;
        (now_here.user == shown_to?.user).then_some(now_here)
    }

    /// Ends the browser's session at this WAF.
    pub(super) fn logout(&self, asked: &Asked) -> Answer {
        if asked.is_cross_site() {
            return pages::error(StatusCode::FORBIDDEN, "Another site asked for this.");
        }
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = asked.cookie(COOKIE) {
            records.sessions.remove(session);
        }
        let mut answer = pages::error(StatusCode::OK, "You are logged out.");
        answer::set_cookie(
            &mut answer,
            COOKIE,
            "",
            "; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
        );
        answer
    }

    /// The answer of the implicit grant, in the fragment of the redirect URI.
    pub(super) fn implicit_answer(
        &self,
        request: &Request<'_>,
        subject: Subject,
        records: &mut Records,
    ) -> Answer {
        let order = Order {
            client: request.client,
            subject,
            family: secret(),
            refreshable: false,
        };
        let Some(members) = self.mint(order, records) else {
            return self.deny(request, "server_error");
        };
        let token = members["access_token"].as_str().unwrap_or_default();
        let members = form::write([("access_token", token), ("token_type", "Bearer")]);
        answer::see_other(&format!("{}#{members}", request.redirect_uri))
    }
}
