//! Links: two directions of bytes between two parties.
//!
//! ```text
//!  end 0 ─► pipe 0: bytes on their way │ visible ─► end 1
//!  end 0 ◄─ visible │ bytes on their way :pipe 1 ◄─ end 1
//! ```
//! Always true: bytes of a direction arrive in order, none is lost before a reset or a close.

use std::collections::VecDeque;

use russet_base::Rng;

use crate::options::Options;

/// Turns that a stall lasts at most.
const STALL_TURNS_MAX: u64 = 40;

/// One direction of a link.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    bytes: VecDeque<u8>,
    /// Bytes at the front that the receiver sees.
    visible: usize,
    /// The turn up to which nothing more becomes visible.
    stalled_until: u64,
    /// The sender sends no more.
    pub(crate) is_shut: bool,
    /// The link broke.
    pub(crate) is_reset: bool,
    /// Nobody reads any more: bytes vanish.
    pub(crate) is_abandoned: bool,
}

impl Pipe {
    /// Bytes that the sender may add.
    pub(crate) fn room(&self, options: &Options) -> usize {
        match self.is_abandoned {
            true => usize::MAX,
            false => options.window.saturating_sub(self.bytes.len()),
        }
    }

    /// Bytes that the receiver may read now.
    pub(crate) fn visible(&self) -> usize {
        self.visible
    }

    /// Whether bytes are on their way.
    pub(crate) fn is_moving(&self) -> bool {
        self.visible < self.bytes.len()
    }

    /// Whether the receiver has read everything and the sender sends no more.
    pub(crate) fn is_at_end(&self) -> bool {
        self.is_shut && self.bytes.is_empty()
    }

    pub(crate) fn push(&mut self, bytes: impl IntoIterator<Item = u8>) {
        if !self.is_abandoned {
            self.bytes.extend(bytes);
        }
    }

    /// Takes this many visible bytes.
    pub(crate) fn pull(&mut self, count: usize) -> impl Iterator<Item = u8> {
        self.visible -= count;
        self.bytes.drain(..count)
    }

    /// The receiver reads no more.
    pub(crate) fn abandon(&mut self) {
        self.is_abandoned = true;
        self.bytes.clear();
        self.visible = 0;
    }

    /// The link broke; what is visible may still be read, or not.
    pub(crate) fn reset(&mut self, keeps_visible: bool) {
        self.is_reset = true;
        self.visible = if keeps_visible { self.visible } else { 0 };
        self.bytes.truncate(self.visible);
    }

    /// Bytes on their way are lost, as a close with unread input loses them.
    pub(crate) fn lose_moving(&mut self) {
        self.bytes.truncate(self.visible);
    }

    /// Moves bytes on; says whether any did.
    pub(crate) fn carry(&mut self, turn: u64, options: &Options, rng: &mut Rng) -> bool {
        let rest = self.bytes.len() - self.visible;
        if rest == 0 || self.stalled_until > turn {
            return false;
        }
        if options.stalls && rng.below(16) == 0 {
            self.stalled_until = turn + 1 + rng.below(STALL_TURNS_MAX);
            return false;
        }
        self.visible += match options.splits {
            true => part(rest, rng),
            false => rest,
        };
        true
    }
}

/// Two directions; `pipes[n]` carries what end `n` sends.
#[derive(Debug, Default)]
pub(crate) struct Link {
    pub(crate) pipes: [Pipe; 2],
}

impl Link {
    /// The link breaks, in both directions.
    pub(crate) fn reset(&mut self, keeps_visible: bool) {
        for pipe in &mut self.pipes {
            pipe.reset(keeps_visible);
        }
    }
}

/// Some of `len` bytes, at least one: all, a few, or any number.
pub(crate) fn part(len: usize, rng: &mut Rng) -> usize {
    match rng.below(4) {
        0 => len,
        1 => 1 + rng.index(len.min(8)),
        _ => 1 + rng.index(len),
    }
}
