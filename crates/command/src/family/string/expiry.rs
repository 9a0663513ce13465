//! Deadlines in the options of string commands.
//!
//! ```text
//!  EX seconds      now + 1000 n        EXAT seconds         1000 n
//!  PX millis       now + n             PXAT millis          n            KEEPTTL   PERSIST
//! ```
//!
//! Always true: a deadline given is positive and fits 64 bits; it may be in the past.
//! Not here: EXPIRE and its kin — the generic family.

use russet_engine::Millis;

use super::value::Ttl;
use crate::args::{Keyword, integer};
use crate::ctx::Ctx;
use crate::error::CommandError;

/// The meaning of an option for a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    /// Seconds from now.
    Ex,
    /// Milliseconds from now.
    Px,
    /// Seconds since the epoch.
    ExAt,
    /// Milliseconds since the epoch.
    PxAt,
    /// The deadline stays.
    KeepTtl,
    /// The deadline goes.
    Persist,
}

impl Expiry {
    /// The option in a command's grammar.
    pub(super) const fn keyword<T>(self, means: T, group: usize) -> Keyword<T> {
        match self {
            Self::Ex => Keyword::valued("EX", means, group),
            Self::Px => Keyword::valued("PX", means, group),
            Self::ExAt => Keyword::valued("EXAT", means, group),
            Self::PxAt => Keyword::valued("PXAT", means, group),
            Self::KeepTtl => Keyword::flag("KEEPTTL", means, group),
            Self::Persist => Keyword::flag("PERSIST", means, group),
        }
    }

    /// The new deadline, given the option's value and the command's name.
    pub(super) fn ttl(
        self,
        cx: &Ctx<'_>,
        value: &[u8],
        command: &'static str,
    ) -> Result<Ttl, CommandError> {
        Ok(match self {
            Self::KeepTtl => Ttl::Keep,
            Self::Persist => Ttl::Clear,
            _ => Ttl::At(self.deadline(cx.now(), value, command)?),
        })
    }

    /// The moment that the option's value names.
    fn deadline(
        self,
        now: Millis,
        value: &[u8],
        command: &'static str,
    ) -> Result<Millis, CommandError> {
        let number = integer(value)?;
        let millis = match self {
            Self::Ex | Self::ExAt => number.checked_mul(1000),
            _ => Some(number),
        };
        let deadline = match self {
            Self::Ex | Self::Px => millis.and_then(|n| n.checked_add(now)),
            _ => millis,
        };
        match deadline {
            Some(deadline) if number > 0 => Ok(deadline),
            _ => Err(CommandError::InvalidExpire(command)),
        }
    }
}
