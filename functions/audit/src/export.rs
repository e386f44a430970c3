//! Entries of some days as a file for a spreadsheet.

use std::collections::BTreeMap;

use adapters::ports::{Transaction, new_ulid};
use axum::extract::State;
use contract::error::FieldCode;
use contract::staff::{AuditExportRequest, AuditExportView};
use domain::audit::{AuditEntry, Deed};
use domain::ids::StaffId;
use edge::extract::{Json, StaffMember};
use edge::staff_names::staff_names;
use edge::{ApiError, FieldErrors};
use http::StatusCode;
use jiff::SignedDuration;

use crate::Ports;
use crate::days::{Days, local};

/// How long the file can be fetched by its address.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// The most entries of a file: what the memory of this function holds. More is fewer days at a time.
const MOST: usize = 50_000;
/// Rows of an index at once.
const PAGE: u32 = 500;
/// The first line.
const COLUMNS: [&str; 9] = [
    "time (Asia/Shanghai)",
    "time (UTC)",
    "staff",
    "name",
    "seq",
    "action",
    "subject",
    "detail",
    "hash",
];

/// Writes the file first and the entry about it second: what the audit tells of is there. Called again it
/// writes another file, and the audit tells of both.
pub(crate) async fn export(
    State(ports): State<Ports>,
    me: StaffMember,
    Json(request): Json<AuditExportRequest>,
) -> Result<(StatusCode, Json<AuditExportView>), ApiError> {
    let mut errors = FieldErrors::new();
    let days = Days::read(&request.from, &request.to, &mut errors);
    errors.finish()?;
    let spans = days.map(Days::spans).unwrap_or_default();
    let mut entries: Vec<AuditEntry> = Vec::new();
    for span in &spans {
        let mut cursor = None;
        loop {
            let page = ports
                .registry
                .load_page(span, cursor.as_ref(), PAGE)
                .await?;
            entries.extend(page.rows);
            if entries.len() > MOST {
                return Err(ApiError::field("to", FieldCode::OutOfRange));
            }
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    entries.reverse();
    let who = entries.iter().map(|entry| entry.staff.clone()).collect();
    let names = staff_names(&*ports.registry, who).await?;
    let ulid = new_ulid(&*ports.clock, &*ports.random).to_ascii_lowercase();
    let key = format!("exports/audit/{ulid}.csv");
    let file = csv(&entries, &names);
    ports
        .exports
        .write(&key, "text/csv; charset=utf-8", file.into_bytes())
        .await?;
    let now = ports.clock.now();
    let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    let (from, to) = (request.from.trim(), request.to.trim());
    let deed = Deed {
        staff: me.0.id.clone(),
        at: now,
        action: "audit_exported".to_owned(),
        subject: "audit".to_owned(),
        detail: format!("{from} to {to}, {count} entries, file {ulid}"),
    };
    let noted = Transaction::new(now).audited(deed);
    ports.registry.record(&noted).await?;
    let url = ports.exports.presign_get(&key, LIFETIME).await?;
    let view = AuditExportView {
        url,
        entries: count,
        expires_at: now + LIFETIME,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// RFC 4180, with the mark by which spreadsheets know UTF-8.
fn csv(entries: &[AuditEntry], names: &BTreeMap<StaffId, String>) -> String {
    let mut text = String::from("\u{feff}");
    line(&mut text, &COLUMNS);
    for entry in entries {
        let name = names.get(&entry.staff).map_or("", String::as_str);
        line(
            &mut text,
            &[
                &local(entry.at),
                &entry.at.to_string(),
                entry.staff.as_str(),
                name,
                &entry.seq.to_string(),
                &entry.action,
                &entry.subject,
                &entry.detail,
                &entry.hash,
            ],
        );
    }
    text
}

fn line(text: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

/// A cell in quotes. A spreadsheet would work out what begins like a formula, with whatever the one who
/// wrote it wants: such a cell begins with an apostrophe, which makes it text.
fn quoted(cell: &str) -> String {
    let first = cell.trim_start_matches([' ', '\u{3000}']).chars().next();
    let formula = first.is_some_and(|first| "=+-@\t\r\n＝＋－＠".contains(first));
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_ends_before_its_end() {
        for (cell, safe) in [
            ("plain", "\"plain\""),
            ("", "\"\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("a,b\r\nc", "\"a,b\r\nc\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("+86", "\"'+86\""),
            ("-2", "\"'-2\""),
            ("\t=1", "\"'\t=1\""),
            ("  =1", "\"'  =1\""),
            ("＝1", "\"'＝1\""),
            ("2026-11-23", "\"2026-11-23\""),
        ] {
            assert_eq!(quoted(cell), safe);
        }
    }
}
