//! Hand-made hellos towards a TLS server under test.

use std::sync::Arc;

use evidence::event::{Direction, Layer, Side};
use evidence::{Interface, Role, What};
use script::vocabulary::{wic, wwsf};
use wire::{hello, transport};

use crate::bed::Bed;
use crate::play::Play;
use crate::roles::{Acted, Trouble};

/// A hello of our WIC: towards the edge on W2, or the portal on W1.
pub(crate) async fn wic(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &wic::Hello) -> Acted {
    let (interface, node) = match bed.role() {
        Role::Wwsf => (
            Interface::W1,
            if play.registration == 3 {
                "wwsf-p1"
            } else {
                "wwsf-a"
            },
        ),
        _ => (Interface::W2, "ep-cscf"),
    };
    say(
        bed,
        play,
        step,
        (interface, node),
        [&verb.version, &verb.suites, &verb.server_name],
        verb.fallback == Some(true),
    )
    .await
}

/// A hello of our WWSF towards the WAF on W4.
pub(crate) async fn wwsf(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &wwsf::Hello,
) -> Acted {
    say(
        bed,
        play,
        step,
        (Interface::W4, "waf"),
        [&verb.version, &verb.suites, &verb.server_name],
        false,
    )
    .await
}

async fn say(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    to: (Interface, &str),
    words: [&Option<String>; 3],
    fallback: bool,
) -> Acted {
    let (interface, node) = to;
    let [version, suites, server_name] = words.map(|word| word.as_deref());
    let (version, suites) = (version.unwrap_or("1.2"), suites.unwrap_or("usual"));
    let target = bed.target(interface, node)?;
    let server_name = server_name.unwrap_or(&target.host);
    let number = hello::version(version)
        .ok_or_else(|| format!("no TLS version {version} is made by hand"))?;
    let offered = hello::suites(suites).ok_or_else(|| format!("no suites are called {suites}"))?;
    let mut offered = offered.to_vec();
    if fallback {
        offered.push(hello::FALLBACK_SCSV);
    }
    let mut random = [0; 32];
    // A hello with a poor random is a hello like any other.
    let _ = aws_lc_rs::rand::fill(&mut random);
    let bytes = hello::client_hello(number, &offered, Some(server_name), random);
    play.stimulus(
        step,
        Layer::Tls,
        format!("ClientHello at most TLS {version}\nsuites: {suites}\nserver name: {server_name}\nfallback: {fallback}"),
    );
    let opened = transport::connect(&play.tap, interface, None, target.address).await;
    let (connection, mut stream) = opened.map_err(|why| Trouble::sut(why.to_string()))?;
    play.tap
        .message(connection, interface, Direction::Sent, Layer::Tls, &bytes);
    let answer = hello::say(&mut stream, &bytes, bed.answer_time())
        .await
        .map_err(|why| Trouble::sut(why.to_string()))?;
    if !answer.bytes.is_empty() {
        play.tap.message(
            connection,
            interface,
            Direction::Received,
            Layer::Tls,
            &answer.bytes,
        );
    }
    match answer.ended {
        Some(why) => play.tap.record(What::Closed {
            connection,
            by: Side::Sut,
            why,
        }),
        None if answer.bytes.is_empty() => {
            play.timed_out(step, "an answer to the hello", bed.answer_time())
        }
        None => play.tap.record(What::Closed {
            connection,
            by: Side::Us,
            why: "seen enough".to_owned(),
        }),
    }
    Ok(())
}
