//! Epochs: which segments and cells a live snapshot may still read.
//!
//! Taking a snapshot ends an epoch. A segment bears the epoch in which it was made; one that is not
//! younger than the newest live snapshot belongs to a snapshot too, and is copied before it
//! changes. Cells bear nothing: the copy of a segment remembers which of its entries it was copied
//! with. What is replaced while snapshots live waits in limbo until all older ones are gone, or are
//! walked beyond it.
//!
//! A walker publishes how far it has come, in the order of hashes. What lies behind it needs no
//! preservation any more.
//!
//! Always true: with no live snapshot `newest` is 0 and every stamp is larger.
//! Not here: the snapshot itself — `snapshot.rs`

use std::any::Any;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

use crate::table::POSITION_BITS;

/// State that owner and holder of a snapshot share.
#[derive(Debug)]
pub(crate) struct Ticket {
    epoch: u32,
    /// The databases in the order in which they are walked.
    stores: Box<[u64]>,
    /// The ordinal of the database being walked, times 2^48, plus the position in it.
    position: AtomicU64,
    is_released: AtomicBool,
    /// Stores of a key space that was dropped before the snapshot.
    legacy: Mutex<Option<Legacy>>,
}

/// The stores of a key space that was dropped while snapshots lived: only that they live matters.
pub(crate) type Legacy = Arc<dyn Any + Send + Sync>;

impl Ticket {
    /// Says that everything before a position of a database has been read.
    pub(crate) fn publish(&self, ordinal: usize, position: u64) {
        self.position
            .store(((ordinal as u64) << POSITION_BITS) + position, Release);
    }

    /// Says that nothing will be read any more.
    pub(crate) fn release(&self) {
        self.is_released.store(true, Release);
    }

    fn has_passed(&self, store: u64, position: u64) -> bool {
        if self.is_released.load(Acquire) {
            return true;
        }
        match self.stores.iter().position(|&id| id == store) {
            Some(at) => self.position.load(Acquire) >= ((at as u64) << POSITION_BITS) + position,
            None => true,
        }
    }
}

/// The epoch counter and the live snapshots.
#[derive(Debug)]
pub(crate) struct Epochs {
    now: u32,
    newest: u32,
    live: Vec<Arc<Ticket>>,
}

impl Default for Epochs {
    fn default() -> Self {
        Self {
            now: 1,
            newest: 0,
            live: Vec::new(),
        }
    }
}

impl Epochs {
    /// The stamp of what is made now.
    #[inline]
    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    /// The epoch of the newest live snapshot; 0 if there is none.
    #[inline]
    pub(crate) fn newest(&self) -> u32 {
        self.newest
    }

    /// Starts a snapshot of these databases, and a new epoch.
    pub(crate) fn open(&mut self, stores: Box<[u64]>) -> Arc<Ticket> {
        let ticket = Arc::new(Ticket {
            epoch: self.now,
            stores,
            position: AtomicU64::new(0),
            is_released: AtomicBool::new(false),
            legacy: Mutex::new(None),
        });
        self.newest = self.now;
        self.now = self
            .now
            .checked_add(1)
            .expect("nobody takes four billion snapshots");
        self.live.push(Arc::clone(&ticket));
        ticket
    }

    /// Forgets snapshots that were released.
    pub(crate) fn refresh(&mut self) {
        if !self.live.is_empty() {
            self.live.retain(|ticket| !ticket.is_released.load(Acquire));
            self.newest = self
                .live
                .iter()
                .map(|ticket| ticket.epoch)
                .max()
                .unwrap_or(0);
        }
    }

    /// Whether no live snapshot will read that position of a database, or anything before it.
    pub(crate) fn has_passed(&self, store: u64, position: u64) -> bool {
        self.live
            .iter()
            .all(|ticket| ticket.has_passed(store, position))
    }

    /// Whether what was replaced in that epoch, in front of a position of a database, can be freed.
    pub(crate) fn is_free(&self, epoch: u32, store: u64, position: u64) -> bool {
        let mut live = self.live.iter();
        live.all(|ticket| ticket.epoch >= epoch || ticket.has_passed(store, position))
    }

    /// Whether what was replaced in that epoch can be freed, wherever it was.
    pub(crate) fn is_over(&self, epoch: u32) -> bool {
        self.live.iter().all(|ticket| ticket.epoch >= epoch)
    }

    /// Leaves stores to the live snapshots, which read the objects that their cells point to.
    pub(crate) fn bequeath(&mut self, legacy: Legacy) {
        self.refresh();
        for ticket in &self.live {
            // Nobody panics while holding the lock, so a poisoned one is as good as any.
            let mut kept = ticket.legacy.lock().unwrap_or_else(PoisonError::into_inner);
            *kept = Some(Arc::clone(&legacy));
        }
    }

    /// How many snapshots are live.
    pub(crate) fn live_count(&self) -> usize {
        self.live.len()
    }
}
