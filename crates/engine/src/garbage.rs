//! Contents that left the key space and wait to be dropped.
//!
//! Always true: it may be sent to another thread, and dropping it touches nothing that is live.
//! Not here: which values are worth the way — `store/own.rs`

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::heap::Heap;
use crate::store::Store;

/// Entries that were unlinked from the key space and only need dropping, on any thread.
#[derive(Debug, Default)]
pub struct Garbage {
    /// How many objects are dropped with it.
    pub objects: usize,
    /// Bytes that it takes.
    pub(crate) weight: u64,
    pub(crate) values: Vec<Arc<Heap>>,
    pub(crate) stores: Vec<Store>,
    // Fields are dropped in order: this is the last.
    claim: Claim,
}

/// Bytes that are counted somewhere until this is dropped.
#[derive(Debug, Default)]
struct Claim(Option<(Arc<AtomicU64>, u64)>);

impl Garbage {
    /// Adds its weight to a sum, until it is dropped.
    pub(crate) fn count_until_dropped(&mut self, sum: &Arc<AtomicU64>) {
        if self.objects > 0 {
            sum.fetch_add(self.weight, Ordering::Relaxed);
            self.claim = Claim(Some((Arc::clone(sum), self.weight)));
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((sum, weight)) = self.0.take() {
            sum.fetch_sub(weight, Ordering::Relaxed);
        }
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Garbage>();
};
