//! The main job, step by step, each by the person who does it.

use std::time::Duration;

use adapters::dynamodb::Table;
use adapters::ports::{Clock as _, Registry, Transaction};
use adapters::registry;
use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use contract::account::{RegistrationView, SessionView};
use contract::agent::{Act, GiveUp, JOSE, TicketView};
use contract::company::CompanyFile;
use contract::console::{ProductionView, QueueView, ReviewView};
use contract::error::ErrorCode;
use contract::order::{HistoryView, OrderView};
use contract::payment::PaymentView;
use contract::qualification::QualificationDetail;
use contract::upload::PaperUploadView;
use domain::company::{Company, CreditCode};
use domain::ids::{CompanyId, OrderId, PaperId};
use domain::operation::OperationState;
use domain::order::{DisplayState, LineStage};
use domain::paper::PaperKind;
use domain::payment::PaymentMethod;
use domain::qualification::QualificationState;
use edge::real::SystemClock;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testkit::agent::{Agent, Held, Token, Wire, make_key};

use crate::hire::{StaffLogin, blank_key, desk, hire_for_test};
use crate::people::Person;
use crate::stack::Stack;

/// How long anything may take before a test gives up. Nothing is asserted about time; this only ends
/// waiting for what will never come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks again and again until the answer is there.
///
/// # Errors
/// When it is still not there after a minute, with what was waited for.
pub async fn until<T, F, R>(what: &str, mut ask: F) -> Result<T>
where
    F: FnMut() -> R,
    R: Future<Output = Result<Option<T>>>,
{
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(50);
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        ensure!(
            tokio::time::Instant::now() < deadline,
            "{what}: still not after {PATIENCE:?}"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// Random hex digits.
///
/// # Errors
/// When the system gives no random bytes.
pub fn random_hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0u8; bytes];
    aws_lc_rs::rand::fill(&mut buffer).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(hex::encode(buffer))
}

/// A credit code that nobody has: made up, with the right check character.
///
/// # Errors
/// When the system gives no random bytes.
pub fn new_credit_code() -> Result<String> {
    let digits: String = random_hex(12)?
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(char::from)
        .collect();
    let first = format!("91320100{:0>9}", digits.chars().take(9).collect::<String>());
    let check = CreditCode::check_character(&first).context("no check character")?;
    Ok(format!("{first}{check}"))
}

/// A mobile number that nobody has.
///
/// # Errors
/// When the system gives no random bytes.
pub fn new_mobile() -> Result<String> {
    let mut bytes = [0u8; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    let digits = u64::from_be_bytes(bytes) % 1_000_000_000;
    Ok(format!("13{digits:09}"))
}

/// The six digits of a code sent to a mobile number, the first one or a later one.
///
/// # Errors
/// When it never comes.
pub async fn text_code(stack: &Stack, mobile: &str, which: usize) -> Result<String> {
    until(&format!("code {which} for {mobile}"), || async {
        let messages = stack.outbox("sns/sms-messages").await?;
        Ok(code(&messages, mobile, which))
    })
    .await
}

/// The six digits of a code sent to a mailbox, the first one or a later one.
///
/// # Errors
/// When it never comes.
pub async fn mail_code(stack: &Stack, mail: &str, which: usize) -> Result<String> {
    until(&format!("code {which} for {mail}"), || async {
        let messages = stack.outbox("ses/messages").await?;
        Ok(code(&messages, mail, which))
    })
    .await
}

/// The six digits after the word for a code, in the messages to somebody that hold some; counted from 1. Other
/// messages may hold six digits too: a company's name does, now and then.
fn code(messages: &Value, to: &str, which: usize) -> Option<String> {
    let digits = |text: &String| {
        let (_, after) = text.split_once("验证码")?;
        after
            .split(|c: char| !c.is_ascii_digit())
            .find(|digits| digits.len() == 6)
            .map(str::to_owned)
    };
    texts_to(messages, to)
        .iter()
        .filter_map(digits)
        .nth(which.checked_sub(1)?)
}

/// The texts of all messages to somebody, the last one last. The outbox holds lists by sender or recipient.
pub fn texts_to(messages: &Value, to: &str) -> Vec<String> {
    match messages {
        Value::Array(all) => all.iter().flat_map(|one| texts_to(one, to)).collect(),
        Value::Object(one) => {
            let text = one.get("Message").or_else(|| one.get("BodyText"));
            let goes_to = [one.get("PhoneNumber"), one.get("To")];
            let is_theirs = goes_to
                .into_iter()
                .flatten()
                .any(|whom| whom.to_string().contains(to));
            match text.and_then(Value::as_str) {
                Some(text) if is_theirs => vec![text.to_owned()],
                Some(_) => Vec::new(),
                None => one.values().flat_map(|part| texts_to(part, to)).collect(),
            }
        }
        _ => Vec::new(),
    }
}

/// A company with a person logged in.
#[derive(Debug, Clone)]
pub struct CompanyAt {
    /// The person.
    pub person: Person,
    /// Who they are.
    pub session: SessionView,
    /// Their password.
    pub password: String,
    sandbox: String,
}

/// A member of staff, logged in.
#[derive(Debug, Clone)]
pub struct StaffAt {
    /// The person.
    pub person: Person,
    stack: Stack,
}

impl CompanyAt {
    /// Registers a company nobody has heard of, with the code that its telephone gets.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn register(stack: &Stack) -> Result<Self> {
        let tag = random_hex(5)?;
        let person = Person::at(&stack.web)?;
        let password = format!("Kp7-{}", random_hex(8)?);
        let mobile = new_mobile()?;
        let request = json!({
            "storefront": "mall",
            "account": format!("u{tag}"),
            "password": password,
            "company_name": format!("南京示例科技{tag}有限公司"),
            "credit_code": new_credit_code()?,
            "contact": {"name": "李雷", "mobile": mobile, "mail": format!("{tag}@example.com")},
            "human": person.human().await?,
        });
        let asked: RegistrationView = person.post("/api/registrations", &request).await?.ok()?;
        let code = text_code(stack, &mobile, 1).await?;
        let confirm = format!("/api/registrations/{}/confirm", asked.registration);
        let session = person.post(&confirm, &json!({"code": code})).await?.ok()?;
        Ok(Self {
            person,
            session,
            password,
            sandbox: stack.sandbox.clone(),
        })
    }

    /// The same, its papers approved by a stroke of the pen: for tests of what comes after.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn buyer(stack: &Stack) -> Result<Self> {
        let company = Self::register(stack).await?;
        let table = Table::connect(&stack.cloud(), &stack.table);
        let registry: &dyn Registry = &table;
        let found: Option<Company> = registry
            .load(&registry::company(&company.session.company))
            .await?;
        let mut approved = found.context("the company is not there")?;
        approved.version += 1;
        approved.qualification.state = QualificationState::Approved;
        registry
            .record(&Transaction::new(SystemClock.now()).change(&approved)?)
            .await?;
        Ok(company)
    }

    /// The company's file.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn file(&self) -> Result<CompanyFile> {
        self.person.get("/api/company").await?.ok()
    }

    /// Tells who its legal representative is, uploads the licence and hands it in.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn ask_for_approval(&self) -> Result<CompanyFile> {
        let file = self.file().await?;
        let basics = json!({
            "version": file.version, "name": file.basics.name, "credit_code": file.basics.credit_code,
            "legal_representative": "王芳", "registered_address": "江苏省南京市玄武区中山路1号",
            "phone": "025-80000001",
        });
        let put = self
            .person
            .with_body(Method::PUT, "/api/company/basics", &basics);
        let file: CompanyFile = put.await?.ok()?;
        let paper = self
            .put_file(
                "/api/company/papers",
                "business_licence",
                "image/png",
                picture(),
            )
            .await?;
        let request = json!({"version": file.version, "papers": [paper]});
        self.person
            .post("/api/company/qualification", &request)
            .await?
            .ok()
    }

    /// What the order form sends.
    pub fn draft(quantity: u32) -> Value {
        json!({
            "storefront": "mall",
            "lines": [{"sku": "key-seal-1y", "quantity": quantity}],
            "urgency": "none",
            "delivery": {"kind": "courier_prepaid", "address": {
                "name": "韩梅梅", "mobile": "13900139000", "province": "江苏省", "city": "南京市",
                "district": "玄武区", "detail": "中山路1号3楼"}},
            "invoice": {"kind": "paper_ordinary"},
        })
    }

    /// Orders and submits.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn order(&self, quantity: u32) -> Result<OrderView> {
        let draft: OrderView = self
            .person
            .post("/api/orders", &Self::draft(quantity))
            .await?
            .ok()?;
        self.submit(&draft.id).await
    }

    /// Submits a draft.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn submit(&self, order: &OrderId) -> Result<OrderView> {
        self.person
            .act(Method::POST, &format!("/api/orders/{order}/submit"))
            .await?
            .ok()
    }

    /// Looks at an order.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn see(&self, order: &OrderId) -> Result<OrderView> {
        self.person.get(&format!("/api/orders/{order}")).await?.ok()
    }

    /// Looks at its history.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn history(&self, order: &OrderId) -> Result<HistoryView> {
        self.person
            .get(&format!("/api/orders/{order}/history"))
            .await?
            .ok()
    }

    /// Waits until the order, or all its lines, are shown in a state.
    ///
    /// # Errors
    /// When they never are.
    pub async fn until_shown(&self, order: &OrderId, wanted: DisplayState) -> Result<OrderView> {
        until(
            &format!("order {order} shown as {}", wanted.as_str()),
            || async {
                let view = self.see(order).await?;
                Ok((view.display == wanted).then_some(view))
            },
        )
        .await
    }

    /// Asks for a QR code.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn qr(&self, order: &OrderId) -> Result<String> {
        self.qr_by(order, PaymentMethod::Alipay).await
    }

    /// Asks for the QR code of a gateway.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn qr_by(&self, order: &OrderId, method: PaymentMethod) -> Result<String> {
        let view: PaymentView = self
            .person
            .post(
                &format!("/api/orders/{order}/payments"),
                &json!({"method": method}),
            )
            .await?
            .ok()?;
        view.attempt
            .and_then(|attempt| attempt.qr)
            .context("no QR code")
    }

    /// Takes the telephone, scans and pays.
    ///
    /// # Errors
    /// When the gateway refuses.
    pub async fn pay_by_phone(&self, qr: &str) -> Result<Value> {
        let (gateway, code) = if qr.contains("/wechatpay/") {
            ("wechatpay", "code")
        } else {
            ("alipay", "qr_code")
        };
        let url = format!("{}/{gateway}/pay", self.sandbox);
        let answer = self
            .person
            .client()
            .post(url)
            .json(&json!({ code: qr }))
            .send()
            .await?;
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status.is_success(), "the telephone says {status}: {body}");
        Ok(serde_json::from_str(&body)?)
    }

    /// Orders, pays, and waits until the money is known.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn paid_order(&self, quantity: u32) -> Result<OrderView> {
        let order = self.order(quantity).await?;
        let qr = self.qr(&order.id).await?;
        self.pay_by_phone(&qr).await?;
        self.until_shown(&order.id, DisplayState::AwaitingMaterials)
            .await
    }

    /// Uploads one paper as a browser does.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn upload(
        &self,
        order: &OrderId,
        kind: PaperKind,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<PaperId> {
        let kind = serde_json::to_value(kind)?;
        let path = format!("/api/orders/{order}/lines/1/papers");
        self.put_file(&path, kind.as_str().unwrap_or_default(), media_type, bytes)
            .await
    }

    /// Announces a file and puts it where it is told to.
    async fn put_file(
        &self,
        path: &str,
        kind: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<PaperId> {
        let hash = hex::encode(aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA256,
            &bytes,
        ));
        let request = json!({
            "kind": kind, "file_name": "扫描件.png", "format": media_type, "length": bytes.len(), "sha256": hash,
        });
        let place: PaperUploadView = self.person.post(path, &request).await?.ok()?;
        let mut put = self.person.client().put(&place.url).body(bytes);
        for (name, value) in &place.headers {
            put = put.header(name, value);
        }
        let answer = put.send().await?;
        let status = answer.status();
        ensure!(
            status.is_success(),
            "the bucket says {status}: {}",
            answer.text().await?
        );
        Ok(place.paper)
    }

    /// What is typed beside the papers.
    pub fn basic() -> Value {
        json!({"legal_representative": "王芳", "agent_name": "李雷", "agent_mobile": "13800138000"})
    }

    /// Uploads all papers that the first line asks for, and hands them in.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn hand_in(&self, order: &OrderId) -> Result<OrderView> {
        let view = self.see(order).await?;
        let line = view.lines.first().context("no line")?;
        let refused: Vec<PaperKind> = line.refusals.iter().map(|refusal| refusal.kind).collect();
        let mut papers = Vec::new();
        for kind in &line.required_papers {
            let kept = line
                .papers
                .iter()
                .find(|paper| paper.kind == *kind && !refused.contains(kind));
            papers.push(if let Some(paper) = kept {
                paper.id.clone()
            } else {
                let scan = match kind {
                    PaperKind::SealSheet => testkit::orders::seal_sheet(),
                    _ => picture(),
                };
                self.upload(order, *kind, "image/png", scan).await?
            });
        }
        let request = json!({"basic": Self::basic(), "papers": papers});
        self.person
            .post(&format!("/api/orders/{order}/lines/1/materials"), &request)
            .await?
            .ok()
    }
}

/// A real picture, PNG.
pub fn picture() -> Vec<u8> {
    const PAPER: &[u8] = include_bytes!("../fixtures/paper.png");
    PAPER.to_vec()
}

impl StaffAt {
    /// Somebody new with this role, logged in.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn login(stack: &Stack, role: &str) -> Result<Self> {
        let login = hire_for_test(stack, role).await?;
        Self::log_in(stack, &login).await
    }

    /// The demo's own person with this role, logged in.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn demo(stack: &Stack, role: &str) -> Result<Self> {
        Self::log_in(stack, &stack.staff_login(role)?).await
    }

    /// Logs somebody in. A code of the second factor works once, so the next ones are tried too, and waited
    /// for, as a person does who was too fast.
    ///
    /// # Errors
    /// When no code is taken.
    pub async fn log_in(stack: &Stack, login: &StaffLogin) -> Result<Self> {
        let person = Person::at(&stack.web)?;
        until("a code of the second factor", || async {
            for code in login.codes()? {
                let body = json!({"mail": login.mail, "password": login.password, "code": code});
                let answer = person.post("/api/console/session", &body).await?;
                if answer.status.is_success() {
                    return Ok(Some(()));
                }
                ensure!(
                    answer.code()? == ErrorCode::LoginFailed,
                    "login: {}",
                    answer.body
                );
            }
            Ok(None)
        })
        .await?;
        Ok(Self {
            person,
            stack: stack.clone(),
        })
    }

    /// Approves a company's papers.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn approve_company(&self, company: &CompanyId) -> Result<()> {
        let path = format!("/api/console/qualifications/{company}");
        let claimed: QualificationDetail = self
            .person
            .act(Method::POST, &format!("{path}/claim"))
            .await?
            .ok()?;
        self.person
            .post(
                &format!("{path}/approve"),
                &json!({"version": claimed.version}),
            )
            .await?
            .ok()
    }

    /// Waits until a line stands in a queue at a stage.
    ///
    /// # Errors
    /// When it never does.
    pub async fn until_queued(&self, queue: &str, order: &OrderId, stage: LineStage) -> Result<()> {
        until(
            &format!("{order} in {queue} at {}", stage.as_str()),
            || async {
                let mut cursor: Option<String> = None;
                loop {
                    let query = cursor
                        .map(|cursor| format!("?cursor={cursor}"))
                        .unwrap_or_default();
                    let page: QueueView = self
                        .person
                        .get(&format!("/api/console/{queue}{query}"))
                        .await?
                        .ok()?;
                    if page
                        .lines
                        .iter()
                        .any(|row| row.order == *order && row.stage == stage)
                    {
                        return Ok(Some(()));
                    }
                    match page.cursor {
                        Some(more) => cursor = Some(more),
                        None => return Ok(None),
                    }
                }
            },
        )
        .await
    }

    async fn act(&self, path: String) -> Result<Value> {
        self.person.act(Method::POST, &path).await?.ok()
    }

    /// Takes a line for review and approves it.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn approve(&self, order: &OrderId) -> Result<()> {
        self.until_queued("reviews", order, LineStage::AwaitReview)
            .await?;
        let path = format!("/api/console/reviews/{order}/1");
        let view = self.act(format!("{path}/claim")).await?;
        let view: ReviewView = serde_json::from_value(view)?;
        let request = json!({"seals": testkit::orders::stamps_of(&view)});
        let _: Value = self
            .person
            .post(&format!("{path}/approve"), &request)
            .await?
            .ok()?;
        Ok(())
    }

    /// Takes a line for review and sends one paper back.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn reject(&self, order: &OrderId, kind: PaperKind, note: &str) -> Result<()> {
        self.until_queued("reviews", order, LineStage::AwaitReview)
            .await?;
        self.act(format!("/api/console/reviews/{order}/1/claim"))
            .await?;
        let request = json!({"refusals": [{"kind": kind, "reason": "unreadable", "note": note}]});
        let path = format!("/api/console/reviews/{order}/1/reject");
        let _: Value = self.person.post(&path, &request).await?.ok()?;
        Ok(())
    }

    /// Makes one key at a desk of its own, on a blank key of its own: what an agent says is real, its token is a few
    /// lines. Then the desk stops, for the next key has a desk of its own too.
    ///
    /// # Errors
    /// When it does not work, or another key of the line was the next.
    pub async fn make(&self, order: &OrderId, unit: u8) -> Result<MadeKey> {
        self.until_queued("production", order, LineStage::AwaitProduction)
            .await?;
        let path = format!("/api/console/production/{order}/1");
        let view: TicketView = self.act_for(&format!("{path}/operations")).await?;
        let held = Held::of(&view);
        let making = held.ticket.making.as_ref().context("nothing to make")?;
        let token = Token {
            serial: blank_key(&self.stack, making.medium).await?,
            no: random_byte()?,
        };
        let desk = desk(&self.stack).await?;
        let wire = AgentAt {
            person: Person::at(&self.stack.web)?,
        };
        let agent = Agent::new(random_byte()?);
        let failed = |why: String| anyhow::anyhow!(why);
        let claim = agent.claim(&held, Some(&desk));
        agent.say(&wire, &held, claim).await.map_err(failed)?;
        let made = make_key(&wire, &agent, &held, &token)
            .await
            .map_err(failed)?;
        ensure!(made.assigned.unit.0 == unit, "{:?}", made.assigned.unit);
        if made.view.state == OperationState::Claimed {
            agent.say(&wire, &held, GiveUp {}).await.map_err(failed)?;
        }
        let line: ProductionView = self.person.get(&path).await?.ok()?;
        let serial = line
            .units
            .iter()
            .find(|known| known.no.0 == unit)
            .and_then(|known| known.certificate_serial.clone());
        Ok(MadeKey {
            key_serial: token.serial,
            serial: serial.context("no certificate")?,
            certificate: made.certificates.sign,
            encryption_certificate: made.certificates.encrypt,
            chain: made.certificates.chain,
        })
    }

    async fn act_for<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.person.act(Method::POST, path).await?.ok()
    }

    /// Waits for the waybill and gives the parcel to the courier.
    ///
    /// # Errors
    /// When it does not work.
    pub async fn hand_over(&self, order: &OrderId) -> Result<()> {
        self.until_queued("shipping", order, LineStage::AwaitCollection)
            .await?;
        self.act(format!("/api/console/shipping/{order}/1/handed-over"))
            .await?;
        Ok(())
    }
}

/// The courier does something with a parcel.
///
/// # Errors
/// When the sandbox refuses.
pub async fn courier(stack: &Stack, waybill: &str, status: &str) -> Result<()> {
    let person = Person::at(&stack.sandbox)?;
    let path = format!("/courier/shipments/{waybill}/events");
    let answer = person
        .post(&path, &json!({"status": status, "place": "南京转运中心"}))
        .await?;
    ensure!(
        answer.status.is_success(),
        "the courier says {}: {}",
        answer.status,
        answer.body
    );
    Ok(())
}

/// A key that was made.
#[derive(Debug, Clone)]
pub struct MadeKey {
    /// The token's own serial number.
    pub key_serial: String,
    /// The serial number of the certificate that signs, hex.
    pub serial: String,
    /// That certificate, PEM.
    pub certificate: String,
    /// The one for secrets, PEM.
    pub encryption_certificate: String,
    /// Issuing CA and root, PEM.
    pub chain: String,
}

/// An agent's way to the cloud.
struct AgentAt {
    person: Person,
}

#[async_trait(?Send)]
impl Wire for AgentAt {
    fn now(&self) -> i64 {
        SystemClock.now().as_second()
    }

    async fn say(&self, act: Act, call: String) -> Result<Vec<u8>, String> {
        let path = format!("/{}", act.path());
        let answer = self.person.post_raw(&path, JOSE, call).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if answer.status.is_success() {
            Ok(answer.body.into_bytes())
        } else {
            Err(answer.body)
        }
    }
}

fn random_byte() -> Result<u8> {
    let mut byte = [0u8];
    aws_lc_rs::rand::fill(&mut byte).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(byte[0])
}
