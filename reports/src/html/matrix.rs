//! The requirement matrix: a row a clause and role, a column a registration.

use evidence::record::{Counts, RequirementRecord};
use evidence::{RunRecord, Verdict};

use super::inert::Inert;
use super::view::{Index, Link, Share, shares};
use crate::clause::ClauseKey;
use crate::requirements::in_order;
use crate::style::{mark, words};

pub(super) struct FamilyView {
    pub(super) name: Inert,
    pub(super) rows: Vec<RowView>,
}

pub(super) struct RowView {
    pub(super) anchor: usize,
    pub(super) clause: Inert,
    pub(super) role: Inert,
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) words: &'static str,
    pub(super) text: Inert,
    pub(super) source: Inert,
    pub(super) level: Inert,
    pub(super) mandatory: bool,
    /// Cases by verdict, one list a registration of the page.
    pub(super) cells: Vec<Vec<Share>>,
    pub(super) cases: Vec<Link>,
}

/// More cases than this stand behind a fold.
const MOST_LINKS: usize = 4;

impl RowView {
    pub(super) fn folded(&self) -> bool {
        self.cases.len() > MOST_LINKS
    }
}

pub(super) fn families(
    record: &RunRecord,
    registrations: &[u8],
    index: &Index<'_>,
) -> Vec<FamilyView> {
    let mut families: Vec<(&str, FamilyView)> = Vec::new();
    for (anchor, (key, asked)) in in_order(record).into_iter().enumerate() {
        if families
            .last()
            .is_none_or(|(family, _)| *family != key.family)
        {
            families.push((
                key.family,
                FamilyView {
                    name: Inert::line(key.family),
                    rows: Vec::new(),
                },
            ));
        }
        if let Some((_, family)) = families.last_mut() {
            family
                .rows
                .push(row(anchor, &key, asked, registrations, index));
        }
    }
    families.into_iter().map(|(_, family)| family).collect()
}

fn row(
    anchor: usize,
    key: &ClauseKey<'_>,
    asked: &RequirementRecord,
    registrations: &[u8],
    index: &Index<'_>,
) -> RowView {
    let cell = |registration: &u8| {
        let mut counts = Counts::default();
        for case in asked.cases.iter().filter_map(|id| index.case(id)) {
            if case.registration == *registration {
                counts.add(case.verdict);
            }
        }
        shares(&counts)
    };
    RowView {
        anchor,
        clause: Inert::line(key.id),
        role: Inert::line(key.role),
        class: asked.verdict.map_or("uncovered", Verdict::word),
        mark: asked.verdict.map_or("·", mark),
        words: asked.verdict.map_or("no case", words),
        text: Inert::sentence(&asked.text),
        source: Inert::sentence(&asked.source),
        level: Inert::line(&asked.level),
        mandatory: asked.mandatory,
        cells: registrations.iter().map(cell).collect(),
        cases: asked.cases.iter().map(|id| index.link(id)).collect(),
    }
}
