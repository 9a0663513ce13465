#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod args;
mod big;
mod error;
mod fast;
#[doc(hidden)]
pub mod fuzz;
mod header;
mod inline;
mod limits;
mod output;
mod reply;
mod request;
pub mod wire;

pub use args::{ArgBuf, Args, ArgsIter, Span, encode_request};
pub use error::{ProtocolError, ReplyError};
pub use limits::{Limits, Peer, ReplyLimits};
pub use output::{Chunk, Mark, Output, SHARED_LEN_MIN};
pub use reply::bulks::Bulks;
pub use reply::decode::ReplyDecoder;
pub use reply::encode::{Deferred, Reply};
pub use reply::value::Value;
pub use request::{Decoded, Frame, RequestDecoder};
pub use wire::Protocol;
