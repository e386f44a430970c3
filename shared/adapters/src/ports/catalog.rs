//! The catalogue.

use async_trait::async_trait;
use domain::catalog::Product;
use domain::policy::StorefrontId;

use super::PortError;

/// What is on sale.
#[async_trait]
pub trait Products: Send + Sync {
    /// All products of a storefront, by position.
    async fn products(&self, storefront: &StorefrontId) -> Result<Vec<Product>, PortError>;

    /// Puts a product on sale, or changes it.
    async fn put_product(&self, product: &Product) -> Result<(), PortError>;
}
