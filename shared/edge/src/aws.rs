//! SDK clients. One HTTP client serves them all; its trust store holds Amazon's roots only, for reading
//! the system's costs more than half of a cold start. Clients are made when they are first wanted.

use std::sync::OnceLock;

pub use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
pub use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::config::{self, MissingVariable};

/// Amazon Root CA 1–4 and the Starfield root that cross-signs them: public certificates.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// Where a cloud is and who asks.
#[derive(Debug, Clone)]
pub struct Account {
    /// Region.
    pub region: String,
    /// Who asks.
    pub credentials: Credentials,
    /// Where it answers, if not at AWS.
    pub endpoint: Option<String>,
}

/// What all SDK clients of a function share: region, credentials and endpoint from its environment.
///
/// # Errors
/// [`MissingVariable`] outside Lambda, when region or credentials are not set.
pub fn sdk_config() -> Result<&'static SdkConfig, MissingVariable> {
    static CONFIG: OnceLock<SdkConfig> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config);
    }
    let account = Account {
        region: config::required("AWS_REGION")?,
        credentials: Credentials::new(
            config::required("AWS_ACCESS_KEY_ID")?,
            config::required("AWS_SECRET_ACCESS_KEY")?,
            config::optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        ),
        endpoint: config::optional("AWS_ENDPOINT_URL"),
    };
    Ok(CONFIG.get_or_init(|| sdk_config_for(account)))
}

/// The same for an account that is named.
pub fn sdk_config_for(account: Account) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .behavior_version(
            aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest(),
        )
        .region(Region::new(account.region))
        .credentials_provider(SharedCredentialsProvider::new(account.credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(std::time::Duration::from_secs(2))
                .operation_attempt_timeout(std::time::Duration::from_secs(8))
                .build(),
        )
        .http_client(http_client());
    if let Some(endpoint) = account.endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    builder.build()
}

fn http_client() -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    // A context of constants cannot fail to build; should it ever, the default one is slower, not less safe.
    let context = TlsContext::builder()
        .with_trust_store(roots)
        .build()
        .unwrap_or_default();
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https()
}

/// Is this a laptop's cloud? Its buckets stand in the path, for it has no name for each.
pub fn has_own_endpoint() -> bool {
    config::optional("AWS_ENDPOINT_URL").is_some()
}
