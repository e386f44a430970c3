//! The company's invoices (R12, R13, R73, R75): whom an order names, what was issued, its files.

use adapters::ports::{Index, InvoiceFormat, Span};
use adapters::registry::{InvoicePlace, invoices_of};
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::invoice::{
    InvoiceFileView, InvoiceList, InvoiceListQuery, InvoiceRequest, InvoiceTitleChange, InvoiceView,
};
use domain::actor::Actor;
use domain::company::{Company, InvoiceTitle, TitleKind};
use domain::ids::OrderId;
use domain::invoice::{Buyer, Invoice, file_key};
use domain::order::{Event, EventKind, InvoiceChoice, Order};
use domain::policy::StorefrontPolicy;
use edge::extract::{Json, Path, Person, Query};
use edge::orders::advance;
use edge::{ApiError, FieldErrors};
use jiff::SignedDuration;

use crate::draft::buyer;
use crate::{Ports, load_own, own};

const PAGE: u32 = 20;
/// How long the address of a file is good for.
const READING: SignedDuration = SignedDuration::from_mins(5);

/// What a draft asks for, checked, with the buyer as the company's file has it now.
pub(crate) fn choice(
    request: &InvoiceRequest,
    company: &Company,
    policy: &StorefrontPolicy,
    errors: &mut FieldErrors,
) -> InvoiceChoice {
    let offered = policy.invoice_kinds.contains(&request.kind);
    errors.require(offered, "invoice.kind", FieldCode::NotOffered);
    // Where a special one can be had at once nobody has to ask for it.
    let automatic = policy.invoice_kinds.iter().any(|kind| kind.is_special());
    let needless = request.ask_special && automatic;
    errors.require(!needless, "invoice.ask_special", FieldCode::NotOffered);
    let special = request.kind.is_special() || request.ask_special;
    let kind = if special {
        TitleKind::Special
    } else {
        TitleKind::Ordinary
    };
    let found = match &request.title {
        Some(id) => {
            let found = company.invoice_titles.iter().find(|title| title.id == *id);
            errors.require(found.is_some(), "invoice.title", FieldCode::NotOffered);
            found
        }
        None => at_first(company, kind),
    };
    // A title for special invoices names all that an ordinary one does.
    let buyer = match found {
        Some(title) if special && title.kind == TitleKind::Ordinary => {
            errors.require(!offered || needless, "invoice.title", FieldCode::Invalid);
            None
        }
        Some(title) => Some(Buyer::of(title)),
        None if special => {
            // Which one is missing is told once it is known that it could be had.
            let told = request.title.is_some() || !offered || needless;
            errors.require(told, "invoice.title", FieldCode::Required);
            None
        }
        None => Some(Buyer {
            from: None,
            title: company.name.clone(),
            tax_number: company.credit_code.as_str().to_owned(),
            mail: String::new(),
            special: None,
        }),
    };
    InvoiceChoice {
        kind: request.kind,
        buyer,
        ask_special: request.ask_special,
    }
}

/// The title that is chosen at first for a kind of invoice.
fn at_first(company: &Company, kind: TitleKind) -> Option<&InvoiceTitle> {
    let mut fit = company.invoice_titles.iter().filter(|it| it.kind == kind);
    let first = fit.clone().next();
    fit.find(|title| title.is_default).or(first)
}

pub(crate) async fn list(
    State(ports): State<Ports>,
    person: Person,
    Query(query): Query<InvoiceListQuery>,
) -> Result<Json<InvoiceList>, ApiError> {
    let span = Span::all(Index::ByOwner, invoices_of(&person.company)).newest_first();
    let page = ports
        .registry
        .load_page::<InvoicePlace>(&span, query.cursor.as_ref(), PAGE)
        .await?;
    let mut invoices = Vec::new();
    for place in page.rows {
        // The order is what counts.
        let order = ports.orders.load(&place.order).await?;
        let order = order.filter(|order| order.company == person.company);
        let view = order.and_then(|order| {
            let invoice = order.invoice(place.invoice)?;
            InvoiceView::of(&order, invoice)
        });
        invoices.extend(view);
    }
    Ok(Json(InvoiceList {
        invoices,
        cursor: page.cursor,
    }))
}

fn view_of(order: &Order, no: u32) -> Result<InvoiceView, ApiError> {
    let found = order.invoice(no);
    let view = found.and_then(|invoice| InvoiceView::of(order, invoice));
    Ok(view.ok_or(ErrorCode::NotFound)?)
}

pub(crate) async fn get(
    State(ports): State<Ports>,
    person: Person,
    Path((id, no)): Path<(OrderId, u32)>,
) -> Result<Json<InvoiceView>, ApiError> {
    let order = load_own(&ports, &id, &person).await?;
    Ok(Json(view_of(&order, no)?))
}

pub(crate) async fn file(
    State(ports): State<Ports>,
    person: Person,
    Path((id, no, format)): Path<(OrderId, u32, String)>,
) -> Result<Json<InvoiceFileView>, ApiError> {
    let order = load_own(&ports, &id, &person).await?;
    let invoice = order.invoice(no).filter(|invoice| invoice.has_files());
    let format = InvoiceFormat::ALL
        .into_iter()
        .find(|known| known.as_str() == format);
    let (Some(invoice), Some(format)) = (invoice, format) else {
        return Err(ErrorCode::NotFound.into());
    };
    let key = file_key(&order.id, invoice.no, format.as_str());
    let url = ports.invoices.presign_get(&key, READING).await?;
    Ok(Json(InvoiceFileView { url }))
}

/// Moves an invoice by one event, unless there is nothing to do.
async fn act(
    ports: &Ports,
    person: &Person,
    (id, no): (&OrderId, u32),
    mut event: impl FnMut(&Invoice) -> Option<EventKind> + Send,
) -> Result<Json<InvoiceView>, ApiError> {
    let now = ports.clock.now();
    let actor: Actor = person.actor();
    let order = advance(&*ports.orders, &ports.policies, id, now, |order| {
        own(order, person)?;
        let invoice = order.invoice(no).ok_or(ErrorCode::NotFound)?;
        Ok(event(invoice).map(|kind| Event {
            actor: actor.clone(),
            kind,
        }))
    })
    .await?;
    Ok(Json(view_of(&order, no)?))
}

pub(crate) async fn send(
    State(ports): State<Ports>,
    person: Person,
    Path((id, no)): Path<(OrderId, u32)>,
) -> Result<Json<InvoiceView>, ApiError> {
    let now = ports.clock.now();
    act(&ports, &person, (&id, no), |invoice| {
        let mailed = invoice.has_files() && invoice.was_mailed(now);
        (!mailed).then_some(EventKind::InvoiceSentAgain { invoice: no })
    })
    .await
}

/// The tax platform knew no such title: the company has mended it in its file, or takes another one.
pub(crate) async fn change_buyer(
    State(ports): State<Ports>,
    person: Person,
    Path((id, no)): Path<(OrderId, u32)>,
    Json(request): Json<InvoiceTitleChange>,
) -> Result<Json<InvoiceView>, ApiError> {
    let order = load_own(&ports, &id, &person).await?;
    let invoice = order.invoice(no).ok_or(ErrorCode::NotFound)?;
    let company = buyer(&ports, &person).await?;
    let title = company
        .invoice_titles
        .iter()
        .find(|title| title.id == request.title)
        .ok_or_else(|| ApiError::field("title", FieldCode::NotOffered))?;
    if invoice.kind.is_special() && title.kind == TitleKind::Ordinary {
        return Err(ApiError::field("title", FieldCode::Invalid));
    }
    let named = Buyer::of(title);
    act(&ports, &person, (&id, no), |_| {
        Some(EventKind::InvoiceTitleChanged {
            invoice: no,
            buyer: Box::new(named.clone()),
        })
    })
    .await
}
