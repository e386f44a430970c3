//! Who logs in for a company. A new person sets the password by the road for a forgotten one (R53); one who
//! is taken away is logged out at once, for the access layer asks for them with every request.

use adapters::ports::{CommitError, PortError, Transaction, new_ulid};
use adapters::registry::{self, AccountName};
use axum::extract::State;
use contract::company::{PeopleView, PersonRequest, PersonView, VersionQuery};
use contract::error::{ErrorCode, FieldCode};
use domain::code::Target;
use domain::company::{Company, CompanyEventKind, FieldChange, MAX_PEOPLE, User, is_mobile};
use domain::ids::UserId;
use domain::notice::AccountNotice;
use domain::policy::LoginWay;
use edge::extract::{Json, Path, Person, Query};
use edge::recoveries::{News, TRIES, people};
use edge::throttle::{CODES_ADDRESS, CODES_BROWSER, CODES_TARGET};
use edge::visitor::Visitor;
use edge::{ApiError, FieldErrors};
use http::StatusCode;

use crate::changes::{Changes, Field};
use crate::{Ports, load, same_version};

async fn view(ports: &Ports, person: &Person) -> Result<Json<PeopleView>, ApiError> {
    let company = load(ports, person).await?;
    let row = |user: User| PersonView {
        main: user.id == company.main_user,
        you: user.id == person.user,
        ready: user.password.is_some(),
        id: user.id,
        name: user.name,
        mobile: user.mobile,
        account: user.account,
        version: user.version,
    };
    let people = people(&*ports.registry, &company.id).await?;
    Ok(Json(PeopleView {
        people: people.into_iter().map(row).collect(),
    }))
}

pub(crate) async fn list(
    State(ports): State<Ports>,
    person: Person,
) -> Result<Json<PeopleView>, ApiError> {
    view(&ports, &person).await
}

/// What was typed, checked.
struct Typed {
    name: String,
    mobile: String,
    account: Option<String>,
}

fn typed(request: &PersonRequest, account_needed: bool) -> Result<Typed, ApiError> {
    let mut errors = FieldErrors::new();
    let name = errors.text(&request.name, "name", 50);
    let mobile = request.mobile.trim().to_owned();
    errors.require(
        is_mobile(&mobile),
        "mobile",
        if mobile.is_empty() {
            FieldCode::Required
        } else {
            FieldCode::Invalid
        },
    );
    let account = request.account.as_deref().unwrap_or_default().trim();
    if account.is_empty() {
        errors.require(!account_needed, "account", FieldCode::Required);
    } else if account.chars().count() < 3 {
        errors.add("account", FieldCode::TooShort);
    } else {
        errors.text(account, "account", 40);
        let plain = !account.chars().any(|c| c.is_whitespace() || c == '#');
        errors.require(plain, "account", FieldCode::Invalid);
    }
    errors.finish()?;
    Ok(Typed {
        name,
        mobile,
        account: (!account.is_empty()).then(|| account.to_owned()),
    })
}

fn taken() -> ApiError {
    ApiError {
        fields: vec![("account".to_owned(), FieldCode::Taken)],
        ..ApiError::new(ErrorCode::AccountTaken)
    }
}

fn login_name(user: &User) -> Option<AccountName> {
    user.account.as_ref().map(|account| AccountName {
        account: account.clone(),
        company: user.company.clone(),
        user: user.id.clone(),
    })
}

fn compared(from: Option<&User>, to: Option<&User>) -> Changes {
    let fields: [Field<'_, User>; 3] = [
        ("name", |user| user.name.clone()),
        ("mobile", |user| user.mobile.clone()),
        ("account", |user| user.account.clone().unwrap_or_default()),
    ];
    let mut changes = Changes::default();
    changes.fields(from, to, &fields);
    changes
}

/// A person of the company, if there is such a one.
async fn load_user(ports: &Ports, person: &Person, id: &UserId) -> Result<User, ApiError> {
    let key = registry::user(&person.company, id);
    let found: Option<User> = ports.registry.load(&key).await?;
    Ok(found.ok_or(ErrorCode::NotFound)?)
}

/// The one whom the same call added before, when its answer was lost.
async fn added_before(
    ports: &Ports,
    people: &[User],
    typed: &Typed,
    account: &str,
) -> Result<bool, ApiError> {
    let known: Option<AccountName> = ports
        .registry
        .load(&registry::account_name(account))
        .await?;
    let Some(known) = known else {
        return Ok(false);
    };
    let same = people.iter().any(|user| {
        user.id == known.user
            && user.company == known.company
            && user.name == typed.name
            && user.mobile == typed.mobile
            && user.password.is_none()
    });
    if same { Ok(true) } else { Err(taken()) }
}

/// Added again nothing more happens: the answer was lost. The person is told by text message, so it counts
/// as one of those that a browser may ask for.
pub(crate) async fn add(
    State(ports): State<Ports>,
    person: Person,
    visitor: Visitor,
    Json(request): Json<PersonRequest>,
) -> Result<(StatusCode, Json<PeopleView>), ApiError> {
    let typed = typed(&request, true)?;
    let account = typed.account.clone().unwrap_or_default();
    let counted = [
        (CODES_BROWSER, person.user.as_str()),
        (CODES_ADDRESS, &visitor.address),
        (CODES_TARGET, &typed.mobile),
    ];
    ports.throttles.admit(&counted).await?;
    ports.throttles.count(&counted).await?;
    for _ in 0..TRIES {
        let company = load(&ports, &person).await?;
        let people = people(&*ports.registry, &company.id).await?;
        if added_before(&ports, &people, &typed, &account).await? {
            return Ok((StatusCode::CREATED, view(&ports, &person).await?));
        }
        if people.len() >= MAX_PEOPLE {
            return Err(ErrorCode::TooMany.into());
        }
        let now = ports.clock.now();
        let user = User {
            id: UserId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
            company: company.id.clone(),
            account: typed.account.clone(),
            name: typed.name.clone(),
            mobile: typed.mobile.clone(),
            password: None,
            epoch: 0,
            created_at: now,
            version: 1,
        };
        let (next, event) = company.changed(
            person.actor(),
            CompanyEventKind::PersonAdded,
            compared(None, Some(&user)).finish(),
            user.name.clone(),
            now,
        );
        let mut all = Transaction::new(now);
        if let Some(name) = login_name(&user) {
            all = all.create(&name)?;
        }
        let news = News {
            occasion: format!("{}-{}", user.id, user.version),
            notice: AccountNotice::PersonAdded,
            name: &company.name,
            note: account.clone(),
            objection: None,
        };
        let all = all
            .create(&user)?
            .change(&next)?
            .create(&event)?
            .then(news.to(&[Target::sms(&user.mobile)]));
        match ports.registry.record(&all).await {
            Ok(()) => return Ok((StatusCode::CREATED, view(&ports, &person).await?)),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// May the main person do without an account name? Where the company's name is a login name.
fn by_company_name(ports: &Ports, company: &Company) -> bool {
    let storefront = ports.policies.storefront(&company.storefront);
    storefront.is_some_and(|storefront| storefront.login_ways.contains(&LoginWay::CompanyName))
}

/// Adds that another account name is taken now, and the old one free.
fn renamed(mut all: Transaction, before: &User, after: &User) -> Result<Transaction, PortError> {
    let (old, new) = (login_name(before), login_name(after));
    if old == new {
        return Ok(all);
    }
    let key = |name: &Option<AccountName>| {
        let name = name.as_ref();
        name.map(|name| registry::account_name(&name.account))
    };
    // In other capitals it is the same name.
    let same = key(&old) == key(&new);
    if let Some(old) = old.filter(|_| !same) {
        all = all.remove(&old);
    }
    match &new {
        Some(new) if same => all.mark(new),
        Some(new) => all.create(new),
        None => Ok(all),
    }
}

/// The same again changes nothing. Where codes go is a contact too: it stays while contacts are frozen, and
/// the old number is told.
pub(crate) async fn change(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<UserId>,
    Json(request): Json<PersonRequest>,
) -> Result<Json<PeopleView>, ApiError> {
    for _ in 0..TRIES {
        let company = load(&ports, &person).await?;
        let known = load_user(&ports, &person, &id).await?;
        let nameless = known.id == company.main_user && by_company_name(&ports, &company);
        let typed = typed(&request, !nameless)?;
        let user = User {
            name: typed.name,
            mobile: typed.mobile,
            account: typed.account,
            version: known.version + 1,
            ..known.clone()
        };
        let changes = compared(Some(&known), Some(&user));
        if changes.none() {
            return view(&ports, &person).await;
        }
        let looked_at = request
            .version
            .ok_or_else(|| ApiError::field("version", FieldCode::Required))?;
        same_version(looked_at, known.version)?;
        let now = ports.clock.now();
        let moved = known.mobile != user.mobile;
        if moved && company.is_frozen(now) {
            return Err(ErrorCode::Frozen.into());
        }
        if let Some(name) = login_name(&user) {
            let key = registry::account_name(&name.account);
            let holder: Option<AccountName> = ports.registry.load(&key).await?;
            if holder.is_some_and(|holder| holder.user != user.id) {
                return Err(taken());
            }
        }
        let kind = CompanyEventKind::PersonChanged;
        let (next, event) = company.changed(
            person.actor(),
            kind,
            changes.finish(),
            user.name.clone(),
            now,
        );
        let news = News {
            occasion: format!("{}-{}", user.id, user.version),
            notice: AccountNotice::ContactChanged,
            name: &company.name,
            note: "手机号码".to_owned(),
            objection: None,
        };
        let told = [Target::sms(&known.mobile)];
        let told: &[Target] = if moved { &told } else { &[] };
        let all = Transaction::new(now)
            .change(&user)?
            .change(&next)?
            .create(&event)?
            .then(news.to(told));
        match ports.registry.record(&renamed(all, &known, &user)?).await {
            Ok(()) => return view(&ports, &person).await,
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// Neither the main person nor oneself can be taken away, so somebody is always left. Taken away again the
/// person is not there: 404.
pub(crate) async fn remove(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<UserId>,
    Query(query): Query<VersionQuery>,
) -> Result<Json<PeopleView>, ApiError> {
    for _ in 0..TRIES {
        let company = load(&ports, &person).await?;
        let user = load_user(&ports, &person, &id).await?;
        if user.id == company.main_user || user.id == person.user {
            return Err(ErrorCode::NotInThisState.into());
        }
        same_version(query.version, user.version)?;
        let now = ports.clock.now();
        let (next, event) = company.changed(
            person.actor(),
            CompanyEventKind::PersonRemoved,
            compared(Some(&user), None).finish(),
            user.name.clone(),
            now,
        );
        let mut all = Transaction::new(now)
            .change(&next)?
            .create(&event)?
            .remove(&user);
        if let Some(name) = login_name(&user) {
            all = all.remove(&name);
        }
        match ports.registry.record(&all).await {
            Ok(()) => return view(&ports, &person).await,
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// Only somebody who can log in is made the main person, and only when the one before keeps a name to log in
/// by. Made so again nothing happens.
pub(crate) async fn make_main(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<UserId>,
) -> Result<Json<PeopleView>, ApiError> {
    for _ in 0..TRIES {
        let company = load(&ports, &person).await?;
        let user = load_user(&ports, &person, &id).await?;
        if user.id == company.main_user {
            return view(&ports, &person).await;
        }
        if user.password.is_none() {
            return Err(ErrorCode::NotInThisState.into());
        }
        let before = load_user(&ports, &person, &company.main_user).await?;
        if before.account.is_none() {
            return Err(ApiError::field("account", FieldCode::Required));
        }
        let now = ports.clock.now();
        let change = FieldChange {
            field: "main".to_owned(),
            from: before.name,
            to: user.name.clone(),
        };
        let kind = CompanyEventKind::PersonChanged;
        let (next, event) =
            company.changed(person.actor(), kind, vec![change], user.name.clone(), now);
        let next = Company {
            main_user: user.id.clone(),
            ..next
        };
        let all = Transaction::new(now).change(&next)?.create(&event)?;
        match ports.registry.record(&all).await {
            Ok(()) => return view(&ports, &person).await,
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}
