//! 邮箱或手机已停用: a new contact by papers, without login. A cookie of the browser opens the application.

use adapters::ports::{CommitError, Transaction, new_ulid};
use adapters::registry::{self, COMPANY_PAPERS, RecoveryCookie};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::{CodeSent, HumanRequest};
use contract::company::CompanyPaperRequest;
use contract::error::{ErrorCode, FieldCode};
use contract::unbinding::{
    RecoveryConfirmRequest, RecoveryRequest, RecoverySubmitRequest, RecoveryView,
};
use domain::code::{CodePurpose, OneTimeCode, Target};
use domain::company::{
    Contact, CreditCode, InvalidCreditCode, is_mail, is_mobile, login_key, masked,
};
use domain::ids::{CodeId, PaperId, RecoveryId};
use domain::policy::StorefrontId;
use domain::qualification::{CONSENT_VERSION, CompanyPaper, Consent};
use domain::recovery::{PAPERS, Recovery, RecoveryState};
use domain::throttle::Rule;
use domain::work::WorkItem;
use edge::codes::{Codes, wrong_code};
use edge::extract::Json;
use edge::throttle::{CODES_ADDRESS, CODES_BROWSER, CODES_TARGET};
use edge::visitor::Visitor;
use edge::{ApiError, FieldErrors, cookie};
use http::{HeaderMap, StatusCode, header};
use jiff::SignedDuration;

use crate::Ports;
use crate::find::by_name_and_code;

/// How long the browser can look at its application.
const COOKIE_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Where the digits are typed.
const MOBILE_CODE: &str = "mobile_code";
/// Likewise.
const MAIL_CODE: &str = "mail_code";

/// The forms, read.
struct Form {
    storefront: StorefrontId,
    company_name: String,
    credit_code: CreditCode,
    contact: Contact,
}

fn read(ports: &Ports, request: &RecoveryRequest) -> Result<Form, ApiError> {
    let mut errors = FieldErrors::new();
    let storefront = StorefrontId(request.storefront.clone());
    errors.require(
        ports.policies.storefront(&storefront).is_some(),
        "storefront",
        FieldCode::NotOffered,
    );
    let company_name = errors.text(&request.company_name, "company_name", 100);
    let code = request.credit_code.parse::<CreditCode>();
    match &code {
        Ok(_) => {}
        Err(InvalidCreditCode::Form) => errors.add("credit_code", FieldCode::Invalid),
        Err(InvalidCreditCode::Check) => errors.add("credit_code", FieldCode::CheckCharacter),
    }
    let contact = Contact {
        name: errors.text(&request.contact.name, "contact.name", 50),
        mobile: request.contact.mobile.trim().to_owned(),
        mail: request.contact.mail.trim().to_owned(),
    };
    errors.require(
        is_mobile(&contact.mobile),
        "contact.mobile",
        FieldCode::Invalid,
    );
    errors.require(is_mail(&contact.mail), "contact.mail", FieldCode::Invalid);
    errors.require(
        request.consent == CONSENT_VERSION,
        "consent",
        FieldCode::Required,
    );
    errors.finish()?;
    Ok(Form {
        storefront,
        company_name,
        credit_code: code.map_err(|_| ApiError::field("credit_code", FieldCode::Invalid))?,
        contact,
    })
}

/// Whom sending codes is counted for: browser and address, and where they go.
fn asking(visitor: &Visitor) -> Vec<(Rule, &str)> {
    visitor.counted(CODES_BROWSER, CODES_ADDRESS)
}

/// Nobody's telephone or mailbox is flooded, whoever types it.
async fn admit_targets(ports: &Ports, contact: &Contact) -> Result<(), ApiError> {
    let mailbox = login_key(&contact.mail);
    let targets = [
        (CODES_TARGET, contact.mobile.as_str()),
        (CODES_TARGET, &mailbox),
    ];
    ports.throttles.admit(&targets).await
}

async fn count(ports: &Ports, visitor: &Visitor, contact: &Contact) -> Result<(), ApiError> {
    let mailbox = login_key(&contact.mail);
    let targets = [
        (CODES_TARGET, contact.mobile.as_str()),
        (CODES_TARGET, &mailbox),
    ];
    ports.throttles.count(&asking(visitor)).await?;
    ports.throttles.count(&targets).await
}

/// Both codes to a new contact, with the work of sending them.
fn codes(ports: &Ports, contact: &Contact) -> ([OneTimeCode; 2], [WorkItem; 2]) {
    let mobile = Some(Target::sms(&contact.mobile));
    let mail = Some(Target::mail(&contact.mail));
    let (mobile, send_mobile) = ports.codes.make(CodePurpose::RecoveryMobile, mobile, None);
    let (mail, send_mail) = ports.codes.make(CodePurpose::RecoveryMail, mail, None);
    ([mobile, mail], [send_mobile, send_mail])
}

/// Begins an application. Whether a company fits is looked up for the reviewers and told to nobody else.
///
/// Called twice, there are two; the browser keeps the later one.
pub(crate) async fn begin(
    State(ports): State<Ports>,
    visitor: Visitor,
    Json(request): Json<RecoveryRequest>,
) -> Result<Response, ApiError> {
    ports.throttles.admit(&asking(&visitor)).await?;
    ports.human.take(&request.human, &visitor).await?;
    let form = read(&ports, &request)?;
    admit_targets(&ports, &form.contact).await?;
    count(&ports, &visitor, &form.contact).await?;

    let now = ports.clock.now();
    let company = by_name_and_code(&*ports.registry, &form.company_name, &form.credit_code).await?;
    let ([mobile, mail], send) = codes(&ports, &form.contact);
    let recovery = Recovery {
        id: RecoveryId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
        storefront: form.storefront,
        company_name: form.company_name,
        credit_code: form.credit_code,
        company,
        contact: form.contact,
        mobile_code: mobile.id.clone(),
        mail_code: mail.id.clone(),
        confirmed_at: None,
        consent: Consent {
            version: request.consent,
            at: now,
        },
        papers: Vec::new(),
        state: RecoveryState::Draft,
        decisions: Vec::new(),
        object_until: None,
        objection: None,
        created_at: now,
        submitted_at: None,
        version: 1,
    };
    let token = cookie::new_token(&*ports.random);
    let opens = RecoveryCookie {
        token_hash: cookie::token_hash(&token),
        recovery: recovery.id.clone(),
        expires_at: now + COOKIE_LIFETIME,
    };
    let begun = Transaction::new(now)
        .create(&recovery)?
        .create(&opens)?
        .create(&mobile)?
        .create(&mail)?
        .then(send);
    ports.registry.record(&begun).await?;
    let set = format!(
        "{}; Max-Age={}",
        cookie::set(cookie::RECOVERY, &token),
        COOKIE_LIFETIME.as_secs()
    );
    let view = view(&ports, &recovery).await?;
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, set)], Json(view)).into_response())
}

/// The application of this browser.
async fn mine(ports: &Ports, headers: &HeaderMap) -> Result<Recovery, ApiError> {
    let token = cookie::read(headers, cookie::RECOVERY).ok_or(ErrorCode::NotFound)?;
    let key = registry::recovery_cookie(&cookie::token_hash(&token));
    let opens: Option<RecoveryCookie> = ports.registry.load(&key).await?;
    let opens = opens
        .filter(|opens| ports.clock.now() < opens.expires_at)
        .ok_or(ErrorCode::NotFound)?;
    let found: Option<Recovery> = ports
        .registry
        .load(&registry::recovery(&opens.recovery))
        .await?;
    Ok(found.ok_or(ErrorCode::NotFound)?)
}

/// A code that can still be used, as the one who waits for it reads it.
async fn sent(ports: &Ports, id: &CodeId, to: &Target) -> Result<Option<CodeSent>, ApiError> {
    let found: Option<OneTimeCode> = ports.registry.load(&registry::code(id)).await?;
    let open = found.filter(|code| code.is_open(ports.clock.now()));
    Ok(open.map(|code| Codes::sent(&code, to)))
}

/// The files of a draft whose bytes have come, so that a page loaded anew shows them.
async fn arrived(ports: &Ports, recovery: &Recovery) -> Result<Vec<PaperId>, ApiError> {
    let partition = registry::company_papers(recovery.id.as_str());
    let announced: Vec<CompanyPaper> = ports.registry.load_all(&partition, COMPANY_PAPERS).await?;
    let mut arrived = Vec::new();
    for paper in announced {
        if ports
            .papers
            .objects
            .info(&paper.object_key())
            .await?
            .is_some()
        {
            arrived.push(paper.id);
        }
    }
    Ok(arrived)
}

async fn view(ports: &Ports, recovery: &Recovery) -> Result<RecoveryView, ApiError> {
    let mobile = Target::sms(&recovery.contact.mobile);
    let mail = Target::mail(&recovery.contact.mail);
    let confirmed = recovery.confirmed_at.is_some();
    let (mobile_code, mail_code) = if confirmed {
        (None, None)
    } else {
        (
            sent(ports, &recovery.mobile_code, &mobile).await?,
            sent(ports, &recovery.mail_code, &mail).await?,
        )
    };
    let papers = match recovery.state {
        RecoveryState::Draft if !confirmed => Vec::new(),
        RecoveryState::Draft => arrived(ports, recovery).await?,
        _ => recovery.papers.clone(),
    };
    let refusal = recovery.decisions.iter().find(|decision| !decision.approve);
    Ok(RecoveryView {
        id: recovery.id.clone(),
        state: recovery.state,
        company_name: recovery.company_name.clone(),
        credit_code: recovery.credit_code.as_str().to_owned(),
        contact: Contact {
            name: masked(&recovery.contact.name, 1, 0),
            mobile: mobile.masked(),
            mail: mail.masked(),
        },
        confirmed,
        mobile_code,
        mail_code,
        papers: ports.papers.views(recovery.id.as_str(), &papers).await?,
        refused_because: refusal.map_or_else(String::new, |decision| decision.note.clone()),
        object_until: recovery.object_until,
        created_at: recovery.created_at,
        submitted_at: recovery.submitted_at,
    })
}

/// Shows the application of this browser.
pub(crate) async fn show(
    State(ports): State<Ports>,
    headers: HeaderMap,
) -> Result<Json<RecoveryView>, ApiError> {
    let recovery = mine(&ports, &headers).await?;
    Ok(Json(view(&ports, &recovery).await?))
}

/// A draft whose new contact is, or is not, confirmed.
fn draft(recovery: Recovery, confirmed: bool) -> Result<Recovery, ApiError> {
    if recovery.state == RecoveryState::Draft && recovery.confirmed_at.is_some() == confirmed {
        Ok(recovery)
    } else {
        Err(ErrorCode::NotInThisState.into())
    }
}

/// Sends both codes again; those sent before work no more. Called twice, it sends two pairs.
pub(crate) async fn resend(
    State(ports): State<Ports>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(request): Json<HumanRequest>,
) -> Result<Json<RecoveryView>, ApiError> {
    ports.throttles.admit(&asking(&visitor)).await?;
    ports.human.take(&request.human, &visitor).await?;
    let recovery = draft(mine(&ports, &headers).await?, false)?;
    admit_targets(&ports, &recovery.contact).await?;
    count(&ports, &visitor, &recovery.contact).await?;

    let ([mobile, mail], send) = codes(&ports, &recovery.contact);
    let next = Recovery {
        mobile_code: mobile.id.clone(),
        mail_code: mail.id.clone(),
        version: recovery.version + 1,
        ..recovery
    };
    let again = Transaction::new(ports.clock.now())
        .create(&mobile)?
        .create(&mail)?
        .change(&next)?
        .then(send);
    ports.registry.record(&again).await?;
    Ok(Json(view(&ports, &next).await?))
}

/// Confirms the new contact by both codes: one wrong leaves the other as it was. Called twice, the second
/// finds it confirmed.
pub(crate) async fn confirm(
    State(ports): State<Ports>,
    headers: HeaderMap,
    Json(request): Json<RecoveryConfirmRequest>,
) -> Result<Json<RecoveryView>, ApiError> {
    let recovery = mine(&ports, &headers).await?;
    if recovery.confirmed_at.is_some() {
        return Ok(Json(view(&ports, &recovery).await?));
    }
    let mut errors = FieldErrors::new();
    let (mobile, mail) = (request.mobile_code.expose(), request.mail_code.expose());
    errors.require(!mobile.trim().is_empty(), MOBILE_CODE, FieldCode::Required);
    errors.require(!mail.trim().is_empty(), MAIL_CODE, FieldCode::Required);
    errors.finish()?;
    let (mobile, mail) = both(&ports, &recovery, mobile, mail).await?;

    let now = ports.clock.now();
    let next = Recovery {
        confirmed_at: Some(now),
        version: recovery.version + 1,
        ..recovery
    };
    let confirmed = Transaction::new(now)
        .change(&mobile)?
        .change(&mail)?
        .change(&next)?;
    match ports.registry.record(&confirmed).await {
        Ok(()) => Ok(Json(view(&ports, &next).await?)),
        Err(error @ CommitError::Refused(_)) => {
            // The same call, twice at once: the other one has done it.
            let found = mine(&ports, &headers).await?;
            if found.confirmed_at.is_some() {
                return Ok(Json(view(&ports, &found).await?));
            }
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Both codes as used, or an error that names every wrong one.
async fn both(
    ports: &Ports,
    recovery: &Recovery,
    mobile: &str,
    mail: &str,
) -> Result<(OneTimeCode, OneTimeCode), ApiError> {
    let (by_sms, by_mail) = (CodePurpose::RecoveryMobile, CodePurpose::RecoveryMail);
    let mobile = ports
        .codes
        .take(&recovery.mobile_code, by_sms, mobile, MOBILE_CODE)
        .await;
    let mail = ports
        .codes
        .take(&recovery.mail_code, by_mail, mail, MAIL_CODE)
        .await;
    match (mobile, mail) {
        (Ok(mobile), Ok(mail)) => Ok((mobile, mail)),
        (Err(one), Err(other)) => {
            let is_wrong = |error: &ApiError| error.code == ErrorCode::CodeWrong;
            match (is_wrong(&one), is_wrong(&other)) {
                (true, true) => {
                    let mut all = wrong_code(MOBILE_CODE);
                    all.fields.extend(wrong_code(MAIL_CODE).fields);
                    Err(all)
                }
                (true, false) => Err(other),
                (false, _) => Err(one),
            }
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

/// Announces a file. Only after the new contact is confirmed: nobody puts files here without having shown who
/// can be asked about them.
pub(crate) async fn announce(
    State(ports): State<Ports>,
    headers: HeaderMap,
    Json(request): Json<CompanyPaperRequest>,
) -> Result<Response, ApiError> {
    let recovery = draft(mine(&ports, &headers).await?, true)?;
    let upload = ports
        .papers
        .announce(recovery.id.as_str(), &request, &PAPERS)
        .await?;
    Ok((StatusCode::CREATED, Json(upload)).into_response())
}

/// Hands the application in. Called twice, the second finds it handed in.
pub(crate) async fn submit(
    State(ports): State<Ports>,
    headers: HeaderMap,
    Json(request): Json<RecoverySubmitRequest>,
) -> Result<Json<RecoveryView>, ApiError> {
    let recovery = mine(&ports, &headers).await?;
    if recovery.state == RecoveryState::Submitted && recovery.papers == request.papers {
        return Ok(Json(view(&ports, &recovery).await?));
    }
    let recovery = draft(recovery, true)?;
    let owner = recovery.id.as_str();
    ports.papers.check(owner, &request.papers, &PAPERS).await?;
    let now = ports.clock.now();
    let next = Recovery {
        papers: request.papers,
        state: RecoveryState::Submitted,
        submitted_at: Some(now),
        version: recovery.version + 1,
        ..recovery
    };
    let handed_in = Transaction::new(now).change(&next)?;
    ports.registry.record(&handed_in).await?;
    Ok(Json(view(&ports, &next).await?))
}
