//! The world outside Sealkey, for a laptop: the gateways of Alipay and WeChat Pay with a payer's phone, a courier,
//! and a CDN in front of the site and the API. All on 127.0.0.1, speaking the real protocols with code of its own.
//!
//! Nothing here asks who calls the pages, the machine API or the knobs: it is a toy for one's own machine.

pub mod advance;
pub mod alipay;
pub mod app;
pub mod bills;
pub mod books;
pub mod cdn;
pub mod clock;
pub mod config;
pub mod courier;
pub mod crypto;
pub mod html;
pub mod knobs;
pub mod money;
pub mod outbox;
pub mod refunds;
pub mod serve;
pub mod signed;
pub mod store;
pub mod tax;
pub mod wechatpay;
pub mod zip;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::app::{App, AppRef};
use crate::bills::Shelf;
use crate::cdn::{Cdn, CdnError};
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::CryptoError;
use crate::knobs::Board;
use crate::serve::Loopback;
use crate::store::Store;

/// How long a stop waits for requests on their way.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Why the sandbox cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A key of Alipay's or the merchant's cannot be read.
    #[error("alipay: {0}")]
    Alipay(CryptoError),
    /// A key of WeChat Pay's or the merchant's cannot be read, or there is none.
    #[error("wechatpay: {0}")]
    WechatPay(CryptoError),
    /// The CDN is configured wrongly.
    #[error(transparent)]
    Cdn(#[from] CdnError),
    /// No HTTP client.
    #[error("no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The state cannot be read.
    #[error("state_dir: {0}")]
    State(io::Error),
    /// A port is taken.
    #[error("port {0}: {1}")]
    Bind(u16, io::Error),
}

/// A running sandbox.
pub struct Sandbox {
    /// Where gateways and pages listen.
    pub addr: SocketAddr,
    /// Where the CDN listens, if there is one.
    pub cdn_addr: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Sandbox {
    /// Binds all listeners and begins to serve.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        let client = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()?;
        let alipay = alipay::Merchant::new(config.alipay).map_err(StartError::Alipay)?;
        let wechatpay = config.wechatpay.map(wechatpay::Merchant::new).transpose();
        let wechatpay = wechatpay.map_err(StartError::WechatPay)?;
        let store = Store::open(config.state_dir.as_deref()).map_err(StartError::State)?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();

        let mut cdn_addr = None;
        if let Some(cdn) = &config.cdn {
            let (listener, addr) = bind(cdn.port).await?;
            let router = Cdn::new(cdn, client.clone())?.router();
            tasks.spawn(serve(listener, router, stopped.clone()));
            cdn_addr = Some(addr);
        }
        let (listener, addr) = bind(config.port).await?;
        let public_url = config
            .public_url
            .unwrap_or_else(|| format!("http://{addr}"));
        let app: AppRef = Arc::new(App {
            clock,
            store,
            knobs: Board::new(config.knobs),
            wake: Notify::new(),
            client,
            alipay,
            wechatpay,
            bills: Shelf::default(),
            courier: config.courier,
            tax: config.tax,
            public_url: public_url.trim_end_matches('/').to_owned(),
        });
        let cdn_url = cdn_addr.map(|addr| format!("http://localhost:{}/", addr.port()));
        tasks.spawn(serve(
            listener,
            router(app.clone(), cdn_url),
            stopped.clone(),
        ));
        tasks.spawn(outbox::run(app, stopped));
        Ok(Self {
            addr,
            cdn_addr,
            stop,
            tasks,
        })
    }

    /// Stops: no new connections, requests on their way are answered, deliveries on their way are noted.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let rest = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_PATIENCE, rest).await.is_err() {
            tracing::warn!("stopped with requests on their way");
        }
    }
}

async fn bind(port: u16) -> Result<(Loopback, SocketAddr), StartError> {
    let wrong = |error| StartError::Bind(port, error);
    let listener = Loopback::bind(port).await.map_err(wrong)?;
    let addr = listener.addr().map_err(wrong)?;
    Ok((listener, addr))
}

async fn serve(listener: Loopback, router: Router, stop: watch::Receiver<bool>) {
    if let Err(error) = listener.serve(router, stop).await {
        tracing::error!(%error, "a listener ended");
    }
}

fn router(app: AppRef, cdn_url: Option<String>) -> Router {
    Router::new()
        .route(
            "/",
            get(move || async move { html::index(cdn_url.as_deref()) }),
        )
        .merge(alipay::routes())
        .merge(wechatpay::routes())
        .merge(books::routes())
        .merge(courier::routes())
        .merge(tax::routes())
        .merge(knobs::routes())
        .with_state(app)
}
