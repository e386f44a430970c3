//! The function `crl` in Lambda: connects the ports and takes what comes.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let ports = Arc::new(crl::connect().await?);
    edge::step::run(move |_: crl::Batch| {
        let ports = ports.clone();
        async move { crl::run(&ports).await.map(|_| ()).map_err(Into::into) }
    })
    .await
}
