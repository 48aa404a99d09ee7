//! What is malformed in the WIC's request, where a proxy has to act on it, is not on Mw as it came: the edge refuses the request or
//! puts it right (RFC 3261 section 16.3, step 1).

use sip::Problem;

use crate::context::Context;
use crate::ruling::Ruling;

/// The header fields that a proxy acts on. Any other it forwards as it came, well-formed or not, so they are no fault of the edge.
const ACTED_ON: [&str; 7] = [
    "Via",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Max-Forwards",
    "Content-Length",
];

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::all(context.on_mw().filter_map(|message| {
        let forwarded = message.request()?;
        let Some(cause) = context.cause_of(message) else {
            return Some(Ruling::undecided(
                "unknown_cause",
                format!("nothing tells which request led to {}", message.summary()),
            ));
        };
        let came = cause.request()?.problems();
        let passed = forwarded
            .problems()
            .into_iter()
            .find(|problem| concerns_a_proxy(problem) && came.contains(problem))?;
        Some(Ruling::broken(
            "the malformed request refused, or put right on Mw",
            format!("{passed} in {}", message.summary()),
            [cause.n, message.n],
        ))
    }))
}

/// Whether a proxy may not pass over it. Requests without tag, branch or Max-Forwards are those of elements before RFC 3261, which
/// are served (RFC 4475 section 3.4.1).
fn concerns_a_proxy(problem: &Problem) -> bool {
    match problem {
        Problem::NoTag(_) | Problem::NoBranch | Problem::Missing("Max-Forwards") => false,
        Problem::Missing(field) | Problem::Repeated(field) | Problem::Malformed { field, .. } => {
            ACTED_ON.contains(field)
        }
        _ => true,
    }
}
