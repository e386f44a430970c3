//! The function `finance` in Lambda: connects the ports and serves its operations.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let api = finance::connect().await?;
    lambda_http::run(api).await
}
