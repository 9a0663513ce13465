//! Contents that left the key space and wait to be dropped.
//!
//! Always true: it may be sent to another thread, and dropping it touches nothing that is live.
//! Not here: which values are worth the way — `store/own.rs`

use std::sync::Arc;

use crate::heap::Heap;
use crate::store::Store;

/// Entries that were unlinked from the key space and only need dropping, on any thread.
#[derive(Debug, Default)]
pub struct Garbage {
    /// How many objects are dropped with it.
    pub objects: usize,
    pub(crate) values: Vec<Arc<Heap>>,
    pub(crate) stores: Vec<Store>,
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Garbage>();
};
