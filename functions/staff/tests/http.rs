//! Staff, as the console sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::Arc;

use adapters::ports::{Clock as _, Index, Span};
use adapters::registry;
use axum::Router;
use contract::error::{ErrorCode, FieldCode};
use contract::staff::{
    BranchList, InviteView, StaffList, StaffRequestList, StaffRequestView, StaffView,
};
use domain::actor::Role;
use domain::audit::AuditEntry;
use domain::company::PasswordHash;
use domain::ids::{InviteId, StaffId};
use domain::staff::{Invite, Staff, StaffChange, StaffRequestState, StaffState};
use domain::work::{SecretLink, Task};
use edge::invitation;
use edge::password::Passwords;
use jiff::SignedDuration;
use serde_json::{Value, json};
use staff::{Ports, api};
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::{Answer, Client};
use testkit::world::World;

const PASSWORD: &str = "correct horse battery";
const STAFF: &str = "/api/console/staff";
const REQUESTS: &str = "/api/console/staff/requests";
const INVITES: &str = "/api/console/invites";
const ACCEPT: &str = "/api/console/invites/accept";
const BRANCHES: &str = "/api/console/branches";

fn router(world: &World) -> Router {
    let ports = Ports {
        registry: world.store.clone(),
        mac: world.mac.clone(),
        fields: world.fields(),
        throttles: world.throttles(),
        passwords: Arc::new(Passwords::default()),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    api(world.gate(), ports).unwrap()
}

/// Three administrators, each in a browser of their own.
struct Desk {
    world: World,
    router: Router,
    one: Client,
    two: Client,
    three: Client,
}

const ADMIN: &[Role] = &[Role::Admin];

async fn desk() -> Desk {
    desk_with(PowerCut::never()).await
}

async fn desk_with(power: Arc<PowerCut>) -> Desk {
    let world = World::with_power(power).await;
    let router = router(&world);
    let one = world.as_staff(&router, 1, ADMIN).await;
    let two = world.as_staff(&router, 2, ADMIN).await;
    let three = world.as_staff(&router, 3, ADMIN).await;
    Desk {
        world,
        router,
        one,
        two,
        three,
    }
}

fn reason() -> Value {
    json!({"reason": "轮岗"})
}

fn invitation_of(mail: &str, roles: &[&str]) -> Value {
    json!({"name": "韩梅梅", "mail": mail, "roles": roles, "reason": "新同事"})
}

impl Desk {
    async fn load(&self, id: &StaffId) -> Staff {
        let found = self.world.registry().load(&registry::staff(id)).await;
        found.unwrap().unwrap()
    }

    async fn row(&self, id: &StaffId) -> StaffView {
        let list: StaffList = self.one.get(STAFF).await.json();
        list.staff.into_iter().find(|row| row.id == *id).unwrap()
    }

    fn person(no: u32) -> StaffId {
        testkit::orders::staff(no)
    }

    fn path(no: u32, what: &str) -> String {
        format!("{STAFF}/{}/{what}", Self::person(no))
    }

    async fn roles(&self, by: &Client, no: u32, roles: &[&str]) -> Answer {
        let version = self.load(&Self::person(no)).await.version;
        let body = json!({"version": version, "roles": roles, "reason": "轮岗"});
        by.put_json(&Self::path(no, "roles"), &body).await
    }

    async fn open(&self) -> Vec<StaffRequestView> {
        let list: StaffRequestList = self.one.get(REQUESTS).await.json();
        let open = |request: &StaffRequestView| request.state == StaffRequestState::Open;
        list.requests.into_iter().filter(open).collect()
    }

    /// The path of the one open request.
    async fn the_request(&self, what: &str) -> String {
        let open = self.open().await;
        assert_eq!(open.len(), 1, "{open:?}");
        format!("{REQUESTS}/{}/{what}", open[0].id)
    }

    async fn approve(&self, by: &Client) -> Answer {
        by.post(&self.the_request("approve").await).await
    }

    /// The only member of staff with this address.
    async fn by_mail(&self, mail: &str) -> Staff {
        let span = Span::all(Index::ByOwner, registry::ALL_STAFF);
        let all = self.world.registry().load_page::<Staff>(&span, None, 50);
        let all = all.await.unwrap().rows;
        let mut found = all.into_iter().filter(|staff| staff.mail == mail);
        let staff = found.next().unwrap();
        assert!(found.next().is_none());
        staff
    }

    /// Somebody who was invited and has done nothing yet.
    async fn invited(&self, mail: &str, roles: &[&str]) -> Staff {
        let body = invitation_of(mail, roles);
        self.one
            .post_json(&format!("{STAFF}/invites"), &body)
            .await
            .json::<StaffRequestList>();
        self.approve(&self.two).await.json::<StaffRequestList>();
        self.by_mail(mail).await
    }

    async fn token(&self, staff: &Staff) -> String {
        let id = invitation::id_of(staff);
        self.world.token(&SecretLink::Invite { id }).await
    }

    fn newcomer(&self) -> Client {
        self.world.visitor(&self.router, "198.51.100.7")
    }

    async fn show(&self, token: &str) -> Answer {
        let body = json!({"token": token});
        self.newcomer().post_json(INVITES, &body).await
    }

    /// The digits that a second factor with this secret shows after some seconds.
    fn digits(&self, secret: &str, after: i64) -> String {
        let at = self.world.clock.now() + SignedDuration::from_secs(after);
        code_at(secret, at.as_second())
    }

    async fn accept(&self, by: &Client, token: &str, password: &str, code: &str) -> Answer {
        let body = json!({"token": token, "password": password, "code": code});
        by.post_json(ACCEPT, &body).await
    }

    async fn audited(&self, no: u32) -> Vec<AuditEntry> {
        let chain = registry::audit_chain(&Self::person(no));
        let all = self
            .world
            .registry()
            .load_all(&chain, registry::AUDIT_ENTRIES);
        all.await.unwrap()
    }

    async fn last_deed(&self, no: u32) -> String {
        let last = self.audited(no).await.pop().unwrap();
        format!("{} {}", last.action, last.subject)
    }

    fn invitations_sent(&self) -> Vec<InviteId> {
        let link = |task: Task| match task {
            Task::Tell(message) => match message.link {
                Some(SecretLink::Invite { id }) => Some(id),
                _ => None,
            },
            _ => None,
        };
        let all = self.world.store.all_work().into_iter();
        all.filter_map(|work| link(work.task)).collect()
    }
}

/// RFC 6238 written once more, so that the library is not its own judge.
fn code_at(secret: &str, seconds: i64) -> String {
    use aws_lc_rs::hmac;
    let mut bits = 0u32;
    let mut buffer = 0u32;
    let mut bytes = Vec::new();
    for letter in secret.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => panic!("not base32"),
        };
        buffer = (buffer << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xFF).unwrap());
        }
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let step = u64::try_from(seconds / 30).unwrap();
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let at = usize::from(mac[19] & 0xF);
    let number = mac[at..at + 4]
        .iter()
        .fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7FFF_FFFF) % 1_000_000)
}

// ---------------------------------------------------------------- inviting

#[tokio::test]
async fn an_invitation_needs_another_administrator() {
    let desk = desk().await;
    let body = invitation_of("han@example.com", &["reviewer", "maker"]);
    let list: StaffRequestList = desk
        .one
        .post_json(&format!("{STAFF}/invites"), &body)
        .await
        .json();
    let asked = &list.requests[0];
    assert_eq!(
        (asked.about.as_str(), asked.asked_by.as_str(), asked.mine),
        ("韩梅梅", "员工1", true)
    );
    assert_eq!(desk.invitations_sent(), []);
    assert_eq!(desk.world.store.count("INVITE#"), 0);
    desk.approve(&desk.one)
        .await
        .refused(ErrorCode::SecondPerson);
    let list: StaffRequestList = desk.approve(&desk.two).await.json();
    let decided = &list.requests[0];
    assert_eq!(decided.state, StaffRequestState::Approved);
    assert_eq!(decided.decided_by.as_deref(), Some("员工2"));
    assert!(!decided.mine);

    let staff = desk.by_mail("han@example.com").await;
    assert_eq!(staff.state, StaffState::Invited);
    assert_eq!(staff.roles, [Role::Reviewer, Role::Maker]);
    assert_eq!(desk.invitations_sent(), [invitation::id_of(&staff)]);
    let subject = format!("staff {}", staff.id);
    assert_eq!(desk.last_deed(2).await, format!("staff_invited {subject}"));
    assert!(
        desk.last_deed(1)
            .await
            .starts_with("invite_asked staff request sr_")
    );
    // Who they are stands in the table of staff; the audit has ids.
    for entry in [desk.audited(1).await, desk.audited(2).await].concat() {
        let text = format!("{} {}", entry.subject, entry.detail);
        assert!(!text.contains("韩梅梅") && !text.contains('@'), "{text}");
    }

    // The mail goes out with the link that works.
    desk.world.work_off().await;
    let token = desk.token(&staff).await;
    let mails = desk.world.mail.sent();
    let mail = mails.iter().find(|mail| mail.to == "han@example.com");
    assert!(
        mail.unwrap()
            .text
            .contains(&format!("/console/invite#{token}"))
    );
}

#[tokio::test]
async fn deciding_twice_is_deciding_once() {
    let desk = desk().await;
    let body = invitation_of("han@example.com", &["maker"]);
    let to = format!("{STAFF}/invites");
    for _ in 0..2 {
        let list: StaffRequestList = desk.one.post_json(&to, &body).await.json();
        assert_eq!(list.requests.len(), 1);
    }
    let approve = desk.the_request("approve").await;
    desk.two.post(&approve).await.json::<StaffRequestList>();
    desk.two.post(&approve).await.json::<StaffRequestList>();
    desk.three
        .post(&approve)
        .await
        .refused(ErrorCode::NotInThisState);
    assert_eq!(desk.invitations_sent().len(), 1);
    assert_eq!(desk.audited(2).await.len(), 1);
    let decline = approve.replace("approve", "decline");
    desk.three
        .post_json(&decline, &reason())
        .await
        .refused(ErrorCode::NotInThisState);
    desk.two
        .post(&format!("{REQUESTS}/sr_{}/approve", "0".repeat(26)))
        .await
        .refused(ErrorCode::NotFound);
}

#[tokio::test]
async fn a_declined_request_does_nothing_and_frees_the_address() {
    let desk = desk().await;
    let to = format!("{STAFF}/invites");
    let body = invitation_of("han@example.com", &["maker"]);
    desk.one
        .post_json(&to, &body)
        .await
        .json::<StaffRequestList>();
    let decline = desk.the_request("decline").await;
    desk.two
        .post_json(&decline, &json!({"reason": " "}))
        .await
        .wrong_fields(&["reason"]);
    for _ in 0..2 {
        let list: StaffRequestList = desk.two.post_json(&decline, &reason()).await.json();
        assert_eq!(list.requests[0].state, StaffRequestState::Declined);
    }
    assert_eq!(desk.audited(2).await.len(), 1);
    assert_eq!(desk.invitations_sent(), []);
    let other = invitation_of("han@example.com", &["reviewer"]);
    desk.one
        .post_json(&to, &other)
        .await
        .json::<StaffRequestList>();
    // Who asked may take it back.
    let decline = desk.the_request("decline").await;
    desk.one
        .post_json(&decline, &reason())
        .await
        .json::<StaffRequestList>();
    assert!(desk.open().await.is_empty());
}

#[tokio::test]
async fn wrong_invitations_say_what_is_wrong() {
    let desk = desk().await;
    let to = format!("{STAFF}/invites");
    let body = json!({"name": " ", "mail": "no mail", "roles": [], "reason": ""});
    desk.one
        .post_json(&to, &body)
        .await
        .wrong_fields(&["name", "mail", "roles", "reason"]);
    let body = json!({"name": "长".repeat(51), "mail": "a@b.cn", "roles": ["admin", "maker"], "reason": "长".repeat(201)});
    desk.one
        .post_json(&to, &body)
        .await
        .wrong_fields(&["name", "roles", "reason"]);
    desk.one
        .post_json(&to, &invitation_of("a@b.cn", &["owner"]))
        .await
        .refused(ErrorCode::MalformedRequest);
    // Taken by somebody on the staff, in whatever case; taken by another request.
    let problem = desk
        .one
        .post_json(&to, &invitation_of("Staff.2@sealkey.example", &["maker"]))
        .await
        .wrong_fields(&["mail"]);
    assert_eq!(problem.errors[0].code, FieldCode::Taken);
    desk.one
        .post_json(&to, &invitation_of("han@example.com", &["maker"]))
        .await
        .json::<StaffRequestList>();
    let problem = desk
        .two
        .post_json(&to, &invitation_of("HAN@example.com", &["reviewer"]))
        .await
        .wrong_fields(&["mail"]);
    assert_eq!(problem.errors[0].code, FieldCode::Taken);
}

#[tokio::test]
async fn branch_staff_have_a_branch_and_nobody_else_has_one() {
    let desk = desk().await;
    let to = format!("{STAFF}/invites");
    let mut body = invitation_of("han@example.com", &["branch"]);
    let problem = desk
        .one
        .post_json(&to, &body)
        .await
        .wrong_fields(&["branch"]);
    assert_eq!(problem.errors[0].code, FieldCode::Required);
    body["branch"] = json!(format!("br_{}", "0".repeat(26)));
    let problem = desk
        .one
        .post_json(&to, &body)
        .await
        .wrong_fields(&["branch"]);
    assert_eq!(problem.errors[0].code, FieldCode::NotOffered);

    let add = json!({"name": "鼓楼网点", "address": "中山路1号", "phone": "025-8888 0000"});
    let list: BranchList = desk.one.post_json(BRANCHES, &add).await.json();
    body["branch"] = json!(list.branches[0].id);
    body["roles"] = json!(["support"]);
    desk.one
        .post_json(&to, &body)
        .await
        .wrong_fields(&["branch"]);
    body["roles"] = json!(["branch"]);
    desk.one
        .post_json(&to, &body)
        .await
        .json::<StaffRequestList>();
    desk.approve(&desk.two).await.json::<StaffRequestList>();
    let staff = desk.by_mail("han@example.com").await;
    assert_eq!(staff.branch.as_ref(), Some(&list.branches[0].id));

    // Another branch is another right: it waits. Taking role and branch away does not.
    let add = json!({"name": "玄武网点", "address": "北京东路1号", "phone": "02588880001"});
    let list: BranchList = desk.one.post_json(BRANCHES, &add).await.json();
    let other = list
        .branches
        .iter()
        .find(|branch| branch.name == "玄武网点");
    let path = format!("{STAFF}/{}/roles", staff.id);
    let change = json!({"version": staff.version, "roles": ["branch"], "branch": other.unwrap().id, "reason": "调动"});
    desk.one.put_json(&path, &change).await.json::<StaffList>();
    assert_eq!(desk.load(&staff.id).await, staff);
    desk.approve(&desk.two).await.json::<StaffRequestList>();
    let moved = desk.load(&staff.id).await;
    assert_eq!(moved.branch, other.map(|branch| branch.id.clone()));
    let none = json!({"version": moved.version, "roles": [], "reason": "调动"});
    desk.one.put_json(&path, &none).await.json::<StaffList>();
    let none = desk.load(&staff.id).await;
    assert_eq!((none.roles, none.branch), (vec![], None));
}

/// Two requests for one address, both of which got past the check: the second is refused as a whole.
#[tokio::test]
async fn of_two_invitations_to_one_address_one_is_sent() {
    let desk = desk().await;
    let to = format!("{STAFF}/invites");
    let body = invitation_of("han@example.com", &["maker"]);
    let other = invitation_of("han@example.com", &["reviewer"]);
    let (a, b) = tokio::join!(
        desk.one.post_json(&to, &body),
        desk.two.post_json(&to, &other)
    );
    if a.status.is_success() && b.status.is_success() {
        let mut refused = 0;
        for request in desk.open().await {
            let answer = desk
                .three
                .post(&format!("{REQUESTS}/{}/approve", request.id))
                .await;
            if !answer.status.is_success() {
                answer.refused(ErrorCode::ChangedMeanwhile);
                refused += 1;
            }
        }
        assert_eq!(refused, 1);
        desk.by_mail("han@example.com").await;
    }
}

// ---------------------------------------------------------------- taking it up

#[tokio::test]
async fn a_newcomer_sets_password_and_second_factor_once() {
    let desk = desk().await;
    let staff = desk.invited("han.mei@example.com", &["maker"]).await;
    let token = desk.token(&staff).await;
    let view: InviteView = desk.show(&token).await.json();
    assert_eq!(view.name, "韩梅梅");
    assert_eq!(
        view.expires_at,
        desk.world.clock.now() + SignedDuration::from_hours(72)
    );
    let secret = view.secret.expose();
    assert_eq!(secret.len(), 32);
    assert_eq!(
        view.otpauth.expose(),
        format!("otpauth://totp/Sealkey:han.mei%40example.com?secret={secret}&issuer=Sealkey")
    );
    assert!(!desk.world.store.everything().contains(secret));

    let newcomer = desk.newcomer();
    for weak in [
        "short",
        "1234567890",
        "han.mei@example.com",
        "xx mei 2026 yy",
        "我是韩梅梅我是制证员",
    ] {
        let code = desk.digits(secret, 0);
        desk.accept(&newcomer, &token, weak, &code)
            .await
            .wrong_fields(&["password"]);
    }
    for wrong in ["000000", "", "12345", "１２３４５６"] {
        let problem = desk.accept(&newcomer, &token, PASSWORD, wrong).await;
        let problem = problem.refused(ErrorCode::CodeWrong);
        assert_eq!(problem.errors[0].field, "code");
    }
    for far in [-61, 61] {
        let code = desk.digits(secret, far);
        desk.accept(&newcomer, &token, PASSWORD, &code)
            .await
            .refused(ErrorCode::CodeWrong);
    }
    let code = desk.digits(secret, -30);
    desk.accept(
        &newcomer,
        &token,
        PASSWORD,
        &format!(" {} {} ", &code[..3], &code[3..]),
    )
    .await
    .done();

    let joined = desk.load(&staff.id).await;
    assert_eq!(joined.state, StaffState::Active);
    let known = joined.password.as_ref();
    assert!(Passwords::default().verify(PASSWORD, known));
    let sealed = joined.totp.as_ref().unwrap();
    let fields = desk.world.fields();
    let opened = fields
        .open(joined.id.as_str(), "totp", sealed)
        .await
        .unwrap();
    assert_eq!(opened, secret);
    let step = desk.world.clock.now().as_second() / 30 - 1;
    assert_eq!(joined.totp_step, u64::try_from(step).unwrap());
    let chain = registry::audit_chain(&joined.id);
    let deeds = desk
        .world
        .registry()
        .load_all::<AuditEntry>(&chain, registry::AUDIT_ENTRIES);
    assert_eq!(deeds.await.unwrap()[0].action, "invite_accepted");

    // Once.
    let code = desk.digits(secret, 0);
    desk.accept(&newcomer, &token, PASSWORD, &code)
        .await
        .refused(ErrorCode::LinkExpired);
    desk.show(&token).await.refused(ErrorCode::LinkExpired);
}

#[tokio::test]
async fn a_forged_or_old_link_opens_nothing_and_says_no_more() {
    let desk = desk().await;
    let staff = desk.invited("han@example.com", &["maker"]).await;
    let token = desk.token(&staff).await;
    let view: InviteView = desk.show(&token).await.json();
    let (id, mac) = token.split_once('.').unwrap();
    let other_id = InviteId::from_ulid(&"0".repeat(26));
    let elsewhere = desk
        .world
        .token(&SecretLink::Invite {
            id: other_id.clone(),
        })
        .await;
    let code = desk.digits(view.secret.expose(), 0);
    for forged in [
        String::new(),
        ".".to_owned(),
        id.to_owned(),
        format!("{id}."),
        format!("{id}.{}x", &mac[1..]),
        format!("{other_id}.{mac}"),
        // Signed by us, and there is no such invitation.
        elsewhere,
    ] {
        let shown = desk.show(&forged).await;
        shown.refused(ErrorCode::LinkExpired);
        let accepted = desk
            .accept(&desk.newcomer(), &forged, PASSWORD, &code)
            .await;
        assert_eq!(shown.without_request_id(), accepted.without_request_id());
    }
    desk.world.clock.advance(SignedDuration::from_hours(72));
    desk.show(&token).await.refused(ErrorCode::LinkExpired);
    let code = desk.digits(view.secret.expose(), 0);
    desk.accept(&desk.newcomer(), &token, PASSWORD, &code)
        .await
        .refused(ErrorCode::LinkExpired);
    assert_eq!(desk.load(&staff.id).await, staff);
}

#[tokio::test]
async fn an_invitation_sent_again_makes_the_one_before_void() {
    let desk = desk().await;
    let staff = desk.invited("han@example.com", &["maker"]).await;
    let first = desk.token(&staff).await;
    let before: InviteView = desk.show(&first).await.json();
    let again = format!("{STAFF}/{}/invite", staff.id);
    desk.three.post(&again).await.done();
    desk.show(&first).await.refused(ErrorCode::LinkExpired);
    let after = desk.load(&staff.id).await;
    let second = desk.token(&after).await;
    let view: InviteView = desk.show(&second).await.json();
    assert_ne!(view.secret, before.secret);
    assert_eq!(desk.invitations_sent().len(), 2);
    assert_eq!(
        desk.last_deed(3).await,
        format!("invite_resent staff {}", staff.id)
    );
    let code = desk.digits(view.secret.expose(), 0);
    desk.accept(&desk.newcomer(), &second, PASSWORD, &code)
        .await
        .done();
    // Whoever is in needs none.
    desk.three
        .post(&again)
        .await
        .refused(ErrorCode::NotInThisState);
}

/// Somebody invited may be given roles meanwhile; a suspension ends the invitation.
#[tokio::test]
async fn an_invitation_outlives_other_roles_and_no_suspension() {
    let desk = desk().await;
    let staff = desk
        .invited("han@example.com", &["maker", "reviewer"])
        .await;
    let token = desk.token(&staff).await;
    let roles = json!({"version": staff.version, "roles": ["maker"], "reason": "轮岗"});
    desk.one
        .put_json(&format!("{STAFF}/{}/roles", staff.id), &roles)
        .await
        .json::<StaffList>();
    desk.show(&token).await.json::<InviteView>();
    desk.one
        .post_json(&format!("{STAFF}/{}/suspend", staff.id), &reason())
        .await
        .json::<StaffList>();
    desk.show(&token).await.refused(ErrorCode::LinkExpired);
    // Let in again without a password, they are invited again.
    desk.one
        .post_json(&format!("{STAFF}/{}/resume", staff.id), &reason())
        .await
        .json::<StaffRequestList>();
    desk.approve(&desk.two).await.json::<StaffRequestList>();
    let after = desk.load(&staff.id).await;
    assert_eq!(after.state, StaffState::Invited);
    desk.show(&token).await.refused(ErrorCode::LinkExpired);
    desk.show(&desk.token(&after).await)
        .await
        .json::<InviteView>();
}

#[tokio::test]
async fn who_guesses_the_first_code_waits() {
    let desk = desk().await;
    let staff = desk.invited("han@example.com", &["maker"]).await;
    let token = desk.token(&staff).await;
    let newcomer = desk.newcomer();
    for _ in 0..10 {
        desk.accept(&newcomer, &token, PASSWORD, "000000")
            .await
            .refused(ErrorCode::CodeWrong);
    }
    let problem = desk.accept(&newcomer, &token, PASSWORD, "000000").await;
    assert!(problem.refused(ErrorCode::TooManyRequests).retry_after > Some(500));
    desk.world.clock.advance(SignedDuration::from_mins(11));
    let view: InviteView = desk.show(&token).await.json();
    let code = desk.digits(view.secret.expose(), 0);
    desk.accept(&newcomer, &token, PASSWORD, &code).await.done();
}

#[tokio::test]
async fn of_two_who_take_an_invitation_up_at_once_one_does() {
    let desk = desk().await;
    let staff = desk.invited("han@example.com", &["maker"]).await;
    let token = desk.token(&staff).await;
    let view: InviteView = desk.show(&token).await.json();
    let code = desk.digits(view.secret.expose(), 0);
    let (one, two) = (desk.newcomer(), desk.newcomer());
    let (a, b) = tokio::join!(
        desk.accept(&one, &token, PASSWORD, &code),
        desk.accept(&two, &token, "another long enough", &code),
    );
    let loser = if a.status.is_success() { b } else { a };
    assert!(matches!(
        loser.problem().code,
        ErrorCode::ChangedMeanwhile | ErrorCode::LinkExpired
    ));
}

// ---------------------------------------------------------------- roles

#[tokio::test]
async fn a_role_taken_away_is_gone_with_the_next_request() {
    let desk = desk().await;
    desk.three.get(STAFF).await.json::<StaffList>();
    let fourth = desk.world.as_staff(&desk.router, 4, ADMIN).await;
    fourth.get(STAFF).await.json::<StaffList>();
    let list: StaffList = desk.roles(&desk.one, 4, &[]).await.json();
    assert!(
        list.staff
            .iter()
            .any(|row| row.id == Desk::person(4) && row.roles.is_empty())
    );
    fourth.get(STAFF).await.refused(ErrorCode::Forbidden);
    // The session goes on with what is left.
    fourth.get(BRANCHES).await.json::<BranchList>();
    assert_eq!(
        desk.last_deed(1).await,
        format!("roles_removed staff {}", Desk::person(4))
    );
    assert!(desk.open().await.is_empty());
}

#[tokio::test]
async fn a_role_is_given_by_two_and_never_to_oneself() {
    let desk = desk().await;
    desk.world.staff(4, &[Role::Maker]).await;
    desk.roles(&desk.one, 4, &["maker", "reviewer"])
        .await
        .json::<StaffList>();
    assert_eq!(desk.row(&Desk::person(4)).await.roles, [Role::Maker]);
    desk.approve(&desk.one)
        .await
        .refused(ErrorCode::SecondPerson);
    desk.approve(&desk.two).await.json::<StaffRequestList>();
    let after = desk.load(&Desk::person(4)).await;
    assert_eq!(after.roles, [Role::Reviewer, Role::Maker]);
    assert_eq!(after.epoch, 0, "they stay logged in");
    let grant = desk.audited(2).await.pop().unwrap();
    assert_eq!(grant.action, "roles_granted");
    assert!(
        grant.detail.ends_with("; reviewer,maker"),
        "{}",
        grant.detail
    );

    // Not for oneself, neither asking nor agreeing.
    desk.roles(&desk.one, 1, &["maker"])
        .await
        .refused(ErrorCode::SecondPerson);
    desk.roles(&desk.one, 4, &["admin"])
        .await
        .json::<StaffList>();
    let four =
        Client::new(desk.router.clone()).cookie(desk.world.staff_cookie(&Desk::person(4)).await);
    four.post(&desk.the_request("approve").await)
        .await
        .refused(ErrorCode::Forbidden);
    desk.approve(&desk.two).await.json::<StaffRequestList>();
    // Now an administrator: what another one asks about them is still not theirs to agree to.
    desk.one
        .post_json(&Desk::path(4, "reset"), &reason())
        .await
        .json::<StaffRequestList>();
    four.post(&desk.the_request("approve").await)
        .await
        .refused(ErrorCode::SecondPerson);
    for what in ["reset", "resume"] {
        four.post_json(&Desk::path(4, what), &reason())
            .await
            .refused(ErrorCode::SecondPerson);
    }
}

#[tokio::test]
async fn an_administrator_does_nothing_else() {
    let desk = desk().await;
    desk.world.staff(4, &[Role::Maker]).await;
    desk.roles(&desk.one, 4, &["maker", "admin"])
        .await
        .wrong_fields(&["roles"]);
    let version = desk.load(&Desk::person(4)).await.version;
    let body = json!({"version": version, "roles": ["maker"], "reason": ""});
    desk.one
        .put_json(&Desk::path(4, "roles"), &body)
        .await
        .wrong_fields(&["reason"]);
}

#[tokio::test]
async fn of_two_administrators_who_edit_at_once_the_second_is_told() {
    let desk = desk().await;
    let staff = desk.world.staff(4, &[Role::Maker, Role::Reviewer]).await;
    let body = |roles: &[&str]| json!({"version": staff.version, "roles": roles, "reason": "轮岗"});
    let path = Desk::path(4, "roles");
    desk.one
        .put_json(&path, &body(&["maker"]))
        .await
        .json::<StaffList>();
    desk.two
        .put_json(&path, &body(&["reviewer"]))
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    // The same again is no change: the answer was lost.
    desk.one
        .put_json(&path, &body(&["maker"]))
        .await
        .json::<StaffList>();
    assert_eq!(desk.audited(1).await.len(), 1);
    desk.one
        .put_json(
            &format!("{STAFF}/st_{}/roles", "0".repeat(26)),
            &body(&["maker"]),
        )
        .await
        .refused(ErrorCode::NotFound);
}

/// Both agreed to what somebody was to be; taking something away in between ends that.
#[tokio::test]
async fn what_is_taken_away_does_not_come_back_by_an_older_request() {
    let desk = desk().await;
    desk.world.staff(4, &[Role::Maker, Role::Support]).await;
    desk.roles(&desk.one, 4, &["maker", "support", "reviewer"])
        .await
        .json::<StaffList>();
    let approve = desk.the_request("approve").await;
    desk.roles(&desk.three, 4, &["support"])
        .await
        .json::<StaffList>();
    assert!(desk.open().await.is_empty());
    desk.two
        .post(&approve)
        .await
        .refused(ErrorCode::NotInThisState);
    assert_eq!(desk.load(&Desk::person(4)).await.roles, [Role::Support]);
}

/// Who asked and was suspended since is no second person any more.
#[tokio::test]
async fn a_request_of_a_suspended_administrator_is_not_agreed_to() {
    let desk = desk().await;
    desk.world.staff(4, ADMIN).await;
    let body = invitation_of("han@example.com", &["maker"]);
    desk.three
        .post_json(&format!("{STAFF}/invites"), &body)
        .await
        .json::<StaffRequestList>();
    desk.one
        .post_json(&Desk::path(3, "suspend"), &reason())
        .await
        .json::<StaffList>();
    desk.approve(&desk.two)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    let decline = desk.the_request("decline").await;
    desk.two
        .post_json(&decline, &reason())
        .await
        .json::<StaffRequestList>();
}

// ---------------------------------------------------------------- suspending, resetting

#[tokio::test]
async fn a_suspension_ends_sessions_at_once() {
    let desk = desk().await;
    let maker = desk.world.as_staff(&desk.router, 4, &[Role::Maker]).await;
    maker.get(BRANCHES).await.json::<BranchList>();
    let suspend = Desk::path(4, "suspend");
    desk.one
        .post_json(&suspend, &json!({"reason": ""}))
        .await
        .wrong_fields(&["reason"]);
    for _ in 0..2 {
        let list: StaffList = desk.one.post_json(&suspend, &reason()).await.json();
        let row = list
            .staff
            .iter()
            .find(|row| row.id == Desk::person(4))
            .unwrap();
        assert_eq!(row.state, StaffState::Suspended);
    }
    assert_eq!(desk.audited(1).await.len(), 1);
    maker.get(BRANCHES).await.refused(ErrorCode::LoginRequired);

    // Back by two; the old session stays ended.
    desk.one
        .post_json(&Desk::path(4, "reset"), &reason())
        .await
        .refused(ErrorCode::NotInThisState);
    desk.roles(&desk.one, 4, &["maker", "reviewer"])
        .await
        .refused(ErrorCode::NotInThisState);
    set_password(&desk, 4).await;
    desk.one
        .post_json(&Desk::path(4, "resume"), &reason())
        .await
        .json::<StaffRequestList>();
    desk.approve(&desk.one)
        .await
        .refused(ErrorCode::SecondPerson);
    desk.approve(&desk.two).await.json::<StaffRequestList>();
    assert_eq!(desk.load(&Desk::person(4)).await.state, StaffState::Active);
    assert_eq!(desk.invitations_sent(), []);
    maker.get(BRANCHES).await.refused(ErrorCode::LoginRequired);
    desk.one
        .post_json(&Desk::path(4, "resume"), &reason())
        .await
        .refused(ErrorCode::NotInThisState);
}

/// As if they had taken an invitation up.
async fn set_password(desk: &Desk, no: u32) {
    let staff = desk.load(&Desk::person(no)).await;
    let sealed = desk
        .world
        .fields()
        .seal(staff.id.as_str(), "totp", "JBSWY3DPEHPK3PXP", (0, 0))
        .await
        .unwrap();
    let next = Staff {
        password: Some(PasswordHash("known".to_owned())),
        totp: Some(sealed),
        version: staff.version + 1,
        ..staff
    };
    let write = adapters::ports::Transaction::new(desk.world.clock.now());
    let write = write.change(&next).unwrap();
    desk.world.registry().record(&write).await.unwrap();
}

#[tokio::test]
async fn a_lost_telephone_is_reset_by_two() {
    let desk = desk().await;
    let maker = desk.world.as_staff(&desk.router, 4, &[Role::Maker]).await;
    set_password(&desk, 4).await;
    for _ in 0..2 {
        let list: StaffRequestList = desk
            .one
            .post_json(&Desk::path(4, "reset"), &reason())
            .await
            .json();
        let change = StaffChange::ResetSecondFactor {
            staff: Desk::person(4),
        };
        assert_eq!(list.requests[0].change, change);
        assert_eq!(list.requests.len(), 1);
    }
    maker.get(BRANCHES).await.json::<BranchList>();
    desk.approve(&desk.two).await.json::<StaffRequestList>();
    maker.get(BRANCHES).await.refused(ErrorCode::LoginRequired);
    let reset = desk.load(&Desk::person(4)).await;
    assert_eq!(reset.state, StaffState::Invited);
    assert!(reset.password.is_none() && reset.totp.is_none());
    let token = desk.token(&reset).await;
    let view: InviteView = desk.show(&token).await.json();
    let code = desk.digits(view.secret.expose(), 0);
    desk.accept(&desk.newcomer(), &token, PASSWORD, &code)
        .await
        .done();
}

#[tokio::test]
async fn a_request_that_fits_no_more_is_refused() {
    let desk = desk().await;
    desk.world.staff(4, &[Role::Maker]).await;
    desk.one
        .post_json(&Desk::path(4, "reset"), &reason())
        .await
        .json::<StaffRequestList>();
    // Somehow not closed with it, as when the index was behind.
    let staff = desk.load(&Desk::person(4)).await;
    let next = Staff {
        state: StaffState::Suspended,
        ..staff.logged_out()
    };
    let write = adapters::ports::Transaction::new(desk.world.clock.now());
    let write = write.change(&next).unwrap();
    desk.world.registry().record(&write).await.unwrap();
    desk.approve(&desk.two)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    assert_eq!(desk.load(&Desk::person(4)).await, next);
}

// ---------------------------------------------------------------- two administrators

#[tokio::test]
async fn the_last_two_administrators_stay() {
    let desk = desk().await;
    // Three: one may go.
    desk.one
        .post_json(&Desk::path(3, "suspend"), &reason())
        .await
        .json::<StaffList>();
    desk.three
        .get(STAFF)
        .await
        .refused(ErrorCode::LoginRequired);
    for no in [1, 2] {
        desk.one
            .post_json(&Desk::path(no, "suspend"), &reason())
            .await
            .refused(ErrorCode::NotInThisState);
        desk.roles(&desk.one, no, &[])
            .await
            .refused(ErrorCode::NotInThisState);
    }
    // To another role is to be an administrator no more.
    desk.roles(&desk.one, 2, &["maker"])
        .await
        .refused(ErrorCode::NotInThisState);
    assert!(desk.open().await.is_empty());
    // One who was only invited does not count.
    desk.invited("han@example.com", &["admin"]).await;
    desk.one
        .post_json(&Desk::path(2, "suspend"), &reason())
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn administrators_who_suspend_one_another_at_once_do_not_leave_one() {
    let desk = desk().await;
    let (to_two, to_three) = (Desk::path(2, "suspend"), Desk::path(3, "suspend"));
    let body = reason();
    let (a, b) = tokio::join!(
        desk.three.post_json(&to_two, &body),
        desk.two.post_json(&to_three, &body),
    );
    assert!(a.status.is_success() != b.status.is_success());
    let mut active = 0;
    for no in 1..=3 {
        active += usize::from(desk.load(&Desk::person(no)).await.is_active());
    }
    assert_eq!(active, 2);
}

#[tokio::test]
async fn an_administrator_becomes_something_else_only_if_two_are_left() {
    let desk = desk().await;
    desk.roles(&desk.one, 3, &["maker"])
        .await
        .json::<StaffList>();
    let approve = desk.the_request("approve").await;
    desk.world.staff(4, ADMIN).await;
    desk.one
        .post_json(&Desk::path(4, "suspend"), &reason())
        .await
        .json::<StaffList>();
    desk.two.post(&approve).await.json::<StaffRequestList>();
    assert_eq!(desk.load(&Desk::person(3)).await.roles, [Role::Maker]);
    desk.three.get(STAFF).await.refused(ErrorCode::Forbidden);
}

// ---------------------------------------------------------------- lists

#[tokio::test]
async fn lists_are_for_administrators() {
    let desk = desk().await;
    let list: StaffList = desk.two.get(STAFF).await.json();
    let names: Vec<&str> = list.staff.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["员工1", "员工2", "员工3"]);
    let you: Vec<bool> = list.staff.iter().map(|row| row.you).collect();
    assert_eq!(you, [false, true, false]);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        let other = desk.world.as_staff(&desk.router, 9, &[role]).await;
        for path in [STAFF, REQUESTS] {
            other.get(path).await.refused(ErrorCode::Forbidden);
        }
        other.get(BRANCHES).await.json::<BranchList>();
    }
}

#[tokio::test]
async fn what_waits_stands_before_what_was_decided() {
    let desk = desk().await;
    desk.world.staff(4, &[Role::Maker]).await;
    desk.invited("han@example.com", &["maker"]).await;
    desk.world.clock.advance(SignedDuration::from_secs(1));
    desk.invited("lin@example.com", &["maker"]).await;
    desk.world.clock.advance(SignedDuration::from_secs(1));
    desk.two
        .post_json(&Desk::path(4, "reset"), &reason())
        .await
        .json::<StaffRequestList>();
    let list: StaffRequestList = desk.two.get(REQUESTS).await.json();
    let told: Vec<(StaffRequestState, bool)> = list
        .requests
        .iter()
        .map(|request| (request.state, request.mine))
        .collect();
    assert_eq!(
        told,
        [
            (StaffRequestState::Open, true),
            (StaffRequestState::Approved, false),
            (StaffRequestState::Approved, false),
        ]
    );
    assert_eq!(list.requests[0].about, "员工4");
    let mails: Vec<&str> = list.requests[1..]
        .iter()
        .map(|request| match &request.change {
            StaffChange::Invite { mail, .. } => mail.as_str(),
            _ => "",
        })
        .collect();
    assert_eq!(mails, ["lin@example.com", "han@example.com"]);
}

// ---------------------------------------------------------------- branches

#[tokio::test]
async fn branches_are_added_and_changed_and_two_who_edit_are_told() {
    let desk = desk().await;
    desk.one
        .post_json(
            BRANCHES,
            &json!({"name": "", "address": " ", "phone": "call me"}),
        )
        .await
        .wrong_fields(&["phone", "name", "address"]);
    let mut body = json!({"name": "鼓楼网点", "address": "中山路1号", "phone": "025-88880000"});
    for _ in 0..2 {
        let list: BranchList = desk.one.post_json(BRANCHES, &body).await.json();
        assert_eq!(list.branches.len(), 1);
    }
    assert_eq!(desk.audited(1).await.len(), 1);
    let list: BranchList = desk.one.get(BRANCHES).await.json();
    let branch = &list.branches[0];
    body["address"] = json!("中山路2号");
    desk.one
        .post_json(BRANCHES, &body)
        .await
        .wrong_fields(&["name"]);
    let path = format!("{BRANCHES}/{}", branch.id);
    desk.one
        .put_json(&path, &body)
        .await
        .wrong_fields(&["version"]);
    body["version"] = json!(branch.version);
    for _ in 0..2 {
        let list: BranchList = desk.one.put_json(&path, &body).await.json();
        assert_eq!(list.branches[0].version, 2);
    }
    assert_eq!(
        desk.last_deed(1).await,
        format!("branch_changed branch {}", branch.id)
    );
    body["phone"] = json!("02599990000");
    desk.two
        .put_json(&path, &body)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    desk.two
        .put_json(&format!("{BRANCHES}/br_{}", "0".repeat(26)), &body)
        .await
        .refused(ErrorCode::NotFound);
}

// ---------------------------------------------------------------- power

/// Whatever write the power is lost at: inviting, agreeing and taking up come out once, and each call can be
/// made again.
#[tokio::test]
async fn a_newcomer_joins_once_wherever_the_power_goes_out() {
    let mut struck = 0;
    for number in 1..40 {
        for moment in [Moment::Before, Moment::After] {
            let power = PowerCut::at(number + 6, moment, Length::Flicker);
            let desk = desk_with(power.clone()).await;
            let body = invitation_of("han@example.com", &["maker"]);
            let to = format!("{STAFF}/invites");
            if !desk.one.post_json(&to, &body).await.status.is_success() {
                desk.one
                    .post_json(&to, &body)
                    .await
                    .json::<StaffRequestList>();
            }
            let approve = desk.the_request("approve").await;
            if !desk.two.post(&approve).await.status.is_success() {
                desk.two.post(&approve).await.json::<StaffRequestList>();
            }
            let staff = desk.by_mail("han@example.com").await;
            let token = desk.token(&staff).await;
            let view: InviteView = desk.show(&token).await.json();
            let code = desk.digits(view.secret.expose(), 0);
            let newcomer = desk.newcomer();
            let first = desk.accept(&newcomer, &token, PASSWORD, &code).await;
            if !first.status.is_success() {
                let again = desk.accept(&newcomer, &token, PASSWORD, &code).await;
                if !again.status.is_success() {
                    again.refused(ErrorCode::LinkExpired);
                }
            }
            assert!(
                desk.load(&staff.id).await.is_active(),
                "{:?}",
                power.struck()
            );
            assert_eq!(desk.invitations_sent().len(), 1);
            assert_eq!(desk.world.store.count("INVITE#"), 1);
            assert_eq!(desk.audited(1).await.len(), 1);
            assert_eq!(desk.audited(2).await.len(), 1);
            struck += usize::from(power.struck().is_some());
            let invite: Option<Invite> = desk
                .world
                .registry()
                .load(&registry::invite(&invitation::id_of(&staff)))
                .await
                .unwrap();
            assert!(invite.unwrap().used_at.is_some());
            if power.struck().is_none() {
                assert!(struck >= 6, "{struck}");
                return;
            }
        }
    }
}
