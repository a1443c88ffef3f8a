//! The body of an answer: what a handler says, or a part of a file.

use crate::web::static_files::FileBody;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A body of either kind.
pub enum Body {
    /// Of a handler, or of the server itself.
    Handler(lectern_engine::Body),
    /// Of a file.
    File(FileBody),
}

impl From<lectern_engine::Body> for Body {
    fn from(body: lectern_engine::Body) -> Self {
        Self::Handler(body)
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Handler(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Self::File(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Handler(body) => body.is_end_stream(),
            Self::File(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Handler(body) => body.size_hint(),
            Self::File(body) => body.size_hint(),
        }
    }
}
