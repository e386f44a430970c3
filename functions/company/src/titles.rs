//! 发票信息: titles for invoices.

use adapters::ports::{Transaction, Write, new_ulid};
use axum::extract::State;
use contract::company::{CompanyFile, InvoiceTitleRequest, VersionQuery};
use contract::error::{ErrorCode, FieldCode};
use domain::company::{Company, CompanyEventKind, InvoiceTitle, MAX_TITLES, TitleKind, is_mail};
use domain::ids::TitleId;
use edge::extract::{Json, Path, Person, Query};
use edge::once::Once;
use edge::{ApiError, FieldErrors};
use http::StatusCode;

use crate::changes::{Changes, Field, one_default, optional, phone, sealed};
use crate::read::file;
use crate::{Ports, load, same_version};

/// Digits of a bank account, at least and at most.
const ACCOUNT_DIGITS: std::ops::RangeInclusive<usize> = 8..=30;
/// From this length on a mask shows both ends of an account; of a shorter one only the last four digits.
const LONG_ACCOUNT: usize = 13;

/// What was typed, checked. Where a title is for ordinary invoices it has no bank.
struct Typed {
    title: InvoiceTitle,
    /// None leaves it as it is.
    account: Option<String>,
}

fn typed(
    request: &InvoiceTitleRequest,
    id: TitleId,
    known: Option<&InvoiceTitle>,
) -> Result<Typed, ApiError> {
    let mut errors = FieldErrors::new();
    let special = request.kind == TitleKind::Special;
    let title = errors.text(&request.title, "title", 100);
    let tax_number = request.tax_number.trim().to_ascii_uppercase();
    let formed = (15..=20).contains(&tax_number.len())
        && tax_number
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    errors.require(
        formed,
        "tax_number",
        if tax_number.is_empty() {
            FieldCode::Required
        } else {
            FieldCode::Invalid
        },
    );
    let mut bank = optional(&mut errors, &request.bank, "bank", 100);
    errors.require(!special || !bank.is_empty(), "bank", FieldCode::Required);
    let account = request.bank_account.as_ref().map(|typed| {
        let digits = typed.expose().chars();
        let digits = digits.filter(|c| !c.is_whitespace() && *c != '-');
        digits.collect::<String>()
    });
    if special {
        match account.as_deref() {
            None => {
                let there = known.is_some_and(|known| known.bank_account.is_some());
                errors.require(there, "bank_account", FieldCode::Required);
            }
            Some("") => errors.add("bank_account", FieldCode::Required),
            Some(digits) => {
                let formed = ACCOUNT_DIGITS.contains(&digits.len())
                    && digits.bytes().all(|b| b.is_ascii_digit());
                errors.require(formed, "bank_account", FieldCode::Invalid);
            }
        }
    }
    let mut address = optional(&mut errors, &request.address, "address", 200);
    errors.require(
        !special || !address.is_empty(),
        "address",
        FieldCode::Required,
    );
    let mut phone = phone(&mut errors, &request.phone, "phone");
    errors.require(!special || !phone.is_empty(), "phone", FieldCode::Required);
    let mail = request.mail.trim().to_owned();
    errors.require(
        mail.is_empty() || is_mail(&mail),
        "mail",
        FieldCode::Invalid,
    );
    errors.finish()?;
    if !special {
        (bank, address, phone) = Default::default();
    }
    Ok(Typed {
        title: InvoiceTitle {
            id,
            kind: request.kind,
            title,
            tax_number,
            bank,
            bank_account: known
                .and_then(|known| known.bank_account.clone())
                .filter(|_| special),
            address,
            phone,
            mail,
            // The one chosen at first stays so until another one is.
            is_default: request.is_default || known.is_some_and(|known| known.is_default),
        },
        account: account.filter(|_| special),
    })
}

/// The title with its account sealed.
async fn with_account(
    ports: &Ports,
    company: &Company,
    typed: Typed,
) -> Result<InvoiceTitle, ApiError> {
    let Typed { mut title, account } = typed;
    if let Some(digits) = account {
        let shown = if digits.len() < LONG_ACCOUNT {
            (0, 4)
        } else {
            (4, 4)
        };
        let field = InvoiceTitle::account_field(&title.id);
        let old = title.bank_account.as_ref();
        let owner = company.id.as_str();
        title.bank_account = Some(sealed(ports, owner, &field, old, &digits, shown).await?);
    }
    Ok(title)
}

fn word(kind: TitleKind) -> &'static str {
    match kind {
        TitleKind::Ordinary => "ordinary",
        TitleKind::Special => "special",
    }
}

fn compared(from: Option<&InvoiceTitle>, to: Option<&InvoiceTitle>) -> Changes {
    let before_account: [Field<'_, InvoiceTitle>; 4] = [
        ("kind", |title| word(title.kind).to_owned()),
        ("title", |title| title.title.clone()),
        ("tax_number", |title| title.tax_number.clone()),
        ("bank", |title| title.bank.clone()),
    ];
    let after_account: [Field<'_, InvoiceTitle>; 4] = [
        ("address", |title| title.address.clone()),
        ("phone", |title| title.phone.clone()),
        ("mail", |title| title.mail.clone()),
        ("is_default", |title| title.is_default.to_string()),
    ];
    let account = |title: Option<&InvoiceTitle>| title.and_then(|title| title.bank_account.clone());
    let mut changes = Changes::default();
    changes.fields(from, to, &before_account);
    changes.sealed("bank_account", account(from).as_ref(), account(to).as_ref());
    changes.fields(from, to, &after_account);
    changes
}

fn flag(title: &mut InvoiceTitle) -> &mut bool {
    &mut title.is_default
}

/// Writes a list of titles with the entry of the history.
async fn save(
    ports: &Ports,
    person: &Person,
    company: &Company,
    list: Vec<InvoiceTitle>,
    (kind, changes, note): (CompanyEventKind, Changes, String),
    beside: Vec<Write>,
) -> Result<CompanyFile, ApiError> {
    let now = ports.clock.now();
    let (next, event) = company.changed(person.actor(), kind, changes.finish(), note, now);
    let next = Company {
        invoice_titles: list,
        ..next
    };
    let mut all = Transaction::new(now).change(&next)?.create(&event)?;
    all.writes.extend(beside);
    ports.registry.record(&all).await?;
    file(ports, next).await
}

/// The same call again after a lost answer, under its key: the file as it is, and one title. Without a key it
/// is told that the file has changed.
pub(crate) async fn add(
    State(ports): State<Ports>,
    person: Person,
    once: Once,
    Json(request): Json<InvoiceTitleRequest>,
) -> Result<(StatusCode, Json<CompanyFile>), ApiError> {
    let id = TitleId::from_ulid(&new_ulid(&*ports.clock, &*ports.random));
    let typed = typed(&request, id, None)?;
    let company = load(&ports, &person).await?;
    let now = ports.clock.now();
    // The account number is left out: not even a hash of it is stored unkeyed.
    let told = InvoiceTitleRequest {
        bank_account: None,
        ..request.clone()
    };
    if once.made(&*ports.registry, &told).await?.is_some() {
        return Ok((StatusCode::CREATED, Json(file(&ports, company).await?)));
    }
    let beside = once.mark(typed.title.id.as_str(), &told, now)?;
    same_version(request.version, company.version)?;
    if company.invoice_titles.len() >= MAX_TITLES {
        return Err(ErrorCode::TooMany.into());
    }
    let title = with_account(&ports, &company, typed).await?;
    let note = title.title.clone();
    let mut list = company.invoice_titles.clone();
    list.push(title);
    let last = list.len() - 1;
    one_default(&mut list, request.is_default.then_some(last), flag);
    let changes = compared(None, list.last());
    let what = (CompanyEventKind::TitleAdded, changes, note);
    let file = save(&ports, &person, &company, list, what, beside).await?;
    Ok((StatusCode::CREATED, Json(file)))
}

fn place(company: &Company, id: &TitleId) -> Result<usize, ApiError> {
    let place = company
        .invoice_titles
        .iter()
        .position(|title| title.id == *id);
    Ok(place.ok_or(ErrorCode::NotFound)?)
}

/// The same again changes nothing.
pub(crate) async fn change(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<TitleId>,
    Json(request): Json<InvoiceTitleRequest>,
) -> Result<Json<CompanyFile>, ApiError> {
    let company = load(&ports, &person).await?;
    let place = place(&company, &id)?;
    let known = &company.invoice_titles[place];
    let typed = typed(&request, id, Some(known))?;
    let title = with_account(&ports, &company, typed).await?;
    let changes = compared(Some(known), Some(&title));
    if changes.none() {
        return Ok(Json(file(&ports, company).await?));
    }
    same_version(request.version, company.version)?;
    let note = title.title.clone();
    let mut list = company.invoice_titles.clone();
    list[place] = title;
    one_default(&mut list, request.is_default.then_some(place), flag);
    let what = (CompanyEventKind::TitleChanged, changes, note);
    Ok(Json(
        save(&ports, &person, &company, list, what, Vec::new()).await?,
    ))
}

/// Taken away again it is not there: 404.
pub(crate) async fn remove(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<TitleId>,
    Query(query): Query<VersionQuery>,
) -> Result<Json<CompanyFile>, ApiError> {
    let company = load(&ports, &person).await?;
    let place = place(&company, &id)?;
    same_version(query.version, company.version)?;
    let mut list = company.invoice_titles.clone();
    let gone = list.remove(place);
    one_default(&mut list, None, flag);
    let changes = compared(Some(&gone), None);
    let what = (CompanyEventKind::TitleRemoved, changes, gone.title);
    Ok(Json(
        save(&ports, &person, &company, list, what, Vec::new()).await?,
    ))
}
