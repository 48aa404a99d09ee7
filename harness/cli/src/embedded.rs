//! The reference as a SUT in process.

use std::collections::BTreeMap;
use std::sync::Arc;

use campaign::{Later, Runs, StartError, Started, World};
use evidence::Role;
use script::Answers;
use script::sut_file::Hook;

use crate::consulted::Consulted;
use crate::suite::reference_roles;

/// Hooks that the reference answers at its control address.
const HOOKS: &[&str] = &[
    "party-switch",
    "grant",
    "provision",
    "bindings",
    "evidence",
    "visit",
];

/// The embedded reference, with at most one defect.
pub(crate) struct Embedded {
    pub(crate) answers: Answers,
    pub(crate) defect: Option<reference::Defect>,
    pub(crate) running: Option<reference::Running>,
    /// Who is told which mistakes it asks for.
    pub(crate) consulted: Option<Arc<Consulted>>,
}

impl Runs for Embedded {
    fn start<'a>(&'a mut self, role: Role, world: &'a World) -> Later<'a, Started> {
        Box::pin(async move {
            let options = reference::Options {
                roles: reference_roles(role),
                // A breached third party is played by the harness, not by the network under test.
                except: if role == Role::Network {
                    vec!["waf-b".to_owned()]
                } else {
                    Vec::new()
                },
                world: world.folder.clone(),
                defect: self.defect,
                model: reference::Model::new(self.answers.clone()),
            };
            let running = reference::start(options)
                .await
                .map_err(|why| StartError::Reference(why.to_string()))?;
            let address = format!("http://{}/hook", running.control);
            if let Some(consulted) = &self.consulted {
                consulted.started(&running.asked);
            }
            self.running = Some(running);
            Ok(HOOKS
                .iter()
                .map(|name| ((*name).to_owned(), Hook::Http(address.clone())))
                .collect::<BTreeMap<_, _>>())
        })
    }

    fn ended(&mut self) -> Option<String> {
        None
    }

    fn stop(&mut self) -> Later<'_, ()> {
        Box::pin(async move {
            if let Some(running) = self.running.take() {
                running.stop().await;
            }
        })
    }
}
