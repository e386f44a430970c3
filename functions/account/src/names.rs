//! Whom a typed name means.
//!
//! A company's name is owned once its papers are approved; before that several may claim it, and it means
//! all of them, the oldest first. Companies at which this browser has been before come before the others: a
//! stranger who claims the name of a company a dozen times before it registers does not shut it out.

use adapters::ports::Kept as _;
use adapters::registry::{
    self, AccountName, CLAIMS, Claim, Claimed, KnownBrowser, Ownership, USERS,
};
use domain::company::{Company, User};
use domain::ids::CompanyId;
use domain::policy::{LoginWay, Storefront};
use edge::ApiError;
use edge::visitor::Visitor;

use crate::Ports;

/// How many claims of one name are looked at.
const CLAIMS_READ: usize = 20;
/// How many of them a login tries.
const CLAIMS_TRIED: usize = 3;

/// Somebody whom a typed name may mean.
pub(crate) struct Candidate {
    /// Whose person.
    pub(crate) company: Company,
    /// Who.
    pub(crate) user: User,
    /// Has this person logged in from this browser before?
    pub(crate) known: bool,
}

async fn is_known(ports: &Ports, visitor: &Visitor, user: &User) -> Result<bool, ApiError> {
    let Some(browser) = &visitor.browser else {
        return Ok(false);
    };
    let key = registry::known_browser(&user.id, browser);
    let found: Option<KnownBrowser> = ports.registry.load(&key).await?;
    let now = ports.clock.now();
    Ok(found.is_some_and(|mark| mark.sweep_at().is_none_or(|end| now < end)))
}

/// Companies by their full name: its owner alone, or everybody who claims it, the oldest first.
async fn companies(ports: &Ports, name: &str) -> Result<Vec<Company>, ApiError> {
    let key = registry::ownership(Claimed::Name, name);
    let owner: Option<Ownership> = ports.registry.load(&key).await?;
    let ids: Vec<CompanyId> = if let Some(owner) = owner {
        vec![owner.company]
    } else {
        let partition = registry::claims(Claimed::Name, name);
        let claims: Vec<Claim> = ports.registry.load_all(&partition, CLAIMS).await?;
        let oldest = claims.into_iter().take(CLAIMS_READ);
        oldest.map(|claim| claim.company).collect()
    };
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

/// Those whose password may be meant where somebody typed this name to log in: at most
/// [`crate::login::PASSWORDS_TRIED`].
pub(crate) async fn who(
    ports: &Ports,
    visitor: &Visitor,
    storefront: &Storefront,
    name: &str,
) -> Result<Vec<Candidate>, ApiError> {
    let mut found: Vec<Candidate> = Vec::new();
    if storefront.login_ways.contains(&LoginWay::AccountName) {
        let key = registry::account_name(name);
        let owner: Option<AccountName> = ports.registry.load(&key).await?;
        if let Some(owner) = owner {
            let company = registry::company(&owner.company);
            let user = registry::user(&owner.company, &owner.user);
            let company: Option<Company> = ports.registry.load(&company).await?;
            let user: Option<User> = ports.registry.load(&user).await?;
            if let (Some(company), Some(user)) = (company, user) {
                let known = is_known(ports, visitor, &user).await?;
                found.push(Candidate {
                    company,
                    user,
                    known,
                });
            }
        }
    }
    if storefront.login_ways.contains(&LoginWay::CompanyName) {
        let mut mains = Vec::new();
        for company in companies(ports, name).await? {
            let key = registry::user(&company.id, &company.main_user);
            let user: Option<User> = ports.registry.load(&key).await?;
            let there = |user: &User| found.iter().any(|other| other.user.id == user.id);
            if let Some(user) = user.filter(|user| !there(user)) {
                let known = is_known(ports, visitor, &user).await?;
                mains.push(Candidate {
                    company,
                    user,
                    known,
                });
            }
        }
        mains.sort_by_key(|candidate| !candidate.known);
        found.extend(mains.into_iter().take(CLAIMS_TRIED));
    }
    Ok(found)
}

/// The person with this mobile number at a company of this name, if there is one. Of two, the one whom a
/// login by that name means.
pub(crate) async fn by_mobile(
    ports: &Ports,
    visitor: &Visitor,
    name: &str,
    mobile: &str,
) -> Result<Option<Candidate>, ApiError> {
    let mut found = Vec::new();
    for company in companies(ports, name).await? {
        let partition = registry::company_partition(&company.id);
        let mut people: Vec<User> = ports.registry.load_all(&partition, USERS).await?;
        people.retain(|user| user.mobile == mobile);
        people.sort_by_key(|user| user.id != company.main_user);
        if let Some(user) = people.into_iter().next() {
            let known = is_known(ports, visitor, &user).await?;
            found.push(Candidate {
                company,
                user,
                known,
            });
        }
    }
    found.sort_by_key(|candidate| !candidate.known);
    Ok(found.into_iter().next())
}
