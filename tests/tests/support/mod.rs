//! Calls the command as its users do: another process, arguments in, exit status and text out.
#![allow(dead_code, reason = "each test program uses its part")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// Within this time whatever was asked to end has ended.
const SOON: Duration = Duration::from_secs(20);
/// No call takes longer than this on a busy machine; `selftest` has its own bound.
pub(crate) const PATIENCE: Duration = Duration::from_secs(400);

/// Variable that names a built wicheck to be tested in place of the one beside the tests.
const OTHER: &str = "WICHECK_BIN";

/// What one call came to.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit status; 128 and the signal's number where a signal ended it.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Ran {
    /// The object on the last line of stdout.
    pub(crate) fn json(&self) -> Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line)
            .unwrap_or_else(|why| panic!("the last line is no JSON ({why}): {self}"))
    }

    /// Fails the test unless it ended so.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Fails the test unless stdout or stderr has each of these texts.
    #[track_caller]
    pub(crate) fn tells(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(
                self.stdout.contains(text) || self.stderr.contains(text),
                "nowhere {text:?}: {self}"
            );
        }
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "exit {} after {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.status, self.took, self.stdout, self.stderr
        )
    }
}

/// A folder for one test, gone with it. Calls are made in it, so that what a call leaves behind is seen.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and names it.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let parent = path.parent().expect("a file of the folder");
        std::fs::create_dir_all(parent).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Puts the suite's own scenarios here, to be changed.
    pub(crate) fn copy_scenarios(&self) {
        fn copy(from: &Path, to: &Path) {
            std::fs::create_dir_all(to).expect("a folder");
            for entry in std::fs::read_dir(from).expect("a folder").flatten() {
                let to = to.join(entry.file_name());
                if entry.path().is_dir() {
                    copy(&entry.path(), &to);
                } else {
                    std::fs::copy(entry.path(), to).expect("a file");
                }
            }
        }
        copy(&workspace().join("scenarios"), &self.path("scenarios"));
    }

    /// Calls wicheck here and waits for it.
    pub(crate) fn call(&self, arguments: &[&str]) -> Ran {
        self.call_within(arguments, PATIENCE)
    }

    /// Calls wicheck here, and fails the test when it is not done in time or has panicked.
    pub(crate) fn call_within(&self, arguments: &[&str], bound: Duration) -> Ran {
        self.begin(arguments).wait(bound)
    }

    /// Starts wicheck here.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Running {
        let mut child = Command::new(binary())
            .args(arguments)
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .env("COLUMNS", "200")
            .env_remove("WICHECK_WORLD")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("wicheck starts");
        let stdout = drain(child.stdout.take().expect("a pipe"));
        let stderr = drain(child.stderr.take().expect("a pipe"));
        Running {
            child,
            stdout: Some(stdout),
            stderr: Some(stderr),
            begun: Instant::now(),
        }
    }
}

/// A call that goes on. It ends with the test.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    begun: Instant,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("its end");
    }

    /// Sends it a signal that asks for its end, which must come soon.
    pub(crate) fn ends_on(self, signal: Signal) -> Ran {
        let process = i32::try_from(self.id()).expect("a process id");
        kill(Pid::from_raw(process), signal).expect("a signal");
        let asked = Instant::now();
        let ran = self.wait(PATIENCE);
        assert!(asked.elapsed() < SOON, "it goes on: {ran}");
        ran
    }

    pub(crate) fn wait(mut self, bound: Duration) -> Ran {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                break Some(status);
            }
            if self.begun.elapsed() > bound {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break None;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let text = |reader: Option<JoinHandle<String>>| {
            reader.expect("read once").join().expect("what it printed")
        };
        let ran = Ran {
            status: status.map_or(-1, code),
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
            took: self.begun.elapsed(),
        };
        assert!(status.is_some(), "not done within {bound:?}: {ran}");
        assert!(!ran.stderr.contains("panicked at"), "it panicked: {ran}");
        ran
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only where a test failed before it waited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1)
}

fn drain(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks has ended.
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The wicheck that is tested: the one that was built beside the tests, of the sources that stand there.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(other) = std::env::var_os(OTHER) {
            return PathBuf::from(other);
        }
        let tests = std::env::current_exe().expect("this program");
        let built = tests
            .ancestors()
            .nth(2)
            .expect("target/release/deps/this")
            .to_owned();
        let binary = built.join("wicheck");
        if is_current(&binary) {
            return binary;
        }
        let done = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--locked", "-p", "cli"])
            .arg("--target-dir")
            .arg(built.parent().expect("target"))
            .current_dir(workspace())
            .status();
        assert!(done.expect("cargo").success(), "wicheck is built");
        binary
    })
}

/// Appends to a file, and tells the number of the first line that was added.
pub(crate) fn append(path: &Path, text: &str) -> usize {
    let before = std::fs::read_to_string(path).expect("a file");
    std::fs::write(path, format!("{before}{text}")).expect("a file");
    before.lines().count() + 1
}

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// Whether a program is younger than everything that it is made of.
fn is_current(binary: &Path) -> bool {
    let Ok(built) = std::fs::metadata(binary).and_then(|facts| facts.modified()) else {
        return false;
    };
    let made_of = [
        "Cargo.lock",
        "certs-gen",
        "harness",
        "reference",
        "reports",
        "scenarios",
    ];
    !made_of
        .iter()
        .any(|name| youngest(&workspace().join(name)).is_some_and(|youngest| youngest > built))
}

/// When something below was changed last; tests are no part of a program.
fn youngest(path: &Path) -> Option<SystemTime> {
    if path.ends_with("tests") {
        return None;
    }
    let facts = std::fs::metadata(path).ok()?;
    if facts.is_file() {
        return facts.modified().ok();
    }
    std::fs::read_dir(path)
        .ok()?
        .flatten()
        .filter_map(|entry| youngest(&entry.path()))
        .max()
}
