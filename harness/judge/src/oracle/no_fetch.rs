//! The SUT fetches nothing from a host that was never enrolled.

use evidence::event::Side;

use crate::context::Context;
use crate::play::Play;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let foes = foes(context.play);
    let named = |text: &str| foes.iter().find(|foe| text.contains(foe.as_str()));
    let opened = context.play.connections.values().find_map(|connection| {
        let foe = named(connection.to).filter(|_| connection.by == Some(Side::Sut))?;
        Some(Ruling::broken(
            format!("no connection to {foe}"),
            format!("a connection to {}", connection.to),
            context
                .play
                .events
                .get(connection.opened)
                .map(|event| event.n),
        ))
    });
    Ruling::unless(opened.or_else(|| {
        context
            .play
            .received()
            .filter(|message| message.is_http_request())
            .find_map(|message| {
                let host = message.http()?.header("Host")?;
                let foe = named(host)?;
                Some(Ruling::broken(
                    format!("no request to {foe}"),
                    message.summary(),
                    [message.n],
                ))
            })
    }))
}

/// Hosts that nobody enrolled: the one of the world, and the names that scripts use for enemies.
fn foes(play: &Play<'_>) -> Vec<String> {
    let mut foes = vec!["stranger.".to_owned(), "evil.".to_owned()];
    foes.extend(
        play.fact("foe.host")
            .filter(|host| !host.is_empty())
            .map(str::to_owned),
    );
    foes
}
