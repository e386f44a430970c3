//! The function `seal-maker` in Lambda: connects the ports and serves its operations.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let api = seal_maker::connect().await?;
    lambda_http::run(api).await
}
