//! What holds for every price, whatever is on sale and whatever is bought.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::collections::BTreeMap;

use domain::catalog::{Amount, LinePrice, Medium, NoPrice, Product, ProductKind, on_sale};
use domain::credit::{Credit, Inspection};
use domain::money::Money;
use domain::policy::Urgency;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use testkit::orders;

const BEGIN: &str = "2026-02-28T16:30:00Z";

fn begin() -> Timestamp {
    BEGIN.parse().unwrap()
}

fn fen() -> impl Strategy<Value = Money> {
    (0_i64..10_000_000).prop_map(Money::from_fen)
}

/// Anything that could be on sale.
fn product() -> impl Strategy<Value = Product> {
    let kind = prop::sample::select(ProductKind::ALL.to_vec());
    let surcharges = (prop::option::of(fen()), prop::option::of(fen()));
    (
        kind,
        any::<bool>(),
        prop::option::of(fen()),
        fen(),
        surcharges,
    )
        .prop_map(|(kind, seal, seal_price, price, (half_day, same_day))| {
            let speeds = [(Urgency::HalfDay, half_day), (Urgency::SameDay, same_day)];
            let surcharges: BTreeMap<Urgency, Money> = speeds
                .into_iter()
                .filter_map(|(speed, price)| Some((speed, price?)))
                .collect();
            Product {
                kind,
                seal,
                seal_price,
                price,
                surcharges,
                ..orders::plain_key()
            }
        })
}

fn amount() -> impl Strategy<Value = Amount> {
    let urgency = prop::sample::select(vec![Urgency::None, Urgency::HalfDay, Urgency::SameDay]);
    (1_u32..=50, 0_u32..=60, urgency).prop_map(|(quantity, seals, urgency)| Amount {
        quantity,
        seals,
        urgency,
    })
}

/// An old key with so much time left, read now.
fn left(seconds: i64) -> Inspection {
    Inspection {
        company: orders::company(1).id,
        serial: "CPP1".to_owned(),
        certificate_serial: "C1".to_owned(),
        medium: Medium::Cpp,
        not_after: begin() + SignedDuration::from_secs(seconds),
        at: begin(),
        without_pin: false,
    }
}

/// Fen as whole numbers, added up by hand.
fn in_fen(money: Money) -> i64 {
    money.fen().unwrap()
}

fn by_hand(price: &LinePrice) -> i64 {
    let keys =
        (in_fen(price.unit_price) + in_fen(price.unit_surcharge)) * i64::from(price.quantity);
    let seals = in_fen(price.seal_price) * i64::from(price.seals);
    let credit = price
        .credit
        .as_ref()
        .map_or(0, |credit| in_fen(credit.amount));
    keys + seals - credit
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// covers: R58
    #[test]
    fn a_line_explains_its_price_to_the_fen(product in product(), wanted in amount()) {
        match product.price(wanted) {
            Ok(price) => {
                prop_assert_eq!(in_fen(price.amount), by_hand(&price));
                prop_assert!(price.amount >= Money::ZERO);
                prop_assert!(product.seals(wanted.quantity, wanted.seals) <= wanted.quantity);
            }
            Err(NoPrice::Seals) => {
                prop_assert!(product.seal && product.seal_price.is_some());
                prop_assert!(wanted.seals > wanted.quantity);
            }
            Err(NoPrice::Urgency) => {
                prop_assert!(product.kind.makes_key());
                prop_assert!(!product.surcharges.contains_key(&wanted.urgency));
            }
        }
    }

    /// Nothing is looked at but the line itself: in whatever order lines stand, they cost the same.
    #[test]
    fn an_order_costs_what_its_lines_cost_in_any_order(
        cart in prop::collection::vec((product(), amount()), 1..20),
        turn in any::<prop::sample::Index>(),
    ) {
        let prices = |cart: &[(Product, Amount)]| -> Vec<LinePrice> {
            cart.iter().filter_map(|(product, wanted)| product.price(*wanted).ok()).collect()
        };
        let total = |prices: &[LinePrice]| prices.iter().map(|price| price.amount).sum::<Money>();
        let straight = prices(&cart);
        let mut turned = cart.clone();
        turned.rotate_left(turn.index(cart.len()));
        turned.reverse();
        prop_assert_eq!(total(&straight), total(&prices(&turned)));
        prop_assert_eq!(in_fen(total(&straight)), straight.iter().map(by_hand).sum::<i64>());
    }

    /// Never below nothing, and never a fen that appears or is gone: worth = taken off + lost.
    #[test]
    fn a_credit_takes_off_at_most_the_price(seconds in 1_i64..8 * 365 * 86_400, yearly in fen(), price in fen()) {
        let upgrade = Product { price, ..orders::service(ProductKind::Upgrade) };
        let wanted = Amount { quantity: 1, seals: 0, urgency: Urgency::None };
        let full = upgrade.price(wanted).unwrap();
        let credit = Credit::reckon(&left(seconds), begin(), yearly, full.amount).unwrap();
        prop_assert_eq!(credit.worth, credit.amount + credit.lost);
        prop_assert!(credit.lost == Money::ZERO || credit.amount == full.amount);
        let less = full.less(credit.clone());
        prop_assert!(less.amount >= Money::ZERO);
        prop_assert_eq!(in_fen(less.amount), by_hand(&less));
        // What is carried over is a year and no more; the rest is worth at most its share of years.
        prop_assert_eq!(credit.carries(), credit.months_left >= 12);
        let months = i64::from(credit.months_left - credit.months_carried);
        let lower = in_fen(yearly) * months / 12;
        let upper = in_fen(yearly) * (months + 1) / 12 + 1;
        prop_assert!((lower..=upper).contains(&in_fen(credit.worth)));
    }

    /// Of each product one counts: the newest that is in effect, and none that was taken off sale.
    #[test]
    fn what_is_on_sale_is_the_newest_that_is_in_effect(
        days in prop::collection::vec((0_i64..100, any::<bool>(), fen()), 1..12),
        today in 0_i64..100,
    ) {
        let day = |day: i64| begin() + SignedDuration::from_hours(24 * day);
        let mut changes: BTreeMap<i64, Product> = BTreeMap::new();
        for (from, withdrawn, price) in days {
            let product = Product { effective_from: day(from), withdrawn, price, ..orders::plain_key() };
            changes.insert(from, product);
        }
        let all: Vec<Product> = changes.values().rev().cloned().collect();
        let expected = changes.range(..=today).next_back().map(|(_, product)| product);
        let expected: Vec<Product> = expected.filter(|product| !product.withdrawn).cloned().into_iter().collect();
        prop_assert_eq!(on_sale(&all, day(today)), expected);
    }
}
