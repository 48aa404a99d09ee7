//! The suite of the tree, read with the names that the other crates really own.

use evidence::Role;
use script::{Suite, Vocabulary};

use proof::tree::{SourceFile, files};

fn role(role: reference::Role) -> Role {
    match role {
        reference::Role::Wic => Role::Wic,
        reference::Role::Wwsf => Role::Wwsf,
        reference::Role::Waf => Role::Waf,
        reference::Role::EpCscf => Role::EpCscf,
        reference::Role::Core => Role::Core,
    }
}

pub(crate) fn vocabulary() -> Vocabulary {
    Vocabulary {
        defects: reference::Defect::ALL
            .iter()
            .map(|defect| (defect.name().to_owned(), role(defect.role())))
            .collect(),
        certificate_flaws: certs_gen::Flaw::ALL
            .iter()
            .map(|flaw| flaw.name().to_owned())
            .collect(),
        token_flaws: jose::Flaw::ALL
            .iter()
            .map(|flaw| flaw.name().to_owned())
            .collect(),
        oracles: judge::Oracle::ALL
            .iter()
            .map(|oracle| oracle.name().to_owned())
            .collect(),
    }
}

pub(crate) fn scenario_files() -> Vec<(String, String)> {
    let below =
        |file: SourceFile| Some((file.path.strip_prefix("scenarios/")?.to_owned(), file.text));
    files().into_iter().filter_map(below).collect()
}

pub(crate) fn suite() -> Suite {
    Suite::read(scenario_files(), &vocabulary()).unwrap_or_else(|problems| {
        panic!("{} problems\n{}", problems.len(), problems.render(false))
    })
}
