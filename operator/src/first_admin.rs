//! The first two administrators. There is nobody yet who could invite them, so whoever runs the stage does,
//! and hands the link over. From the third on two administrators agree.

use std::sync::Arc;

use adapters::ports::{
    Clock, Index, Mac, PortError, Random, Registry, Span, Transaction, new_ulid,
};
use adapters::registry::{self, StaffMail};
use anyhow::{Result, bail, ensure};
use domain::actor::Role;
use domain::audit::Deed;
use domain::company::is_mail;
use domain::ids::StaffId;
use domain::staff::{Invite, Staff, StaffState};
use edge::codes::link_token;
use edge::fields::Fields;
use edge::invitation;

/// So many come this way.
const FIRST: usize = 2;
/// Rows of an index at once.
const PAGE: u32 = 200;

/// What inviting reaches.
pub struct Ports {
    /// Staff.
    pub registry: Arc<dyn Registry>,
    /// What links follow from.
    pub mac: Arc<dyn Mac>,
    /// Secrets of second factors.
    pub fields: Fields,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, secrets.
    pub random: Arc<dyn Random>,
    /// Where the pages are.
    pub site_url: String,
}

/// Invites an administrator while there are fewer than two, and answers the link. For one whose link was
/// lost or expired it makes another, while fewer than two can act.
///
/// # Errors
/// When there are two already, the address is somebody else's, or table and keys do not answer.
pub async fn invite(ports: &Ports, name: &str, mail: &str) -> Result<String> {
    let (name, mail) = (name.trim(), mail.trim());
    ensure!(is_mail(mail), "{mail} is no mail address");
    ensure!(
        !name.is_empty() && name.chars().count() <= 50 && !name.chars().any(char::is_control),
        "a name has 1 to 50 characters"
    );
    let admins = admins(&*ports.registry).await?;
    let active = admins.iter().filter(|admin| admin.is_active()).count();
    let now = ports.clock.now();
    let key = registry::staff_mail(mail);
    let known: Option<StaffMail> = ports.registry.load(&key).await?;
    let before = match &known {
        None => None,
        Some(known) => {
            let found = admins.iter().find(|admin| admin.id == known.staff);
            let waiting = found.filter(|admin| admin.state == StaffState::Invited);
            let Some(waiting) = waiting else {
                bail!("somebody on the staff has this address, who is no administrator that waits");
            };
            Some(waiting)
        }
    };
    let count = if before.is_some() {
        active
    } else {
        admins.len()
    };
    ensure!(
        count < FIRST,
        "there are two administrators: they invite others in the console"
    );
    let after = match before {
        Some(before) => before.logged_out(),
        None => Staff {
            id: StaffId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
            name: name.to_owned(),
            mail: mail.to_owned(),
            roles: vec![Role::Admin],
            branch: None,
            state: StaffState::Invited,
            password: None,
            totp: None,
            totp_step: 0,
            epoch: 0,
            created_at: now,
            version: 1,
        },
    };
    let invite: Invite = invitation::draw(&ports.fields, &*ports.random, &after, now).await?;
    let mut all = Transaction::new(now).change(&after)?.create(&invite)?;
    if before.is_none() {
        all = all.create(&StaffMail {
            mail: after.mail.clone(),
            staff: after.id.clone(),
        })?;
    }
    let all = all.audited(Deed {
        staff: after.id.clone(),
        at: now,
        action: "first_admin_invited".to_owned(),
        subject: format!("staff {}", after.id),
        detail: "by the operator".to_owned(),
    });
    ports.registry.record(&all).await?;
    let link = invitation::link(invite.id);
    let token = link_token(&*ports.mac, &link).await?;
    let site = ports.site_url.trim_end_matches('/');
    Ok(format!("{site}{}#{token}", link.page()))
}

/// All administrators who can act or were invited, each read as it is now.
async fn admins(registry: &dyn Registry) -> Result<Vec<Staff>, PortError> {
    let span = Span::all(Index::ByOwner, registry::ALL_STAFF);
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = registry
            .load_page::<Staff>(&span, cursor.as_ref(), PAGE)
            .await?;
        for seen in page.rows {
            let now: Option<Staff> = registry.load(&registry::staff(&seen.id)).await?;
            found.extend(now.filter(|staff| {
                staff.roles.contains(&Role::Admin) && staff.state != StaffState::Suspended
            }));
        }
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}
