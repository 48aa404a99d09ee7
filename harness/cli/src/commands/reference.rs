//! `wicheck reference ROLE...`: the reference as a program of its own, as any vendor's would be.

use std::path::PathBuf;

use evidence::Role;

use crate::arguments::Reference;
use crate::signal::Signals;
use crate::{Done, Failure, output, suite};

/// Runs the reference until a signal comes.
pub(crate) fn reference(command: &Reference) -> Done {
    let world = command
        .world
        .clone()
        .or_else(|| std::env::var_os("WICHECK_WORLD").map(PathBuf::from))
        .ok_or_else(|| Failure::usage("name a world folder with --world, or in WICHECK_WORLD; `wicheck certs --out world` makes one"))?;
    let scenarios = suite::read(None)?;
    let (model, _) = suite::model(&command.model, &scenarios)?;
    let defect = command.defect.as_deref().map(str::parse).transpose();
    let mut roles = Vec::new();
    for word in &command.roles {
        let role: Role = word
            .parse()
            .map_err(|why: evidence::words::UnknownWord| Failure::usage(why.to_string()))?;
        roles.extend(suite::reference_roles(role));
    }
    let options = reference::Options {
        roles,
        except: Vec::new(),
        world,
        defect: defect.map_err(|why: reference::UnknownDefect| Failure::usage(why.to_string()))?,
        model: reference::Model::new(model.answers),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|why| Failure::ours(why.to_string()))?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let running = reference::start(options)
            .await
            .map_err(|why| Failure::ours(why.to_string()))?;
        output::print(&format!(
            "reference ready, control http://{}/hook",
            running.control
        ));
        signals.next().await;
        running.stop().await;
        Ok(0)
    })
}
