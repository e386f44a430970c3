//! Invoices (发票), as companies and staff see them.

use domain::company::TitleKind;
use domain::ids::{OrderId, TitleId};
use domain::invoice::{Buyer, Invoice, InvoiceItem, InvoiceState, InvoiceTask, TaxTrouble};
use domain::money::Money;
use domain::order::{InvoiceChoice, InvoiceStage, Order};
use domain::policy::InvoiceKind;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The invoice that an order asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceRequest {
    /// The kind.
    pub kind: InvoiceKind,
    /// Which title of the company's file. None takes the one that is chosen at first; without any, an ordinary invoice
    /// names the company itself.
    #[serde(default)]
    pub title: Option<TitleId>,
    /// Is a special one asked for where only an ordinary one is automatic? Customer service decides (R74).
    #[serde(default)]
    pub ask_special: bool,
}

/// To whom an invoice is made out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct BuyerView {
    /// The title of the company's file that it came from.
    pub from: Option<TitleId>,
    /// For which kind of invoices that title is.
    pub kind: TitleKind,
    /// 发票抬头.
    pub title: String,
    /// 纳税人识别号.
    pub tax_number: String,
    /// Where the electronic invoice is mailed; empty for the order's contact.
    pub mail: String,
    /// 注册地址; special only.
    pub address: String,
    /// 注册电话; special only.
    pub phone: String,
    /// 开户银行; special only.
    pub bank: String,
    /// 银行账号, masked; special only.
    pub bank_account: Option<String>,
}

impl From<&Buyer> for BuyerView {
    fn from(buyer: &Buyer) -> Self {
        let special = buyer.special.as_ref();
        let (address, phone, bank) = special.map_or_else(Default::default, |special| {
            (
                special.address.clone(),
                special.phone.clone(),
                special.bank.clone(),
            )
        });
        Self {
            from: buyer.from.clone(),
            kind: if special.is_some() {
                TitleKind::Special
            } else {
                TitleKind::Ordinary
            },
            title: buyer.title.clone(),
            tax_number: buyer.tax_number.clone(),
            mail: buyer.mail.clone(),
            address,
            phone,
            bank,
            bank_account: special.map(|special| special.bank_account.masked.clone()),
        }
    }
}

/// The invoice that an order asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceChoiceView {
    /// The kind.
    pub kind: InvoiceKind,
    /// To whom; none in an order of before there were titles.
    pub buyer: Option<BuyerView>,
    /// Was a special one asked for where only an ordinary one is automatic?
    pub ask_special: bool,
}

impl From<&InvoiceChoice> for InvoiceChoiceView {
    fn from(choice: &InvoiceChoice) -> Self {
        Self {
            kind: choice.kind,
            buyer: choice.buyer.as_ref().map(BuyerView::from),
            ask_special: choice.ask_special,
        }
    }
}

/// How far an invoice is, as the company reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceProgress {
    /// With customer service, who say which kind it becomes (R74).
    WithService,
    /// Being issued.
    UnderWay,
    /// It takes longer; our finance staff look after it.
    Delayed,
    /// The tax platform does not know title or tax number: the company has to mend them.
    TitleWanted,
    /// Issued.
    Issued,
    /// Being taken back.
    Reversing,
    /// Its reversal waits for the buyer to agree.
    AwaitingBuyer,
    /// Taken back: it counts no more.
    Reversed,
}

/// An invoice of an order, as its company sees it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceView {
    /// The order.
    pub order: OrderId,
    /// Its place in the order.
    pub no: u32,
    /// Which kind.
    pub kind: InvoiceKind,
    /// How far it is.
    pub progress: InvoiceProgress,
    /// To whom.
    pub title: String,
    /// What it bills.
    pub items: Vec<InvoiceItem>,
    /// Their sum.
    pub amount: Money,
    /// Its number.
    pub number: Option<String>,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// Until when the buyer may agree to its reversal.
    pub buyer_until: Option<Timestamp>,
    /// The number of the one that takes it back.
    pub reversed_by: Option<String>,
    /// When it was taken back.
    pub reversed_at: Option<Timestamp>,
    /// When its files were last mailed.
    pub mailed_at: Option<Timestamp>,
    /// Can its files be read?
    pub has_files: bool,
    /// May the company mend the title?
    pub can_change_title: bool,
    /// May it be mailed once more?
    pub can_send: bool,
}

impl InvoiceView {
    /// An invoice of an order. What never was and never will be is not shown.
    pub fn of(order: &Order, invoice: &Invoice) -> Option<Self> {
        let progress = match (invoice.task, invoice.state) {
            (_, InvoiceState::Void) => return None,
            (_, InvoiceState::Held) => InvoiceProgress::WithService,
            (_, InvoiceState::Issued) => InvoiceProgress::Issued,
            (_, InvoiceState::Reversed) => InvoiceProgress::Reversed,
            (_, InvoiceState::AwaitingBuyer) => InvoiceProgress::AwaitingBuyer,
            (InvoiceTask::Reverse, _) => InvoiceProgress::Reversing,
            (InvoiceTask::Issue, InvoiceState::Abnormal) if invoice.awaits_title() => {
                InvoiceProgress::TitleWanted
            }
            (InvoiceTask::Issue, InvoiceState::Abnormal) => InvoiceProgress::Delayed,
            (InvoiceTask::Issue, InvoiceState::Asking | InvoiceState::Waiting) => {
                InvoiceProgress::UnderWay
            }
        };
        let has_files = invoice.has_files();
        Some(Self {
            order: order.id.clone(),
            no: invoice.no,
            kind: invoice.kind,
            progress,
            title: title_of(order),
            items: invoice.items.clone(),
            amount: invoice.amount,
            number: invoice.number.clone(),
            ordered_at: invoice.ordered_at,
            issued_at: invoice.issued_at,
            buyer_until: invoice.buyer_until,
            reversed_by: invoice.reversed_by.clone(),
            reversed_at: invoice.reversed_at,
            mailed_at: invoice.mailed_at.filter(|_| !invoice.kind.is_paper()),
            has_files,
            can_change_title: invoice.awaits_title(),
            can_send: has_files && invoice.is_live() && !invoice.kind.is_paper(),
        })
    }

    /// All of an order, the oldest first.
    pub fn all(order: &Order) -> Vec<Self> {
        let view = |invoice| Self::of(order, invoice);
        order.invoices.iter().filter_map(view).collect()
    }
}

/// To whom the invoices of an order are made out.
fn title_of(order: &Order) -> String {
    order
        .invoice
        .as_ref()
        .and_then(|choice| choice.buyer.as_ref())
        .map_or_else(
            || order.subject.company_name.clone(),
            |buyer| buyer.title.clone(),
        )
}

/// Which page of invoices.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceListQuery {
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Invoices that were issued to a company, the newest first (R75).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceList {
    /// The rows.
    pub invoices: Vec<InvoiceView>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// Where to read a file of an invoice, for a short time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceFileView {
    /// The address.
    pub url: String,
}

/// Says anew to whom an invoice is made out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceTitleChange {
    /// Which title of the company's file, as it is now.
    pub title: TitleId,
}

/// Which invoices staff want listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceQueue {
    /// Those that customer service has to decide about (R74).
    #[default]
    Held,
    /// Those that cannot go on without somebody.
    NeedsYou,
    /// Those that wait for the tax platform.
    UnderWay,
    /// Those whose reversal waits for the buyer.
    AwaitingBuyer,
}

impl InvoiceQueue {
    /// The stage that its invoices stand at.
    pub fn stage(self) -> InvoiceStage {
        match self {
            Self::Held => InvoiceStage::AwaitCase,
            Self::NeedsYou => InvoiceStage::AwaitInvoiceDesk,
            Self::UnderWay => InvoiceStage::AwaitTax,
            Self::AwaitingBuyer => InvoiceStage::AwaitBuyer,
        }
    }
}

/// Which page of which invoices.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceQueueQuery {
    /// Which.
    #[serde(default)]
    pub queue: InvoiceQueue,
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of invoices, the longest waiting first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceQueueView {
    /// The rows.
    pub invoices: Vec<InvoiceRow>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// One invoice at a desk.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceRow {
    /// The order.
    pub order: OrderId,
    /// Its place in the order.
    pub no: u32,
    /// Our number of it at the tax platform.
    pub serial: String,
    /// The company.
    pub company_name: String,
    /// Which kind.
    pub kind: InvoiceKind,
    /// To whom.
    pub buyer: Option<BuyerView>,
    /// What it bills.
    pub items: Vec<InvoiceItem>,
    /// Their sum.
    pub amount: Money,
    /// Where it stands.
    pub state: InvoiceState,
    /// What the platform is asked for.
    pub task: InvoiceTask,
    /// How often it was to be asked.
    pub round: u32,
    /// When it is asked next, while it waits.
    pub ask_at: Option<Timestamp>,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// Its number.
    pub number: Option<String>,
    /// Until when the buyer may agree to its reversal.
    pub buyer_until: Option<Timestamp>,
    /// What hinders it.
    pub trouble: Option<TaxTrouble>,
    /// May the platform be asked again?
    pub can_retry: bool,
    /// Which kinds it may become.
    pub can_become: Vec<InvoiceKind>,
}

impl InvoiceRow {
    /// An invoice as staff see it.
    pub fn of(order: &Order, invoice: &Invoice) -> Self {
        let buyer = order.invoice.as_ref().and_then(|it| it.buyer.as_ref());
        let special = buyer.is_some_and(|buyer| buyer.special.is_some());
        let waits = invoice.waits();
        let mut can_become = Vec::new();
        if invoice.state == InvoiceState::Held {
            can_become.extend(special.then_some(InvoiceKind::ElectronicSpecial));
            can_become.push(InvoiceKind::ElectronicOrdinary);
        }
        Self {
            order: order.id.clone(),
            no: invoice.no,
            serial: invoice.serial(&order.id),
            company_name: order.subject.company_name.clone(),
            kind: invoice.kind,
            buyer: buyer.map(BuyerView::from),
            items: invoice.items.clone(),
            amount: invoice.amount,
            state: invoice.state,
            task: invoice.task,
            round: invoice.round,
            ask_at: waits.then_some(invoice.ask_at),
            ordered_at: invoice.ordered_at,
            number: invoice.number.clone(),
            buyer_until: invoice.buyer_until,
            trouble: invoice.trouble.clone(),
            can_retry: waits || invoice.state == InvoiceState::Abnormal,
            can_become,
        }
    }
}

/// Says which kind an invoice becomes that customer service has.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceReleaseRequest {
    /// The kind.
    pub kind: InvoiceKind,
}
