//! What the harness says is held to other people's parsers: a mistake that our reader and our writer share would hide from both.

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use ezk_sip_types::header::HeaderParse;
use ezk_sip_types::header::typed::{CSeq, CallID, Contact, FromTo, Via};
use ezk_sip_types::msg::{Line, MessageLine, PullParser};
use ezk_sip_types::parse::Parse;
use ezk_sip_types::{Headers, Name};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::support::Scratch;

/// One event of a control, and where it stands.
struct Said {
    place: String,
    event: Value,
}

/// Every event of every control of every role, on the reference; no role is without.
fn controls(scratch: &Scratch) -> Vec<Said> {
    // Without an attack there is no verdict to speak of: 3.
    let ran = scratch
        .call(&["run", "--only", "ok-*", "--out", "out", "--json"])
        .exits(3);
    let summary = ran.json();
    for verdict in ["fail", "inconclusive", "error", "not_run"] {
        assert_eq!(summary["verdicts"][verdict], 0, "{}", summary["verdicts"]);
    }
    let mut said = Vec::new();
    for case in std::fs::read_dir(scratch.path("out/cases"))
        .expect("cases")
        .flatten()
    {
        for play in std::fs::read_dir(case.path()).expect("plays").flatten() {
            let text = std::fs::read_to_string(play.path()).expect("a log");
            said.extend(text.lines().map(|line| {
                let event: Value = serde_json::from_str(line).expect("an event");
                let place = format!("{} event {}", play.path().display(), event["n"]);
                Said { place, event }
            }));
        }
    }
    said
}

/// The bytes of the messages that the harness sent on a layer.
fn sent<'a>(said: &'a [Said], layer: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let ours = move |said: &&Said| {
        said.event["event"] == "message"
            && said.event["direction"] == "sent"
            && said.event["layer"] == layer
    };
    said.iter().filter(ours).map(|said| {
        let text = said.event["bytes"]["text"].as_str();
        (
            said.place.as_str(),
            text.unwrap_or_else(|| panic!("{} is no text", said.place)),
        )
    })
}

/// Every value of a header that may come more than once, each read to its end.
fn every<H: HeaderParse>(headers: &Headers, name: &Name) -> Result<Vec<H>, String> {
    let mut all = Vec::new();
    for value in headers.get_raw(name) {
        let mut rest = value.as_str();
        while !rest.is_empty() {
            let (left, one) = H::parse(value.as_ref(), rest).map_err(|why| why.to_string())?;
            all.push(one);
            rest = match left.trim_start().strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if left.trim().is_empty() => "",
                None => return Err(format!("{left:?} is left of {value}")),
            };
        }
    }
    Ok(all)
}

/// The contacts, or the one that stands for all and ends them: a form that ezk does not read.
fn contacts(headers: &Headers) -> Result<(), String> {
    let mut raw = headers.get_raw(&Name::CONTACT).map(|value| value.as_str());
    if !raw.clone().any(|value| value == "*") {
        return every::<Contact>(headers, &Name::CONTACT).map(drop);
    }
    let expires = headers.get_raw(&Name::EXPIRES).next();
    if raw.nth(1).is_some() || expires.is_none_or(|expires| expires.as_str() != "0") {
        return Err("a Contact of * that ends nothing".to_owned());
    }
    Ok(())
}

/// Reads a message with ezk's parser, whole: every line, and the headers that every message has, typed.
fn read_sip(text: &str) -> Result<MessageLine, String> {
    let source = Bytes::copy_from_slice(text.as_bytes());
    let mut lines = PullParser::new(&source, 0);
    let mut next = || -> Result<Option<&str>, String> {
        lines
            .next()
            .transpose()
            .map_err(|why| format!("{why:?}"))?
            .map(std::str::from_utf8)
            .transpose()
            .map_err(|why| why.to_string())
    };
    let start = next()?.ok_or("no start line")?;
    let start = MessageLine::parse_str(start).map_err(|why| why.to_string())?;
    let mut headers = Headers::new();
    while let Some(line) = next()? {
        let (_, line) = Line::parse(&source, line).map_err(|why| why.to_string())?;
        headers.insert(line.name, line.value);
    }
    let head = lines.head_end();
    let typed = |why: ezk_sip_types::header::HeaderError| format!("{why:?}");
    let vias: Vec<Via> = every(&headers, &Name::VIA)?;
    let is_branch = |via: &Via| {
        let branch = via.params.get_val("branch");
        branch.is_some_and(|branch| branch.starts_with("z9hG4bK"))
    };
    if vias.is_empty() || !vias.iter().all(is_branch) {
        return Err("a Via without branch".to_owned());
    }
    let from: FromTo = headers.get(Name::FROM).map_err(typed)?;
    from.tag.ok_or("From has no tag")?;
    let to: FromTo = headers.get(Name::TO).map_err(typed)?;
    let _: CallID = headers.get_named().map_err(typed)?;
    let cseq: CSeq = headers.get_named().map_err(typed)?;
    contacts(&headers)?;
    match &start {
        MessageLine::Request(line) if line.method != cseq.method => {
            return Err("CSeq of another method".to_owned());
        }
        MessageLine::Response(_) if to.tag.is_none() => {
            return Err("an answer whose To has no tag".to_owned());
        }
        _ => {}
    }
    let length = headers.get_raw(&Name::CONTENT_LENGTH).next();
    let length = length.map(|length| length.trim().parse::<usize>());
    match length {
        Some(Ok(length)) if length == text.len() - head => Ok(start),
        // Where the transport frames the message, the field may be left out.
        None => Ok(start),
        other => Err(format!(
            "Content-Length {other:?} of a body of {}",
            text.len() - head
        )),
    }
}

#[test]
fn every_sip_message_of_an_honest_run_is_read_by_others() {
    let scratch = Scratch::new();
    let said = controls(&scratch);
    let mut count = BTreeMap::<String, usize>::new();
    let mut wrong = Vec::new();
    for (place, text) in sent(&said, "sip") {
        match read_sip(text) {
            Ok(MessageLine::Request(line)) => {
                *count.entry(line.method.to_string()).or_default() += 1
            }
            Ok(MessageLine::Response(line)) => {
                *count.entry(line.code.into_u16().to_string()).or_default() += 1
            }
            Err(why) => wrong.push(format!("{place}: {why}\n{text}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} messages, the first: {}",
        wrong.len(),
        wrong[0]
    );
    for known in ["REGISTER", "MESSAGE", "200", "401"] {
        assert!(
            count.contains_key(known),
            "the controls send no {known}: {count:?}"
        );
    }
}

/// The reader is no rubber stamp: an answer with one thing wrong is not read.
#[test]
fn the_reader_of_sip_refuses_what_is_broken() {
    let good = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.31:5060;branch=z9hG4bKa\r\nFrom: <sip:a@op.example>;tag=f\r\n\
                To: <sip:a@op.example>;tag=t\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n";
    assert!(read_sip(good).is_ok(), "{:?}", read_sip(good));
    for (right, wrong) in [
        ("SIP/2.0 200", "SIP/2.0 two"),
        ("Via: SIP/2.0/UDP ", "Via: "),
        (";branch=z9hG4bKa", ""),
        (";tag=f", ""),
        (";tag=t", ""),
        ("<sip:a@op.example>;tag=f", "<a@op.example>;tag=f"),
        ("Call-ID: c\r\n", ""),
        ("CSeq: 1", "CSeq: one"),
        ("Length: 0", "Length: 1"),
        ("\r\n\r\n", "\r\n"),
    ] {
        let text = good.replace(right, wrong);
        assert!(
            read_sip(&text).is_err(),
            "it is read without {right:?}: {text}"
        );
    }
}

/// What hyper's server makes of the bytes of a request: its method, its Host, and how long its body came out.
async fn read_http(text: &str) -> Result<(String, Option<String>, usize), String> {
    let (mut ours, theirs) = tokio::io::duplex(text.len() + 4096);
    ours.write_all(text.as_bytes())
        .await
        .map_err(|why| why.to_string())?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let service = service_fn(move |request: Request<Incoming>| {
        let tell = tell.clone();
        async move {
            let method = request.method().to_string();
            let host = request
                .headers()
                .get("host")
                .and_then(|host| host.to_str().ok())
                .map(str::to_owned);
            let body = request.into_body().collect().await?.to_bytes();
            let _ = tell.send((method, host, body.len()));
            Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::new())))
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .half_close(true)
        .serve_connection(TokioIo::new(theirs), service);
    ours.shutdown().await.map_err(|why| why.to_string())?;
    let ended = tokio::join!(connection, async { drop(ours) }).0;
    match told.recv().await {
        Some(read) => Ok(read),
        None => Err(format!("not read: {ended:?}")),
    }
}

#[tokio::test]
async fn every_http_request_of_an_honest_run_is_read_by_others() {
    let scratch = Scratch::new();
    let said = controls(&scratch);
    let mut count = BTreeMap::<String, usize>::new();
    for (place, text) in sent(&said, "http").filter(|(_, text)| !text.starts_with("HTTP/")) {
        let (method, host, length) = read_http(text)
            .await
            .unwrap_or_else(|why| panic!("{place}: {why}\n{text}"));
        assert!(
            host.is_some_and(|host| !host.is_empty()),
            "{place}: no Host\n{text}"
        );
        let body = text
            .split_once("\r\n\r\n")
            .map_or(0, |(_, body)| body.len());
        assert_eq!(
            length, body,
            "{place}: the body is longer or shorter than it says\n{text}"
        );
        *count.entry(method).or_default() += 1;
    }
    assert!(
        count.contains_key("GET") && count.contains_key("POST"),
        "{count:?}"
    );
}

#[tokio::test]
async fn the_reader_of_http_refuses_what_is_broken() {
    let good = "POST /token HTTP/1.1\r\nHost: waf.localhost\r\nContent-Length: 3\r\n\r\na=b";
    assert_eq!(
        read_http(good).await,
        Ok(("POST".to_owned(), Some("waf.localhost".to_owned()), 3))
    );
    for (right, wrong) in [
        ("HTTP/1.1", "HTTP/x"),
        ("Host: ", "Ho st: "),
        ("Length: 3", "Length: 30"),
    ] {
        let text = good.replace(right, wrong);
        assert!(
            read_http(&text).await.is_err(),
            "it is read without {right:?}: {text}"
        );
    }
}

/// The keys of the world's WAFs by issuer, made public by another library.
fn issuers(world: &Path) -> BTreeMap<String, DecodingKey> {
    let read = |path: &str| {
        std::fs::read_to_string(world.join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
    };
    let public: Value = serde_json::from_str(&read("world.json")).expect("the world");
    let key = |waf: &str| {
        let pair = rcgen::KeyPair::from_pem(&read(&format!("{waf}/signing.pem"))).expect("a key");
        DecodingKey::from_ec_pem(pair.public_key_pem().as_bytes()).expect("a public key")
    };
    ["waf", "waf-a", "waf-b"]
        .into_iter()
        .map(|waf| {
            let node = &public["nodes"][waf];
            let name = node["name"].as_str().expect("a name");
            (format!("https://{name}:{}", node["ports"]["W4"]), key(waf))
        })
        .collect()
}

/// The keys that WAFs have told over HTTP, each with the log of its play.
fn published(said: &[Said]) -> Vec<(String, DecodingKey)> {
    let sets = said.iter().filter_map(|said| {
        let told = said.event["interface"] == "jwks" && said.event["direction"] == "sent";
        let text = said.event["bytes"]["text"].as_str().filter(|_| told)?;
        let body = text.split_once("\r\n\r\n")?.1;
        let keys: JwkSet = serde_json::from_str(body).ok()?;
        Some((said.place.split(' ').next()?.to_owned(), keys))
    });
    sets.flat_map(|(play, set)| set.keys.into_iter().map(move |key| (play.clone(), key)))
        .filter_map(|(play, key)| Some((play, DecodingKey::from_jwk(&key).ok()?)))
        .collect()
}

#[test]
fn every_token_of_an_honest_run_is_verified_by_others() {
    let scratch = Scratch::new();
    let said = controls(&scratch);
    let world = scratch.path("out/world");
    let keys = issuers(&world);
    let published = published(&said);
    let mut verified = BTreeMap::<String, usize>::new();
    for said in said.iter().filter(|said| said.event["event"] == "token") {
        let compact = said.event["compact"].as_str().expect("a token");
        if compact.split('.').count() != 3 {
            // An opaque token says nothing by itself; only the controls that introspect have them.
            assert!(
                said.place.contains("opaque") || said.place.contains("intro"),
                "{}: {compact}",
                said.place
            );
            continue;
        }
        let mut rules = Validation::new(Algorithm::ES256);
        rules.set_audience(&["https://ims.op.example"]);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(compact)
            .expect("claims")
            .claims;
        let issuer = claims["iss"].as_str().expect("an issuer").to_owned();
        let key = keys
            .get(&issuer)
            .unwrap_or_else(|| panic!("{}: {issuer} is nobody", said.place));
        rules.set_issuer(&[&issuer]);
        // A WAF that changes its key tells the new one where the edge fetches it.
        let read = jsonwebtoken::decode::<Value>(compact, key, &rules).or_else(|why| {
            let of_play = said.place.split(' ').next();
            let told = published
                .iter()
                .filter(|(play, _)| Some(play.as_str()) == of_play);
            told.map(|(_, key)| jsonwebtoken::decode::<Value>(compact, key, &rules))
                .find(Result::is_ok)
                .unwrap_or(Err(why))
        });
        let read = read.unwrap_or_else(|why| panic!("{}: {why}: {compact}", said.place));
        for claim in ["impi", "impu", "client_id"] {
            assert!(!read.claims[claim].is_null(), "{}: no {claim}", said.place);
        }
        *verified.entry(issuer).or_default() += 1;
    }
    assert_eq!(
        verified.len(),
        keys.len(),
        "every WAF has issued: {verified:?}"
    );
}
