//! Who uses a portal: what the script's steps did in each browser.

use script::vocabulary::{Verb, wic};

use crate::context::Context;
use crate::identity;
use crate::play::Play;

/// Who is honestly logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User<'a> {
    Nobody,
    Anonymous,
    Person(&'a str),
}

/// Who is honestly logged in, in the browser of a step, when that step asks.
pub(super) fn user_of<'a>(context: &Context<'a, '_>, step: usize) -> User<'a> {
    let play = context.play;
    let lies = Some(step) == context.lie_step();
    match play.verb(step) {
        // The cookie is not the browser's own.
        Some(Verb::Wic(wic::Verb::Ask(ask)))
            if ask.cookie.is_some() || (lies && ask.set.iter().any(|line| is_cookie(line))) =>
        {
            return User::Nobody;
        }
        Some(Verb::Wic(wic::Verb::Fetch(fetch)))
            if fetch
                .set
                .iter()
                .chain(&fetch.add)
                .any(|line| is_cookie(line)) =>
        {
            return User::Nobody;
        }
        _ => {}
    }
    // A WAF that cannot be trusted or that refuses gives nobody a token.
    if matches!(
        context.lie_step().and_then(|step| play.verb(step)),
        Some(Verb::Waf(_))
    ) {
        return User::Nobody;
    }
    let browser = browser(play, step);
    (0..=step)
        .filter(|at| self::browser(play, *at) == browser)
        .fold(User::Nobody, |user, at| after(context, at, user))
}

fn is_cookie(line: &str) -> bool {
    line.split(':')
        .next()
        .is_some_and(|name| name.trim().eq_ignore_ascii_case("cookie"))
}

fn browser<'a>(play: &Play<'a>, step: usize) -> &'a str {
    play.field(step, "browser").unwrap_or("main")
}

/// Who is logged in after a step.
fn after<'a>(context: &Context<'a, '_>, step: usize, before: User<'a>) -> User<'a> {
    match context.play.verb(step) {
        Some(Verb::Wic(wic::Verb::Login(login)))
            if login.password.is_some() || login.user.is_some() || login.credential.is_some() =>
        {
            User::Nobody
        }
        Some(Verb::Wic(wic::Verb::Login(_))) => {
            User::Person(identity::person_of(context.play, step))
        }
        Some(Verb::Wic(wic::Verb::Anonymous(_))) => User::Anonymous,
        Some(Verb::Wic(wic::Verb::Logout(_))) => User::Nobody,
        _ => before,
    }
}

/// Everybody who logged in with the right password before an event.
pub(super) fn logged_in<'a>(play: &Play<'a>, before: usize) -> Vec<&'a str> {
    (0..play.plan.steps.len())
        .filter(|step| play.began(*step).is_some_and(|at| at <= before))
        .filter(|step| matches!(play.verb(*step), Some(Verb::Wic(wic::Verb::Login(login))) if login.password.is_none() && login.user.is_none() && login.credential.is_none()))
        .map(|step| identity::person_of(play, step))
        .collect()
}

/// Identities of the world that the departing step writes into its request.
pub(super) fn identities_in_lie(context: &Context<'_, '_>) -> Vec<String> {
    let Some(step) = context
        .lie_step()
        .and_then(|step| context.play.plan.steps.get(step))
    else {
        return Vec::new();
    };
    let text = crate::http::decoded(&step.fields.to_string());
    identity::people(context.play)
        .into_iter()
        .flat_map(|person| identity::names_of(context.play, person))
        .filter(|value| contains_word(&text, value))
        .map(str::to_owned)
        .collect()
}

/// Whether a text contains an identity as a whole, not as a part of a longer one.
pub(super) fn contains_word(text: &str, word: &str) -> bool {
    let goes_on = |letter: Option<char>| {
        letter.is_some_and(|letter| {
            letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_')
        })
    };
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            !goes_on(text[..at].chars().next_back())
                && !goes_on(text[at + word.len()..].chars().next())
        })
}

#[cfg(test)]
mod tests {
    use super::contains_word;

    #[test]
    fn an_identity_is_found_as_a_whole_only() {
        assert!(contains_word(
            r#"{"impu":"sip:bob0@op.example"}"#,
            "sip:bob0@op.example"
        ));
        assert!(!contains_word("p1-0011@op.example", "p1-001"));
        assert!(!contains_word("sip:jim.bob0@op.example", "bob0@op.example"));
        assert!(!contains_word("anything", ""));
    }
}
