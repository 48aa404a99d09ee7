//! One link of a chain: the attack, the honest run behind it, the restore of both, the judgement.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use evidence::record::{Played, Reason};
use evidence::{CaseRecord, ReadLog, Verdict};
use judge::Logs;
use script::Case;
use stage::{Bed, Performed, Script};

use crate::chain::Chain;
use crate::journal::Journal;

/// What a chain needs while it is played.
pub(crate) struct Player<'a> {
    pub(crate) bed: &'a Arc<Bed>,
    pub(crate) journal: &'a Journal,
    pub(crate) lane: usize,
    /// Told when a signal ends the run.
    pub(crate) stop: &'a tokio::sync::watch::Receiver<bool>,
}

/// An honest run that is over.
struct Honest {
    id: String,
    log: ReadLog,
    record: CaseRecord,
}

/// Why a run cannot go on: the disk is full.
pub(crate) type Broken = String;

/// How a chain ended.
pub(crate) struct Ended {
    pub(crate) records: Vec<CaseRecord>,
    /// Whether its first control passed.
    pub(crate) answered: bool,
    /// Whether the SUT was found dead behind an attack.
    pub(crate) harmed: bool,
}

impl Player<'_> {
    /// Plays a chain and judges its cases.
    pub(crate) async fn chain(&self, chain: &Chain) -> Result<Ended, Broken> {
        let mut ended = Ended {
            records: Vec::new(),
            answered: false,
            harmed: false,
        };
        let mut before = self.honest(&chain.control).await?;
        ended.answered = before.record.verdict == Verdict::Pass;
        self.asked_of(&before, chain, &mut ended)?;
        for attack in &chain.attacks {
            if *self.stop.borrow() {
                break;
            }
            if before.record.verdict != Verdict::Pass {
                // Perhaps the attack before this one has left something: one more honest run tells.
                before = self.honest(&chain.control).await?;
            }
            if before.record.verdict != Verdict::Pass {
                let record = judge::judge(
                    attack,
                    &Logs {
                        control_before: Some(&before.log),
                        ..Logs::default()
                    },
                );
                self.keep(
                    &mut ended,
                    Played {
                        before: Some(before.id.clone()),
                        ..played(attack)
                    },
                    record,
                )?;
                continue;
            }
            before = self
                .link(&chain.control, attack, before, &mut ended)
                .await?;
        }
        Ok(ended)
    }

    /// What the first honest run of a chain decides: the control itself, and the audits.
    fn asked_of(&self, before: &Honest, chain: &Chain, ended: &mut Ended) -> Result<(), Broken> {
        let note = |case: &Case| Played {
            before: Some(before.id.clone()),
            ..played(case)
        };
        if chain.first {
            self.keep(ended, note(&chain.control), before.record.clone())?;
        }
        for audit in &chain.audits {
            let logs = Logs {
                control_before: Some(&before.log),
                ..Logs::default()
            };
            self.keep(ended, note(audit), judge::judge(audit, &logs))?;
        }
        Ok(())
    }

    async fn link(
        &self,
        control: &Case,
        attack: &Case,
        before: Honest,
        ended: &mut Ended,
    ) -> Result<Honest, Broken> {
        let (mut attacked, mut after) = self.attack_and_control(control, attack).await?;
        let mut note = Played {
            before: Some(before.id.clone()),
            attack: Some(attacked.0.clone()),
            after: Some(after.id.clone()),
            ..played(attack)
        };
        let mut first_after = None;
        if after.record.verdict != Verdict::Pass {
            let again = self.attack_and_control(control, attack).await?;
            first_after = Some(std::mem::replace(&mut after, again.1));
            note.again = Some(after.id.clone());
            ended.harmed = after.record.verdict != Verdict::Pass;
            // A SUT that has died is not there to be lied to once more: what harmed it is in the first play.
            if !ended.harmed {
                attacked = again.0;
                note.attack = Some(attacked.0.clone());
            }
        }
        let logs = Logs {
            control_before: Some(&before.log),
            attack: Some(&attacked.1),
            control_after: Some(first_after.as_ref().map_or(&after.log, |first| &first.log)),
            after_again: first_after.is_some().then_some(&after.log),
        };
        let record = judge::judge(attack, &logs);
        self.keep(ended, note, record)?;
        Ok(after)
    }

    /// The attack, then the honest run that is its sentinel; only then is either put back.
    async fn attack_and_control(
        &self,
        control: &Case,
        attack: &Case,
    ) -> Result<((String, ReadLog), Honest), Broken> {
        let attacked = self.perform(attack).await?;
        let id = attacked.id.clone();
        let performed = self.perform(control).await?;
        let record = judge::judge(
            control,
            &Logs {
                control_before: Some(&performed.log()),
                ..Logs::default()
            },
        );
        if record.verdict == Verdict::Pass {
            attacked.sentinel(&performed);
        }
        let attack_log = attacked.restore().await?;
        let honest = Honest {
            id: performed.id.clone(),
            log: performed.restore().await?,
            record,
        };
        Ok(((id, attack_log), honest))
    }

    async fn honest(&self, control: &Case) -> Result<Honest, Broken> {
        let performed = self.perform(control).await?;
        let id = performed.id.clone();
        let log = performed.restore().await?;
        let record = judge::judge(
            control,
            &Logs {
                control_before: Some(&log),
                ..Logs::default()
            },
        );
        Ok(Honest { id, log, record })
    }

    async fn perform(&self, case: &Case) -> Result<Performed, Broken> {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let wall_clock_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let script = Script {
            id: self.journal.next_play(&case.id),
            case,
            wall_clock_ms,
            items: judge::ITEMS,
        };
        stage::perform(self.bed, self.lane, &script)
            .await
            .map_err(|why| format!("cannot write the log of {}: {why}", script.id))
    }

    fn keep(&self, ended: &mut Ended, played: Played, record: CaseRecord) -> Result<(), Broken> {
        self.journal
            .decided(&played, &record)
            .map_err(|why| format!("cannot write the journal: {why}"))?;
        ended.records.push(record);
        Ok(())
    }
}

/// A line of the journal for a case, to be filled.
pub(crate) fn played(case: &Case) -> Played {
    Played {
        case: case.id.clone(),
        ..Played::default()
    }
}

/// The record of a case that was planned and not played.
pub(crate) fn not_run(case: &Case, code: &str, message: &str, help: &str) -> (Played, CaseRecord) {
    let reason = Reason {
        code: code.to_owned(),
        message: message.to_owned(),
        help: Some(help.to_owned()),
    };
    let mut record = judge::judge(case, &Logs::default());
    record.verdict = Verdict::NotRun;
    record.reason = Some(reason.clone());
    record.findings.clear();
    (
        Played {
            not_run: Some(reason),
            ..played(case)
        },
        record,
    )
}
