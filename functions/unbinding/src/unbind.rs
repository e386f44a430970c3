//! 证书解绑: five items, a code by mail, unbound.

use adapters::ports::{CommitError, Transaction};
use adapters::registry;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::CodeRequest;
use contract::error::{ErrorCode, FieldCode};
use contract::unbinding::UnbindingRequest;
use domain::code::{CodePurpose, Holder, OneTimeCode, Target};
use domain::company::{Company, CompanyEventKind, login_key};
use domain::ids::CodeId;
use domain::notice::AccountNotice;
use domain::recovery::ObjectionAbout;
use domain::throttle::Rule;
use edge::ApiError;
use edge::codes::{Codes, wrong_code};
use edge::extract::{Json, Path};
use edge::human::Effort;
use edge::recoveries::{
    News, TRIES, UNBINDING_OBJECTION, logged_out, objection, people, targets, unbound,
};
use edge::throttle::{CODES_TARGET, UNBINDING_ADDRESS, UNBINDING_BROWSER};
use edge::visitor::Visitor;
use http::StatusCode;

use crate::Ports;
use crate::find::Items;

/// Where the code's digits are typed.
const CODE: &str = "code";

fn tries(visitor: &Visitor) -> Vec<(Rule, &str)> {
    visitor.counted(UNBINDING_BROWSER, UNBINDING_ADDRESS)
}

/// Takes what somebody knows of a company. A code is made either way; it is sent only when everything fits.
///
/// Each asking counts as a try of browser and address: what was right is seen only when the code is typed,
/// and a counter that spared those who knew would tell that they do. Who goes on to unbind gets the try back.
/// A mailbox that many ask about is never refused, or anybody could keep a company from unbinding; it costs
/// a longer human check.
///
/// Called twice, it sends two codes; both work.
pub(crate) async fn request(
    State(ports): State<Ports>,
    visitor: Visitor,
    Json(request): Json<UnbindingRequest>,
) -> Result<Response, ApiError> {
    let counted = tries(&visitor);
    ports.throttles.admit(&counted).await?;
    let effort = ports.human.take(&request.human, &visitor).await?;
    let items = Items::read(&request)?;
    let mailbox = login_key(&items.mail);
    if effort == Effort::Easy && ports.throttles.is_hot(&CODES_TARGET, &mailbox).await? {
        return Err(ErrorCode::HumanCheckHarder.into());
    }
    ports.throttles.count(&counted).await?;
    ports.throttles.count(&[(CODES_TARGET, &mailbox)]).await?;

    let found = items.company(&*ports.registry).await?;
    let target = found
        .as_ref()
        .map(|company| Target::mail(&company.contact.mail));
    let holder = found.map(|company| Holder {
        company: company.id,
        user: None,
    });
    let (code, send) = ports.codes.make(CodePurpose::Unbinding, target, holder);
    let asked = Transaction::new(ports.clock.now())
        .create(&code)?
        .then([send]);
    ports.registry.record(&asked).await?;
    let sent = Codes::sent(&code, &Target::mail(items.mail));
    Ok((StatusCode::ACCEPTED, Json(sent)).into_response())
}

/// Unbinds by code: the company is bound to none of its keys any more, everybody is logged out, contact and
/// addresses are frozen, mailbox and mobile number are told. All of it is one write.
///
/// Wrong digits are a try of the code and of browser and address; they make nobody wait who has the right
/// ones, and the right ones take back the try that asking was. Cut off before that, the try stays counted.
/// Called twice, the second finds the code used; the company is unbound.
pub(crate) async fn confirm(
    State(ports): State<Ports>,
    visitor: Visitor,
    Path(id): Path<CodeId>,
    Json(request): Json<CodeRequest>,
) -> Result<StatusCode, ApiError> {
    let typed = request.code.expose();
    if typed.trim().is_empty() {
        return Err(ApiError::field(CODE, FieldCode::Required));
    }
    match unbind(&ports, &id, typed).await {
        Ok(()) => {
            // The company is unbound whatever becomes of the counter.
            if let Err(error) = ports.throttles.take_back(&tries(&visitor)).await {
                tracing::warn!(code = error.code.as_str(), "a try was not taken back");
            }
            Ok(StatusCode::NO_CONTENT)
        }
        Err(error) => {
            if error.code == ErrorCode::CodeWrong {
                ports.throttles.count(&tries(&visitor)).await?;
            }
            Err(error)
        }
    }
}

async fn unbind(ports: &Ports, id: &CodeId, typed: &str) -> Result<(), ApiError> {
    let code = ports
        .codes
        .take(id, CodePurpose::Unbinding, typed, CODE)
        .await?;
    for _ in 0..TRIES {
        match ports.registry.record(&written(ports, &code).await?).await {
            Ok(()) => return Ok(()),
            // The code was the first write: somebody else used it, or tried it, at the same time.
            Err(error) if error.refuses(0) => return Err(wrong_code(CODE)),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// Everything that an unbinding writes.
async fn written(ports: &Ports, code: &OneTimeCode) -> Result<Transaction, ApiError> {
    let now = ports.clock.now();
    let holder = code.holder.as_ref().ok_or_else(|| wrong_code(CODE))?;
    let found: Option<Company> = ports
        .registry
        .load(&registry::company(&holder.company))
        .await?;
    // A code that went to a mailbox which is the contact no more opens nothing.
    let mailbox = |company: &Company| {
        code.target
            .as_ref()
            .is_some_and(|target| *target == Target::mail(&company.contact.mail))
    };
    let company = found.filter(mailbox).ok_or_else(|| wrong_code(CODE))?;

    let sent_to = Target::mail(&company.contact.mail).masked();
    let (next, event) = unbound(
        &company,
        CompanyEventKind::Unbound,
        Vec::new(),
        sent_to,
        now,
    );
    let about = ObjectionAbout::Unbinding {
        company: next.id.clone(),
    };
    let objection = objection(
        about,
        now + UNBINDING_OBJECTION,
        &*ports.clock,
        &*ports.random,
    );
    let news = News {
        occasion: format!("{}-{}", next.id, next.version),
        notice: AccountNotice::Unbound,
        name: &next.name,
        note: String::new(),
        objection: Some(&objection),
    };
    let all = Transaction::new(now)
        .change(code)?
        .change(&next)?
        .create(&event)?
        .create(&objection)?;
    let all = logged_out(all, &people(&*ports.registry, &next.id).await?)?;
    Ok(all.then(news.to(&targets(&next.contact))))
}
