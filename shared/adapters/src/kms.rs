//! Keys in KMS: one that signs, one for keyed hashes, one that encrypts single fields.

use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MacAlgorithmSpec, MessageType, SigningAlgorithmSpec};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ports::{DigestSigner, FieldCipher, Mac, PortError};
use crate::sdk::port_error;

/// A P-256 signing key.
#[derive(Debug, Clone)]
pub struct KmsSigner {
    client: Client,
    key_id: String,
}

impl KmsSigner {
    /// The key of this id or ARN, in the account and region of `config`.
    pub fn connect(config: &aws_types::SdkConfig, key_id: impl Into<String>) -> Self {
        Self::new(Client::new(config), key_id)
    }

    /// The key of this id or ARN, by this client.
    pub fn new(client: Client, key_id: impl Into<String>) -> Self {
        Self {
            client,
            key_id: key_id.into(),
        }
    }
}

impl KmsSigner {
    /// The public key, DER of `SubjectPublicKeyInfo`: for the certificate that a root gives it.
    ///
    /// # Errors
    /// When KMS does not answer or refuses.
    pub async fn public_key_der(&self) -> Result<Vec<u8>, PortError> {
        let answer = self
            .client
            .get_public_key()
            .key_id(&self.key_id)
            .send()
            .await;
        let answer = answer.map_err(|error| port_error("kms", &error))?;
        let key = answer
            .public_key
            .ok_or_else(|| PortError::defect("kms", "answer without public key"))?;
        Ok(key.into_inner())
    }
}

#[async_trait]
impl DigestSigner for KmsSigner {
    async fn sign_sha256(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PortError> {
        let answer = self
            .client
            .sign()
            .key_id(&self.key_id)
            .message(Blob::new(digest.to_vec()))
            .message_type(MessageType::Digest)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(|error| port_error("kms", &error))?;
        let signature = answer
            .signature
            .ok_or_else(|| PortError::defect("kms", "answer without signature"))?;
        Ok(signature.into_inner())
    }
}

/// A key for HMAC-SHA-256.
#[derive(Debug, Clone)]
pub struct KmsMac {
    client: Client,
    key_id: String,
}

impl KmsMac {
    /// The key of this id or ARN, in the account and region of `config`.
    pub fn connect(config: &aws_types::SdkConfig, key_id: impl Into<String>) -> Self {
        Self::new(Client::new(config), key_id)
    }

    /// The key of this id or ARN, by this client.
    pub fn new(client: Client, key_id: impl Into<String>) -> Self {
        Self {
            client,
            key_id: key_id.into(),
        }
    }
}

#[async_trait]
impl Mac for KmsMac {
    async fn mac(&self, message: &[u8]) -> Result<[u8; 32], PortError> {
        let answer = self
            .client
            .generate_mac()
            .key_id(&self.key_id)
            .message(Blob::new(message))
            .mac_algorithm(MacAlgorithmSpec::HmacSha256)
            .send()
            .await
            .map_err(|error| port_error("kms", &error))?;
        let mac = answer
            .mac
            .ok_or_else(|| PortError::defect("kms", "answer without hash"))?;
        mac.as_ref()
            .try_into()
            .map_err(|_| PortError::defect("kms", "hash of another length"))
    }
}

/// A symmetric key that encrypts single fields. They are shorter than the 4096 bytes that KMS encrypts by
/// itself, so there is no data key that could be kept or lost. Owner and field are the encryption context;
/// `CloudTrail` shows both, so they are an id and a name of ours.
#[derive(Debug, Clone)]
pub struct KmsFieldCipher {
    client: Client,
    key_id: String,
}

impl KmsFieldCipher {
    /// The key of this id or ARN, in the account and region of `config`.
    pub fn connect(config: &aws_types::SdkConfig, key_id: impl Into<String>) -> Self {
        Self::new(Client::new(config), key_id)
    }

    /// The key of this id or ARN, by this client.
    pub fn new(client: Client, key_id: impl Into<String>) -> Self {
        Self {
            client,
            key_id: key_id.into(),
        }
    }
}

#[async_trait]
impl FieldCipher for KmsFieldCipher {
    async fn seal(&self, owner: &str, field: &str, text: &str) -> Result<String, PortError> {
        let answer = self
            .client
            .encrypt()
            .key_id(&self.key_id)
            .plaintext(Blob::new(text))
            .encryption_context("owner", owner)
            .encryption_context("field", field)
            .send()
            .await
            .map_err(|error| port_error("kms", &error))?;
        let sealed = answer
            .ciphertext_blob
            .ok_or_else(|| PortError::defect("kms", "answer without ciphertext"))?;
        Ok(STANDARD.encode(sealed))
    }

    async fn open(&self, owner: &str, field: &str, sealed: &str) -> Result<String, PortError> {
        // No error below repeats what it was about: stored text or plain.
        let sealed = STANDARD
            .decode(sealed)
            .map_err(|_| PortError::defect("kms", "a sealed field that is no base64"))?;
        let answer = self
            .client
            .decrypt()
            // KMS would find the key by the ciphertext: named, no other key's can be put there.
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(sealed))
            .encryption_context("owner", owner)
            .encryption_context("field", field)
            .send()
            .await
            .map_err(|error| port_error("kms", &error))?;
        let text = answer
            .plaintext
            .ok_or_else(|| PortError::defect("kms", "answer without plaintext"))?;
        String::from_utf8(text.into_inner())
            .map_err(|_| PortError::defect("kms", "a sealed field that is no text"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_credential_types::Credentials;
    use axum::Router;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, StatusCode};
    use serde_json::{Value, json};

    use super::*;

    const OWNER: &str = "co_01arz3ndektsv4rrffq69g5fav";
    const TEXT: &str = "11010519491231002X";

    /// What the service was asked: operation and body.
    type Asked = Arc<Mutex<Vec<(String, Value)>>>;

    /// A service on loopback that gives one answer to everything, and what it was asked.
    async fn service(status: StatusCode, answer: Value) -> (Client, Asked) {
        use aws_sdk_kms::config::{BehaviorVersion, Config, Region, retry::RetryConfig};
        let asked = Asked::default();
        let seen = asked.clone();
        let routes = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
            let target = headers["x-amz-target"].to_str().unwrap().to_owned();
            let body = serde_json::from_slice(&body).unwrap();
            seen.lock().unwrap().push((target, body));
            (status, answer.to_string())
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .build();
        (Client::from_conf(config), asked)
    }

    fn asked(asked: &Asked) -> Vec<(String, Value)> {
        asked.lock().unwrap().clone()
    }

    /// How an error looks in a log, with its sources.
    fn logged(error: &PortError) -> String {
        format!("{error} {error:?}")
    }

    #[tokio::test]
    async fn a_keyed_hash_is_hmac_sha_256_by_the_named_key() {
        let answer = json!({"Mac": STANDARD.encode([7u8; 32]), "MacAlgorithm": "HMAC_SHA_256"});
        let (client, seen) = service(StatusCode::OK, answer).await;
        let mac = KmsMac::new(client, "alias/mac")
            .mac(b"code:1")
            .await
            .unwrap();
        assert_eq!(mac, [7; 32]);
        let request = json!({
            "KeyId": "alias/mac",
            "Message": STANDARD.encode("code:1"),
            "MacAlgorithm": "HMAC_SHA_256",
        });
        assert_eq!(
            asked(&seen),
            [("TrentService.GenerateMac".to_owned(), request)]
        );
    }

    #[tokio::test]
    async fn a_hash_of_another_length_is_a_defect() {
        for answer in [json!({"Mac": STANDARD.encode([7u8; 31])}), json!({})] {
            let (client, _) = service(StatusCode::OK, answer).await;
            let error = KmsMac::new(client, "k").mac(b"x").await.unwrap_err();
            assert!(matches!(error, PortError::Defect { .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_field_is_sealed_for_its_owner_and_place() {
        let answer = json!({"CiphertextBlob": STANDARD.encode([0xFFu8, 0xFE, 0])});
        let (client, seen) = service(StatusCode::OK, answer).await;
        let cipher = KmsFieldCipher::new(client, "alias/fields");
        let sealed = cipher.seal(OWNER, "id_number", TEXT).await.unwrap();
        assert_eq!(sealed, "//4A");
        let request = json!({
            "KeyId": "alias/fields",
            "Plaintext": STANDARD.encode(TEXT),
            "EncryptionContext": {"owner": OWNER, "field": "id_number"},
        });
        assert_eq!(asked(&seen), [("TrentService.Encrypt".to_owned(), request)]);
    }

    #[tokio::test]
    async fn a_field_is_opened_by_the_named_key_only() {
        let answer = json!({"Plaintext": STANDARD.encode(TEXT)});
        let (client, seen) = service(StatusCode::OK, answer).await;
        let cipher = KmsFieldCipher::new(client, "alias/fields");
        let text = cipher.open(OWNER, "id_number", "//4A").await.unwrap();
        assert_eq!(text, TEXT);
        let request = json!({
            "KeyId": "alias/fields",
            "CiphertextBlob": "//4A",
            "EncryptionContext": {"owner": OWNER, "field": "id_number"},
        });
        assert_eq!(asked(&seen), [("TrentService.Decrypt".to_owned(), request)]);
    }

    #[tokio::test]
    async fn what_kms_refuses_to_open_is_a_defect_that_shows_nothing() {
        let refused = json!({"__type": "InvalidCiphertextException", "message": "//4A"});
        let (client, _) = service(StatusCode::BAD_REQUEST, refused).await;
        let cipher = KmsFieldCipher::new(client, "k");
        let error = cipher.open(OWNER, "id_number", "//4A").await.unwrap_err();
        assert!(matches!(error, PortError::Defect { .. }), "{error:?}");
        let logged = logged(&error);
        assert!(
            logged.contains("InvalidCiphertextException") && !logged.contains("//4A"),
            "{logged}"
        );
    }

    #[tokio::test]
    async fn what_cannot_be_a_sealed_text_is_a_defect_that_shows_nothing() {
        let bytes = json!({"Plaintext": STANDARD.encode([b'7', b'7', b'7', 0xFF])});
        let (client, seen) = service(StatusCode::OK, bytes).await;
        let cipher = KmsFieldCipher::new(client, "k");
        let error = cipher.open(OWNER, "f", "not base64!").await.unwrap_err();
        assert!(matches!(error, PortError::Defect { .. }), "{error:?}");
        assert!(!logged(&error).contains("not base64!") && asked(&seen).is_empty());
        let error = cipher.open(OWNER, "f", "//4A").await.unwrap_err();
        assert!(matches!(error, PortError::Defect { .. }), "{error:?}");
        assert!(!logged(&error).contains("777") && !logged(&error).contains("55, 55"));
    }

    #[tokio::test]
    async fn a_busy_service_is_unavailable() {
        let busy = json!({"__type": "ThrottlingException", "message": TEXT});
        let (client, _) = service(StatusCode::BAD_REQUEST, busy).await;
        let error = KmsFieldCipher::new(client.clone(), "k")
            .seal(OWNER, "f", TEXT)
            .await
            .unwrap_err();
        assert!(matches!(error, PortError::Unavailable { .. }), "{error:?}");
        assert!(!logged(&error).contains(TEXT));
        let error = KmsMac::new(client, "k").mac(b"x").await.unwrap_err();
        assert!(matches!(error, PortError::Unavailable { .. }), "{error:?}");
    }
}
