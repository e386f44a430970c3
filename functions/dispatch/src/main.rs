//! The function `dispatch` in Lambda: connects the ports and takes what comes.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let worker = Arc::new(dispatch::connect()?);
    edge::step::run(move |input| {
        let worker = worker.clone();
        async move {
            dispatch::run(&worker, input).await;
            Ok(())
        }
    })
    .await
}
