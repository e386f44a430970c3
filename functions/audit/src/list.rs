//! Looking entries up: of one person, of one thing, of some days. The newest first.

use adapters::ports::{Index, Span};
use adapters::registry::{self, AUDIT_ENTRIES};
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::staff::{AuditPage, AuditQuery, AuditRow};
use domain::audit::{AuditEntry, AuditHead};
use domain::ids::StaffId;
use edge::extract::{Json, Query};
use edge::staff_names::staff_names;
use edge::{ApiError, FieldErrors};
use jiff::Timestamp;

use crate::Ports;
use crate::days::Days;

/// Entries on a page.
const PAGE: usize = 50;
/// How many entries have sort keys that differ in the last two digits only: they are read at once.
const BLOCK: u64 = 100;
/// How many blocks one call looks through, where days leave most of them out.
const BLOCKS: u32 = 20;

/// Entries and where to go on.
type Found = (Vec<AuditEntry>, Option<String>);

pub(crate) async fn list(
    State(ports): State<Ports>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let (from, to, cursor) = (given(query.from), given(query.to), given(query.cursor));
    let subject = given(query.subject);
    let mut errors = FieldErrors::new();
    let both = query.staff.is_some() && subject.is_some();
    errors.require(!both, "subject", FieldCode::Invalid);
    // Of one person or thing everything is shown, unless days are asked for.
    let narrowed = query.staff.is_none() && subject.is_none();
    let days = if narrowed || from.is_some() || to.is_some() {
        let now = ports.clock.now();
        Days::read_some(from.as_deref(), to.as_deref(), now, &mut errors)
    } else {
        None
    };
    errors.finish()?;
    let cursor = cursor.as_deref();
    let (entries, cursor) = match (query.staff, subject) {
        (Some(staff), _) => of_staff(&ports, &staff, days, cursor).await?,
        (None, Some(subject)) => of_subject(&ports, subject.trim(), days, cursor).await?,
        (None, None) => of_days(&ports, days, cursor).await?,
    };
    let who = entries.iter().map(|entry| entry.staff.clone()).collect();
    let names = staff_names(&*ports.registry, who).await?;
    let row = |entry: AuditEntry| AuditRow {
        staff_name: names.get(&entry.staff).cloned().unwrap_or_default(),
        staff: entry.staff,
        seq: entry.seq,
        at: entry.at,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail,
        hash: entry.hash,
    };
    Ok(Json(AuditPage {
        entries: entries.into_iter().map(row).collect(),
        cursor,
    }))
}

fn no_cursor() -> ApiError {
    ApiError::new(ErrorCode::MalformedRequest).because("a cursor that none of our answers had")
}

/// A chain from its end. The cursor is the place to go on from.
async fn of_staff(
    ports: &Ports,
    staff: &StaffId,
    days: Option<Days>,
    cursor: Option<&str>,
) -> Result<Found, ApiError> {
    let mut at: u64 = if let Some(cursor) = cursor {
        cursor.parse().map_err(|_| no_cursor())?
    } else {
        let head: Option<AuditHead> = ports.registry.load(&registry::audit_head(staff)).await?;
        head.map_or(0, |head| head.seq)
    };
    let bounds = days.and_then(Days::bounds);
    let within =
        |time: Timestamp| bounds.is_none_or(|(from, before)| from <= time && time < before);
    let older = |time: Timestamp| bounds.is_some_and(|(from, _)| time < from);
    let chain = registry::audit_chain(staff);
    let mut found = Vec::new();
    for _ in 0..BLOCKS {
        if at == 0 {
            return Ok((found, None));
        }
        let block = at / BLOCK;
        let prefix = format!("{AUDIT_ENTRIES}{block:010}");
        let entries: Vec<AuditEntry> = ports.registry.load_all(&chain, &prefix).await?;
        for entry in entries.into_iter().rev().filter(|entry| entry.seq <= at) {
            if older(entry.at) {
                return Ok((found, None));
            }
            if found.len() == PAGE {
                return Ok((found, Some(entry.seq.to_string())));
            }
            if within(entry.at) {
                found.push(entry);
            }
        }
        at = (block * BLOCK).saturating_sub(1);
    }
    Ok((found, Some(at.to_string()).filter(|_| at > 0)))
}

async fn of_subject(
    ports: &Ports,
    subject: &str,
    days: Option<Days>,
    cursor: Option<&str>,
) -> Result<Found, ApiError> {
    let mut span = Span::all(Index::ByOwner, registry::audit_subject(subject)).newest_first();
    if let Some((from, before)) = days.and_then(Days::bounds) {
        span = span.between(registry::time(from), registry::time(before));
    }
    let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
    let cursor = cursor.map(str::to_owned);
    let page = ports
        .registry
        .load_page(&span, cursor.as_ref(), limit)
        .await?;
    Ok((page.rows, page.cursor))
}

/// One month of the index after another. The cursor names the month, and the place in it.
async fn of_days(
    ports: &Ports,
    days: Option<Days>,
    cursor: Option<&str>,
) -> Result<Found, ApiError> {
    let spans = days.map(Days::spans).unwrap_or_default();
    let (first, mut inner) = match cursor {
        None => (0, None),
        Some(cursor) => {
            let (month, inner) = cursor.split_once('.').ok_or_else(no_cursor)?;
            let is_it = |span: &Span| span.pk.ends_with(&format!("#{month}"));
            let first = spans.iter().position(is_it).ok_or_else(no_cursor)?;
            (
                first,
                Some(inner.to_owned()).filter(|inner| !inner.is_empty()),
            )
        }
    };
    let mut found: Vec<AuditEntry> = Vec::new();
    for span in &spans[first..] {
        let month = span.pk.rsplit('#').next().unwrap_or_default();
        loop {
            let left = PAGE - found.len();
            if left == 0 {
                let inner = inner.unwrap_or_default();
                return Ok((found, Some(format!("{month}.{inner}"))));
            }
            let limit = u32::try_from(left).unwrap_or(u32::MAX);
            let page = ports
                .registry
                .load_page(span, inner.as_ref(), limit)
                .await?;
            found.extend(page.rows);
            inner = page.cursor;
            if inner.is_none() {
                break;
            }
        }
    }
    Ok((found, None))
}
