//! Passwords: forgotten (R53) and changed. A new one is never sent; a code is.

use adapters::ports::{CommitError, Transaction};
use adapters::registry;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::{NewPasswordRequest, PasswordChangeRequest, PasswordResetRequest};
use contract::error::{ErrorCode, FieldCode};
use domain::actor::Actor;
use domain::code::{CodePurpose, Holder, Target};
use domain::company::{Company, CompanyEventKind, PasswordHash, User, is_mobile};
use domain::ids::{CodeId, CompanyId, UserId};
use domain::notice::AccountNotice;
use domain::work::{Message, WorkItem};
use edge::codes::{Codes, wrong_code};
use edge::extract::{Json, Path, Person};
use edge::password::check;
use edge::throttle::{CODES_TARGET, LOGIN_BROWSER};
use edge::visitor::Visitor;
use edge::{ApiError, FieldErrors};
use http::StatusCode;

use crate::Ports;
use crate::codes::{DIGITS, asking, take};
use crate::names::by_mobile;
use crate::session::{TRIES, with_session};

/// Asks for a code to set a new password. The same answer, the same writes and the same work for every
/// name and number; only where they belong together a text message goes out. Called twice it is two codes,
/// and both work.
pub(crate) async fn request_reset(
    State(ports): State<Ports>,
    visitor: Visitor,
    Json(request): Json<PasswordResetRequest>,
) -> Result<Response, ApiError> {
    ports.throttles.admit(&asking(&visitor)).await?;
    ports.human.take(&request.human, &visitor).await?;
    let mut errors = FieldErrors::new();
    let name = errors.text(&request.company_name, "company_name", 64);
    let mobile = request.mobile.trim();
    errors.require(is_mobile(mobile), "mobile", FieldCode::Invalid);
    errors.finish()?;

    let found = by_mobile(&ports, &visitor, &name, mobile).await?;
    // Strangers who have codes sent to somebody's number use up what may be sent there in a while. A browser
    // at which that person was before has a count of its own, so they cannot keep the person waiting.
    let counter = match (&found, &visitor.browser) {
        (Some(person), Some(browser)) if person.known => format!("{mobile} {browser}"),
        _ => mobile.to_owned(),
    };
    let to_mobile = [(CODES_TARGET, counter.as_str())];
    ports.throttles.admit(&to_mobile).await?;
    ports.throttles.count(&asking(&visitor)).await?;
    ports.throttles.count(&to_mobile).await?;

    let typed = Target::sms(mobile);
    let target = found.is_some().then(|| typed.clone());
    let holder = found.map(|person| Holder {
        company: person.company.id,
        user: Some(person.user.id),
    });
    let (code, send) = ports.codes.make(CodePurpose::PasswordReset, target, holder);
    let ask = Transaction::new(ports.clock.now())
        .create(&code)?
        .then([send]);
    ports.registry.record(&ask).await?;
    let sent = Codes::sent(&code, &typed);
    Ok((StatusCode::ACCEPTED, Json(sent)).into_response())
}

/// A person with their company.
async fn person(
    ports: &Ports,
    company: &CompanyId,
    user: &UserId,
) -> Result<Option<(Company, User)>, ApiError> {
    let found: Option<Company> = ports.registry.load(&registry::company(company)).await?;
    let user: Option<User> = ports.registry.load(&registry::user(company, user)).await?;
    Ok(found.zip(user))
}

fn names<'a>(company: &'a Company, user: &'a User) -> [&'a str; 2] {
    [user.account.as_deref().unwrap_or_default(), &company.name]
}

/// The person with a new password, all sessions ended, and what goes with it: an entry of the company's
/// history, and word to the person and the company.
fn renewed(
    transaction: Transaction,
    company: &Company,
    user: &User,
    hash: PasswordHash,
    event: CompanyEventKind,
) -> Result<(Transaction, User), ApiError> {
    let next = User {
        password: Some(hash),
        ..user.logged_out()
    };
    let actor = Actor::Company {
        user: user.id.clone(),
    };
    let (company, entry) = company.changed(actor, event, Vec::new(), "", transaction.at);
    let occasion = format!("{}-{}", next.id, next.version);
    let mail = Some(&company.contact.mail).filter(|mail| !mail.is_empty());
    let told = [Target::sms(&user.mobile)]
        .into_iter()
        .chain(mail.map(Target::mail))
        .map(|target| {
            let message = Message {
                notice: AccountNotice::PasswordChanged,
                target,
                name: company.name.clone(),
                note: user.account.clone().unwrap_or_default(),
                link: None,
            };
            WorkItem::tell(&occasion, message)
        });
    let transaction = transaction
        .change(&next)?
        .change(&company)?
        .create(&entry)?
        .then(told);
    Ok((transaction, next))
}

/// Sets a new password by code, and ends all sessions of that person. It never unbinds: a company that is
/// bound to a key stays so. A password that is too weak leaves the code as it was; called again after success
/// the code is used, and the answer is [`ErrorCode::CodeWrong`].
pub(crate) async fn reset(
    State(ports): State<Ports>,
    visitor: Visitor,
    Path(id): Path<CodeId>,
    Json(request): Json<NewPasswordRequest>,
) -> Result<Response, ApiError> {
    let password = request.password.expose();
    let weak = |names: &[&str]| match check(password, names) {
        Some(problem) => Err(ApiError::field("password", problem)),
        None => Ok(()),
    };
    // Whose code it is may be asked only after the digits were right, so the names come later.
    weak(&[])?;
    let typed = request.code.expose();
    let purpose = CodePurpose::PasswordReset;
    let used = take(&ports, &visitor, Some(&id), purpose, typed).await?;
    let holder = used.holder.clone().ok_or_else(|| wrong_code(DIGITS))?;
    let holder_user = holder.user.ok_or_else(|| wrong_code(DIGITS))?;
    let mut hash = None;
    for _ in 0..TRIES {
        let Some((company, user)) = person(&ports, &holder.company, &holder_user).await? else {
            return Err(wrong_code(DIGITS));
        };
        weak(&names(&company, &user))?;
        let hash = match &hash {
            Some(hash) => PasswordHash::clone(hash),
            None => hash
                .insert(ports.passwords.hash(password, &*ports.random)?)
                .clone(),
        };
        let all = Transaction::new(ports.clock.now()).change(&used)?;
        let event = CompanyEventKind::PasswordReset;
        let (all, _) = renewed(all, &company, &user, hash, event)?;
        match ports.registry.record(&all).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT.into_response()),
            Err(error) if error.refuses(0) => return Err(wrong_code(DIGITS)),
            // Somebody changed the company at the same moment.
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// Changes one's own password: all sessions end, and this browser goes on in a new one. After a lost answer
/// nobody is logged in, and the new password is the right one.
pub(crate) async fn change(
    State(ports): State<Ports>,
    visitor: Visitor,
    caller: Person,
    Json(request): Json<PasswordChangeRequest>,
) -> Result<Response, ApiError> {
    // By person: whoever has found an open session does not guess the password from many browsers.
    let counted = [(LOGIN_BROWSER, caller.user.as_str())];
    ports.throttles.admit(&counted).await?;
    let (mut company, mut user) = person(&ports, &caller.company, &caller.user)
        .await?
        .ok_or(ErrorCode::LoginRequired)?;
    let password = request.password.expose();
    if let Some(problem) = check(password, &names(&company, &user)) {
        return Err(ApiError::field("password", problem));
    }
    let current = request.current.expose();
    if !ports.passwords.verify(current, user.password.as_ref()) {
        ports.throttles.count(&counted).await?;
        return Err(ApiError {
            fields: vec![("current".to_owned(), FieldCode::Invalid)],
            ..ApiError::new(ErrorCode::LoginFailed)
        });
    }
    let hash = ports.passwords.hash(password, &*ports.random)?;
    for _ in 0..TRIES {
        let all = Transaction::new(ports.clock.now());
        let event = CompanyEventKind::PasswordChanged;
        let (all, next) = renewed(all, &company, &user, hash.clone(), event)?;
        let new = match &caller.key {
            Some(key) => ports.sessions.of_key(&next, key.clone(), &visitor),
            None => ports.sessions.of_user(&next, caller.level, &visitor),
        };
        let all = with_session(all, &new, &next, &visitor)?;
        match ports.registry.record(&all).await {
            Ok(()) => return Ok((StatusCode::NO_CONTENT, [new.cookie]).into_response()),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let verified = (user.password.clone(), user.epoch);
        (company, user) = person(&ports, &caller.company, &caller.user)
            .await?
            .ok_or(ErrorCode::LoginRequired)?;
        if (user.password.clone(), user.epoch) != verified {
            // It was changed elsewhere, or all sessions were ended: this one too.
            return Err(ErrorCode::LoginRequired.into());
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}
