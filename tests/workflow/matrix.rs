//! Each gateway against everything that can go wrong with money. Whatever happens: the books balance with the
//! gateway's own, the payer loses nothing, the order ends right.

use adapters::ports::{Attempts as _, Clock as _};
use anyhow::{Context, Result, ensure};
use contract::order::OrderView;
use contract::payment::PaymentView;
use domain::ids::OrderId;
use domain::money::Money;
use domain::order::DisplayState;
use domain::payment::{Attempt, AttemptState, PaymentMethod};
use domain::refund::RefundState;
use edge::real::SystemClock;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::books::{age, balanced, table};
use system_tests::faults::{invoke, xtask};
use system_tests::job::{CompanyAt, until};
use system_tests::people::Person;
use system_tests::stack::Stack;

/// One gateway, one company before it.
struct Case<'a> {
    stack: &'a Stack,
    company: &'a CompanyAt,
    method: PaymentMethod,
}

/// How a case has to end: what a person reads, how often the price came in, how often it went back.
type End = (DisplayState, u32, u32);

impl Case<'_> {
    async fn knobs(&self, knobs: Value) -> Result<()> {
        let answer = Person::at(&self.stack.sandbox)?
            .with_body(Method::PUT, "/knobs", &knobs)
            .await?;
        ensure!(answer.status.is_success(), "{}", answer.body);
        Ok(())
    }

    async fn quiet(&self) -> Result<()> {
        Person::at(&self.stack.sandbox)?
            .post("/knobs/reset", &json!({}))
            .await?;
        Ok(())
    }

    /// A call of this gateway, as its knobs name it.
    fn call(&self, what: &str) -> String {
        match self.method {
            PaymentMethod::Alipay => format!("alipay.trade.{what}"),
            PaymentMethod::WechatPay => format!("wechatpay.{what}"),
        }
    }

    async fn ordered(&self) -> Result<OrderId> {
        Ok(self.company.order(1).await?.id)
    }

    async fn code(&self, order: &OrderId) -> Result<String> {
        self.company.qr_by(order, self.method).await
    }

    async fn paid(&self) -> Result<OrderId> {
        let order = self.ordered().await?;
        let qr = self.code(&order).await?;
        self.company.pay_by_phone(&qr).await?;
        self.shown(&order, DisplayState::AwaitingMaterials).await?;
        Ok(order)
    }

    async fn shown(&self, order: &OrderId, wanted: DisplayState) -> Result<OrderView> {
        self.company.until_shown(order, wanted).await
    }

    async fn cancel(&self, order: &OrderId) -> Result<OrderView> {
        self.company
            .person
            .act(Method::POST, &format!("/api/orders/{order}/cancel"))
            .await?
            .ok()
    }

    async fn look(&self, order: &OrderId) -> Result<PaymentView> {
        self.company
            .person
            .get(&format!("/api/orders/{order}/payments"))
            .await?
            .ok()
    }

    /// The gateway is asked about every attempt of the order now, as it would be within minutes.
    async fn ask_now(&self, order: &OrderId) -> Result<()> {
        let now = SystemClock.now();
        for attempt in table(self.stack).attempts(order).await? {
            let due = Attempt {
                next_query_at: now,
                version: attempt.version + 1,
                ..attempt
            };
            if matches!(due.state, AttemptState::Open | AttemptState::Lapsing) {
                // Somebody else may have asked just now, which is as good.
                let _ = table(self.stack).save_attempt(&due).await;
            }
        }
        invoke(self.stack, "reconcile", &json!({})).await?;
        Ok(())
    }

    /// The gateway is asked about the refunds of the order now, as it would be within minutes.
    async fn refund_now(&self, order: &OrderId) -> Result<()> {
        let now = SystemClock.now();
        age(self.stack, order, now, |order| {
            for refund in &mut order.refunds {
                if refund.state == RefundState::Waiting {
                    refund.ask_at = now;
                }
            }
            order.check_at = Some(now);
        })
        .await?;
        invoke(self.stack, "reconcile", &json!({})).await?;
        Ok(())
    }

    /// The dispatch of the stream is off: the money is on record before the machine waits for it.
    async fn notify_before_the_wait(&self) -> Result<(OrderId, End)> {
        xtask(self.stack, &["stream-off"]).await?;
        let paid = self.paid().await;
        xtask(self.stack, &["stream-on"]).await?;
        Ok((paid?, (DisplayState::AwaitingMaterials, 1, 0)))
    }

    async fn notify_twice_at_once(&self) -> Result<(OrderId, End)> {
        self.knobs(json!({"notify": "twice"})).await?;
        Ok((self.paid().await?, (DisplayState::AwaitingMaterials, 1, 0)))
    }

    async fn query_and_notify_race(&self) -> Result<(OrderId, End)> {
        let order = self.ordered().await?;
        let qr = self.code(&order).await?;
        let (paid, ..) = tokio::join!(
            self.company.pay_by_phone(&qr),
            self.ask_now(&order),
            self.look(&order),
            self.ask_now(&order),
        );
        paid?;
        Ok((order, (DisplayState::AwaitingMaterials, 1, 0)))
    }

    async fn paid_after_cancel(&self) -> Result<(OrderId, End)> {
        let order = self.ordered().await?;
        let qr = self.code(&order).await?;
        self.cancel(&order).await?;
        self.company.pay_by_phone(&qr).await?;
        Ok((order, (DisplayState::Refunded, 1, 1)))
    }

    /// The first code is over for us, and somebody still has it on their screen.
    async fn paid_twice_on_two_attempts(&self) -> Result<(OrderId, End)> {
        let order = self.ordered().await?;
        let first = self.code(&order).await?;
        let table = table(self.stack);
        let attempt = table.attempts(&order).await?.remove(0);
        let over = Attempt {
            qr_expires_at: SystemClock.now() - SignedDuration::from_secs(1),
            version: attempt.version + 1,
            ..attempt
        };
        table.save_attempt(&over).await?;
        let second = self.code(&order).await?;
        ensure!(first != second, "a code of its own");
        self.company.pay_by_phone(&second).await?;
        self.company.pay_by_phone(&first).await?;
        Ok((order, (DisplayState::AwaitingMaterials, 2, 1)))
    }

    /// The payer pays a fen: it goes back, and the right sum pays.
    async fn wrong_sum(&self) -> Result<(OrderId, End)> {
        let order = self.ordered().await?;
        let qr = self.code(&order).await?;
        self.knobs(json!({"payer_pays": "0.01"})).await?;
        self.company.pay_by_phone(&qr).await?;
        until("the wrong sum is on record", || async {
            let attempts = table(self.stack).attempts(&order).await?;
            Ok((attempts[0].state == AttemptState::Paid).then_some(()))
        })
        .await?;
        self.quiet().await?;
        let qr = self.code(&order).await?;
        self.company.pay_by_phone(&qr).await?;
        Ok((order, (DisplayState::AwaitingMaterials, 1, 0)))
    }

    /// The order was given up; the payer pays between our question and our closing.
    async fn close_races_payment(&self) -> Result<(OrderId, End)> {
        let order = self.ordered().await?;
        self.code(&order).await?;
        self.cancel(&order).await?;
        self.knobs(json!({"pay_before": {self.call("close"): 1}, "notify": "off"}))
            .await?;
        self.ask_now(&order).await?;
        let state = until("the refund was asked for", || async {
            let found = table_refund(self.stack, &order).await?;
            Ok(found.filter(|state| *state != RefundState::Asking))
        })
        .await?;
        self.quiet().await?;
        // No notice tells of what was done meanwhile: the next question does.
        if state == RefundState::Waiting {
            self.refund_now(&order).await?;
        }
        Ok((order, (DisplayState::Refunded, 1, 1)))
    }

    /// Nobody scanned it, so Alipay had nothing to close: it can still be paid. WeChat Pay closed it.
    async fn unscanned_code_paid_after_close(&self) -> Result<(OrderId, End)> {
        let order = self.ordered().await?;
        let qr = self.code(&order).await?;
        self.cancel(&order).await?;
        self.ask_now(&order).await?;
        let state = table(self.stack).attempts(&order).await?[0].state;
        let paid = self.company.pay_by_phone(&qr).await;
        match self.method {
            PaymentMethod::Alipay => {
                ensure!(state == AttemptState::Lapsing, "{state:?}");
                paid?;
                Ok((order, (DisplayState::Refunded, 1, 1)))
            }
            PaymentMethod::WechatPay => {
                ensure!(state == AttemptState::Closed, "{state:?}");
                ensure!(paid.is_err(), "the telephone takes what is closed");
                Ok((order, (DisplayState::Cancelled, 0, 0)))
            }
        }
    }

    async fn refund_times_out_after_success(&self) -> Result<(OrderId, End)> {
        let order = self.paid().await?;
        self.knobs(json!({"lose_response": {self.call("refund"): 1}, "notify": "off"}))
            .await?;
        self.cancel(&order).await?;
        until("the answer was lost", || async {
            let found = table_refund(self.stack, &order).await?;
            Ok((found == Some(RefundState::Waiting)).then_some(()))
        })
        .await?;
        self.quiet().await?;
        self.refund_now(&order).await?;
        Ok((order, (DisplayState::Refunded, 1, 1)))
    }

    async fn refund_notify_before_the_answer(&self) -> Result<(OrderId, End)> {
        let order = self.paid().await?;
        self.knobs(json!({"answer_last": true})).await?;
        self.cancel(&order).await?;
        self.shown(&order, DisplayState::Refunded).await?;
        Ok((order, (DisplayState::Refunded, 1, 1)))
    }

    /// Paid, given up and to be refunded while the gateway answers nothing at all.
    async fn gateway_down_for_an_hour(&self) -> Result<(OrderId, End)> {
        let order = self.ordered().await?;
        let qr = self.code(&order).await?;
        let down = format!("{}_down", self.method.as_str());
        self.knobs(json!({down: "503", "hold_notifies": true}))
            .await?;
        self.company.pay_by_phone(&qr).await?;
        self.ask_now(&order).await?;
        ensure!(self.look(&order).await?.silent, "the page is told");
        self.cancel(&order).await?;
        self.ask_now(&order).await?;
        Person::at(&self.stack.sandbox)?
            .post("/knobs/notifies/flush", &json!({}))
            .await?;
        until("the refund waits for the gateway", || async {
            let found = table_refund(self.stack, &order).await?;
            Ok((found == Some(RefundState::Waiting)).then_some(()))
        })
        .await?;
        self.quiet().await?;
        self.refund_now(&order).await?;
        Ok((order, (DisplayState::Refunded, 1, 1)))
    }

    /// Waits until the case has ended as it must, and its books balance.
    async fn ends(&self, name: &str, order: &OrderId, end: End) -> Result<String> {
        let (display, paid, back) = end;
        let mut why = String::new();
        let accounts = until(&format!("{name} ends as {}", display.as_str()), || {
            why.clear();
            async {
                let Ok(accounts) = balanced(self.stack, order).await else {
                    return Ok(None);
                };
                let open = accounts.order.is_refunding();
                Ok((accounts.order.display() == display && !open).then_some(accounts))
            }
        })
        .await
        .with_context(|| format!("{}: {name}", self.method.as_str()))?;
        // Once more, with its own words should it fail.
        balanced(self.stack, order).await?;
        let fen = Money::from_fen(1);
        let price = accounts.order.total;
        let extra = if name == "wrong sum" {
            fen
        } else {
            Money::ZERO
        };
        ensure!(
            accounts.books.paid == price.times(paid) + extra
                && accounts.books.refunded == price.times(back) + extra,
            "{name}: {:?}",
            accounts.books
        );
        Ok(format!(
            "| {:<9} | {name:<32} | {:<18} | {:>8} | {:>8} | {:>8} | {:>8} |",
            self.method.as_str(),
            display.as_str(),
            accounts.books.paid.to_string(),
            accounts.books.earned.to_string(),
            accounts.books.refunded.to_string(),
            accounts.books.held().to_string(),
        ))
    }
}

async fn table_refund(stack: &Stack, order: &OrderId) -> Result<Option<RefundState>> {
    use adapters::ports::Orders as _;
    let order = table(stack).load(order).await?.context("no order")?;
    Ok(order.refunds.first().map(|refund| refund.state))
}

/// One row of the matrix after the other; the table is printed.
#[expect(clippy::print_stdout, reason = "the matrix is there to be read")]
async fn matrix(method: PaymentMethod) -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let case = Case {
        stack: &stack,
        company: &company,
        method,
    };
    let mut rows = vec![format!(
        "| {:<9} | {:<32} | {:<18} | {:>8} | {:>8} | {:>8} | {:>8} |",
        "gateway", "what goes wrong", "the order is", "paid", "earned", "refunded", "held"
    )];
    macro_rules! run {
        ($($name:literal => $case:ident,)+) => {
            $(
                let done = case.$case().await;
                case.quiet().await?;
                let (order, end) = done.with_context(|| format!("{}: {}", method.as_str(), $name))?;
                rows.push(case.ends($name, &order, end).await?);
            )+
        };
    }
    run! {
        "notify before the wait" => notify_before_the_wait,
        "notify twice at once" => notify_twice_at_once,
        "query and notify race" => query_and_notify_race,
        "paid after cancel" => paid_after_cancel,
        "paid twice on two attempts" => paid_twice_on_two_attempts,
        "wrong sum" => wrong_sum,
        "close races payment" => close_races_payment,
        "unscanned code paid after close" => unscanned_code_paid_after_close,
        "refund times out after success" => refund_times_out_after_success,
        "refund notify before the answer" => refund_notify_before_the_answer,
        "gateway down for an hour" => gateway_down_for_an_hour,
    }
    println!("{}", rows.join("\n"));
    Ok(())
}

/// covers: R15
#[tokio::test]
async fn alipay_and_everything_that_can_go_wrong() -> Result<()> {
    matrix(PaymentMethod::Alipay).await
}

/// covers: R15
#[tokio::test]
async fn wechatpay_and_everything_that_can_go_wrong() -> Result<()> {
    matrix(PaymentMethod::WechatPay).await
}
