//! The suite: embedded into the binary, or read from a folder; and the names that scripts use and other crates own.

use std::path::Path;

use evidence::Role;
use include_dir::{Dir, include_dir};
use script::{Problems, Suite, SutFile, Vocabulary};

use crate::Failure;
use crate::output;

static SCENARIOS: Dir<'_> = include_dir!("$WICHECK_SCENARIOS");
static MODELS: Dir<'_> = include_dir!("$WICHECK_MODELS");

/// The suite of a folder, or the embedded one.
pub(crate) fn read(folder: Option<&Path>) -> Result<Suite, Failure> {
    let files = match folder {
        Some(folder) => {
            campaign::rejudge::suite_files(folder).map_err(|why| Failure::usage(why.to_string()))?
        }
        None => embedded(),
    };
    Suite::read(files.clone(), &vocabulary()).map_err(|problems| {
        let count = problems.len();
        let text = problems.render(output::colour_on_stderr());
        let hint = folder.and_then(|folder| other_age(folder, &files, &problems));
        Failure::usage(format!(
            "{text}{count} error(s) in the scenarios; nothing was started{}",
            hint.unwrap_or_default()
        ))
    })
}

/// That program and tree may be of different age, where it is likely: a word of the program is unknown, and it is like no other or
/// the tree differs from the embedded one in files that have no error, which whoever made a slip has hardly touched.
fn other_age(folder: &Path, files: &[(String, String)], problems: &Problems) -> Option<String> {
    let strange: Vec<_> = problems
        .iter()
        .filter_map(|problem| problem.word.as_ref())
        .collect();
    let embedded = embedded();
    let differs = |file: &&(String, String)| file.0.ends_with(".toml") && !embedded.contains(file);
    let has_error = |path: &str| {
        problems
            .iter()
            .any(|problem| problem.span.source.path == path)
    };
    let differing: Vec<&str> = files
        .iter()
        .filter(differs)
        .map(|file| file.0.as_str())
        .collect();
    let likely = strange
        .iter()
        .find(|word| !word.is_like_another)
        .or_else(|| {
            let elsewhere = differing.iter().any(|path| !has_error(path));
            strange.first().filter(|_| elsewhere)
        })?;
    Some(format!(
        "\nhelp: {} file(s) of {} are not as this program carries them. If `{}` is not yours, program and tree are of different age: \
         build the program from this tree, or leave --scenarios out",
        differing.len(),
        folder.display(),
        likely.name
    ))
}

/// The embedded scenario files: path and text.
pub(crate) fn embedded() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![&SCENARIOS];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        files.extend(folder.files().filter_map(|file| {
            Some((
                file.path().to_string_lossy().replace('\\', "/"),
                file.contents_utf8()?.to_owned(),
            ))
        }));
    }
    files
}

/// The SUT file of a model of the reference.
pub(crate) fn model(name: &str, suite: &Suite) -> Result<(SutFile, String), Failure> {
    let file = MODELS
        .get_file(format!("{name}.toml"))
        .and_then(|file| file.contents_utf8());
    let Some(text) = file else {
        return Err(Failure::usage(format!(
            "no model is named {name}; there are {}",
            models().join(", ")
        )));
    };
    let path = format!("reference/models/{name}.toml");
    let read = SutFile::read(&path, text, &suite.items)
        .map_err(|problems| Failure::usage(problems.render(false)))?;
    Ok((read, text.to_owned()))
}

/// The models of the reference, `default` first.
pub(crate) fn models() -> Vec<String> {
    let mut names: Vec<String> = MODELS
        .files()
        .filter_map(|file| Some(file.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort_by_key(|name| (name != "default", name.clone()));
    names
}

/// The names of defects, flaws and oracles.
pub(crate) fn vocabulary() -> Vocabulary {
    let defects = reference::Defect::ALL
        .iter()
        .map(|defect| (defect.name().to_owned(), role(defect.role())))
        .collect();
    Vocabulary {
        defects,
        certificate_flaws: certs_gen::Flaw::ALL
            .iter()
            .map(|flaw| flaw.name().to_owned())
            .collect(),
        token_flaws: campaign::names::token_flaws(),
        oracles: campaign::names::oracles(),
    }
}

/// The role of the reference, in the words of scripts.
pub(crate) fn role(role: reference::Role) -> Role {
    match role {
        reference::Role::Wic => Role::Wic,
        reference::Role::Wwsf => Role::Wwsf,
        reference::Role::Waf => Role::Waf,
        reference::Role::EpCscf => Role::EpCscf,
        reference::Role::Core => Role::Core,
    }
}

/// The roles that the reference plays when a role is under test.
pub(crate) fn reference_roles(role: Role) -> Vec<reference::Role> {
    match role {
        Role::Wic => vec![reference::Role::Wic],
        Role::Wwsf => vec![reference::Role::Wwsf],
        Role::Waf => vec![reference::Role::Waf],
        Role::EpCscf => vec![reference::Role::EpCscf],
        Role::Core => vec![reference::Role::Core],
        Role::Network => vec![
            reference::Role::Core,
            reference::Role::EpCscf,
            reference::Role::Waf,
            reference::Role::Wwsf,
        ],
    }
}
