//! Connections that a handler can cut: hanging up without an answer is a thing that gateways do.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener};
use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Who is at the other end, with a way to hang up.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Address and port.
    pub addr: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Peer {
    /// Closes the connection without a byte of an answer. Return what this returns; nobody will see it.
    pub fn hang_up(&self) -> Response {
        self.cut.store(true, Ordering::SeqCst);
        StatusCode::NO_CONTENT.into_response()
    }
}

impl Connected<IncomingStream<'_, Loopback>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Loopback>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A listener on 127.0.0.1.
pub struct Loopback(TcpListener);

impl Loopback {
    /// Binds `port`, or a free one for 0.
    pub async fn bind(port: u16) -> io::Result<Self> {
        Ok(Self(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?))
    }

    /// The address that is bound.
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves until `stop` turns true and the requests on their way are answered.
    pub async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) -> io::Result<()> {
        let stopped = async move {
            // An error means that nobody is left to say stop.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        axum::serve(self, router.into_make_service_with_connect_info::<Peer>())
            .with_graceful_shutdown(stopped)
            .await
    }
}

impl Listener for Loopback {
    type Io = Line;
    type Addr = Peer;

    async fn accept(&mut self) -> (Line, Peer) {
        let (stream, addr) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let cut = Arc::new(AtomicBool::new(false));
        let line = Line {
            stream,
            cut: cut.clone(),
        };
        (line, Peer { addr, cut })
    }

    fn local_addr(&self) -> io::Result<Peer> {
        let addr = self.addr()?;
        let cut = Arc::default();
        Ok(Peer { addr, cut })
    }
}

/// A connection that refuses to write once it is cut.
pub struct Line {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Line {
    fn alive(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(Pin::new(&mut self.stream))
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.alive()?.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.alive()?.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
