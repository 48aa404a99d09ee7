//! No script of a foreign site may read the answer: no Access-Control-Allow-Origin that lets it in with the user's cookies.

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(context.http_requests().find_map(|request| {
        let origin = request.http()?.header("Origin")?;
        let answer = context.play.http_answer(request)?;
        let http = answer.http()?;
        let allowed = http.header("Access-Control-Allow-Origin")?;
        // A browser gives no answer that came with cookies to a script when the origin is a star.
        let lets_in =
            allowed == origin && http.header("Access-Control-Allow-Credentials") == Some("true");
        let came = format!("Access-Control-Allow-Origin: {allowed} with credentials");
        lets_in.then(|| {
            Ruling::broken(
                format!("no way for scripts of {origin} to read it"),
                came,
                [request.n, answer.n],
            )
        })
    }))
}
