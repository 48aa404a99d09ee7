//! The verdict of every requirement on a few lines: a line per family of clauses, a column per role, what is not pass by name.

use std::collections::BTreeMap;

use evidence::record::RequirementRecord;
use evidence::{RunRecord, Verdict};

use crate::clause::{ClauseKey, role_rank};
use crate::hostile;
use crate::sheet::{Sheet, blanks};
use crate::style::{Ink, Style, mark, words};

type Asked<'a> = (ClauseKey<'a>, &'a RequirementRecord);

/// The requirements of a record, in the seed's order.
pub(crate) fn in_order(record: &RunRecord) -> Vec<Asked<'_>> {
    let mut all: Vec<_> = record
        .requirements
        .iter()
        .map(|(key, asked)| (ClauseKey::new(key), asked))
        .collect();
    all.sort_by(|(left, _), (right, _)| left.order(right));
    all
}

/// Text with its columns, since paint takes none.
#[derive(Clone, Debug, Default)]
struct Cell {
    painted: String,
    columns: usize,
}

impl Cell {
    fn push(&mut self, style: Style, ink: Ink, text: &str) {
        if self.columns > 0 {
            self.painted.push(' ');
            self.columns += 1;
        }
        self.painted.push_str(&style.paint(ink, text));
        self.columns += hostile::columns(text);
    }
}

pub(crate) fn write_matrix(sheet: &mut Sheet, record: &RunRecord, style: Style) {
    let all = in_order(record);
    let mut roles: Vec<&str> = all.iter().map(|(key, _)| key.role).collect();
    roles.sort_by_key(|role| (role_rank(role), *role));
    roles.dedup();
    let mut rows: Vec<(&str, BTreeMap<&str, Vec<&Asked<'_>>>)> = Vec::new();
    for asked in &all {
        if rows
            .last()
            .is_none_or(|(family, _)| *family != asked.0.family)
        {
            rows.push((asked.0.family, BTreeMap::new()));
        }
        if let Some((_, cells)) = rows.last_mut() {
            cells.entry(asked.0.role).or_default().push(asked);
        }
    }
    let table: Vec<(&str, Vec<Cell>)> = rows
        .iter()
        .map(|(family, cells)| {
            (
                *family,
                roles
                    .iter()
                    .map(|role| cell(cells.get(role), style))
                    .collect(),
            )
        })
        .collect();
    write_table(sheet, &roles, &table);
    sheet.line(&style.paint(
        Ink::Dim,
        "✓ pass  ✗ fail  ? inconclusive  ! error  – not applicable  ○ not run  · no case",
    ));
}

/// `12✓ ✗b ?f3 2·`: those that passed, and those that no case checks, are counted; the others stand by name.
fn cell(asked: Option<&Vec<&Asked<'_>>>, style: Style) -> Cell {
    let mut cell = Cell::default();
    let Some(asked) = asked else { return cell };
    let counted = |verdict| {
        asked
            .iter()
            .filter(|(_, record)| record.verdict == verdict)
            .count()
    };
    let passed = counted(Some(Verdict::Pass));
    if passed > 0 {
        cell.push(style, Ink::Green, &format!("{passed}✓"));
    }
    for (key, record) in asked {
        if let Some(verdict @ (Verdict::Fail | Verdict::Error | Verdict::Inconclusive)) =
            record.verdict
        {
            cell.push(
                style,
                Ink::of(verdict),
                &format!("{}{}", mark(verdict), hostile::line(key.item)),
            );
        }
    }
    for verdict in [Verdict::NotRun, Verdict::NotApplicable] {
        if counted(Some(verdict)) > 0 {
            cell.push(
                style,
                Ink::Dim,
                &format!("{}{}", counted(Some(verdict)), mark(verdict)),
            );
        }
    }
    if counted(None) > 0 {
        cell.push(style, Ink::Dim, &format!("{}·", counted(None)));
    }
    cell
}

fn write_table(sheet: &mut Sheet, roles: &[&str], table: &[(&str, Vec<Cell>)]) {
    let first = table
        .iter()
        .map(|(family, _)| hostile::columns(&hostile::line(family)))
        .max()
        .unwrap_or(0)
        + 2;
    let widths: Vec<usize> = roles
        .iter()
        .enumerate()
        .map(|(column, role)| {
            let cells = table
                .iter()
                .filter_map(|(_, cells)| cells.get(column))
                .map(|cell| cell.columns);
            cells
                .max()
                .unwrap_or(0)
                .max(hostile::columns(&hostile::line(role)))
                + 2
        })
        .collect();
    let aligned = first + widths.iter().sum::<usize>() <= sheet.columns();
    if aligned {
        let names: String = roles
            .iter()
            .zip(&widths)
            .map(|(role, width)| {
                padded(
                    &hostile::line(role),
                    hostile::columns(&hostile::line(role)),
                    *width,
                )
            })
            .collect();
        sheet.line(&sheet.paint(Ink::Dim, format!("{}{names}", blanks(first)).trim_end()));
    }
    for (family, cells) in table {
        let name = hostile::line(family);
        let mut line = padded(&name, hostile::columns(&name), first);
        for ((cell, width), role) in cells.iter().zip(&widths).zip(roles) {
            if aligned {
                line.push_str(&padded(&cell.painted, cell.columns, *width));
            } else if cell.columns > 0 {
                line.push_str(&format!(
                    "{} {}  ",
                    sheet.paint(Ink::Dim, &hostile::line(role)),
                    cell.painted
                ));
            }
        }
        sheet.line(&line);
    }
}

fn padded(text: &str, columns: usize, width: usize) -> String {
    format!("{text}{}", blanks(width.saturating_sub(columns)))
}

/// A line for each requirement that failed or is not decided, and whether it counts.
pub(crate) fn write_open(sheet: &mut Sheet, record: &RunRecord, style: Style) {
    for (key, asked) in in_order(record) {
        let Some(verdict @ (Verdict::Fail | Verdict::Error | Verdict::Inconclusive)) =
            asked.verdict
        else {
            continue;
        };
        let counts = if asked.mandatory {
            "mandatory"
        } else {
            "does not count"
        };
        let head = format!(
            "{} {}@{}",
            mark(verdict),
            hostile::line(key.id),
            hostile::line(key.role)
        );
        sheet.line(&format!(
            "{}  {}  {}, {counts}",
            style.paint(Ink::of(verdict), &head),
            words(verdict),
            hostile::line(&asked.level)
        ));
        sheet.labelled("", Ink::Dim, 4, &asked.text);
    }
}
