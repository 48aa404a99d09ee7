//! The page in a real browser. A SUT that wrote markup, scripts and addresses wherever it could must get nothing done.

mod fixture;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

/// What Chromium has as the document after it loaded the page and ran what it would run.
fn rendered(page: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, page).unwrap();
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
        ])
        .arg("--disable-dev-shm-usage")
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .args(["--virtual-time-budget=2000", "--dump-dom"])
        .arg(url(&file))
        .output();
    let output = match output {
        Err(why) if why.kind() == ErrorKind::NotFound => {
            panic!(
                "chromium shows what a browser makes of the page; install it: apt-get install chromium"
            )
        }
        other => other.unwrap(),
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn url(file: &Path) -> String {
    format!("file://{}", file.display())
}

fn title(dom: &str) -> &str {
    dom.split_once("<title>")
        .unwrap()
        .1
        .split_once("</title>")
        .unwrap()
        .0
}

#[test]
fn an_honest_page_is_what_we_wrote() {
    let fixture = fixture::believable();
    let dom = rendered(&fixture.page());
    assert_eq!(title(&dom), "✗ Acme Edge 3.2.1 - wicheck");
    assert_eq!(
        dom.matches("<details id=\"case-").count(),
        fixture.cases.len()
    );
}

#[test]
fn a_hostile_page_runs_nothing_and_asks_for_nothing() {
    // A second guard beside escaping: the page's own policy forbids all of it. So first without the policy.
    let (address, requests) = listener();
    let page = fixture::believable()
        .poisoned()
        .page()
        .replace("127.0.0.1:9", &address);
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">";
    assert!(page.contains(policy));
    let open = page.replacen(policy, "", 1);
    for page in [&page, &open] {
        let dom = rendered(page);
        assert!(title(&dom).ends_with("3.2.1 - wicheck"), "{}", title(&dom));
        for tag in ["<script", "<img", "<svg"] {
            assert_eq!(dom.matches(tag).count(), 0, "{tag}");
        }
    }
    assert!(requests.try_recv().is_err(), "the page asked for something");
}

/// The policy by itself: markup that did come through would still do nothing.
#[test]
fn the_policy_stops_what_escaping_might_let_through() {
    let (address, requests) = listener();
    let attack = format!(
        "<script>document.title='pwned'</script><img src=\"http://{address}/x\" onerror=\"document.title='pwned'\">"
    );
    let page = fixture::believable()
        .page()
        .replacen("<main>", &format!("<main>{attack}"), 1);
    assert_eq!(title(&rendered(&page)), "✗ Acme Edge 3.2.1 - wicheck");
    assert!(requests.try_recv().is_err(), "the page asked for something");
}

/// The browser must be able to run and to ask, or the tests above prove nothing.
#[test]
fn a_page_without_our_guards_would_be_taken_over() {
    let (address, requests) = listener();
    let page = format!(
        "<title>x</title><script>document.title='pwned'</script><img src=\"http://{address}/x\">"
    );
    assert_eq!(title(&rendered(&page)), "pwned");
    let request = requests.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(request.starts_with("GET /x "), "{request}");
}

/// Listens on the loopback interface and tells what was asked of it.
fn listener() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).unwrap_or(0);
            if tell
                .send(String::from_utf8_lossy(&head[..read]).into_owned())
                .is_err()
            {
                break;
            }
            // The browser may have gone already.
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    (address, told)
}
