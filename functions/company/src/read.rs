//! The file and its history.

use adapters::registry;
use axum::extract::State;
use contract::company::{
    BasicsView, CompanyEventView, CompanyFile, CompanyHistory, InvoiceTitleView, QualificationView,
};
use domain::actor::Actor;
use domain::company::{Company, CompanyEvent, InvoiceTitle};
use edge::ApiError;
use edge::extract::{Json, Person};
use edge::recoveries::people;

use crate::{Ports, load};

fn title(title: InvoiceTitle) -> InvoiceTitleView {
    InvoiceTitleView {
        id: title.id,
        kind: title.kind,
        title: title.title,
        tax_number: title.tax_number,
        bank: title.bank,
        bank_account: title.bank_account.map(|account| account.masked),
        address: title.address,
        phone: title.phone,
        mail: title.mail,
        is_default: title.is_default,
    }
}

/// The file of a company, as its people see it.
pub(crate) async fn file(ports: &Ports, company: Company) -> Result<CompanyFile, ApiError> {
    let qualification = company.qualification;
    let papers = ports
        .papers
        .views(company.id.as_str(), &qualification.papers)
        .await?;
    let (representative, id_number) = match company.legal_representative {
        Some(person) => (person.name, person.id_number.map(|number| number.masked)),
        None => (String::new(), None),
    };
    Ok(CompanyFile {
        id: company.id,
        version: company.version,
        basics: BasicsView {
            name: company.name,
            credit_code: company.credit_code.into(),
            legal_representative: representative,
            legal_representative_id: id_number,
            registered_address: company.registered_address,
            phone: company.phone,
        },
        contact: company.contact,
        frozen_until: company
            .frozen_until
            .filter(|until| ports.clock.now() < *until),
        invoice_titles: company.invoice_titles.into_iter().map(title).collect(),
        addresses: company.addresses,
        qualification: QualificationView {
            state: qualification.state,
            papers,
            refusals: qualification.refusals,
            submitted_at: qualification.submitted_at,
            decided_at: qualification.decided_at,
        },
        superseded: company.superseded_by.is_some(),
        created_at: company.created_at,
    })
}

pub(crate) async fn show(
    State(ports): State<Ports>,
    person: Person,
) -> Result<Json<CompanyFile>, ApiError> {
    let company = load(&ports, &person).await?;
    Ok(Json(file(&ports, company).await?))
}

pub(crate) async fn history(
    State(ports): State<Ports>,
    person: Person,
) -> Result<Json<CompanyHistory>, ApiError> {
    let partition = registry::company_partition(&person.company);
    let events: Vec<CompanyEvent> = ports
        .registry
        .load_all(&partition, registry::COMPANY_EVENTS)
        .await?;
    let people = people(&*ports.registry, &person.company).await?;
    let name = |actor: &Actor| match actor {
        Actor::Company { user } => people
            .iter()
            .find(|person| person.id == *user)
            .map(|person| person.name.clone())
            .unwrap_or_default(),
        _ => String::new(),
    };
    let view = |event: CompanyEvent| CompanyEventView {
        seq: event.seq,
        at: event.at,
        actor_name: name(&event.actor),
        actor: event.actor,
        event: event.event,
        changes: event.changes,
        note: event.note,
    };
    Ok(Json(CompanyHistory {
        events: events.into_iter().rev().map(view).collect(),
    }))
}
