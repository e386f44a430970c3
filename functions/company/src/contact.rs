//! Who is told about orders (用户信息). A new mobile number or mailbox is confirmed by a code sent there, and
//! the old ones are told.

use adapters::ports::{CommitError, Transaction, new_ulid};
use adapters::registry;
use axum::extract::State;
use contract::company::{CompanyFile, ContactChangeView, ContactConfirmRequest, ContactRequest};
use contract::error::{ErrorCode, FieldCode};
use contract::secret::Secret;
use domain::code::{CodePurpose, Holder, LIFETIME_MINUTES, OneTimeCode, Target};
use domain::company::{
    Company, CompanyEvent, CompanyEventKind, Contact, ContactChange, User, is_mail, is_mobile,
};
use domain::ids::{CodeId, ContactChangeId};
use domain::notice::AccountNotice;
use domain::throttle::Rule;
use edge::codes::{Codes, wrong_code};
use edge::contacts::moved;
use edge::extract::{Json, Path, Person};
use edge::recoveries::{News, TRIES, targets};
use edge::throttle::{CODES_ADDRESS, CODES_BROWSER, CODES_TARGET};
use edge::visitor::Visitor;
use edge::{ApiError, FieldErrors};
use jiff::{SignedDuration, Timestamp};

use crate::changes::Changes;
use crate::read::file;
use crate::{Ports, load, same_version};

/// What was typed, checked. A mailbox that is on file may be replaced, not taken away: unbinding needs it.
fn typed(typed: &Contact, known: &Contact) -> Result<Contact, ApiError> {
    let mut errors = FieldErrors::new();
    let contact = Contact {
        name: errors.text(&typed.name, "contact.name", 50),
        mobile: typed.mobile.trim().to_owned(),
        mail: typed.mail.trim().to_owned(),
    };
    errors.require(
        is_mobile(&contact.mobile),
        "contact.mobile",
        if contact.mobile.is_empty() {
            FieldCode::Required
        } else {
            FieldCode::Invalid
        },
    );
    if contact.mail.is_empty() {
        errors.require(known.mail.is_empty(), "contact.mail", FieldCode::Required);
    } else {
        errors.require(is_mail(&contact.mail), "contact.mail", FieldCode::Invalid);
    }
    errors.finish()?;
    Ok(contact)
}

fn compared(from: &Contact, to: &Contact) -> Changes {
    let mut changes = Changes::default();
    changes.text("contact.name", &from.name, &to.name);
    changes.text("contact.mobile", &from.mobile, &to.mobile);
    changes.text("contact.mail", &from.mail, &to.mail);
    changes
}

/// Another name is changed at once. For a new mobile number or mailbox codes are sent there, and nothing is
/// changed yet; asked again, there are new codes, and either change can be confirmed.
pub(crate) async fn change(
    State(ports): State<Ports>,
    person: Person,
    visitor: Visitor,
    Json(request): Json<ContactRequest>,
) -> Result<Json<ContactChangeView>, ApiError> {
    let company = load(&ports, &person).await?;
    let now = ports.clock.now();
    if company.is_frozen(now) {
        return Err(ErrorCode::Frozen.into());
    }
    let contact = typed(&request.contact, &company.contact)?;
    let changes = compared(&company.contact, &contact);
    let mut view = ContactChangeView {
        file: file(&ports, company.clone()).await?,
        change: None,
        mobile_code: None,
        mail_code: None,
    };
    if changes.none() {
        return Ok(Json(view));
    }
    same_version(request.version, company.version)?;
    let mobile = (contact.mobile != company.contact.mobile).then(|| Target::sms(&contact.mobile));
    let mail = (contact.mail != company.contact.mail).then(|| Target::mail(&contact.mail));
    if mobile.is_none() && mail.is_none() {
        let kind = CompanyEventKind::ContactChanged;
        let (next, event) = company.changed(person.actor(), kind, changes.finish(), "", now);
        let next = Company { contact, ..next };
        let all = Transaction::new(now).change(&next)?.create(&event)?;
        ports.registry.record(&all).await?;
        view.file = file(&ports, next).await?;
        return Ok(Json(view));
    }

    let mut counted: Vec<(Rule, &str)> = vec![
        (CODES_BROWSER, person.user.as_str()),
        (CODES_ADDRESS, &visitor.address),
    ];
    for target in [&mobile, &mail].into_iter().flatten() {
        counted.push((CODES_TARGET, &target.to));
    }
    ports.throttles.admit(&counted).await?;
    ports.throttles.count(&counted).await?;

    let mut all = Transaction::new(now);
    let mut made: [Option<OneTimeCode>; 2] = [None, None];
    for (place, (purpose, target)) in [
        (CodePurpose::ContactMobile, &mobile),
        (CodePurpose::ContactMail, &mail),
    ]
    .into_iter()
    .enumerate()
    {
        let Some(target) = target else { continue };
        let holder = Holder {
            company: company.id.clone(),
            user: Some(person.user.clone()),
        };
        let (code, work) = ports
            .codes
            .make(purpose, Some(target.clone()), Some(holder));
        all = all.create(&code)?.then([work]);
        let sent = Some(Codes::sent(&code, target));
        match purpose {
            CodePurpose::ContactMobile => view.mobile_code = sent,
            _ => view.mail_code = sent,
        }
        made[place] = Some(code);
    }
    let id = |code: &Option<OneTimeCode>| code.as_ref().map(|code| code.id.clone());
    let change = ContactChange {
        id: ContactChangeId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
        company: company.id.clone(),
        user: person.user.clone(),
        contact,
        mobile_code: id(&made[0]),
        mail_code: id(&made[1]),
        expires_at: now + LIFETIME,
        done_at: None,
        version: 1,
    };
    ports.registry.record(&all.create(&change)?).await?;
    view.change = Some(change.id);
    Ok(Json(view))
}

/// How long a change waits for its codes: as long as they live.
const LIFETIME: SignedDuration = SignedDuration::from_mins(LIFETIME_MINUTES);

/// Tries the codes that the change needs, all of them: a wrong one costs a try of its own and leaves the
/// other one unused. They come back as used, to be written.
async fn taken(
    ports: &Ports,
    change: &ContactChange,
    request: &ContactConfirmRequest,
) -> Result<Vec<OneTimeCode>, ApiError> {
    let needed: [(_, &Option<CodeId>, &Option<Secret>, &str); 2] = [
        (
            CodePurpose::ContactMobile,
            &change.mobile_code,
            &request.mobile_code,
            "mobile_code",
        ),
        (
            CodePurpose::ContactMail,
            &change.mail_code,
            &request.mail_code,
            "mail_code",
        ),
    ];
    let mut missing = FieldErrors::new();
    for (_, code, typed, field) in &needed {
        let empty = typed
            .as_ref()
            .is_none_or(|typed| typed.expose().trim().is_empty());
        missing.require(code.is_none() || !empty, *field, FieldCode::Required);
    }
    missing.finish()?;
    let mut used = Vec::new();
    let mut wrong: Option<ApiError> = None;
    for (purpose, code, typed, field) in needed {
        let (Some(code), Some(typed)) = (code, typed) else {
            continue;
        };
        match ports.codes.take(code, purpose, typed.expose(), field).await {
            Ok(code) => used.push(code),
            Err(error) if error.code == ErrorCode::CodeWrong => match &mut wrong {
                Some(first) => first.fields.extend(error.fields),
                None => wrong = Some(error),
            },
            Err(error) => return Err(error),
        }
    }
    match wrong {
        Some(wrong) => Err(wrong),
        None => Ok(used),
    }
}

/// Was the contact changed since `at`, by somebody else or by a recovery?
async fn changed_since(ports: &Ports, company: &Company, at: Timestamp) -> Result<bool, ApiError> {
    let partition = registry::company_partition(&company.id);
    let events: Vec<CompanyEvent> = ports
        .registry
        .load_all(&partition, registry::COMPANY_EVENTS)
        .await?;
    let changes = |event: &CompanyEvent| {
        matches!(
            event.event,
            CompanyEventKind::ContactChanged | CompanyEventKind::Recovered
        )
    };
    Ok(events.iter().any(|event| at < event.at && changes(event)))
}

/// Everything that becomes true with a confirmed contact.
async fn confirmed(
    ports: &Ports,
    person: &Person,
    change: &ContactChange,
    used: &[OneTimeCode],
) -> Result<(Transaction, Company), ApiError> {
    let company = load(ports, person).await?;
    let now = ports.clock.now();
    if company.is_frozen(now) {
        return Err(ErrorCode::Frozen.into());
    }
    if changed_since(ports, &company, change.expires_at - LIFETIME).await? {
        return Err(ErrorCode::ChangedMeanwhile.into());
    }
    let old = &company.contact;
    let (next, event) = company.changed(
        person.actor(),
        CompanyEventKind::ContactChanged,
        compared(old, &change.contact).finish(),
        "",
        now,
    );
    let next = Company {
        contact: change.contact.clone(),
        ..next
    };
    let done = ContactChange {
        done_at: Some(now),
        version: change.version + 1,
        ..change.clone()
    };
    let mut all = Transaction::new(now);
    for code in used {
        all = all.change(code)?;
    }
    all = all.change(&done)?.change(&next)?.create(&event)?;
    let key = registry::user(&company.id, &person.user);
    let user: Option<User> = ports.registry.load(&key).await?;
    if let Some(user) =
        user.filter(|user| change.mobile_code.is_some() && user.mobile == old.mobile)
    {
        // The one who confirms has the new telephone in hand: their own codes go there too.
        all = all.change(&User {
            mobile: change.contact.mobile.clone(),
            version: user.version + 1,
            ..user
        })?;
    }
    all = moved(all, Some(&company), &next)?;
    let what = [
        change.mobile_code.as_ref().map(|_| "手机号码"),
        change.mail_code.as_ref().map(|_| "电子邮箱"),
    ];
    let what: Vec<&str> = what.into_iter().flatten().collect();
    let news = News {
        occasion: format!("{}-{}", done.id, done.version),
        notice: AccountNotice::ContactChanged,
        name: &company.name,
        note: what.join("、"),
        objection: None,
    };
    Ok((all.then(news.to(&targets(old))), next))
}

async fn is_done(ports: &Ports, id: &ContactChangeId) -> Result<bool, ApiError> {
    let found: Option<ContactChange> = ports.registry.load(&registry::contact_change(id)).await?;
    Ok(found.is_some_and(|change| change.done_at.is_some()))
}

/// Confirmed again it stays confirmed. Only who asked for a change confirms it.
pub(crate) async fn confirm(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<ContactChangeId>,
    Json(request): Json<ContactConfirmRequest>,
) -> Result<Json<CompanyFile>, ApiError> {
    for _ in 0..TRIES {
        let found: Option<ContactChange> =
            ports.registry.load(&registry::contact_change(&id)).await?;
        let own =
            found.filter(|change| change.company == person.company && change.user == person.user);
        let change = own.ok_or(ErrorCode::NotFound)?;
        if change.done_at.is_some() {
            let company = load(&ports, &person).await?;
            return Ok(Json(file(&ports, company).await?));
        }
        if load(&ports, &person).await?.is_frozen(ports.clock.now()) {
            return Err(ErrorCode::Frozen.into());
        }
        let used = match taken(&ports, &change, &request).await {
            Ok(used) => used,
            // The same call at the same time was faster, and has used the codes.
            Err(_) if is_done(&ports, &id).await? => {
                continue;
            }
            Err(wrong) => return Err(wrong),
        };
        if used.is_empty() {
            return Err(wrong_code("mobile_code"));
        }
        let (all, next) = confirmed(&ports, &person, &change, &used).await?;
        match ports.registry.record(&all).await {
            Ok(()) => return Ok(Json(file(&ports, next).await?)),
            // Somebody changed the company, or the same call ran twice: decided anew.
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}
