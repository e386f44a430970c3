//! Keys that were made elsewhere join by an inspection, when their issuer stands by them.

use adapters::ports::ListContent;
use domain::certificate::{Listed, RevocationReason, Standing};
use domain::key::NoService;
use jiff::Timestamp;

use super::*;

/// The number of the token that was made elsewhere.
const OTHER: &str = "OTHER-1";

struct Stage {
    desk: Desk,
    lists: Arc<pki::PublishedLists>,
    serial: String,
    not_after: Timestamp,
}

/// A company beside whose own key lies one of another issuer, who publishes an empty list.
async fn stage() -> Stage {
    let lists = Arc::<pki::PublishedLists>::default();
    let mut desk = Desk::new().await;
    let issuers = pki::issuers().with(vec![pki::other_issuer(Medium::Cpp)]);
    let router = router_with(&desk.world, issuers.unwrap(), lists.clone());
    desk.site = desk.world.as_company(&router, 1).await;
    desk.wire = Client::new(router);
    let validity = Validity::from_now(desk.world.clock.now(), 2).unwrap();
    let subject = subject(&desk, 1).await;
    let (serial, certificate) = pki::issued_elsewhere(pki::csr(9), 9, subject, validity).await;
    desk.certificate = certificate;
    let stage = Stage {
        desk,
        lists,
        serial,
        not_after: validity.not_after,
    };
    stage.publish(1, Vec::new()).await;
    stage
}

async fn subject(desk: &Desk, no: u32) -> Subject {
    let company = desk.world.company(no).await;
    Subject {
        company_name: company.name.clone(),
        credit_code: company.credit_code.as_str().to_owned(),
    }
}

impl Stage {
    async fn publish(&self, number: u64, listed: Vec<Listed>) {
        let now = self.desk.world.clock.now();
        let content = ListContent {
            number,
            this_update: now,
            next_update: now + SignedDuration::from_hours(48),
            listed,
        };
        let list = pki::list_elsewhere(&content).await;
        self.lists.publish(pki::OTHER_LIST, Some(list));
    }

    /// Shows a key of another issuer to an inspection of any key of the company.
    async fn inspect(&self) -> (Given, Answer) {
        let given = self.desk.offer(&json!({"verb": "inspect"})).await;
        let agent = Agent::new(1);
        self.desk.claim(&agent, &given).await.json::<AgentView>();
        let answer = self.show(&given).await;
        (given, answer)
    }

    async fn show(&self, given: &Given) -> Answer {
        let certificate = STANDARD.encode(&self.desk.certificate);
        let message = possession(&given.operation, &given.nonce, OTHER, &certificate);
        let signature: DerSignature = pki::token_key(9).sign(&message);
        let evidence = Evidence {
            serial: OTHER.to_owned(),
            certificate,
            signature: Some(STANDARD.encode(signature.as_bytes())),
        };
        self.desk.show(&Agent::new(1), given, evidence).await
    }

    async fn key(&self) -> Option<CompanyKey> {
        let place = registry::company_key(&self.desk.key.company, OTHER);
        self.desk.world.registry().load(&place).await.unwrap()
    }

    fn listed(&self, standing: Standing) -> Vec<Listed> {
        vec![Listed {
            serial: self.serial.clone(),
            not_after: self.not_after,
            standing,
        }]
    }
}

/// R36: what its issuer's keys are is written down, so an agent can claim nothing.
#[tokio::test]
async fn it_joins_with_its_time_left_and_can_be_upgraded_but_not_renewed() {
    let stage = stage().await;
    let (given, answer) = stage.inspect().await;
    let view: AgentView = answer.json();
    assert_eq!(view.state, OperationState::Done);
    // The answer got lost: it is said again.
    assert_eq!(stage.show(&given).await.json::<AgentView>(), view);
    let key = stage.key().await.unwrap();
    assert_eq!(key.issued_by.as_deref(), Some(pki::OTHER_NAME));
    assert_eq!((key.medium, key.seal), (Medium::Cpp, false));
    assert_eq!(key.certificate_serial, stage.serial);
    assert_eq!(key.not_after, stage.not_after);
    let now = stage.desk.world.clock.now();
    assert_eq!(key.replaceable(now), Err(NoService::Elsewhere));
    assert_eq!(key.upgradable(Medium::Bjca), Ok(()));
    let place = registry::inspection(&stage.desk.key.company, OTHER);
    let inspection: Option<Inspection> = stage.desk.world.registry().load(&place).await.unwrap();
    let inspection = inspection.unwrap();
    assert_eq!(inspection.not_after, stage.not_after);
    assert_eq!(inspection.medium, Medium::Cpp);
    // Shown again, it is the same key.
    stage.inspect().await.1.json::<AgentView>();
    assert_eq!(stage.key().await, Some(key));
}

#[tokio::test]
async fn what_its_issuer_has_renewed_goes_on_as_the_same_key() {
    let mut stage = stage().await;
    stage.inspect().await.1.json::<AgentView>();
    let before = stage.key().await.unwrap();
    let validity = Validity::from_now(stage.desk.world.clock.now(), 3).unwrap();
    let subject = subject(&stage.desk, 1).await;
    let (serial, certificate) = pki::issued_elsewhere(pki::csr(9), 10, subject, validity).await;
    stage.desk.certificate = certificate;
    stage.inspect().await.1.json::<AgentView>();
    let after = stage.key().await.unwrap();
    assert_eq!(after.certificate_serial, serial);
    assert_eq!(after.not_after, validity.not_after);
    assert_eq!(after.activated_at, before.activated_at);
    assert_eq!(after.earlier[0].serial, before.certificate_serial);
}

#[tokio::test]
async fn on_its_issuers_list_it_neither_joins_nor_stays_in_use() {
    for standing in [
        Standing::Suspended {
            at: Timestamp::UNIX_EPOCH,
        },
        Standing::Revoked {
            at: Timestamp::UNIX_EPOCH,
            reason: RevocationReason::KeyCompromise,
        },
    ] {
        let stage = stage().await;
        stage.publish(2, stage.listed(standing)).await;
        let (given, answer) = stage.inspect().await;
        answer.refused(ErrorCode::CertificateRevoked);
        assert_eq!(stage.key().await, None);
        assert_eq!(
            stage.desk.followed(&given).await.state,
            OperationState::Claimed
        );
    }
    // Joined, and listed later: seen as soon as a list is asked for again.
    let stage = stage().await;
    stage.inspect().await.1.json::<AgentView>();
    let hour = SignedDuration::from_hours(1);
    stage.desk.world.clock.advance(hour);
    let revoked = Standing::Suspended {
        at: stage.desk.world.clock.now(),
    };
    stage.publish(2, stage.listed(revoked)).await;
    let (_, answer) = stage.inspect().await;
    answer.refused(ErrorCode::CertificateRevoked);
}

/// Nothing is believed that its issuer does not say now; the agent may ask again.
#[tokio::test]
async fn while_its_issuer_is_silent_nothing_happens() {
    let stage = stage().await;
    let now = stage.desk.world.clock.now();
    let list = |this_update, next_update| ListContent {
        number: 3,
        this_update,
        next_update,
        listed: Vec::new(),
    };
    let hours = SignedDuration::from_hours;
    let good = pki::list_elsewhere(&list(now, now + hours(1))).await;
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    let ours = pki::lists(PowerCut::never());
    let mut last = None;
    for (what, published) in [
        ("none", None),
        ("no list", Some(b"<html>".to_vec())),
        ("a forged one", Some(forged)),
        (
            "ours in its place",
            Some(ours.list(&list(now, now + hours(1))).await.unwrap()),
        ),
        (
            "an old one",
            Some(pki::list_elsewhere(&list(now - hours(2), now)).await),
        ),
        (
            "one of the future",
            Some(pki::list_elsewhere(&list(now + hours(1), now + hours(2))).await),
        ),
    ] {
        stage.lists.publish(pki::OTHER_LIST, published);
        let (given, answer) = stage.inspect().await;
        assert_eq!(answer.problem().code, ErrorCode::IssuerSilent, "{what}");
        assert_eq!(stage.key().await, None, "{what}");
        last = Some(given);
    }
    stage.lists.publish(pki::OTHER_LIST, Some(good));
    let answer = stage.show(&last.unwrap()).await;
    answer.json::<AgentView>();
    assert!(stage.key().await.is_some());
    // What was said an hour ago holds until its own end.
    stage.lists.publish(pki::OTHER_LIST, None);
    stage.inspect().await.1.json::<AgentView>();
    stage.desk.world.clock.advance(hours(1));
    let (_, answer) = stage.inspect().await;
    answer.refused(ErrorCode::IssuerSilent);
}

#[tokio::test]
async fn another_companys_and_one_that_is_known_otherwise_do_not_join() {
    let mut stage = stage().await;
    let good = stage.desk.certificate.clone();
    let validity = Validity::from_now(stage.desk.world.clock.now(), 2).unwrap();
    let subject = subject(&stage.desk, 2).await;
    let (_, foreign) = pki::issued_elsewhere(pki::csr(9), 11, subject, validity).await;
    stage.desk.certificate = foreign;
    let (_, answer) = stage.inspect().await;
    answer.refused(ErrorCode::NotYourKey);
    assert_eq!(stage.key().await, None);

    // By its number one of ours is known.
    stage.desk.certificate = good;
    let ours = CompanyKey {
        serial: OTHER.to_owned(),
        version: 1,
        ..stage.desk.key.clone()
    };
    let known = Transaction::new(stage.desk.world.clock.now());
    let known = known.change(&ours).unwrap();
    stage.desk.world.registry().record(&known).await.unwrap();
    let (_, answer) = stage.inspect().await;
    answer.refused(ErrorCode::NotYourKey);
    assert_eq!(stage.key().await, Some(ours));
}
