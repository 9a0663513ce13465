//! Keys that are looked up, for tests that compare them with what commands declare.
//!
//! Always true: without the feature `trace-keys` nothing is noted, and a call costs nothing.
//! Not here: the comparison — `russet-node`

#[cfg(feature = "trace-keys")]
use std::cell::RefCell;

#[cfg(feature = "trace-keys")]
thread_local! {
    static TOUCHED: RefCell<Vec<(usize, Box<[u8]>)>> = const { RefCell::new(Vec::new()) };
}

/// A key of a database is looked up, by whatever function.
#[inline(always)]
pub(crate) fn touch(db: usize, key: &[u8]) {
    #[cfg(feature = "trace-keys")]
    TOUCHED.with_borrow_mut(|touched| touched.push((db, key.into())));
    #[cfg(not(feature = "trace-keys"))]
    let _ = (db, key);
}

/// Takes the keys that were looked up in this thread since the last call, each with its database,
/// in order and as often as they were looked up.
#[cfg(feature = "trace-keys")]
pub fn take_touched_keys() -> Vec<(usize, Box<[u8]>)> {
    TOUCHED.take()
}
