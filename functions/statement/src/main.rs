//! The function `statement` in Lambda: connects the ports and takes what comes.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let ports = Arc::new(statement::connect()?);
    edge::step::run(move |input| {
        let ports = ports.clone();
        async move { statement::run(&ports, input).await }
    })
    .await
}
