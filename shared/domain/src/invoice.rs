//! Invoices (发票): what a buyer is billed, by the tax platform, and what is taken back of it.
//!
//! The order says what is to be billed ([`crate::order::Order::billable`]); one invoice at a time stands for it. What
//! changes the sum afterwards (a line that ends, a surcharge that goes back, an order that is given up) makes the
//! invoice wrong: it is reversed (红冲), and another one is issued for what is left. No refund waits for an invoice, and
//! no invoice for a refund.
//!
//! | state | the platform | leads to |
//! | --- | --- | --- |
//! | held | was not asked: customer service has the case (R74) | asking, void |
//! | asking, waiting | is asked under one number, as often as needed | issued, abnormal |
//! | abnormal | cannot go on without finance | asking, void |
//! | issued | has it | asking, for its reversal |
//! | awaiting buyer | waits until the buyer agrees, 72 hours; then it is asked anew | reversed |
//! | reversed, void | has nothing that counts | |

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::company::{InvoiceTitle, SealedText, TitleKind};
use crate::ids::{OrderId, TitleId};
use crate::money::Money;
use crate::policy::InvoiceKind;

/// To whom an invoice is made out, as the company's file had it when it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The title of the file; none where the company itself is the title.
    #[serde(default)]
    pub from: Option<TitleId>,
    /// 发票抬头.
    pub title: String,
    /// 纳税人识别号.
    pub tax_number: String,
    /// Where the electronic invoice is mailed; may be empty, then it goes to the order's contact.
    #[serde(default)]
    pub mail: String,
    /// What only a special invoice has.
    #[serde(default)]
    pub special: Option<SpecialBuyer>,
}

/// What a special invoice says of its buyer besides (R13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialBuyer {
    /// 注册地址.
    pub address: String,
    /// 注册电话.
    pub phone: String,
    /// 开户银行.
    pub bank: String,
    /// 银行账号, sealed as that of the title: see [`InvoiceTitle::account_field`].
    pub bank_account: SealedText,
}

impl Buyer {
    /// The buyer that a title of the company's file names.
    pub fn of(title: &InvoiceTitle) -> Self {
        let special = title
            .bank_account
            .as_ref()
            .filter(|_| title.kind == TitleKind::Special);
        Self {
            from: Some(title.id.clone()),
            title: title.title.clone(),
            tax_number: title.tax_number.clone(),
            mail: title.mail.clone(),
            special: special.map(|account| SpecialBuyer {
                address: title.address.clone(),
                phone: title.phone.clone(),
                bank: title.bank.clone(),
                bank_account: account.clone(),
            }),
        }
    }
}

/// What an invoice bills, one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceItem {
    /// In words.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// All of them, tax included.
    pub amount: Money,
}

/// Where a file of an invoice is kept.
pub fn file_key(order: &OrderId, invoice: u32, format: &str) -> String {
    format!("invoices/{order}/{invoice:02}.{format}")
}

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceState {
    /// Customer service has to say which one it becomes (R74).
    Held,
    /// The tax platform is to be asked now.
    Asking,
    /// It is to be asked again at `ask_at`.
    Waiting,
    /// It cannot go on without somebody of the finance staff.
    Abnormal,
    /// It is issued.
    Issued,
    /// Its reversal waits for the buyer.
    AwaitingBuyer,
    /// It was issued, and counts no more.
    Reversed,
    /// It was never issued, and is not to be.
    Void,
}

/// What the tax platform is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceTask {
    /// To issue it.
    Issue,
    /// To take it back.
    Reverse,
}

/// What stands in the way of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaxHindrance {
    /// The platform does not answer, or not as it must.
    Unreachable,
    /// The title or tax number is not what the platform knows.
    Buyer,
    /// The amount that may be billed this month is used up.
    Quota,
    /// The platform refuses it for another reason.
    Refused,
    /// Our keys or ids at the platform do not work.
    Credentials,
}

/// What stands in the way, as long as something does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaxTrouble {
    /// What.
    pub hindrance: TaxHindrance,
    /// The platform's own code, for whoever looks into it.
    #[serde(default)]
    pub code: String,
    /// Since when.
    pub since: Timestamp,
}

/// What came of asking the tax platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaxAnswer {
    /// It is issued.
    Issued {
        /// The invoice's number (数电票号码, or code and number of a paper one).
        number: String,
        /// When.
        at: Timestamp,
    },
    /// It took the order.
    Processing,
    /// The reversal waits for the buyer to agree.
    AwaitingBuyer {
        /// Until when; then it has to be asked anew.
        until: Timestamp,
    },
    /// It is reversed.
    Reversed {
        /// The number of the invoice that takes it back.
        number: String,
        /// When.
        at: Timestamp,
    },
    /// It has to be asked again.
    Later(TaxHindrance, String),
    /// A person has to look. Nothing was issued.
    Stuck(TaxHindrance, String),
}

/// One invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Its place in the order, from 1.
    pub no: u32,
    /// Which kind.
    pub kind: InvoiceKind,
    /// What it bills.
    pub items: Vec<InvoiceItem>,
    /// Their sum.
    pub amount: Money,
    /// Where it stands.
    pub state: InvoiceState,
    /// What the platform is, or was last, asked for.
    pub task: InvoiceTask,
    /// Has the platform taken the order? From then on it is only asked where it stands.
    pub accepted: bool,
    /// Raised each time the platform is to be asked, so that each wait is one of its own.
    pub round: u32,
    /// Raised by every new execution: for its reversal, and for restarts.
    pub run: u32,
    /// When it is to be asked next, or when somebody should look whether it is being asked.
    pub ask_at: Timestamp,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// Its number.
    #[serde(default)]
    pub number: Option<String>,
    /// When it was issued.
    #[serde(default)]
    pub issued_at: Option<Timestamp>,
    /// Until when the buyer may agree to its reversal.
    #[serde(default)]
    pub buyer_until: Option<Timestamp>,
    /// The number of the one that takes it back.
    #[serde(default)]
    pub reversed_by: Option<String>,
    /// When it was reversed.
    #[serde(default)]
    pub reversed_at: Option<Timestamp>,
    /// When its files were last mailed, or ordered to be.
    #[serde(default)]
    pub mailed_at: Option<Timestamp>,
    /// What hinders it.
    #[serde(default)]
    pub trouble: Option<TaxTrouble>,
}

/// How long the platform may take to be asked before somebody looks whether the execution still runs.
pub const ASKING: SignedDuration = SignedDuration::from_mins(5);
/// How often a buyer who has to agree is asked after.
const BUYER: SignedDuration = SignedDuration::from_hours(6);
/// How long after one mail another one is not sent: a second press of the button says the same.
const MAILED: SignedDuration = SignedDuration::from_mins(5);

impl Invoice {
    /// An invoice that is to be issued at once, or held for customer service.
    pub fn ordered(
        no: u32,
        kind: InvoiceKind,
        items: Vec<InvoiceItem>,
        held: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            no,
            kind,
            amount: items.iter().map(|item| item.amount).sum(),
            items,
            state: if held {
                InvoiceState::Held
            } else {
                InvoiceState::Asking
            },
            task: InvoiceTask::Issue,
            accepted: false,
            round: 1,
            run: 1,
            ask_at: now + ASKING,
            ordered_at: now,
            number: None,
            issued_at: None,
            buyer_until: None,
            reversed_by: None,
            reversed_at: None,
            mailed_at: None,
            trouble: None,
        }
    }

    /// Its number at the tax platform: asked twice under it, the platform issues once.
    pub fn serial(&self, order: &OrderId) -> String {
        match self.task {
            InvoiceTask::Issue => format!("{order}_I{}", self.no),
            InvoiceTask::Reverse => format!("{order}_I{}_R", self.no),
        }
    }

    /// Does it stand for something, or may it yet?
    pub fn is_live(&self) -> bool {
        !matches!(self.state, InvoiceState::Reversed | InvoiceState::Void)
    }

    /// Is something still to happen to it?
    pub fn is_open(&self) -> bool {
        self.is_live() && self.state != InvoiceState::Issued
    }

    /// Is it asked about again by time alone?
    pub fn waits(&self) -> bool {
        matches!(
            self.state,
            InvoiceState::Waiting | InvoiceState::AwaitingBuyer
        )
    }

    /// Is it time to ask about it again?
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.waits() && self.ask_at <= now
    }

    /// Can it be read and sent? What is being taken back still can.
    pub fn has_files(&self) -> bool {
        self.number.is_some()
    }

    /// Was it mailed just now?
    pub fn was_mailed(&self, now: Timestamp) -> bool {
        self.mailed_at.is_some_and(|at| now < at + MAILED)
    }

    /// May the company say anew to whom it is made out? Not while the platform is asked, nor once it is issued.
    pub fn awaits_title(&self) -> bool {
        match (self.task, self.state) {
            (InvoiceTask::Issue, InvoiceState::Held) => true,
            (InvoiceTask::Issue, InvoiceState::Abnormal) => self
                .trouble
                .as_ref()
                .is_some_and(|trouble| trouble.hindrance == TaxHindrance::Buyer),
            _ => false,
        }
    }

    /// How long to wait before the question after `round`: soon at first, then rarely.
    pub fn pause(round: u32) -> SignedDuration {
        SignedDuration::from_mins(match round {
            0..=2 => 1,
            3..=5 => 5,
            6..=10 => 30,
            _ => 240,
        })
    }

    /// Asks the platform once more.
    pub(crate) fn ask_again(&mut self, now: Timestamp) {
        self.state = InvoiceState::Asking;
        self.round += 1;
        self.ask_at = now + ASKING;
    }

    /// Customer service has said which kind it becomes.
    pub(crate) fn release(&mut self, kind: InvoiceKind, now: Timestamp) {
        self.kind = kind;
        self.ask_again(now);
    }

    /// What it bills is no longer what is to be billed.
    ///
    /// What the platform is being asked for is not known until it answers; then this is asked again.
    pub(crate) fn is_wrong_now(&mut self, now: Timestamp) {
        match (self.task, self.state) {
            (InvoiceTask::Issue, InvoiceState::Held | InvoiceState::Abnormal) => {
                self.state = InvoiceState::Void;
                self.trouble = None;
                self.round += 1;
            }
            (InvoiceTask::Issue, InvoiceState::Issued) => {
                self.task = InvoiceTask::Reverse;
                self.accepted = false;
                self.run += 1;
                self.ask_again(now);
            }
            _ => {}
        }
    }

    /// Takes what the platform says.
    pub(crate) fn take(&mut self, answer: &TaxAnswer, now: Timestamp) {
        match answer {
            TaxAnswer::Issued { number, at } => {
                self.state = InvoiceState::Issued;
                self.number = Some(number.clone());
                self.issued_at = Some(*at);
                self.mailed_at = Some(now);
                self.trouble = None;
            }
            TaxAnswer::Reversed { number, at } => {
                self.state = InvoiceState::Reversed;
                self.reversed_by = Some(number.clone());
                self.reversed_at = Some(*at);
                self.buyer_until = None;
                self.trouble = None;
            }
            TaxAnswer::Processing => {
                self.state = InvoiceState::Waiting;
                self.accepted = true;
                self.ask_at = now + Self::pause(self.round);
                self.trouble = None;
            }
            TaxAnswer::AwaitingBuyer { until } => {
                self.state = InvoiceState::AwaitingBuyer;
                self.accepted = true;
                self.buyer_until = Some(*until);
                self.ask_at = (*until).min(now + BUYER);
                self.trouble = None;
            }
            TaxAnswer::Later(hindrance, code) => {
                self.state = InvoiceState::Waiting;
                self.ask_at = now + Self::pause(self.round);
                self.hinder(*hindrance, code, now);
            }
            TaxAnswer::Stuck(hindrance, code) => {
                self.state = InvoiceState::Abnormal;
                self.accepted = false;
                self.ask_at = now + ASKING;
                self.hinder(*hindrance, code, now);
            }
        }
    }

    fn hinder(&mut self, hindrance: TaxHindrance, code: &str, now: Timestamp) {
        let old = self.trouble.as_ref();
        let since = old.filter(|old| old.hindrance == hindrance);
        self.trouble = Some(TaxTrouble {
            hindrance,
            code: code.to_owned(),
            since: since.map_or(now, |old| old.since),
        });
    }
}
