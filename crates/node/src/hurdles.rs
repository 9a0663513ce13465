//! Reasons for which a request might not run now, as bits, so that none is asked for in vain.
//!
//! Always true: a bit is set while its check could refuse or postpone anything.
//! Not here: the checks — `gate.rs`.

use std::ops::BitOr;

/// A set of reasons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hurdles(u32);

impl Hurdles {
    /// None.
    pub(crate) const NONE: Self = Self(0);
    /// The session has not authenticated.
    pub(crate) const STRANGER: Self = Self(1 << 0);
    /// The session has a transaction.
    pub(crate) const IN_MULTI: Self = Self(1 << 1);
    /// A unit is open that holds all others.
    pub(crate) const HELD: Self = Self(1 << 2);
    /// Memory is limited.
    pub(crate) const MEMORY: Self = Self(1 << 3);
    /// Requests are paused.
    pub(crate) const PAUSED: Self = Self(1 << 4);
    /// The last save failed, and writes are refused then.
    pub(crate) const DISK: Self = Self(1 << 5);
    /// Data is being loaded.
    pub(crate) const LOADING: Self = Self(1 << 6);
    /// The server ends.
    pub(crate) const EXITING: Self = Self(1 << 7);
    /// The session speaks RESP2 and has subscriptions.
    pub(crate) const SUBSCRIBED: Self = Self(1 << 8);
    /// The user of the session may not do everything.
    pub(crate) const RESTRICTED: Self = Self(1 << 9);
    /// The session monitors.
    pub(crate) const MONITORS: Self = Self(1 << 10);

    /// Sets or clears bits.
    pub(crate) fn set(&mut self, bits: Self, is_set: bool) {
        match is_set {
            true => self.0 |= bits.0,
            false => self.0 &= !bits.0,
        }
    }

    /// Whether any of the bits is set.
    #[inline]
    pub(crate) const fn has(self, bits: Self) -> bool {
        self.0 & bits.0 != 0
    }

    /// The set without some bits.
    #[inline]
    pub(crate) const fn without(self, bits: Self) -> Self {
        Self(self.0 & !bits.0)
    }
}

impl BitOr for Hurdles {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_joined_and_reduced_bit_by_bit() {
        let both = Hurdles::MEMORY | Hurdles::DISK;
        assert_eq!(both | Hurdles::DISK, both);
        assert_eq!(both.without(Hurdles::MEMORY), Hurdles::DISK);
        assert_eq!(Hurdles::NONE.without(Hurdles::MEMORY), Hurdles::NONE);
        assert!(both.has(Hurdles::DISK) && !both.has(Hurdles::LOADING));
    }
}
