//! Companies, people, staff, sessions.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::company::{Company, User};
use domain::ids::{CompanyId, StaffId, UserId};
use jiff::Timestamp;

use super::{
    Condition, Table, TransactError, attribute, document, item, keys, number, port_error, text,
};
use crate::ports::{
    Accounts, NewCompany, PortError, RegisterError, Session, Sessions, Staff, StaffAccounts,
    StoredLogin,
};

#[async_trait]
impl Accounts for Table {
    async fn register(&self, new: &NewCompany) -> Result<(), RegisterError> {
        let company = &new.company;
        let mut login = item(keys::login(&new.user.account), keys::LOGIN, &new.user)?;
        login.insert("password_hash".to_owned(), text(new.password_hash.clone()));
        let mut profile = item(keys::company(&company.id), keys::PROFILE, company)?;
        profile.insert("version".to_owned(), number(company.version));
        let writes = vec![
            self.put(login, Condition::Absent)?,
            self.put(
                item(
                    keys::credit_code(company.credit_code.as_str()),
                    keys::CREDIT,
                    &company.id,
                )?,
                Condition::Absent,
            )?,
            self.put(profile, Condition::Absent)?,
            self.put(
                item(
                    keys::company(&company.id),
                    keys::user(&new.user.id),
                    &new.user,
                )?,
                Condition::Absent,
            )?,
        ];
        self.transact(writes).await.map_err(|error| match error {
            TransactError::Condition(failed) if failed.first() == Some(&true) => {
                RegisterError::AccountTaken
            }
            TransactError::Condition(failed) if failed.get(1) == Some(&true) => {
                RegisterError::CompanyRegistered
            }
            TransactError::Condition(_) => RegisterError::Port(PortError::Conflict),
            TransactError::Port(error) => RegisterError::Port(error),
        })
    }

    async fn login(&self, account: &str) -> Result<Option<StoredLogin<User>>, PortError> {
        let Some(found) = self.get(keys::login(account), keys::LOGIN).await? else {
            return Ok(None);
        };
        let password_hash = attribute(&found, "password_hash")
            .unwrap_or_default()
            .to_owned();
        Ok(Some(StoredLogin {
            owner: document(&found)?,
            password_hash,
        }))
    }

    async fn company(&self, id: &CompanyId) -> Result<Option<Company>, PortError> {
        self.get(keys::company(id), keys::PROFILE)
            .await?
            .as_ref()
            .map(document)
            .transpose()
    }

    async fn user(&self, company: &CompanyId, user: &UserId) -> Result<Option<User>, PortError> {
        self.get(keys::company(company), keys::user(user))
            .await?
            .as_ref()
            .map(document)
            .transpose()
    }
}

#[async_trait]
impl StaffAccounts for Table {
    async fn staff_login(&self, mail: &str) -> Result<Option<StoredLogin<Staff>>, PortError> {
        let Some(pointer) = self.get(keys::staff_login(mail), keys::LOGIN).await? else {
            return Ok(None);
        };
        let id: StaffId = document(&pointer)?;
        let password_hash = attribute(&pointer, "password_hash")
            .unwrap_or_default()
            .to_owned();
        Ok(self.staff(&id).await?.map(|owner| StoredLogin {
            owner,
            password_hash,
        }))
    }

    async fn staff(&self, id: &StaffId) -> Result<Option<Staff>, PortError> {
        self.get(keys::staff(id), keys::STAFF)
            .await?
            .as_ref()
            .map(document)
            .transpose()
    }

    async fn put_staff(&self, staff: &Staff, password_hash: &str) -> Result<(), PortError> {
        let mut login = item(keys::staff_login(&staff.mail), keys::LOGIN, &staff.id)?;
        login.insert("password_hash".to_owned(), text(password_hash));
        let writes = vec![
            self.put(login, Condition::None)?,
            self.put(
                item(keys::staff(&staff.id), keys::STAFF, staff)?,
                Condition::None,
            )?,
        ];
        self.transact(writes).await.map_err(PortError::from)
    }
}

#[async_trait]
impl Sessions for Table {
    async fn open(&self, session: &Session) -> Result<(), PortError> {
        let mut item = item(keys::session(&session.token_hash), keys::SESSION, session)?;
        item.insert("ttl".to_owned(), number(session.expires_at.as_second()));
        self.put_if(item, Condition::Absent).await
    }

    async fn find(&self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, PortError> {
        let found = self.get(keys::session(token_hash), keys::SESSION).await?;
        let session: Option<Session> = found.as_ref().map(document).transpose()?;
        Ok(session.filter(|session| now < session.expires_at))
    }

    async fn end(&self, token_hash: &str) -> Result<(), PortError> {
        let key: HashMap<String, AttributeValue> = HashMap::from([
            ("pk".to_owned(), text(keys::session(token_hash))),
            ("sk".to_owned(), text(keys::SESSION)),
        ]);
        self.client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| port_error(&error))
    }
}
