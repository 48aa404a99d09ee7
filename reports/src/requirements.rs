//! The verdict of every requirement on a few lines: a line per family of clauses, a column per role, what is not pass by name.

use evidence::record::RequirementRecord;
use evidence::{RunRecord, Verdict};

use crate::clause::{ClauseKey, role_rank};
use crate::hostile;
use crate::sheet::{Sheet, blanks};
use crate::style::{Ink, mark, words};

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

/// What one role's clauses of one family came to.
#[derive(Clone, Debug, Default)]
struct Cell(Vec<(Ink, String)>);

impl Cell {
    /// `12✓ ✗b ?f3 2·`: those that passed, and those that no case checks, are counted; the others stand by name.
    fn of(asked: &[&Asked<'_>]) -> Self {
        let counted = |verdict| {
            asked
                .iter()
                .filter(|(_, record)| record.verdict == verdict)
                .count()
        };
        let mut pieces = Vec::new();
        let mut push = |ink, text| pieces.push((ink, text));
        let passed = counted(Some(Verdict::Pass));
        if passed > 0 {
            push(Ink::Green, format!("{passed}✓"));
        }
        for (key, record) in asked {
            if let Some(verdict) = record.verdict.filter(|verdict| is_open(*verdict)) {
                push(
                    Ink::of(verdict),
                    format!("{}{}", mark(verdict), short(key.item)),
                );
            }
        }
        let rest = [
            (Some(Verdict::NotRun), "○"),
            (Some(Verdict::NotApplicable), "–"),
            (None, "·"),
        ];
        for (verdict, sign) in rest {
            if counted(verdict) > 0 {
                push(Ink::Dim, format!("{}{sign}", counted(verdict)));
            }
        }
        Self(pieces)
    }

    fn columns(&self) -> usize {
        let texts: usize = self.0.iter().map(|(_, text)| hostile::columns(text)).sum();
        texts + self.0.len().saturating_sub(1)
    }

    fn painted(&self, sheet: &Sheet, width: usize) -> String {
        let pieces: Vec<String> = self
            .0
            .iter()
            .map(|(ink, text)| sheet.paint(*ink, text))
            .collect();
        format!(
            "{}{}",
            pieces.join(" "),
            blanks(width.saturating_sub(self.columns()))
        )
    }
}

/// Whether a requirement is spelled out: it failed, or somebody has to look at it.
fn is_open(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Fail | Verdict::Error | Verdict::Inconclusive
    )
}

/// A family of clauses, with a cell for every role.
struct Row<'a> {
    family: &'a str,
    cells: Vec<Cell>,
}

pub(crate) fn write_matrix(sheet: &mut Sheet, record: &RunRecord) {
    let all = in_order(record);
    let mut roles: Vec<&str> = all.iter().map(|(key, _)| key.role).collect();
    roles.sort_by_key(|role| (role_rank(role), *role));
    roles.dedup();
    let rows: Vec<Row<'_>> = all
        .chunk_by(|(left, _), (right, _)| left.family == right.family)
        .map(|family| Row {
            family: family[0].0.family,
            cells: cells(family, &roles),
        })
        .collect();
    write_table(sheet, &roles, &rows);
    let legend = [
        "✓ pass",
        "✗ fail",
        "? inconclusive",
        "! error",
        "– not applicable",
        "○ not run",
        "· no case",
    ];
    sheet.flow(0, 2, &legend.map(|entry| (Ink::Dim, entry.to_owned())));
}

fn cells(family: &[Asked<'_>], roles: &[&str]) -> Vec<Cell> {
    let of = |role: &&str| {
        family
            .iter()
            .filter(|(key, _)| key.role == *role)
            .collect::<Vec<_>>()
    };
    roles.iter().map(|role| Cell::of(&of(role))).collect()
}

/// In columns where they fit, else each cell behind its role.
fn write_table(sheet: &mut Sheet, roles: &[&str], rows: &[Row<'_>]) {
    let roles: Vec<String> = roles.iter().map(|role| short(role)).collect();
    let families: Vec<String> = rows.iter().map(|row| short(row.family)).collect();
    let first = families
        .iter()
        .map(|family| hostile::columns(family))
        .max()
        .unwrap_or(0)
        + 2;
    let width = |(column, role): (usize, &String)| {
        let cells = rows
            .iter()
            .filter_map(|row| row.cells.get(column))
            .map(Cell::columns);
        cells.max().unwrap_or(0).max(hostile::columns(role)) + 2
    };
    let widths: Vec<usize> = roles.iter().enumerate().map(width).collect();
    let aligned = first + widths.iter().sum::<usize>() <= sheet.columns();
    if aligned {
        let names: String = roles
            .iter()
            .zip(&widths)
            .map(|(role, width)| padded(role, *width))
            .collect();
        sheet.line(&sheet.paint(Ink::Dim, format!("{}{names}", blanks(first)).trim_end()));
    }
    for (family, row) in families.iter().zip(rows) {
        if aligned {
            let cells: String = row
                .cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| cell.painted(sheet, *width))
                .collect();
            sheet.line(&format!("{}{cells}", padded(family, first)));
        } else {
            write_inline(sheet, family, first, row, &roles);
        }
    }
}

fn write_inline(sheet: &mut Sheet, family: &str, first: usize, row: &Row<'_>, roles: &[String]) {
    let mut pieces = vec![(Ink::Plain, padded(family, first.saturating_sub(1)))];
    for (cell, role) in row
        .cells
        .iter()
        .zip(roles)
        .filter(|(cell, _)| !cell.0.is_empty())
    {
        pieces.push((Ink::Dim, role.clone()));
        pieces.extend(cell.0.iter().cloned());
    }
    sheet.flow(first, 1, &pieces);
}

/// Names of clauses and roles are short; one that is not must not take the table's place.
fn short(name: &str) -> String {
    hostile::fit(&hostile::line(name), 16)
}

fn padded(text: &str, width: usize) -> String {
    format!(
        "{text}{}",
        blanks(width.saturating_sub(hostile::columns(text)))
    )
}

/// A line for each requirement that failed or is not decided, and whether it counts.
pub(crate) fn write_open(sheet: &mut Sheet, record: &RunRecord) {
    for (key, asked) in in_order(record) {
        let Some(verdict) = asked.verdict.filter(|verdict| is_open(*verdict)) else {
            continue;
        };
        let counts = if asked.mandatory {
            "mandatory"
        } else {
            "does not count"
        };
        let head = format!("{} {}@{}", mark(verdict), key.id, key.role);
        let rest = format!("{}, {counts}", asked.level);
        sheet.flow(
            4,
            2,
            &[
                (Ink::of(verdict), head),
                (Ink::Plain, words(verdict).to_owned()),
                (Ink::Plain, rest),
            ],
        );
        sheet.labelled("", Ink::Dim, 4, &asked.text);
    }
}
