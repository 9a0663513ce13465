//! Clients by the memory that they occupy, while `maxmemory-clients` limits their sum.
//!
//! Always true: without a limit nothing is kept.
//! Not here: how much a client occupies, and closing it — `client_memory.rs`,
//! `evict_clients.rs`.

use std::collections::{BTreeMap, BTreeSet};

use russet_io::ConnId;

/// The memory of all clients.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    limit: Option<u64>,
    /// Whether all clients are to be weighed.
    is_new: bool,
    /// Clients whose memory may have changed, some of them several times.
    changed: Vec<ConnId>,
    known: BTreeMap<ConnId, Weight>,
    /// Clients that may be closed, by their bytes.
    order: BTreeSet<(u64, ConnId)>,
    sum: u64,
}

/// The memory of a client.
#[derive(Debug, Clone, Copy)]
struct Weight {
    bytes: u64,
    may_go: bool,
}

impl Weights {
    /// Sets the limit in bytes, if there is one.
    pub(crate) fn set_limit(&mut self, limit: Option<u64>) {
        match limit {
            None => *self = Self::default(),
            Some(_) => self.is_new |= self.limit.is_none(),
        }
        self.limit = limit;
    }

    /// Whether there is a limit.
    #[inline]
    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// The memory of a client may have changed.
    #[inline]
    pub(crate) fn change(&mut self, conn: ConnId) {
        if self.is_limited() {
            self.changed.push(conn);
        }
    }

    /// Takes the clients to be weighed; `true` with all of them in mind.
    pub(crate) fn take_changed(&mut self) -> (Vec<ConnId>, bool) {
        (
            std::mem::take(&mut self.changed),
            std::mem::take(&mut self.is_new),
        )
    }

    /// Notes the memory of a client, and whether it may be closed for it.
    pub(crate) fn set(&mut self, conn: ConnId, bytes: u64, may_go: bool) {
        self.remove(conn);
        self.sum += bytes;
        self.known.insert(conn, Weight { bytes, may_go });
        if may_go {
            self.order.insert((bytes, conn));
        }
    }

    /// Forgets a client.
    pub(crate) fn remove(&mut self, conn: ConnId) {
        if let Some(weight) = self.known.remove(&conn) {
            self.sum -= weight.bytes;
            if weight.may_go {
                self.order.remove(&(weight.bytes, conn));
            }
        }
    }

    /// The client with the most memory of those that may be closed, if the sum is beyond the limit.
    pub(crate) fn heaviest(&self) -> Option<ConnId> {
        let limit = self.limit?;
        let (_, conn) = self.order.last().filter(|_| self.sum > limit)?;
        Some(*conn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conn(index: u32) -> ConnId {
        ConnId {
            index,
            generation: 1,
        }
    }

    #[test]
    fn the_heaviest_goes_first_until_the_sum_is_within_the_limit() {
        let mut weights = Weights::default();
        weights.change(conn(1));
        assert_eq!(weights.take_changed(), (vec![], false));
        weights.set_limit(Some(100));
        weights.change(conn(1));
        assert_eq!(weights.take_changed(), (vec![conn(1)], true));
        for (index, bytes, may_go) in [(1, 60, true), (2, 50, false), (3, 30, true)] {
            weights.set(conn(index), bytes, may_go);
        }
        assert_eq!(weights.heaviest(), Some(conn(1)));
        weights.remove(conn(1));
        assert_eq!(weights.heaviest(), None);
        weights.set(conn(3), 51, true);
        assert_eq!(weights.heaviest(), Some(conn(3)));
        weights.set(conn(2), 49, true);
        assert_eq!(weights.heaviest(), None);
        weights.set_limit(Some(99));
        assert_eq!(weights.take_changed(), (vec![], false));
        assert_eq!(weights.heaviest(), Some(conn(3)));
        weights.set_limit(None);
        assert_eq!((weights.heaviest(), weights.sum), (None, 0));
    }
}
