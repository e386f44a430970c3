//! Waits and work items: what has to happen after a commit, written with the commit.
//!
//! A transition changes an order in one transaction. Whatever must follow (an execution started, one
//! woken, a notice sent) is written in that same transaction as an item with an id that the transition
//! determines. `dispatch` does it at once from the stream; `reconcile` does it again when `dispatch`
//! did not. So a crash between commit and deed loses nothing, and doing a thing twice is one thing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::Target;
use crate::ids::{CodeId, InviteId, LineNo, ObjectionId, OrderId};
use crate::money::Money;
use crate::notice::{AccountNotice, Channel, NoticeKind};
use crate::plan::Plan;

/// One execution of a state machine. Its name is unique for ever, so a restart needs a new `run`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Execution {
    /// The order.
    pub order: OrderId,
    /// The line, for the machine `line`; none for the machine `order`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineNo>,
    /// The refund, for the machine `refund`; none for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<u32>,
    /// The invoice, for the machine `invoice`; none for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<u32>,
    /// Counts submissions and restarts of the order, or restarts of the refund or invoice.
    pub run: u32,
}

impl Execution {
    /// The name in Step Functions: letters, digits and `-` only, well under 80 characters.
    pub fn name(&self) -> String {
        match (self.line, self.refund, self.invoice) {
            (_, Some(refund), _) => format!("{}-R{refund}-{}", self.order, self.run),
            (_, None, Some(invoice)) => format!("{}-I{invoice}-{}", self.order, self.run),
            (None, None, None) => format!("{}-{}", self.order, self.run),
            (Some(line), None, None) => format!("{}-{}-{}", self.order, line, self.run),
        }
    }
}

/// The input of an execution: ids and plan, no data of any person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionInput {
    /// Which execution.
    #[serde(flatten)]
    pub execution: Execution,
    /// The plan of the line, for the machine `line`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// The key of a wait: which execution waits in which state, and for which round of it.
pub fn wait_key(execution: &Execution, state: &str, round: u32) -> String {
    format!("WAIT#{}#{state}#{round}", execution.name())
}

/// The fact that an execution waits for, recorded with the transition that made it true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The wait it ends.
    pub wait: String,
    /// What the execution is told: the stage that the order or line has now.
    pub outcome: &'static str,
}

/// Something to be done after the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Task {
    /// Start an execution. Step Functions itself refuses a second one of the same name.
    Start(ExecutionInput),
    /// Tell the company. At least once: a crash between sending and recording sends it again.
    Notice {
        /// The occasion.
        notice: NoticeKind,
        /// The way.
        channel: Channel,
        /// The order it is about.
        order: OrderId,
        /// The line it is about.
        line: Option<LineNo>,
        /// The invoice it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invoice: Option<u32>,
        /// The sum it is about, when that is not the order's.
        amount: Option<Money>,
    },
    /// Send the digits of a one-time code. They follow from its id, so a second sending says the same.
    Code {
        /// Which.
        code: CodeId,
    },
    /// Tell somebody about an account. At least once.
    Tell(Message),
}

/// What somebody is told about an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The occasion.
    pub notice: AccountNotice,
    /// Where it goes.
    pub target: Target,
    /// The company's name, or the name of the member of staff.
    pub name: String,
    /// What differs from time to time: a reason, an account name. Never a secret.
    #[serde(default)]
    pub note: String,
    /// A link that only its reader has.
    #[serde(default)]
    pub link: Option<SecretLink>,
}

/// A link whose secret part follows from an id and a key in KMS, and is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "to")]
pub enum SecretLink {
    /// "This was not us."
    Objection {
        /// Which.
        id: ObjectionId,
    },
    /// Joins the staff.
    Invite {
        /// Which.
        id: InviteId,
    },
}

impl SecretLink {
    /// The id in it.
    pub fn id(&self) -> &str {
        match self {
            Self::Objection { id } => id.as_str(),
            Self::Invite { id } => id.as_str(),
        }
    }

    /// The page that it opens.
    pub fn page(&self) -> &'static str {
        match self {
            Self::Objection { .. } => "/objection",
            Self::Invite { .. } => "/console/invite",
        }
    }
}

/// A task with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    /// The same for the same transition, however often it is tried.
    pub id: String,
    /// What to do.
    pub task: Task,
}

impl WorkItem {
    /// The start of an execution.
    pub fn start(input: ExecutionInput) -> Self {
        Self {
            id: format!("start-{}", input.execution.name()),
            task: Task::Start(input),
        }
    }

    /// The sending of a one-time code.
    pub fn code(code: CodeId) -> Self {
        Self {
            id: format!("code-{code}"),
            task: Task::Code { code },
        }
    }

    /// A message about an account. `occasion` is what makes it this one: the id of the thing it is about and
    /// its version.
    pub fn tell(occasion: &str, message: Message) -> Self {
        let notice = message.notice.as_str();
        let channel = message.target.channel.as_str();
        Self {
            // Two of one kind may go to two people at once: the target is part of the name, not readable.
            id: format!(
                "tell-{occasion}-{notice}-{channel}-{}",
                short_hash(&message.target.to)
            ),
            task: Task::Tell(message),
        }
    }

    /// A notice about the event with number `seq` of an order.
    pub fn notice(seq: u32, channel: Channel, about: Notice) -> Self {
        let Notice {
            notice,
            order,
            line,
            invoice,
            amount,
        } = about;
        Self {
            id: format!("notice-{order}-{seq}-{}", channel.as_str()),
            task: Task::Notice {
                notice,
                channel,
                order,
                line,
                invoice,
                amount,
            },
        }
    }
}

fn short_hash(text: &str) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let hash = sha2::Sha256::digest(text.as_bytes());
    hash.iter().take(4).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What a notice is about.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The occasion.
    pub notice: NoticeKind,
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: Option<LineNo>,
    /// The invoice.
    pub invoice: Option<u32>,
    /// The sum, when it is not the order's.
    pub amount: Option<Money>,
}
