//! Which company somebody means.

use adapters::ports::{PortError, Registry};
use adapters::registry::{self, AccountName, Claim, Claimed, Ownership};
use contract::error::FieldCode;
use contract::unbinding::UnbindingRequest;
use domain::company::{Company, CreditCode, InvalidCreditCode, is_mail, is_mobile, login_key};
use domain::ids::CompanyId;
use domain::qualification::QualificationState;
use edge::{ApiError, FieldErrors, contacts};

/// The longest text that a field of these forms takes, in characters.
const LONGEST: usize = 100;
/// How many items besides the mailbox have to be given: with it that makes three besides the code (R29).
const ITEMS: usize = 2;

/// What was typed as 组织机构代码.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Organisation {
    /// The whole credit code.
    Credit(CreditCode),
    /// The organisation code within it, places 9 to 17 of the credit code.
    Within(String),
}

impl Organisation {
    fn read(text: &str) -> Result<Self, FieldCode> {
        let plain: String = text
            .chars()
            .filter(|c| *c != '-' && !c.is_whitespace())
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if plain.len() == 9 && plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Ok(Self::Within(plain));
        }
        match plain.parse() {
            Ok(code) => Ok(Self::Credit(code)),
            Err(InvalidCreditCode::Form) => Err(FieldCode::Invalid),
            Err(InvalidCreditCode::Check) => Err(FieldCode::CheckCharacter),
        }
    }

    fn is_of(&self, company: &Company) -> bool {
        match self {
            Self::Credit(code) => company.credit_code == *code,
            Self::Within(code) => company.credit_code.as_str().get(8..17) == Some(code),
        }
    }
}

/// What somebody knows of a company: the mailbox, and two more at least. What was left empty is `None`.
#[derive(Debug, Clone)]
pub(crate) struct Items {
    /// 邮箱.
    pub(crate) mail: String,
    account: Option<String>,
    contact_name: Option<String>,
    organisation: Option<Organisation>,
    mobile: Option<String>,
    company_name: Option<String>,
}

impl Items {
    /// What was typed.
    ///
    /// # Errors
    /// Every wrong field; `items` when there are too few.
    pub(crate) fn read(request: &UnbindingRequest) -> Result<Self, ApiError> {
        let mut errors = FieldErrors::new();
        let mail = errors.text(&request.mail, "mail", 254);
        errors.require(
            mail.is_empty() || is_mail(&mail),
            "mail",
            FieldCode::Invalid,
        );
        let mut given = 0;
        let mut item = |text: &str, field: &str, errors: &mut FieldErrors| {
            if text.trim().is_empty() {
                return None;
            }
            given += 1;
            Some(errors.text(text, field, LONGEST))
        };
        let account = item(&request.account, "account", &mut errors);
        let contact_name = item(&request.contact_name, "contact_name", &mut errors);
        let organisation = item(&request.organisation_code, "organisation_code", &mut errors);
        let mobile = item(&request.mobile, "mobile", &mut errors);
        let company_name = item(&request.company_name, "company_name", &mut errors);
        let organisation = organisation.and_then(|text| match Organisation::read(&text) {
            Ok(code) => Some(code),
            Err(wrong) => {
                errors.add("organisation_code", wrong);
                None
            }
        });
        errors.require(
            mobile.as_deref().is_none_or(is_mobile),
            "mobile",
            FieldCode::Invalid,
        );
        errors.require(given >= ITEMS, "items", FieldCode::NotEnough);
        errors.finish()?;
        Ok(Self {
            mail,
            account,
            contact_name,
            organisation,
            mobile,
            company_name,
        })
    }

    fn fit(&self, company: &Company) -> bool {
        let same = |typed: &Option<String>, known: &str| {
            typed
                .as_ref()
                .is_none_or(|typed| login_key(typed) == login_key(known))
        };
        login_key(&self.mail) == login_key(&company.contact.mail)
            && same(&self.contact_name, &company.contact.name)
            && same(&self.mobile, &company.contact.mobile)
            && same(&self.company_name, &company.name)
            && self
                .organisation
                .as_ref()
                .is_none_or(|code| code.is_of(company))
    }

    /// The company that everything fits. A record that was taken over gives way to others, one without
    /// approved papers to one with them; if several are left, too little was given, and it is none.
    ///
    /// # Errors
    /// The store's troubles.
    pub(crate) async fn company(
        &self,
        registry: &dyn Registry,
    ) -> Result<Option<Company>, PortError> {
        let holder = match &self.account {
            None => None,
            Some(account) => {
                let key = registry::account_name(account);
                match registry.load::<AccountName>(&key).await? {
                    None => return Ok(None),
                    Some(name) => Some(name.company),
                }
            }
        };
        let mut fitting = Vec::new();
        for id in contacts::companies_of(registry, &self.mail).await? {
            if holder.as_ref().is_some_and(|holder| *holder != id) {
                continue;
            }
            let found: Option<Company> = registry.load(&registry::company(&id)).await?;
            fitting.extend(found.filter(|company| self.fit(company)));
        }
        let narrower: [fn(&Company) -> bool; 2] = [
            |company| company.superseded_by.is_none(),
            |company| company.qualification.state == QualificationState::Approved,
        ];
        for better in narrower {
            if fitting.len() > 1 && fitting.iter().any(better) {
                fitting.retain(better);
            }
        }
        let only = fitting.pop();
        Ok(only.filter(|_| fitting.is_empty()))
    }
}

/// The company that a name and a credit code belong to: the owner of the code, or the first who claimed it,
/// if the name is theirs too.
///
/// # Errors
/// The store's troubles.
pub(crate) async fn by_name_and_code(
    registry: &dyn Registry,
    name: &str,
    code: &CreditCode,
) -> Result<Option<CompanyId>, PortError> {
    let owner: Option<Ownership> = registry
        .load(&registry::ownership(Claimed::CreditCode, code.as_str()))
        .await?;
    let candidates: Vec<CompanyId> = if let Some(owner) = owner {
        vec![owner.company]
    } else {
        let partition = registry::claims(Claimed::CreditCode, code.as_str());
        let claims: Vec<Claim> = registry.load_all(&partition, registry::CLAIMS).await?;
        claims.into_iter().map(|claim| claim.company).collect()
    };
    for id in candidates {
        let found: Option<Company> = registry.load(&registry::company(&id)).await?;
        let fits = |company: &Company| {
            company.credit_code == *code && login_key(&company.name) == login_key(name)
        };
        if found.as_ref().is_some_and(fits) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_code_is_a_credit_code_or_the_nine_characters_in_it() {
        let company = testkit::orders::company(7);
        let code = company.credit_code.as_str().to_owned();
        let within = &code[8..17];
        let written = format!("{}-{}", &within[..8], &within[8..]);
        for text in [&code, &code.to_lowercase(), within, &written] {
            assert!(Organisation::read(text).unwrap().is_of(&company), "{text}");
            let other = testkit::orders::company(8);
            assert!(!Organisation::read(text).unwrap().is_of(&other), "{text}");
        }
        assert_eq!(Organisation::read("12345678"), Err(FieldCode::Invalid));
        let mistyped = format!(
            "{}{}",
            &code[..17],
            if code.ends_with('0') { '1' } else { '0' }
        );
        assert_eq!(
            Organisation::read(&mistyped),
            Err(FieldCode::CheckCharacter)
        );
    }
}
