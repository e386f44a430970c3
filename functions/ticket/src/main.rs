//! The function `ticket` in Lambda: connects the ports and serves its operations.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let api = ticket::connect().await?;
    lambda_http::run(api).await
}
