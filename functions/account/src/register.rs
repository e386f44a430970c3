//! Registration.

use adapters::ports::{NewCompany, RegisterError, Session, SessionOwner, new_ulid};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::RegisterRequest;
use contract::error::{ErrorCode, FieldCode};
use domain::company::Contact;
use domain::company::{Company, CreditCode, InvalidCreditCode, User, is_mail, is_mobile};
use domain::ids::{CompanyId, UserId};
use domain::policy::StorefrontId;
use edge::cookie;
use edge::extract::Json;
use edge::{ApiError, FieldErrors};
use http::{StatusCode, header};

use crate::session::{COMPANY_SESSION, session_view};
use crate::{Ports, hash_password, password};

/// Power may go out between the two writes: then the company is registered and its person logs in.
pub(crate) async fn register(
    State(ports): State<Ports>,
    Json(request): Json<RegisterRequest>,
) -> Result<Response, ApiError> {
    let now = ports.clock.now();
    let storefront = StorefrontId(request.storefront.clone());
    let mut errors = FieldErrors::new();
    errors.require(
        ports.policies.get(&storefront).is_some(),
        "storefront",
        FieldCode::NotOffered,
    );
    let account = errors.text(&request.account, "account", 40);
    let form =
        account.chars().count() >= 3 && !account.chars().any(|c| c.is_whitespace() || c == '#');
    errors.require(account.is_empty() || form, "account", FieldCode::Invalid);
    let name = errors.text(&request.company_name, "company_name", 64);
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
    if let Some(problem) = password::check(request.password.expose(), &[&account, &name]) {
        errors.add("password", problem);
    }
    errors.finish()?;
    let credit_code = code.map_err(|_| ApiError::field("credit_code", FieldCode::Invalid))?;

    let company = Company {
        id: CompanyId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
        name,
        credit_code,
        contact,
        storefront,
        created_at: now,
        version: 1,
    };
    let user = User {
        id: UserId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
        company: company.id.clone(),
        account,
        created_at: now,
    };
    let password_hash = hash_password(request.password.expose(), &*ports.random)?;
    let new = NewCompany {
        company,
        user,
        password_hash,
    };
    ports
        .accounts
        .register(&new)
        .await
        .map_err(|error| match error {
            RegisterError::AccountTaken => ApiError {
                fields: vec![("account".to_owned(), FieldCode::Invalid)],
                ..ApiError::new(ErrorCode::AccountTaken)
            },
            RegisterError::CompanyRegistered => ApiError {
                fields: vec![("credit_code".to_owned(), FieldCode::Invalid)],
                ..ApiError::new(ErrorCode::CompanyRegistered)
            },
            RegisterError::Port(error) => error.into(),
        })?;
    let token = cookie::new_token(&*ports.random);
    let session = Session {
        token_hash: cookie::token_hash(&token),
        owner: SessionOwner::Company {
            company: new.company.id.clone(),
            user: new.user.id.clone(),
        },
        created_at: now,
        expires_at: now + COMPANY_SESSION,
    };
    ports.sessions.open(&session).await?;
    let view = session_view(&new.company, &new.user);
    let set = [(header::SET_COOKIE, cookie::set(cookie::COMPANY, &token))];
    Ok((StatusCode::CREATED, set, Json(view)).into_response())
}
