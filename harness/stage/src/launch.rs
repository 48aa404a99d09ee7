//! The SUT as a process of its own: started, waited for, stopped with all that it started.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evidence::Role;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use script::sut_file::{Hook, Launch};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::play::lock;
use crate::world::World;

/// What a start gives.
pub type Started = Result<BTreeMap<String, Hook>, StartError>;
/// A future behind a pointer.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that can be started in a role, watched and stopped: a child process, or the reference in process.
pub trait Runs: Send {
    /// Starts it in a role; returns when it is ready, with hooks beside those of its file.
    fn start<'a>(&'a mut self, role: Role, world: &'a World) -> Later<'a, Started>;
    /// Why it does not run any more, if it has ended by itself.
    fn ended(&mut self) -> Option<String>;
    /// Stops it and all that it started.
    fn stop(&mut self) -> Later<'_, ()>;
}

/// Why a SUT did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It could not be run at all.
    #[error("{0}")]
    Run(String),
    /// It ended before it was ready.
    #[error("the SUT ended before it was ready ({status}); the last of what it printed: {output}")]
    Ended {
        /// Its exit status.
        status: String,
        /// Its last lines.
        output: String,
    },
    /// It did not get ready in time.
    #[error(
        "the SUT was not ready after {seconds} s: {awaited}; the last of what it printed: {output}"
    )]
    NotReady {
        /// The deadline of its file.
        seconds: u64,
        /// What was waited for.
        awaited: String,
        /// Its last lines.
        output: String,
    },
    /// The reference did not start.
    #[error("the embedded reference did not start: {0}")]
    Reference(String),
}

/// How many of its last lines are kept for a failure.
const LAST_LINES: usize = 20;
/// A longer line is cut.
const LONGEST_LINE: usize = 4096;
/// How long it may take to end on SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// A SUT that a command starts. Without a command it runs already, and nothing is started or stopped.
pub struct Process {
    launch: Option<Launch>,
    folder: PathBuf,
    out: PathBuf,
    child: Option<Child>,
    output: Arc<Mutex<VecDeque<String>>>,
    readers: tokio::task::JoinSet<()>,
    addresses: Vec<SocketAddr>,
}

impl Process {
    /// A SUT that is launched from the folder of its file, with its output below `out`. `addresses` are tried when the file
    /// names no ready line.
    #[must_use]
    pub fn new(
        launch: Option<Launch>,
        folder: &Path,
        out: &Path,
        addresses: Vec<SocketAddr>,
    ) -> Self {
        let (folder, out) = (folder.to_owned(), out.to_owned());
        Self {
            launch,
            folder,
            out,
            child: None,
            output: Arc::default(),
            readers: tokio::task::JoinSet::new(),
            addresses,
        }
    }

    fn last_lines(&self) -> String {
        lock(&self.output)
            .iter()
            .cloned()
            .collect::<Vec<_>>()
            .join(" | ")
    }

    fn command(&self, launch: &Launch, role: Role, world: &World) -> Command {
        let [program, arguments @ ..] = launch.command.as_slice() else {
            return Command::new("false");
        };
        let mut command = Command::new(program_of(program, &self.folder));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .envs(environment(role, world, &self.out))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    async fn run(&mut self, role: Role, world: &World) -> Started {
        let Some(launch) = self.launch.clone() else {
            return Ok(BTreeMap::new());
        };
        lock(&self.output).clear();
        let program = launch.command.first().cloned().unwrap_or_default();
        let mut child = self
            .command(&launch, role, world)
            .spawn()
            .map_err(|why| StartError::Run(cannot_run(&program, &self.folder, &why)))?;
        let (said, ready) = watch::channel(false);
        let said = Arc::new(said);
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.out.join("sut.log"))
            .ok();
        let log = Arc::new(Mutex::new(log));
        if let Some(stdout) = child.stdout.take() {
            self.readers.spawn(listen(
                stdout,
                self.output.clone(),
                log.clone(),
                launch.ready.clone(),
                said.clone(),
            ));
        }
        if let Some(stderr) = child.stderr.take() {
            self.readers.spawn(listen(
                stderr,
                self.output.clone(),
                log,
                launch.ready.clone(),
                said,
            ));
        }
        let waited = self.ready(&launch, &mut child, ready).await;
        self.child = Some(child);
        if let Err(why) = waited {
            self.end().await;
            return Err(why);
        }
        Ok(BTreeMap::new())
    }

    async fn ready(
        &mut self,
        launch: &Launch,
        child: &mut Child,
        mut said: watch::Receiver<bool>,
    ) -> Result<(), StartError> {
        let awaited = match &launch.ready {
            Some(line) => format!("it did not print {line:?}"),
            None => format!("{:?} did not accept a connection", self.addresses),
        };
        let ready = async {
            match launch.ready {
                Some(_) => said.wait_for(|said| *said).await.is_ok(),
                None => reachable(&self.addresses).await,
            }
        };
        tokio::select! {
            status = child.wait() => {
                let status = status.map_or_else(|why| why.to_string(), |status| status.to_string());
                self.read_out().await;
                Err(StartError::Ended { status, output: self.last_lines() })
            }
            waited = tokio::time::timeout(Duration::from_secs(launch.deadline), ready) => match waited {
                Ok(true) => Ok(()),
                Ok(false) => {
                    let status = child.wait().await.map_or_else(|why| why.to_string(), |status| status.to_string());
                    self.read_out().await;
                    Err(StartError::Ended { status, output: self.last_lines() })
                }
                Err(_) => Err(StartError::NotReady { seconds: launch.deadline, awaited, output: self.last_lines() }),
            },
        }
    }

    /// What a SUT that has ended printed last is still on its way through the pipe: the pipe's end is the event to wait for, unless
    /// something that it has started holds it open.
    async fn read_out(&mut self) {
        let all = async { while self.readers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_secs(1), all).await;
    }

    async fn end(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        if let Some(Launch {
            stop: Some(words), ..
        }) = &self.launch
            && let [program, arguments @ ..] = words.as_slice()
        {
            let stopping = Command::new(program)
                .args(arguments)
                .current_dir(&self.folder)
                .status();
            // Whatever comes of it, the signals below end what still runs.
            let _ = tokio::time::timeout(GRACE, stopping).await;
        }
        let Some(group) = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .map(Pid::from_raw)
        else {
            return;
        };
        // The group may be gone already.
        let _ = killpg(group, Signal::SIGTERM);
        if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
            let _ = killpg(group, Signal::SIGKILL);
            let _ = child.wait().await;
        }
        // What it has started and left behind.
        let _ = killpg(group, Signal::SIGKILL);
    }
}

impl Runs for Process {
    fn start<'a>(&'a mut self, role: Role, world: &'a World) -> Later<'a, Started> {
        Box::pin(self.run(role, world))
    }

    fn ended(&mut self) -> Option<String> {
        let status = self.child.as_mut()?.try_wait().ok()??;
        Some(format!(
            "the SUT ended by itself ({status}); the last of what it printed: {}",
            self.last_lines()
        ))
    }

    fn stop(&mut self) -> Later<'_, ()> {
        Box::pin(self.end())
    }
}

/// A program with a path is relative to the SUT file; one without is looked for in PATH.
pub(crate) fn program_of(program: &str, folder: &Path) -> PathBuf {
    if program.contains('/') {
        folder.join(program)
    } else {
        PathBuf::from(program)
    }
}

/// That a command of a SUT file could not be run, with the place where it was looked for.
pub(crate) fn cannot_run(program: &str, folder: &Path, why: &std::io::Error) -> String {
    let path = program_of(program, folder);
    let place = if program.contains('/') {
        let path = std::path::absolute(&path).unwrap_or(path);
        format!(
            "it is looked for at {}, from the folder of the SUT file",
            path.display()
        )
    } else {
        "it is looked for in PATH; write ./ before what stands beside the SUT file".to_owned()
    };
    format!("cannot run {program}: {why} ({place})")
}

/// What a launch command and a hook are told of the bed.
pub(crate) fn environment(role: Role, world: &World, out: &Path) -> Vec<(String, String)> {
    let mut variables = vec![
        (
            "WICHECK_WORLD".to_owned(),
            world.folder.display().to_string(),
        ),
        ("WICHECK_OUT".to_owned(), out.display().to_string()),
        ("WICHECK_ROLE".to_owned(), role.word().to_owned()),
    ];
    for (node, found) in &world.public.nodes {
        for (interface, port) in &found.ports {
            let name = format!("WICHECK_{node}_{interface}")
                .to_uppercase()
                .replace('-', "_");
            variables.push((name, format!("{}:{port}", found.address)));
        }
    }
    for interface in ["INTROSPECTION", "JWKS"] {
        if let Some(address) = world.address("waf", "W4") {
            variables.push((format!("WICHECK_WAF_{interface}"), address.to_string()));
        }
    }
    variables
}

/// Keeps the last lines of an output, writes all to the log, and looks for the ready line.
async fn listen(
    output: impl AsyncRead + Unpin,
    last: Arc<Mutex<VecDeque<String>>>,
    log: Arc<Mutex<Option<std::fs::File>>>,
    ready: Option<String>,
    said: Arc<watch::Sender<bool>>,
) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while let Ok(read) = tokio::io::AsyncReadExt::take(&mut output, LONGEST_LINE as u64)
        .read_until(b'\n', &mut line)
        .await
    {
        if read == 0 {
            break;
        }
        if let Some(log) = lock(&log).as_mut() {
            // The log of the SUT is a convenience: a full disk is told by the evidence.
            let _ = log.write_all(&line);
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if ready.as_ref().is_some_and(|ready| text.contains(ready)) {
            said.send_replace(true);
        }
        let mut last = lock(&last);
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(text);
        drop(last);
        line.clear();
    }
}

/// Waits until every address accepts a connection.
#[expect(
    clippy::disallowed_methods,
    reason = "whether a port is open is no evidence: not a byte is said"
)]
async fn reachable(addresses: &[SocketAddr]) -> bool {
    // No event tells when a foreign process listens: it is tried again and again.
    const AGAIN: Duration = Duration::from_millis(20);
    for address in addresses {
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(AGAIN).await;
        }
    }
    true
}
