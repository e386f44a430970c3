//! The address book.

use adapters::ports::{Transaction, Write, new_ulid};
use axum::extract::State;
use contract::company::{AddressRequest, CompanyFile, VersionQuery};
use contract::error::{ErrorCode, FieldCode};
use domain::company::{Company, CompanyEventKind, MAX_ADDRESSES, SavedAddress, is_mobile};
use domain::ids::AddressId;
use domain::order::Address;
use edge::extract::{Json, Path, Person, Query};
use edge::once::Once;
use edge::{ApiError, FieldErrors};
use http::StatusCode;

use crate::changes::{Changes, Field, one_default};
use crate::read::file;
use crate::{Ports, load, same_version};

fn typed(
    request: &AddressRequest,
    id: AddressId,
    known: Option<&SavedAddress>,
) -> Result<SavedAddress, ApiError> {
    let typed = &request.address;
    let mut errors = FieldErrors::new();
    let name = errors.text(&typed.name, "address.name", 50);
    let mobile = typed.mobile.trim().to_owned();
    errors.require(
        is_mobile(&mobile),
        "address.mobile",
        if mobile.is_empty() {
            FieldCode::Required
        } else {
            FieldCode::Invalid
        },
    );
    let address = Address {
        name,
        mobile,
        province: errors.text(&typed.province, "address.province", 30),
        city: errors.text(&typed.city, "address.city", 30),
        district: errors.text(&typed.district, "address.district", 30),
        detail: errors.text(&typed.detail, "address.detail", 200),
    };
    errors.finish()?;
    Ok(SavedAddress {
        id,
        address,
        // The one chosen at first stays so until another one is.
        is_default: request.is_default || known.is_some_and(|known| known.is_default),
    })
}

fn compared(from: Option<&SavedAddress>, to: Option<&SavedAddress>) -> Changes {
    let fields: [Field<'_, SavedAddress>; 7] = [
        ("address.name", |saved| saved.address.name.clone()),
        ("address.mobile", |saved| saved.address.mobile.clone()),
        ("address.province", |saved| saved.address.province.clone()),
        ("address.city", |saved| saved.address.city.clone()),
        ("address.district", |saved| saved.address.district.clone()),
        ("address.detail", |saved| saved.address.detail.clone()),
        ("is_default", |saved| saved.is_default.to_string()),
    ];
    let mut changes = Changes::default();
    changes.fields(from, to, &fields);
    changes
}

fn flag(saved: &mut SavedAddress) -> &mut bool {
    &mut saved.is_default
}

/// Writes an address book with the entry of the history.
async fn save(
    ports: &Ports,
    person: &Person,
    company: &Company,
    list: Vec<SavedAddress>,
    (kind, changes, note): (CompanyEventKind, Changes, String),
    beside: Vec<Write>,
) -> Result<CompanyFile, ApiError> {
    let now = ports.clock.now();
    let (next, event) = company.changed(person.actor(), kind, changes.finish(), note, now);
    let next = Company {
        addresses: list,
        ..next
    };
    let mut all = Transaction::new(now).change(&next)?.create(&event)?;
    all.writes.extend(beside);
    ports.registry.record(&all).await?;
    file(ports, next).await
}

/// The same call again after a lost answer, under its key: the file as it is, and one address. Without a key
/// it is told that the file has changed.
pub(crate) async fn add(
    State(ports): State<Ports>,
    person: Person,
    once: Once,
    Json(request): Json<AddressRequest>,
) -> Result<(StatusCode, Json<CompanyFile>), ApiError> {
    let id = AddressId::from_ulid(&new_ulid(&*ports.clock, &*ports.random));
    let saved = typed(&request, id, None)?;
    let company = load(&ports, &person).await?;
    let now = ports.clock.now();
    if once.made(&*ports.registry, &request).await?.is_some() {
        return Ok((StatusCode::CREATED, Json(file(&ports, company).await?)));
    }
    let beside = once.mark(saved.id.as_str(), &request, now)?;
    same_version(request.version, company.version)?;
    if company.addresses.len() >= MAX_ADDRESSES {
        return Err(ErrorCode::TooMany.into());
    }
    let note = saved.address.name.clone();
    let mut list = company.addresses.clone();
    list.push(saved);
    let last = list.len() - 1;
    one_default(&mut list, request.is_default.then_some(last), flag);
    let changes = compared(None, list.last());
    let what = (CompanyEventKind::AddressAdded, changes, note);
    let file = save(&ports, &person, &company, list, what, beside).await?;
    Ok((StatusCode::CREATED, Json(file)))
}

fn place(company: &Company, id: &AddressId) -> Result<usize, ApiError> {
    let place = company.addresses.iter().position(|saved| saved.id == *id);
    Ok(place.ok_or(ErrorCode::NotFound)?)
}

/// The same again changes nothing.
pub(crate) async fn change(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<AddressId>,
    Json(request): Json<AddressRequest>,
) -> Result<Json<CompanyFile>, ApiError> {
    let company = load(&ports, &person).await?;
    let place = place(&company, &id)?;
    let known = &company.addresses[place];
    let saved = typed(&request, id, Some(known))?;
    let changes = compared(Some(known), Some(&saved));
    if changes.none() {
        return Ok(Json(file(&ports, company).await?));
    }
    same_version(request.version, company.version)?;
    let note = saved.address.name.clone();
    let mut list = company.addresses.clone();
    list[place] = saved;
    one_default(&mut list, request.is_default.then_some(place), flag);
    let what = (CompanyEventKind::AddressChanged, changes, note);
    Ok(Json(
        save(&ports, &person, &company, list, what, Vec::new()).await?,
    ))
}

/// Taken away again it is not there: 404.
pub(crate) async fn remove(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<AddressId>,
    Query(query): Query<VersionQuery>,
) -> Result<Json<CompanyFile>, ApiError> {
    let company = load(&ports, &person).await?;
    let place = place(&company, &id)?;
    same_version(query.version, company.version)?;
    let mut list = company.addresses.clone();
    let gone = list.remove(place);
    one_default(&mut list, None, flag);
    let changes = compared(Some(&gone), None);
    let what = (CompanyEventKind::AddressRemoved, changes, gone.address.name);
    Ok(Json(
        save(&ports, &person, &company, list, what, Vec::new()).await?,
    ))
}
