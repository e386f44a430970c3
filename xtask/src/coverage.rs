//! Which rows of the requirements are shown by which tests.
//!
//! docs/requirements.tsv holds the rows. A test says which rows it
//! shows: `/// covers: R8, R9` above a Rust test, `// covers: R8` above one in TypeScript. tests/coverage-later.txt
//! lists the rows that are still to come; it may only shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::repo;

/// The machine-readable rows.
pub(crate) fn rows_file() -> PathBuf {
    repo::root().join("docs/requirements.tsv")
}

fn is_id(word: &str) -> bool {
    word.strip_prefix('R').is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// One `covers:` line.
#[derive(Debug, PartialEq, Eq)]
struct Claim {
    row: String,
    test: String,
}

/// Finds what the tests of one file claim; complaints are lines that claim without a test or wrongly.
fn claims(file: &str, text: &str, complaints: &mut Vec<String>) -> Vec<Claim> {
    let rust = Path::new(file).extension().is_some_and(|kind| kind == "rs");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(rows) = line.strip_prefix(if rust { "/// covers:" } else { "// covers:" }) else {
            continue;
        };
        let test = if rust {
            rust_test(&lines[at + 1..])
        } else {
            script_test(&lines[at + 1..])
        };
        let Some(test) = test else {
            complaints.push(format!("{file}:{}: no test follows this line", at + 1));
            continue;
        };
        for row in rows.split(',').map(str::trim) {
            if is_id(row) {
                found.push(Claim {
                    row: row.to_owned(),
                    test: format!("{file} {test}"),
                });
            } else {
                complaints.push(format!("{file}:{}: {row:?} is no id of a row", at + 1));
            }
        }
    }
    found
}

/// The name of the function below, if an attribute makes it a test that runs.
fn rust_test(below: &[&str]) -> Option<String> {
    let mut is_test = false;
    for line in below {
        if let Some(attribute) = line.strip_prefix("#[") {
            is_test |= attribute
                .trim_end_matches(']')
                .split(['(', ':'])
                .any(|word| word == "test" || word == "case");
            if attribute.starts_with("ignore") {
                return None;
            }
        } else if let Some(name) = line.split("fn ").nth(1).filter(|_| !line.starts_with("//")) {
            return is_test.then(|| name.split(['(', '<']).next().unwrap_or_default().to_owned());
        } else if !line.starts_with("//") && !line.is_empty() && !line.ends_with([',', ')', ']']) {
            return None;
        }
    }
    None
}

/// The title of the next `test(…)` or `it(…)`, at most some lines below.
fn script_test(below: &[&str]) -> Option<String> {
    let below: Vec<&str> = below.iter().take(6).map(|line| line.trim()).collect();
    (0..below.len()).find_map(|at| {
        let line = below[at];
        let call = [
            "test(",
            "step(",
            "it(",
            "await t.test(",
            "await test(",
            "await step(",
        ]
        .iter()
        .find_map(|call| line.strip_prefix(call))?;
        // A long title stands on a line of its own.
        let call = if call.is_empty() {
            below.get(at + 1)?
        } else {
            call
        };
        let quote = call.chars().next().filter(|c| "'\"`".contains(*c))?;
        call[1..].split(quote).next().map(ToOwned::to_owned)
    })
}

/// Everything that is claimed in the checkout.
fn all_claims(complaints: &mut Vec<String>) -> Result<BTreeMap<String, Vec<String>>> {
    let mut by_row: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in repo::files(&repo::root())? {
        let name = file
            .strip_prefix(repo::root())
            .unwrap_or(&file)
            .display()
            .to_string();
        let kind = Path::new(&name)
            .extension()
            .and_then(|kind| kind.to_str())
            .unwrap_or_default();
        // This file speaks of such lines.
        if !["rs", "ts", "tsx", "mjs"].contains(&kind) || name == "xtask/src/coverage.rs" {
            continue;
        }
        for claim in claims(&name, &fs::read_to_string(&file)?, complaints) {
            by_row.entry(claim.row).or_default().push(claim.test);
        }
    }
    Ok(by_row)
}

/// Prints every row with its tests; fails where the account does not come out.
pub(crate) fn print() -> Result<()> {
    let rows = fs::read_to_string(rows_file())
        .context("docs/requirements.tsv is missing; run: cargo xtask gen")?;
    let rows: Vec<(&str, &str)> = rows
        .lines()
        .skip(1)
        .filter_map(|line| Some((line.split('\t').next()?, line.split('\t').nth(2)?)))
        .collect();
    let later =
        fs::read_to_string(repo::root().join("tests/coverage-later.txt")).unwrap_or_default();
    let later: BTreeSet<&str> = later
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let mut complaints = Vec::new();
    let claims = all_claims(&mut complaints)?;
    let width = 60;
    for (id, what) in &rows {
        let tests = claims.get(*id).map_or(&[][..], Vec::as_slice);
        let short: String = what.chars().take(width).collect();
        let state = if tests.is_empty() {
            if later.contains(id) { "later" } else { "-" }
        } else {
            tests[0].as_str()
        };
        println!("{id:<4} {short:<width$} {state}");
        for test in tests.iter().skip(1) {
            println!("{:<65} {test}", "");
        }
    }
    complaints.extend(account(
        &rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        &later,
        &claims,
    ));
    let shown = rows
        .iter()
        .filter(|(id, _)| claims.contains_key(*id))
        .count();
    println!(
        "\n{shown} of {} rows are shown by tests, {} come later.",
        rows.len(),
        later.len()
    );
    if complaints.is_empty() {
        return Ok(());
    }
    bail!(
        "the account of the requirements does not come out:\n  {}",
        complaints.join("\n  ")
    )
}

/// What is wrong between rows, rows of later, and claims.
fn account(
    rows: &[&str],
    later: &BTreeSet<&str>,
    claims: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in rows {
        match (claims.contains_key(*row), later.contains(row)) {
            (true, true) => wrong.push(format!(
                "{row} is shown now: take it out of tests/coverage-later.txt"
            )),
            (false, false) => wrong.push(format!("{row} is shown by no test")),
            _ => {}
        }
    }
    wrong.extend(
        later
            .iter()
            .filter(|row| !rows.contains(row))
            .map(|row| format!("tests/coverage-later.txt: {row} is no row")),
    );
    wrong.extend(
        claims
            .iter()
            .filter(|(row, _)| !rows.contains(&row.as_str()))
            .map(|(row, tests)| format!("{}: {row} is no row", tests[0])),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of(file: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let mut complaints = Vec::new();
        let claims = claims(file, text, &mut complaints);
        (
            claims
                .into_iter()
                .map(|claim| format!("{} {}", claim.row, claim.test))
                .collect(),
            complaints,
        )
    }

    #[test]
    fn a_rust_test_claims_rows() {
        let text = "/// Says more.\n/// covers: R8, R9\n/// And more.\n#[tokio::test]\nasync fn urgent_keys_are_first() {\n";
        assert_eq!(
            rows_of("a.rs", text).0,
            [
                "R8 a.rs urgent_keys_are_first",
                "R9 a.rs urgent_keys_are_first"
            ]
        );
    }

    #[test]
    fn what_is_no_test_claims_nothing() {
        for text in [
            "/// covers: R8\nfn helper() {\n",
            "/// covers: R8\n#[test]\n#[ignore]\nfn never_runs() {\n",
            "/// covers: R8\n",
        ] {
            let (rows, complaints) = rows_of("a.rs", text);
            assert!(rows.is_empty() && complaints.len() == 1, "{text}");
        }
    }

    #[test]
    fn a_script_claims_rows() {
        assert_eq!(
            rows_of(
                "a.tsx",
                "// covers: R6\ntest('the mall lists products', async () => {"
            )
            .0,
            ["R6 a.tsx the mall lists products"]
        );
        assert_eq!(
            rows_of("a.ts", "// covers: X6\nit(\"is wrong\", () => {")
                .1
                .len(),
            1
        );
    }

    #[test]
    fn the_account_must_come_out() {
        let claims = BTreeMap::from([
            ("R1".to_owned(), vec!["t".to_owned()]),
            ("R9".to_owned(), vec!["t".to_owned()]),
        ]);
        let wrong = account(
            &["R1", "R2", "R3"],
            &BTreeSet::from(["R1", "R3", "R8"]),
            &claims,
        );
        assert_eq!(wrong.len(), 4, "{wrong:?}");
    }
}
