//! Registration: what was typed waits for the code sent to the mobile number, and becomes a company by it.
//!
//! Name and credit code are claimed, not owned, so nobody is asked whether they are known; who claimed them
//! before is told when the second company exists.

use adapters::ports::{CommitError, PortError, Transaction, new_ulid};
use adapters::registry::{self, AccountName, CLAIMS, Claim, Claimed, Ownership};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::{CodeRequest, CodeSent, HumanRequest, RegisterRequest, RegistrationView};
use contract::error::{ErrorCode, FieldCode};
use domain::actor::Actor;
use domain::code::{CodePurpose, OneTimeCode, Target};
use domain::company::{
    Company, CompanyEvent, CompanyEventKind, Contact, CreditCode, InvalidCreditCode, User, is_mail,
    is_mobile,
};
use domain::ids::{CompanyId, RegistrationId, UserId};
use domain::notice::AccountNotice;
use domain::policy::{LoginWay, StorefrontId};
use domain::registration::Registration;
use domain::session::SessionLevel;
use domain::work::{Message, Task, WorkItem};
use edge::codes::{Codes, wrong_code};
use edge::extract::{Json, Path};
use edge::throttle::CODES_TARGET;
use edge::visitor::Visitor;
use edge::{ApiError, FieldErrors, password};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::Ports;
use crate::codes::{DIGITS, asking, take};
use crate::session::{TRIES, session_view, with_session};

/// How long a registration waits for its code.
const WAITS: SignedDuration = SignedDuration::from_hours(24);
/// How many others who claim the same name or code are told.
const TOLD: usize = 10;

/// A registration as it was typed, looked over.
struct Form {
    storefront: StorefrontId,
    account: Option<String>,
    company_name: String,
    credit_code: CreditCode,
    contact: Contact,
}

fn checked(ports: &Ports, request: &RegisterRequest) -> Result<Form, ApiError> {
    let mut errors = FieldErrors::new();
    let id = StorefrontId(request.storefront.clone());
    let storefront = ports.policies.storefront(&id);
    errors.require(storefront.is_some(), "storefront", FieldCode::NotOffered);
    // Where the account name is told first, everybody has one; elsewhere it is offered beside.
    let needed = storefront.is_some_and(|it| it.login_ways.first() == Some(&LoginWay::AccountName));
    let account = request.account.as_deref().unwrap_or_default().trim();
    if needed || !account.is_empty() {
        errors.text(account, "account", 40);
        let form = !account.chars().any(|c| c.is_whitespace() || c == '#');
        errors.require(form, "account", FieldCode::Invalid);
        let long = account.is_empty() || account.chars().count() >= 3;
        errors.require(long, "account", FieldCode::TooShort);
    }
    let company_name = errors.text(&request.company_name, "company_name", 64);
    let long = company_name.is_empty() || company_name.chars().count() >= 2;
    errors.require(long, "company_name", FieldCode::TooShort);
    let credit_code = request.credit_code.parse::<CreditCode>();
    match &credit_code {
        Ok(_) => {}
        Err(InvalidCreditCode::Form) => errors.add("credit_code", FieldCode::Invalid),
        Err(InvalidCreditCode::Check) => errors.add("credit_code", FieldCode::CheckCharacter),
    }
    let contact = Contact {
        name: errors.text(&request.contact.name, "contact.name", 50),
        mobile: request.contact.mobile.trim().to_owned(),
        mail: request.contact.mail.trim().to_owned(),
    };
    // Codes and notices go there as text messages (R51).
    let mobile = is_mobile(&contact.mobile);
    errors.require(mobile, "contact.mobile", FieldCode::Invalid);
    // Wanted everywhere: without a mailbox a company cannot be unbound from a lost key (R29).
    errors.require(is_mail(&contact.mail), "contact.mail", FieldCode::Invalid);
    if let Some(problem) = password::check(request.password.expose(), &[account, &company_name]) {
        errors.add("password", problem);
    }
    errors.finish()?;
    Ok(Form {
        storefront: id,
        account: (!account.is_empty()).then(|| account.to_owned()),
        company_name,
        credit_code: credit_code.map_err(|_| ApiError::field("credit_code", FieldCode::Invalid))?,
        contact,
    })
}

fn account_taken() -> ApiError {
    ApiError {
        fields: vec![("account".to_owned(), FieldCode::Taken)],
        ..ApiError::new(ErrorCode::AccountTaken)
    }
}

/// Takes a registration. Called twice it is two of them, each with a code of its own; the first of the two
/// that is confirmed has the account name.
///
/// Whether an account name is taken has to be told, or nobody could choose one. It says nothing about a
/// company, and asking is counted.
pub(crate) async fn register(
    State(ports): State<Ports>,
    visitor: Visitor,
    Json(request): Json<RegisterRequest>,
) -> Result<Response, ApiError> {
    ports.throttles.admit(&asking(&visitor)).await?;
    ports.human.take(&request.human, &visitor).await?;
    let form = checked(&ports, &request)?;
    let to_mobile = [(CODES_TARGET, form.contact.mobile.as_str())];
    ports.throttles.admit(&to_mobile).await?;
    ports.throttles.count(&asking(&visitor)).await?;
    ports.throttles.count(&to_mobile).await?;
    let hash = ports
        .passwords
        .hash(request.password.expose(), &*ports.random)?;
    if let Some(account) = &form.account {
        let key = registry::account_name(account);
        let taken: Option<AccountName> = ports.registry.load(&key).await?;
        if taken.is_some() {
            return Err(account_taken());
        }
    }
    let now = ports.clock.now();
    let target = Target::sms(form.contact.mobile.clone());
    let (code, send) = ports
        .codes
        .make(CodePurpose::Registration, Some(target.clone()), None);
    let registration = Registration {
        id: RegistrationId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
        storefront: form.storefront,
        company_name: form.company_name,
        credit_code: form.credit_code,
        account: form.account,
        contact: form.contact,
        password: hash,
        code: code.id.clone(),
        done_at: None,
        expires_at: now + WAITS,
        version: 1,
    };
    let taken = Transaction::new(now)
        .create(&registration)?
        .create(&code)?
        .then([send]);
    ports.registry.record(&taken).await?;
    let view = RegistrationView {
        registration: registration.id,
        code: Codes::sent(&code, &target),
    };
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// Sends another code, and the one before opens nothing any more. Called twice it is two codes, of which
/// the second one works.
///
/// For a registration that is done or not there the answer is the same, with a code that goes nowhere.
pub(crate) async fn resend(
    State(ports): State<Ports>,
    visitor: Visitor,
    Path(id): Path<RegistrationId>,
    Json(request): Json<HumanRequest>,
) -> Result<Response, ApiError> {
    ports.throttles.admit(&asking(&visitor)).await?;
    ports.human.take(&request.human, &visitor).await?;
    let mut counted = false;
    for _ in 0..TRIES {
        let now = ports.clock.now();
        let key = registry::registration(&id);
        let found: Option<Registration> = ports.registry.load(&key).await?;
        // Of one that is not there no number is known; stars are shown in its place.
        let mobile = found
            .as_ref()
            .map_or_else(|| "*".repeat(11), |known| known.contact.mobile.clone());
        if !counted {
            let counter = found.as_ref().map_or(id.as_str(), |_| mobile.as_str());
            let to_mobile = [(CODES_TARGET, counter)];
            ports.throttles.admit(&to_mobile).await?;
            ports.throttles.count(&asking(&visitor)).await?;
            ports.throttles.count(&to_mobile).await?;
            counted = true;
        }
        let typed = Target::sms(mobile);
        let waits = found.as_ref().is_some_and(|known| is_open(known, now));
        let target = waits.then(|| typed.clone());
        let (code, send) = ports.codes.make(CodePurpose::Registration, target, None);
        let mut all = Transaction::new(now).create(&code)?.then([send]);
        if let Some(known) = found {
            all = all.change(&Registration {
                code: if waits {
                    code.id.clone()
                } else {
                    known.code.clone()
                },
                version: known.version + 1,
                ..known
            })?;
        }
        match ports.registry.record(&all).await {
            Ok(()) => {
                let sent: CodeSent = Codes::sent(&code, &typed);
                return Ok((StatusCode::ACCEPTED, Json(sent)).into_response());
            }
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

fn is_open(registration: &Registration, now: Timestamp) -> bool {
    registration.done_at.is_none() && now < registration.expires_at
}

/// What a registration becomes.
struct Newcomer {
    company: Company,
    event: CompanyEvent,
    user: User,
}

fn newcomer(ports: &Ports, registration: &Registration, now: Timestamp) -> Newcomer {
    let id = || new_ulid(&*ports.clock, &*ports.random);
    let user_id = UserId::from_ulid(&id());
    let bare = Company::new(
        CompanyId::from_ulid(&id()),
        registration.company_name.clone(),
        registration.credit_code.clone(),
        registration.contact.clone(),
        user_id.clone(),
        registration.storefront.clone(),
        now,
    );
    let actor = Actor::Company {
        user: user_id.clone(),
    };
    // Its history begins with its first version.
    let (company, event) = bare.changed(actor, CompanyEventKind::Registered, Vec::new(), "", now);
    let company = Company {
        version: bare.version,
        ..company
    };
    let user = User {
        id: user_id,
        company: company.id.clone(),
        account: registration.account.clone(),
        name: registration.contact.name.clone(),
        mobile: registration.contact.mobile.clone(),
        password: Some(registration.password.clone()),
        epoch: 0,
        created_at: now,
        version: 1,
    };
    Newcomer {
        company,
        event,
        user,
    }
}

fn claims_of(company: &Company) -> [(Claimed, String); 2] {
    [
        (Claimed::Name, company.name.clone()),
        (Claimed::CreditCode, company.credit_code.to_string()),
    ]
}

/// Those who claim or own the same name or code: owners first, then the oldest.
async fn others(ports: &Ports, company: &Company) -> Result<Vec<Company>, ApiError> {
    let mut owners = Vec::new();
    let mut claimants = Vec::new();
    for (what, text) in claims_of(company) {
        let key = registry::ownership(what, &text);
        let owner: Option<Ownership> = ports.registry.load(&key).await?;
        owners.extend(owner.map(|owner| owner.company));
        let partition = registry::claims(what, &text);
        let claims: Vec<Claim> = ports.registry.load_all(&partition, CLAIMS).await?;
        claimants.extend(claims.into_iter().map(|claim| claim.company));
    }
    // Ids are in the order of time.
    claimants.sort();
    let mut ids: Vec<CompanyId> = Vec::new();
    for id in owners.into_iter().chain(claimants) {
        if ids.len() < TOLD && !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut found = Vec::new();
    for id in &ids {
        found.extend(
            ports
                .registry
                .load::<Company>(&registry::company(id))
                .await?,
        );
    }
    Ok(found)
}

/// What follows a registration: others who claim the same are told. It is always as much work, whether
/// there is anybody to tell or not: the rest is the sending of a code that is used, which is nothing to do.
fn notices(company: &Company, others: &[Company], used: &OneTimeCode) -> Vec<WorkItem> {
    let occasion = format!("{}-{}", company.id, company.version);
    let mut work: Vec<WorkItem> = Vec::new();
    for other in others {
        let ways = [
            Target::mail(&other.contact.mail),
            Target::sms(&other.contact.mobile),
        ];
        for target in ways.into_iter().filter(|way| !way.to.is_empty()) {
            let message = Message {
                notice: AccountNotice::ClaimedAgain,
                target,
                name: other.name.clone(),
                note: String::new(),
                link: None,
            };
            let item = WorkItem::tell(&occasion, message);
            // Two records with one contact are told once.
            if work.iter().all(|known| known.id != item.id) {
                work.push(item);
            }
        }
    }
    for place in work.len()..2 * TOLD {
        work.push(WorkItem {
            id: format!("tell-{occasion}-nobody-{place}"),
            task: Task::Code {
                code: used.id.clone(),
            },
        });
    }
    work
}

/// Confirms the mobile number: the company exists, and its first person is logged in. All of it is one
/// transaction, so that after a lost answer there is either nothing or everything. In the second case the
/// code is used and a repeated call is [`ErrorCode::CodeWrong`]: then the person logs in with the password.
pub(crate) async fn confirm(
    State(ports): State<Ports>,
    visitor: Visitor,
    Path(id): Path<RegistrationId>,
    Json(request): Json<CodeRequest>,
) -> Result<Response, ApiError> {
    let now = ports.clock.now();
    let key = registry::registration(&id);
    let found: Option<Registration> = ports.registry.load(&key).await?;
    let open = found.filter(|registration| is_open(registration, now));
    let code = open.as_ref().map(|registration| &registration.code);
    let typed = request.code.expose();
    let used = take(&ports, &visitor, code, CodePurpose::Registration, typed).await?;
    let registration = open.ok_or_else(|| wrong_code(DIGITS))?;

    let Newcomer {
        company,
        event,
        user,
    } = newcomer(&ports, &registration, now);
    let done = Registration {
        done_at: Some(now),
        version: registration.version + 1,
        ..registration
    };
    let others = others(&ports, &company).await?;
    let mut all = Transaction::new(now);
    let code_place = all.writes.len();
    all = all.change(&used)?.change(&done)?;
    let account_place = all.writes.len();
    if let Some(account) = &user.account {
        all = all.create(&AccountName {
            account: account.clone(),
            company: company.id.clone(),
            user: user.id.clone(),
        })?;
    }
    let company_place = all.writes.len();
    all = all.change(&company)?.create(&event)?.change(&user)?;
    for (what, text) in claims_of(&company) {
        all = all.create(&Claim {
            what,
            text,
            company: company.id.clone(),
            at: now,
        })?;
    }
    all = edge::contacts::moved(all, None, &company)?;
    let new = ports.sessions.of_user(&user, SessionLevel::Full, &visitor);
    all = with_session(all, &new, &user, &visitor)?;
    all = all.then(notices(&company, &others, &used));
    match ports.registry.record(&all).await {
        Ok(()) => {}
        // Somebody used the code, or asked for another one, at the same moment.
        Err(error) if (code_place..account_place).any(|place| error.refuses(place)) => {
            return Err(wrong_code(DIGITS));
        }
        Err(error) if (account_place..company_place).any(|place| error.refuses(place)) => {
            return Err(account_taken());
        }
        Err(error) => return Err(PortError::from(error).into()),
    }
    let view = session_view(&company, &user, &new.session);
    Ok((StatusCode::CREATED, [new.cookie], Json(view)).into_response())
}
