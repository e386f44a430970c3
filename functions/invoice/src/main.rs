//! The function `invoice` in Lambda: connects the ports and takes what comes.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let ports = Arc::new(invoice::connect()?);
    edge::step::run(move |input| {
        let ports = ports.clone();
        async move { invoice::run(&ports, input).await }
    })
    .await
}
