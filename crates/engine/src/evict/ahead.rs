//! Places of the table that eviction will look at, drawn ahead so that their memory is fetched
//! while other work is done.
//!
//! ```text
//!  drawn: the bucket is fetched ─► its keys are fetched ─► looked at
//! ```
//! Always true: a place is no more than a hint; a table that changed meanwhile gives other keys.
//! Not here: which keys go — `evict.rs`

use crate::arena::Handle;
use crate::databases::Databases;
use crate::store::{Bucket, Shared};

/// How many places are on their way.
const LEN: usize = 8;
/// How many steps the fetching of keys is behind that of their bucket.
const KEYS_BEHIND: usize = 4;

/// Places on their way.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    places: [Option<(usize, Bucket)>; LEN],
    /// The place that is looked at next.
    next: usize,
}

impl Ahead {
    /// Collects the keys of the next place, with its database, and puts another into its stead.
    ///
    /// `drawn` is the database that the other is drawn from.
    pub(super) fn take(
        &mut self,
        dbs: &mut Databases,
        cx: &mut Shared,
        drawn: Option<usize>,
        cells: &mut Vec<Handle>,
    ) -> usize {
        let fresh = drawn.and_then(|index| {
            let store = dbs.get(index)?;
            Some((index, store.draw_bucket(cx)?))
        });
        let taken = std::mem::replace(&mut self.places[self.next], fresh);
        self.next = (self.next + 1) % LEN;
        let halfway = (self.next + LEN - 1 - KEYS_BEHIND) % LEN;
        if let Some((index, bucket)) = self.places[halfway]
            && let Some(store) = dbs.get(index)
        {
            store.prefetch_bucket_cells(bucket);
        }
        let Some((index, bucket)) = taken else {
            return 0;
        };
        if let Some(store) = dbs.get(index) {
            store.bucket_cells(bucket, cells);
        }
        index
    }
}
