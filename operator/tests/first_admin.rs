//! The first two administrators come by the operator, and no third.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Clock as _, Transaction};
use adapters::registry::{self, StaffMail};
use domain::actor::Role;
use domain::audit::AuditEntry;
use domain::staff::{Invite, Staff, StaffState};
use domain::work::SecretLink;
use edge::invitation;
use operator::first_admin::{Ports, invite};
use testkit::world::World;

fn ports(world: &World) -> Ports {
    Ports {
        registry: world.store.clone(),
        mac: world.mac.clone(),
        fields: world.fields(),
        clock: world.clock.clone(),
        random: world.random.clone(),
        site_url: "https://keys.example.cn/".to_owned(),
    }
}

async fn by_mail(world: &World, mail: &str) -> Staff {
    let known: Option<StaffMail> = world
        .registry()
        .load(&registry::staff_mail(mail))
        .await
        .unwrap();
    let key = registry::staff(&known.unwrap().staff);
    world.registry().load(&key).await.unwrap().unwrap()
}

async fn link(world: &World, staff: &Staff) -> String {
    let id = invitation::id_of(staff);
    let token = world.token(&SecretLink::Invite { id }).await;
    format!("https://keys.example.cn/console/invite#{token}")
}

async fn join(world: &World, staff: &Staff) {
    let active = Staff {
        state: StaffState::Active,
        version: staff.version + 1,
        ..staff.clone()
    };
    let write = Transaction::new(world.clock.now()).change(&active).unwrap();
    world.registry().record(&write).await.unwrap();
}

#[tokio::test]
async fn two_administrators_and_no_third() {
    let world = World::new().await;
    let ports = ports(&world);
    let told = invite(&ports, " 张三 ", "zhang@example.com").await.unwrap();
    let one = by_mail(&world, "zhang@example.com").await;
    assert_eq!(
        (one.name.as_str(), one.state),
        ("张三", StaffState::Invited)
    );
    assert_eq!(one.roles, [Role::Admin]);
    assert_eq!(told, link(&world, &one).await);
    let key = registry::invite(&invitation::id_of(&one));
    let kept: Option<Invite> = world.registry().load(&key).await.unwrap();
    assert_eq!(kept.unwrap().staff, one.id);
    let chain = registry::audit_chain(&one.id);
    let deeds: Vec<AuditEntry> = world
        .registry()
        .load_all(&chain, registry::AUDIT_ENTRIES)
        .await
        .unwrap();
    assert_eq!(deeds[0].action, "first_admin_invited");

    invite(&ports, "李四", "li@example.com").await.unwrap();
    let refused = invite(&ports, "王五", "wang@example.com")
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("two administrators"));
    assert_eq!(world.store.count("STAFF#"), 2);

    // A link that was lost, while nobody could help in the console.
    join(&world, &one).await;
    let before = by_mail(&world, "li@example.com").await;
    let told = invite(&ports, "李四", "LI@example.com").await.unwrap();
    let after = by_mail(&world, "li@example.com").await;
    assert_eq!(told, link(&world, &after).await);
    assert_ne!(invitation::id_of(&after), invitation::id_of(&before));
    join(&world, &after).await;
    for mail in ["li@example.com", "wang@example.com"] {
        invite(&ports, "某人", mail).await.unwrap_err();
    }
}

#[tokio::test]
async fn nobody_becomes_an_administrator_by_an_address_that_is_taken() {
    let world = World::new().await;
    let ports = ports(&world);
    let maker = world.staff(4, &[Role::Maker]).await;
    invite(&ports, "某人", &maker.mail).await.unwrap_err();
    for (name, mail) in [("", "a@b.cn"), ("某人", "nothing"), ("a\u{7}b", "a@b.cn")] {
        invite(&ports, name, mail).await.unwrap_err();
    }
    assert_eq!(world.store.count("STAFF#"), 1);
    assert_eq!(world.store.count("INVITE#"), 0);
}
