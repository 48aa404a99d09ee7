//! What a run needs before it starts: the SUT, the world, the folder, the plan.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use campaign::{Process, Runs, World};
use evidence::record::{PlannedRun, SutRecord};
use evidence::{Role, RunFolder};
use script::problem::suggestion;
use script::{Suite, SutFile};

use crate::consulted::Consulted;
use crate::embedded::Embedded;
use crate::{Failure, suite};

/// Lanes of the embedded reference, and of a SUT whose data we make: enough that waits overlap.
const LANES: usize = 8;

/// The SUT of a run.
pub(crate) struct Subject {
    pub(crate) file: SutFile,
    pub(crate) text: String,
    /// Where its file stands; none for the embedded reference.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) defect: Option<reference::Defect>,
}

impl Subject {
    /// The SUT of a file.
    pub(crate) fn of_file(path: &Path, suite: &Suite) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|why| {
            Failure::usage(format!(
                "cannot read {}: {why}; `wicheck init ROLE > {}` writes one",
                path.display(),
                path.display()
            ))
        })?;
        let file = SutFile::read(&path.display().to_string(), &text, &suite.items).map_err(
            |problems| {
                let rendered = problems.render(crate::output::colour_on_stderr());
                Failure::usage(format!(
                    "{rendered}{} error(s) in the SUT file; nothing was started",
                    problems.len()
                ))
            },
        )?;
        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or_else(|| Path::new("."));
        let folder = folder
            .canonicalize()
            .map_err(|why| Failure::usage(why.to_string()))?;
        Ok(Self {
            file,
            text,
            folder: Some(folder),
            defect: None,
        })
    }

    /// The embedded reference.
    pub(crate) fn embedded(
        model: &str,
        defect: Option<&str>,
        suite: &Suite,
    ) -> Result<Self, Failure> {
        let (file, text) = suite::model(model, suite)?;
        let defect =
            defect
                .map(str::parse)
                .transpose()
                .map_err(|why: reference::UnknownDefect| {
                    let known: Vec<&str> = reference::Defect::ALL
                        .iter()
                        .map(|each| each.name())
                        .collect();
                    Failure::usage(format!(
                        "{why}: {} `wicheck explain defects` lists them",
                        suggestion(defect.unwrap_or_default(), &known)
                    ))
                })?;
        Ok(Self {
            file,
            text,
            folder: None,
            defect,
        })
    }

    /// Puts the fixed users of the file into the world. A value `env:NAME` is read from the environment, so that no file holds it.
    pub(crate) fn fix_users(&self, world: &mut World) -> Result<(), Failure> {
        for (person, values) in &self.file.users {
            let mut read = std::collections::BTreeMap::new();
            for (name, value) in values {
                let value = match value.strip_prefix("env:") {
                    Some(variable) => std::env::var(variable).map_err(|_| {
                        Failure::usage(format!(
                            "[users] {person}.{name}: the variable {variable} is not set"
                        ))
                    })?,
                    None => value.clone(),
                };
                read.insert(name.clone(), value);
            }
            world
                .fix(person, &read)
                .map_err(|why| Failure::usage(format!("[users]: {why}")))?;
        }
        Ok(())
    }

    /// What is no error in itself and hardly meant: notes for before a run.
    pub(crate) fn doubts(&self, world: Option<&Path>) -> Vec<String> {
        let mut doubts = Vec::new();
        let file = &self.file;
        let has_world = world.is_some() || file.world.is_some();
        // A WIC is told its world with every visit.
        let is_server = file.roles.iter().any(|role| *role != Role::Wic);
        if self.folder.is_some() && file.launch.is_none() && !has_world && is_server {
            doubts.push(
                "note: neither [launch] nor a world: the SUT must run already, and a run without a kept world has ports and keys that no \
                 SUT knows yet. Write `world = \"world\"` into [sut], or launch the SUT from here"
                    .to_owned(),
            );
        }
        let seconds = |item: &str| file.answers.get(item)?.first()?.parse::<f64>().ok();
        let Some(case_time) = seconds("case-time").map(|milliseconds| milliseconds / 1000.0) else {
            return doubts;
        };
        let revokes = file
            .answers
            .get("revoke")
            .is_some_and(|ways| ways[..] != ["none"]);
        let items = ["t-disable", "t-grant", "t-pool", "t-revoke"];
        for item in items
            .into_iter()
            .filter(|item| *item != "t-revoke" || revokes)
        {
            if let Some(time) = seconds(item).filter(|time| *time >= case_time) {
                doubts.push(format!(
                    "note: {item} is {time} s and a case may take {case_time} s: what waits for it is inconclusive. Declare what holds for \
                     {item}, or a greater case-time"
                ));
            }
        }
        doubts
    }

    /// The SUT file without its secrets, line by line as it is written.
    fn without_secrets(&self) -> String {
        let secret = |line: &str| {
            let (name, value) = line.split_once('=')?;
            let name = name.trim();
            (name.ends_with("password") || name.ends_with("secret") || matches!(name, "k" | "opc"))
                .then(|| (name.to_owned(), value.contains("env:")))
        };
        let mut text = String::new();
        for line in self.text.lines() {
            match secret(line) {
                Some((name, false)) => text.push_str(&format!("{name} = \"(left out)\"")),
                _ => text.push_str(&inline_secrets_out(line)),
            }
            text.push('\n');
        }
        text
    }

    /// What can be started of it.
    pub(crate) fn runs(
        &self,
        out: &Path,
        world: &World,
        consulted: Option<&Arc<Consulted>>,
    ) -> Box<dyn Runs> {
        match &self.folder {
            None => Box::new(Embedded {
                answers: self.file.answers.clone(),
                defect: self.defect,
                running: None,
                consulted: consulted.cloned(),
            }),
            Some(folder) => {
                let addresses = self.addresses(world);
                Box::new(Process::new(
                    self.file.launch.clone(),
                    folder,
                    out,
                    addresses,
                ))
            }
        }
    }

    /// Addresses that must accept a connection before the SUT is ready.
    fn addresses(&self, world: &World) -> Vec<SocketAddr> {
        let interface = |role: &Role| match role {
            Role::EpCscf => Some(("ep-cscf", "W2")),
            Role::Waf => Some(("waf", "W4")),
            Role::Wwsf | Role::Network => Some(("wwsf-a", "W1")),
            Role::Core | Role::Wic => None,
        };
        self.file
            .roles
            .iter()
            .filter_map(interface)
            .filter_map(|(node, interface)| world.address(node, interface))
            .collect()
    }

    pub(crate) fn record(&self, roles: &[Role]) -> SutRecord {
        SutRecord {
            name: self.file.name.clone(),
            version: self.file.version.clone(),
            roles: roles.to_vec(),
            defect: self.defect.map(|defect| defect.name().to_owned()),
            addresses: self.file.addresses.clone(),
        }
    }

    /// The roles that are under test: those asked for, of those that the file names.
    pub(crate) fn roles(&self, asked: &[String]) -> Result<Vec<Role>, Failure> {
        let mut roles = Vec::new();
        for word in asked {
            let role: Role = word
                .parse()
                .map_err(|why: evidence::words::UnknownWord| Failure::usage(why.to_string()))?;
            if !self.file.roles.contains(&role) {
                return Err(Failure::usage(format!(
                    "the SUT file does not name the role {role}: add it to [sut] roles"
                )));
            }
            roles.push(role);
        }
        Ok(if roles.is_empty() {
            self.file.roles.clone()
        } else {
            roles
        })
    }
}

/// A line with inline tables: each `password = "..."` or `secret = "..."` in it, and an ISIM's `k` and `opc`, without its value.
fn inline_secrets_out(line: &str) -> String {
    let mut text = line.to_owned();
    for name in ["password", "secret", "k", "opc"] {
        let mut from = 0;
        while let Some(at) = text[from..].find(name).map(|at| from + at) {
            from = at + name.len();
            let Some(open) = text[from..].find('"').map(|open| from + open) else {
                break;
            };
            let Some(close) = text[open + 1..].find('"').map(|close| open + 1 + close) else {
                break;
            };
            let is_assignment = text[from..open].trim() == "=";
            if is_assignment && !text[open + 1..close].starts_with("env:") {
                text.replace_range(open + 1..close, "(left out)");
            }
        }
    }
    text
}

/// How many lanes a role is played in. The identities that a portal picks from its pool are not ours to choose, so its
/// visitors come one after the other; a network has such a portal inside.
pub(crate) fn jobs(role: Role, asked: Option<usize>, subject: &Subject) -> usize {
    match role {
        Role::Wwsf | Role::Network => 1,
        _ if !subject.file.users.is_empty() => 1,
        _ => asked.unwrap_or(LANES),
    }
}

/// The world of a run: a kept one, or a new one below the run folder.
pub(crate) fn world(kept: Option<&Path>, out: &Path) -> Result<World, Failure> {
    let folder = kept.map_or_else(|| out.join("world"), Path::to_owned);
    let folder = if folder.is_absolute() {
        folder
    } else {
        here()?.join(folder)
    };
    campaign::world(&folder, LANES).map_err(|why| Failure::ours(why.to_string()))
}

fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|why| Failure::ours(format!("there is no current folder: {why}")))
}

/// The run folder: the one asked for, or a new one with `latest` beside it.
pub(crate) fn folder(asked: Option<&Path>, run_id: &str) -> Result<RunFolder, Failure> {
    let root = match asked {
        Some(path) => path.to_owned(),
        None => PathBuf::from("wicheck-out").join(run_id),
    };
    let root = if root.is_absolute() {
        root
    } else {
        here()?.join(root)
    };
    let occupied = std::fs::read_dir(&root).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(Failure::usage(format!(
            "{} is not empty: name a new folder with --out",
            root.display()
        )));
    }
    std::fs::create_dir_all(&root)
        .map_err(|why| Failure::ours(format!("cannot make {}: {why}", root.display())))?;
    if asked.is_none() {
        latest(&root);
    }
    Ok(RunFolder::new(root))
}

/// `latest` points to the newest run. Where links cannot be made, there is none.
fn latest(root: &Path) {
    let Some(parent) = root.parent() else { return };
    let link = parent.join("latest");
    let _ = std::fs::remove_file(&link);
    if let Some(name) = root.file_name() {
        let _ = std::os::unix::fs::symlink(name, &link);
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

/// Writes what was planned, and the scripts and the SUT file that were played.
pub(crate) fn write_plan(
    folder: &RunFolder,
    planned: &PlannedRun,
    suite: &Suite,
    sut: &Subject,
) -> Result<(), Failure> {
    let failed = |why: std::io::Error| {
        Failure::ours(format!(
            "cannot write into {}: {why}",
            folder.root().display()
        ))
    };
    for source in &suite.sources {
        let path = folder.suite().join(&source.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(path, &source.text).map_err(failed)?;
    }
    std::fs::write(folder.sut_file(), sut.without_secrets()).map_err(failed)?;
    let plan =
        serde_json::to_string_pretty(planned).map_err(|why| Failure::ours(why.to_string()))?;
    std::fs::write(folder.plan(), plan).map_err(failed)
}
