//! 基本信息: name, code, legal representative, address, telephone.

use adapters::ports::{PortError, Transaction};
use adapters::registry::{self, Claim, Claimed, Ownership};
use axum::extract::State;
use contract::company::{BasicsRequest, CompanyFile};
use contract::error::{ErrorCode, FieldCode};
use domain::company::{
    Company, CompanyEventKind, CreditCode, InvalidCreditCode, LegalRepresentative, is_id_number,
};
use domain::qualification::{CONSENT_VERSION, Qualification, QualificationState};
use edge::extract::{Json, Person};
use edge::fields::LEGAL_REPRESENTATIVE_ID;
use edge::{ApiError, FieldErrors};

use crate::changes::{Changes, optional, phone, sealed};
use crate::read::file;
use crate::{Ports, load, same_version};

/// The field of a company that an ID number is sealed for.
/// How much of an ID number its mask shows, at the beginning and at the end.
const SHOWN: (usize, usize) = (4, 4);

/// What was typed, checked.
struct Typed {
    name: String,
    credit_code: CreditCode,
    legal_representative: String,
    /// None leaves it, an empty one takes it away.
    id_number: Option<String>,
    registered_address: String,
    phone: String,
}

fn id_number(errors: &mut FieldErrors, typed: &str) -> String {
    let number = typed.trim().to_ascii_uppercase();
    if number.is_empty() || is_id_number(&number) {
        return number;
    }
    let (digits, check) = number.split_at_checked(17).unwrap_or_default();
    let formed = digits.bytes().all(|b| b.is_ascii_digit())
        && (check == "X" || matches!(check.as_bytes(), [b'0'..=b'9']));
    errors.add(
        LEGAL_REPRESENTATIVE_ID,
        if formed {
            FieldCode::CheckCharacter
        } else {
            FieldCode::Invalid
        },
    );
    number
}

fn typed(request: &BasicsRequest) -> Result<Typed, ApiError> {
    let mut errors = FieldErrors::new();
    let name = errors.text(&request.name, "name", 64);
    let long = name.is_empty() || name.chars().count() >= 2;
    errors.require(long, "name", FieldCode::TooShort);
    let credit_code = request.credit_code.parse::<CreditCode>();
    let wrong_code = match &credit_code {
        Ok(_) => None,
        Err(_) if request.credit_code.trim().is_empty() => Some(FieldCode::Required),
        Err(InvalidCreditCode::Form) => Some(FieldCode::Invalid),
        Err(InvalidCreditCode::Check) => Some(FieldCode::CheckCharacter),
    };
    if let Some(wrong) = wrong_code {
        errors.add("credit_code", wrong);
    }
    let legal_representative = optional(
        &mut errors,
        &request.legal_representative,
        "legal_representative",
        50,
    );
    let id_number = request
        .legal_representative_id
        .as_ref()
        .map(|typed| id_number(&mut errors, typed.expose()));
    if id_number.as_ref().is_some_and(|number| !number.is_empty()) {
        errors.require(
            !legal_representative.is_empty(),
            "legal_representative",
            FieldCode::Required,
        );
        errors.require(
            request.consent.as_deref() == Some(CONSENT_VERSION),
            "consent",
            FieldCode::Required,
        );
    }
    let registered_address = optional(
        &mut errors,
        &request.registered_address,
        "registered_address",
        200,
    );
    let phone = phone(&mut errors, &request.phone, "phone");
    errors.finish()?;
    Ok(Typed {
        name,
        credit_code: credit_code.map_err(|_| ApiError::field("credit_code", FieldCode::Invalid))?,
        legal_representative,
        id_number,
        registered_address,
        phone,
    })
}

/// The legal representative as typed. Without a name there is none, and no number of theirs.
async fn representative(
    ports: &Ports,
    company: &Company,
    typed: &Typed,
) -> Result<Option<LegalRepresentative>, PortError> {
    if typed.legal_representative.is_empty() {
        return Ok(None);
    }
    let known = company
        .legal_representative
        .as_ref()
        .and_then(|person| person.id_number.as_ref());
    let id_number = match typed.id_number.as_deref() {
        None => known.cloned(),
        Some("") => None,
        Some(number) => {
            let owner = company.id.as_str();
            Some(sealed(ports, owner, LEGAL_REPRESENTATIVE_ID, known, number, SHOWN).await?)
        }
    };
    Ok(Some(LegalRepresentative {
        name: typed.legal_representative.clone(),
        id_number,
    }))
}

fn compared(from: &Company, to: &Company) -> Changes {
    let name = |company: &Company| {
        let person = company.legal_representative.as_ref();
        person.map(|person| person.name.clone()).unwrap_or_default()
    };
    let number = |company: &Company| {
        let person = company.legal_representative.as_ref();
        person.and_then(|person| person.id_number.clone())
    };
    let mut changes = Changes::default();
    changes.text("name", &from.name, &to.name);
    changes.text(
        "credit_code",
        from.credit_code.as_str(),
        to.credit_code.as_str(),
    );
    changes.text("legal_representative", &name(from), &name(to));
    changes.sealed(
        LEGAL_REPRESENTATIVE_ID,
        number(from).as_ref(),
        number(to).as_ref(),
    );
    changes.text(
        "registered_address",
        &from.registered_address,
        &to.registered_address,
    );
    changes.text("phone", &from.phone, &to.phone);
    changes
}

/// Adds that another name or code is claimed now and the old one no more, nor owned.
async fn claimed(
    ports: &Ports,
    before: &Company,
    after: &Company,
    mut all: Transaction,
) -> Result<Transaction, PortError> {
    for (what, old, new) in [
        (Claimed::Name, before.name.as_str(), after.name.as_str()),
        (
            Claimed::CreditCode,
            before.credit_code.as_str(),
            after.credit_code.as_str(),
        ),
    ] {
        if old == new {
            continue;
        }
        let claim = |text: &str| Claim {
            what,
            text: text.to_owned(),
            company: after.id.clone(),
            at: all.at,
        };
        let (gone, come) = (claim(old), claim(new));
        // A name in other capitals is claimed under the same key: there is nothing to take away.
        if registry::claims(what, old) != registry::claims(what, new) {
            all = all.remove(&gone);
        }
        all = all.mark(&come)?;
        let owner: Option<Ownership> = ports.registry.load(&registry::ownership(what, old)).await?;
        if let Some(own) = owner.filter(|owner| owner.company == after.id) {
            all = all.remove(&own);
        }
    }
    Ok(all)
}

/// The same again changes nothing. While a reviewer looks at the papers everything stays as it is.
pub(crate) async fn change(
    State(ports): State<Ports>,
    person: Person,
    Json(request): Json<BasicsRequest>,
) -> Result<Json<CompanyFile>, ApiError> {
    let typed = typed(&request)?;
    let company = load(&ports, &person).await?;
    let wanted = Company {
        legal_representative: representative(&ports, &company, &typed).await?,
        name: typed.name,
        credit_code: typed.credit_code,
        registered_address: typed.registered_address,
        phone: typed.phone,
        ..company.clone()
    };
    let changes = compared(&company, &wanted);
    if changes.none() {
        return Ok(Json(file(&ports, company).await?));
    }
    same_version(request.version, company.version)?;
    if company.qualification.state == QualificationState::Submitted {
        return Err(ErrorCode::NotInThisState.into());
    }
    let other = company.name != wanted.name || company.credit_code != wanted.credit_code;
    let reopened = other && company.qualification.state != QualificationState::Open;
    let kind = if reopened {
        CompanyEventKind::QualificationReopened
    } else {
        CompanyEventKind::BasicsChanged
    };
    // Which text about identity papers was agreed to stands beside the number that came with it.
    let consent = changes.has(LEGAL_REPRESENTATIVE_ID)
        && typed.id_number.is_some_and(|typed| !typed.is_empty());
    let note = if consent {
        format!("consent {CONSENT_VERSION}")
    } else {
        String::new()
    };
    let now = ports.clock.now();
    let (next, event) = wanted.changed(person.actor(), kind, changes.finish(), note, now);
    let next = if other {
        Company {
            qualification: Qualification::default(),
            superseded_by: None,
            ..next
        }
    } else {
        next
    };
    let all = Transaction::new(now).change(&next)?.create(&event)?;
    let all = claimed(&ports, &company, &next, all).await?;
    ports.registry.record(&all).await?;
    Ok(Json(file(&ports, next).await?))
}
