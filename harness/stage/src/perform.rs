//! A play from its first step to its last: the plan, the steps, the end. The restore comes later, when the sentinel is through.

use std::path::PathBuf;
use std::sync::Arc;

use evidence::event::{Place, PlanStep, Side};
use evidence::{Plan, ReadLog, RunFolder, What};
use script::Case;
use script::step::Step;
use script::vocabulary::{Verb, core, ep_cscf, sut, waf, wic, wwsf};
use wire::Tap;

use crate::bed::Bed;
use crate::fill;
use crate::play::{Play, lock};
use crate::restore;
use crate::roles::{self, Acted};

/// What is played: a case's script, under a play id.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    /// `<case id>#n`.
    pub id: String,
    /// The case.
    pub case: &'a Case,
    /// Milliseconds since 1970.
    pub wall_clock_ms: u64,
    /// The ICS and IXIT items that the judge may ask after: their answers go into the plan.
    pub items: &'a [&'a str],
}

/// The part of a play in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// An honest run: every expectation is waited for.
    Control,
    /// An attack: from its lie on, the control's expectations are not waited for.
    Attack,
}

/// A play that is over, but for its restore: its connections are open until the sentinel is through.
pub struct Performed {
    /// The play.
    pub play: Arc<Play>,
    /// Its id.
    pub id: String,
    bed: Arc<Bed>,
    path: PathBuf,
}

/// Plays a script in a lane.
///
/// # Errors
/// When the log cannot be written: a full disk.
pub async fn perform(
    bed: &Arc<Bed>,
    lane: usize,
    script: &Script<'_>,
) -> std::io::Result<Performed> {
    let number = bed.number();
    let folder = RunFolder::new(&bed.out);
    let path = folder.play(&script.id);
    let tap = Tap::create(&path, &bed.out.join("blobs"), bed.clock)?;
    let play = Arc::new(Play::new(
        number,
        lane,
        script.case.registration,
        tap,
        bed.world.clone(),
    ));
    play.tap
        .record(What::Plan(Box::new(plan(bed, &play, script))));
    bed.board.open(&play);
    let steps = steps(bed, &play, script.case);
    if tokio::time::timeout(bed.case_time(), steps).await.is_err() {
        play.timed_out(in_play(&play), "the end of the case", bed.case_time());
    }
    play.tap.record(What::Ended);
    // What was played otherwise was so for this case only; the sentinel meets honest nodes.
    let scene = std::mem::take(&mut *lock(&play.scene));
    if scene.keys.is_some() {
        roles::waf_keys::settled(bed).await;
    }
    restore::restore_hooks(bed, &play).await;
    Ok(Performed {
        play,
        id: script.id.clone(),
        bed: bed.clone(),
        path,
    })
}

/// The step that was begun last.
fn in_play(play: &Play) -> usize {
    let begun = play.tap.look(|events| {
        events.iter().rev().find_map(|event| match event.what {
            What::StepBegan { step } => Some(step),
            _ => None,
        })
    });
    begun.unwrap_or_default()
}

impl Performed {
    /// What happened so far.
    #[must_use]
    pub fn log(&self) -> ReadLog {
        self.play.tap.read()
    }

    /// Tells that an honest play came through behind this one.
    pub fn sentinel(&self, by: &Self) {
        let path = "on a new connection, behind this play's last act".to_owned();
        self.play.tap.record(What::Sentinel {
            play: by.id.clone(),
            path,
        });
    }

    /// Puts the SUT back as it was and ends the play; what comes later is watched for.
    ///
    /// # Errors
    /// When the log could not be written: a full disk.
    pub async fn restore(self) -> Result<ReadLog, String> {
        restore::restore(&self.bed, &self.play).await;
        let log = self.play.tap.take();
        self.play.tap.flush()?;
        self.bed.board.close(&self.play, self.id, self.path);
        Ok(log)
    }
}

fn plan(bed: &Bed, play: &Play, script: &Script<'_>) -> Plan {
    let case = script.case;
    let mut facts = std::collections::BTreeMap::new();
    let steps = case.steps.iter().map(|step| planned(play, step)).collect();
    for person in script::placeholder::people() {
        let Ok(found) = play.person(Some(person)) else {
            continue;
        };
        facts.insert(format!("{person}.impi"), found.impi);
        facts.insert(format!("{person}.impus"), found.impus.join(" "));
        facts.insert(format!("{person}.user"), found.user);
        if let Ok(party) = play.party(&found.party) {
            facts.insert(format!("{person}.entity"), party.entity);
        }
    }
    for party in ["A", "B"] {
        if let Ok(found) = play.party(party) {
            facts.insert(format!("party.{party}.entity"), found.entity);
            facts.insert(format!("party.{party}.issuer"), found.issuer);
            facts.insert(format!("party.{party}.client-id"), found.client_id);
        }
    }
    facts.insert("world.domain".to_owned(), bed.world.public.domain.clone());
    facts.insert(
        "world.audience".to_owned(),
        bed.world.public.audience.clone(),
    );
    facts.insert("foe.host".to_owned(), bed.world.name("waf-x").to_owned());
    facts.insert("mark".to_owned(), play.mark());
    // A SUT at addresses of its own may have certificates of its own: then no anchor is known to the judge.
    if bed.sut.addresses.is_empty() {
        facts.insert("world.roots".to_owned(), bed.world.authority.root_pem());
    }
    Plan {
        play: script.id.clone(),
        number: play.number,
        script: case.slug.clone(),
        title: case.title.clone(),
        sut: Some(case.sut),
        registration: case.registration,
        wall_clock_ms: script.wall_clock_ms,
        steps,
        departs: case.departs,
        departure: case.departure.clone(),
        answers: script
            .items
            .iter()
            .filter_map(|item| bed.sut.answers.get_key_value(*item))
            .map(|(item, answer)| (item.clone(), answer.clone()))
            .collect(),
        facts,
    }
}

fn planned(play: &Play, step: &Step) -> PlanStep {
    // A placeholder that only the play can fill (a token) stays as it is; the stimulus tells what left.
    let verb = fill::verb(play, &step.verb).unwrap_or_else(|_| step.verb.clone());
    PlanStep {
        verb: verb.name(),
        name: step.name.clone(),
        fields: verb.fields(),
        place: step.span.place(),
    }
}

async fn steps(bed: &Arc<Bed>, play: &Arc<Play>, case: &Case) {
    let own_steps = case.departure.is_some();
    let mut since = 0;
    for (at, step) in case.steps.iter().enumerate() {
        let behind_the_lie = case.departs.is_some_and(|departs| at >= departs);
        if step.verb.observes() && behind_the_lie && !own_steps {
            continue;
        }
        if !step.verb.observes() {
            since = play.tap.len();
        }
        play.tap.record(What::StepBegan { step: at });
        let acted = match fill::verb(play, &step.verb) {
            Ok(verb) => act(bed, play, at, since, &verb, &case.steps[at + 1..]).await,
            Err(why) => Err(why.into()),
        };
        if let Err(trouble) = acted {
            play.failed(at, trouble.by, trouble.why);
            // A preamble that cannot be played leaves nothing to depart from.
            if !behind_the_lie || trouble.by == Side::Us {
                return;
            }
        }
    }
}

/// Plays a step; `ahead` are those behind it.
async fn act(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    at: usize,
    since: usize,
    verb: &Verb,
    ahead: &[Step],
) -> Acted {
    match verb {
        Verb::Wic(verb) => wic(bed, play, (at, since), verb, ahead).await,
        Verb::Wwsf(verb) => wwsf(bed, play, at, since, verb).await,
        Verb::Waf(verb) => waf(bed, play, at, since, verb).await,
        Verb::EpCscf(verb) => ep_cscf(bed, play, at, since, verb).await,
        Verb::Core(verb) => core(bed, play, at, since, verb).await,
        Verb::Sut(verb) => match verb {
            sut::Verb::Party(verb) => roles::sut::party(bed, play, at, verb).await,
            sut::Verb::Grant(verb) => roles::sut::grant(bed, play, at, verb).await,
            sut::Verb::Pool(verb) => roles::sut::pool(bed, play, at, verb).await,
            sut::Verb::Evidence(_) => roles::sut::evidence(bed, play, at).await,
        },
    }
}

async fn wic(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    (at, since): (usize, usize),
    verb: &wic::Verb,
    ahead: &[Step],
) -> Acted {
    match verb {
        wic::Verb::Connect(verb) => {
            let cookie = roles::wic_cookie::ahead(bed, play, verb, ahead)?;
            roles::wic_w2::connect(bed, play, at, verb, cookie).await
        }
        wic::Verb::Hello(verb) => roles::hello::wic(bed, play, at, verb).await,
        wic::Verb::Send(verb) => roles::wic_sip::send(bed, play, at, verb).await,
        wic::Verb::Flood(verb) => roles::wic_flood::flood(bed, play, at, verb).await,
        wic::Verb::Expect(verb) => roles::wic_sip::expect(bed, play, at, since, verb).await,
        wic::Verb::Background(verb) => roles::background::begin(bed, play, at, verb).await,
        wic::Verb::BackgroundRound(verb) => roles::background::round(bed, play, verb).await,
        wic::Verb::BackgroundEnd(_) => roles::background::end(play).await,
        wic::Verb::Close(verb) => roles::wic_w2::close(play, at, verb).await,
        wic::Verb::Fetch(verb) => roles::wic_w1::fetch(bed, play, at, verb).await,
        wic::Verb::Login(verb) => roles::wic_w1::login(bed, play, at, verb).await,
        wic::Verb::Anonymous(verb) => roles::wic_w1::anonymous(bed, play, at, verb).await,
        wic::Verb::Ask(verb) => roles::wic_w1::ask(bed, play, at, verb).await,
        wic::Verb::Logout(verb) => roles::wic_w1::logout(bed, play, at, verb).await,
        wic::Verb::Visit(verb) => roles::visit::visit(bed, play, at, verb).await,
    }
}

async fn wwsf(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    at: usize,
    since: usize,
    verb: &wwsf::Verb,
) -> Acted {
    match verb {
        wwsf::Verb::Request(verb) => roles::wwsf_w4::request(bed, play, at, verb).await,
        wwsf::Verb::Authorize(verb) => roles::wwsf_w4::authorize(bed, play, at, verb).await,
        wwsf::Verb::Exchange(verb) => roles::wwsf_w4::exchange(bed, play, at, verb).await,
        wwsf::Verb::Revoke(verb) => roles::wwsf_w4::revoke(bed, play, at, verb).await,
        wwsf::Verb::Expect(verb) => roles::wwsf_w4::expect(bed, play, at, since, verb).await,
        wwsf::Verb::Hello(verb) => roles::hello::wwsf(bed, play, at, verb).await,
        wwsf::Verb::Fetch(verb) => roles::wwsf_w4::fetch(bed, play, at, verb).await,
        wwsf::Verb::Serve(verb) => {
            lock(&play.scene).portal = Some(verb.clone());
            roles::portal_site::told(play, at, verb)
        }
    }
}

async fn waf(bed: &Arc<Bed>, play: &Arc<Play>, at: usize, since: usize, verb: &waf::Verb) -> Acted {
    match verb {
        waf::Verb::Issue(verb) => roles::waf::issue(bed, play, at, verb),
        waf::Verb::Serve(verb) => {
            lock(&play.scene).waf = Some(verb.clone());
            roles::waf_site::told(play, at, verb)
        }
        waf::Verb::Introspection(verb) => {
            lock(&play.scene).introspection.push(verb.clone());
            roles::waf::introspection_told(play, at, verb)
        }
        waf::Verb::Revoke(verb) => roles::waf::revoke(bed, play, at, verb).await,
        waf::Verb::Outlive(verb) => roles::waf::outlive(bed, play, at, verb).await,
        waf::Verb::Keys(verb) => roles::waf_keys::publish(bed, play, at, verb).await,
        waf::Verb::Expect(verb) => roles::waf_site::expect(bed, play, at, since, verb).await,
    }
}

async fn ep_cscf(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    at: usize,
    since: usize,
    verb: &ep_cscf::Verb,
) -> Acted {
    match verb {
        ep_cscf::Verb::Send(verb) => roles::edge_mw::send(bed, play, at, verb).await,
        ep_cscf::Verb::Expect(verb) => roles::edge_mw::expect(bed, play, at, since, verb).await,
        ep_cscf::Verb::Introspect(verb) => roles::wwsf_w4::introspect(bed, play, at, verb).await,
        ep_cscf::Verb::Serve(verb) => {
            lock(&play.scene).edge = Some(verb.clone());
            roles::edge_site::told(play, at, verb)
        }
    }
}

async fn core(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    at: usize,
    since: usize,
    verb: &core::Verb,
) -> Acted {
    match verb {
        core::Verb::Expect(verb) => roles::core::expect(bed, play, at, since, verb).await,
        core::Verb::Answer(verb) => {
            lock(&play.scene).core_answers.push_back(verb.clone());
            roles::core::told(play, at, verb)
        }
        core::Verb::Send(verb) => roles::core_request::send(bed, play, at, verb).await,
        core::Verb::End(verb) => roles::reg_event::end(bed, play, at, verb).await,
    }
}

/// The place of a play that has no steps.
#[must_use]
pub fn no_place() -> Place {
    Place::default()
}
