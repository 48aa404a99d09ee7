//! Introspection does not call the token active (RFC 7662 section 2.2).

use serde_json::Value;

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let broken = context.http_answers().find_map(|answer| {
        let json = answer.http()?.json()?;
        let active = json.get("active")?;
        let told = *active == Value::Bool(true)
            || active
                .as_str()
                .is_some_and(|text| text.eq_ignore_ascii_case("true"));
        told.then(|| {
            Ruling::broken(
                "active is false, or an error",
                format!("active = {active} in {}", answer.summary()),
                [answer.n],
            )
        })
    });
    // Whoever fails has not refused.
    let failed = || {
        let mut answers = context.http_answers();
        answers.find(|answer| answer.http_status().is_some_and(|status| status >= 500))
    };
    broken.unwrap_or_else(|| match failed() {
        Some(answer) => Ruling::undecided(
            "introspection_failed",
            format!(
                "the question after the token was answered by {}",
                answer.summary()
            ),
        ),
        None => Ruling::Holds,
    })
}
