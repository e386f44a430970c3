//! Load, decide, commit; and again when somebody else was faster.

use adapters::ports::{Commit, Orders, Papers, Parcels, PortError};
use contract::error::ErrorCode;
use contract::order::OrderView;
use domain::ids::OrderId;
use domain::order::{Event, Order, transition};
use domain::policy::{Policies, StorefrontPolicy};
use jiff::Timestamp;

use crate::error::ApiError;

/// How often a decision is taken again. Each time another write got through, so this many writers at
/// once on one order would be needed to exhaust it.
const TRIES: u32 = 8;

/// The policy of an order.
///
/// # Errors
/// A defect when an order names a storefront that this version does not know.
pub fn policy_of<'a>(
    policies: &'a Policies,
    order: &Order,
) -> Result<&'a StorefrontPolicy, ApiError> {
    policies
        .get(&order.storefront)
        .ok_or_else(|| ApiError::internal(format!("no policy {}", order.storefront)))
}

/// An order as its company sees it, with the papers and parcels of its lines.
///
/// # Errors
/// The store's troubles.
pub async fn whole(
    papers: &dyn Papers,
    parcels: &dyn Parcels,
    policies: &Policies,
    order: &Order,
) -> Result<OrderView, ApiError> {
    let mut all_papers = Vec::new();
    let mut all_parcels = Vec::new();
    for line in &order.lines {
        if !line.papers.is_empty() {
            all_papers.extend(papers.papers(&order.id, line.no).await?);
        }
        if line.waybill.is_some() {
            all_parcels.extend(parcels.parcel(&order.id, line.no).await?);
        }
    }
    let policy = policy_of(policies, order)?;
    Ok(OrderView::of(order, policy, &all_papers, &all_parcels))
}

/// Moves an order by one event, in one transaction. `decide` looks at the order as it is and names the
/// event, or none when there is nothing to do; it may be asked several times and must not have effects.
/// Returns the order as it is afterwards.
///
/// # Errors
/// [`ErrorCode::NotFound`] without such an order, what `decide` says, a transition that does not fit, or
/// the store's troubles.
pub async fn advance<D>(
    orders: &dyn Orders,
    policies: &Policies,
    id: &OrderId,
    now: Timestamp,
    mut decide: D,
) -> Result<Order, ApiError>
where
    D: FnMut(&Order) -> Result<Option<Event>, ApiError> + Send,
{
    for _ in 0..TRIES {
        let order = orders.load(id).await?.ok_or(ErrorCode::NotFound)?;
        let Some(event) = decide(&order)? else {
            return Ok(order);
        };
        let change = transition(&order, &event, now, policy_of(policies, &order)?)?;
        let commit = Commit::of(change);
        match orders.commit(&commit).await {
            Ok(()) => return Ok(commit.change.order),
            Err(PortError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}
