//! A key that was begun at a desk, up to where its certificates are asked for.

use adapters::ports::{Clock as _, Orders as _, Transaction};
use contract::agent::{JOSE, Says};
use domain::ids::{LineNo, OperationId, UnitNo};
use domain::operation::{Asked, LineOf, Operation};
use domain::order::{Event, EventKind, Order};

use crate::agent::Agent;
use crate::orders::{self, Point, key_with_seal};
use crate::web::{Answer, Client};
use crate::world::World;

/// The nonce of the operation.
pub const NONCE: &str = "nonce of the operation";
/// The token.
pub const TOKEN: &str = "B-1";

/// A desk whose operation has begun the first key of a line of two on a token, its agent, and its order.
pub struct Begun {
    /// Everything outside.
    pub world: World,
    /// The agent that holds the operation.
    pub agent: Agent,
    /// The operation.
    pub operation: OperationId,
    /// The order, as it was then.
    pub order: Order,
}

impl Begun {
    /// In this world.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn on(world: World) -> Self {
        world.blanks(key_with_seal().medium, &[TOKEN]).await;
        let desk = world.enrolled(1).await;
        let order = world
            .order(1, &[(key_with_seal(), 2)], Point::Approved)
            .await;
        let (agent, now) = (Agent::new(1), world.clock.now());
        let operation = OperationId::from_ulid(&orders::ulid(77));
        let making = LineOf {
            order: order.id.clone(),
            line: LineNo(1),
        };
        let asked = Asked::making(orders::staff(2), making);
        let offered = Operation::offered(operation.clone(), asked, NONCE.to_owned(), now);
        let holder = agent.public().to_string();
        let claimed = offered
            .claim(&holder, &agent.about, Some(&desk.id), now)
            .expect("open")
            .expect("not claimed yet");
        for operation in [&offered, &claimed] {
            let write = Transaction::new(now).change(operation).expect("a write");
            world.registry().record(&write).await.expect("recorded");
        }
        let begun = Event {
            actor: orders::by(orders::staff(2)),
            kind: EventKind::UnitBegun {
                line: LineNo(1),
                unit: UnitNo(1),
                key_serial: TOKEN.to_owned(),
                operation: operation.clone(),
            },
        };
        let order = edge::orders::advance(&*world.store, &world.policies, &order.id, now, |_| {
            Ok(Some(begun.clone()))
        })
        .await
        .expect("begun");
        Self {
            world,
            agent,
            operation,
            order,
        }
    }

    /// What the agent says, to a function.
    pub async fn say<T: Says>(&self, wire: &Client, says: T) -> Answer {
        let at = self.world.clock.now().as_second();
        let call = self.agent.call(&self.operation, at, says);
        let path = format!("/{}", T::ACT.path());
        let headers = [("content-type", JOSE)];
        wire.post_raw(&path, &headers, call.into_bytes()).await
    }

    /// The order as it is now.
    ///
    /// # Panics
    /// When it is gone.
    pub async fn order(&self) -> Order {
        let order = self.world.store.load(&self.order.id).await;
        order.expect("the table").expect("an order")
    }
}
