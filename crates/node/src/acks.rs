//! Acknowledgements that clients wait for: durable writes (WAITAOF), replicated ones (WAIT).
//!
//! Always true: a client waits for one acknowledgement at most.
//! Not here: the end of a wait — `acknowledge.rs`; the commands — `control/wait.rs`

use std::collections::{BTreeMap, BTreeSet};

use russet_io::ConnId;

use crate::journal::Offset;

/// The condition that a client waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// WAIT: this many replicas.
    Replicas(i64),
    /// WAITAOF: this many files here and on replicas, up to the offset.
    Files {
        local: i64,
        replicas: i64,
        upto: Offset,
    },
}

/// A client that waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub conn: ConnId,
    pub wanted: Wanted,
    /// When it gives up, in monotonic microseconds.
    pub gives_up_us: Option<u64>,
}

impl Waiting {
    /// The offset of a client that waits for the local file alone.
    fn for_file(&self) -> Option<Offset> {
        match self.wanted {
            Wanted::Files {
                replicas: 0, upto, ..
            } => Some(upto),
            _ => None,
        }
    }

    fn needs_file(&self) -> bool {
        matches!(self.wanted, Wanted::Files { local: 1.., .. })
    }
}

/// All clients that wait.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    clients: BTreeMap<ConnId, Waiting>,
    /// When clients give up, in monotonic microseconds.
    deadlines: BTreeSet<(u64, ConnId)>,
    /// The clients that a sync of the local file can serve, by offset.
    files: BTreeSet<(Offset, ConnId)>,
    /// The number of clients that need a local file, with or without replicas.
    need_file: usize,
}

impl Acks {
    /// Adds a client.
    pub(crate) fn add(&mut self, waiting: Waiting) {
        let conn = waiting.conn;
        if let Some(at_us) = waiting.gives_up_us {
            self.deadlines.insert((at_us, conn));
        }
        if let Some(upto) = waiting.for_file() {
            self.files.insert((upto, conn));
        }
        self.need_file += usize::from(waiting.needs_file());
        self.clients.insert(conn, waiting);
    }

    /// Removes a client.
    pub(crate) fn take(&mut self, conn: ConnId) -> Option<Waiting> {
        let waiting = self.clients.remove(&conn)?;
        if let Some(at_us) = waiting.gives_up_us {
            self.deadlines.remove(&(at_us, conn));
        }
        if let Some(upto) = waiting.for_file() {
            self.files.remove(&(upto, conn));
        }
        self.need_file -= usize::from(waiting.needs_file());
        Some(waiting)
    }

    /// Removes a client whose file is durable, or whose time is over.
    // PERF: asked in every turn, however many clients wait.
    pub(crate) fn take_over(&mut self, now_us: u64, durable: Option<Offset>) -> Option<Waiting> {
        let synced = self
            .files
            .first()
            .filter(|(upto, _)| durable >= Some(*upto));
        let late = self.deadlines.first().filter(|(at_us, _)| *at_us <= now_us);
        let conn = synced.map(|&(_, conn)| conn);
        let conn = conn.or_else(|| late.map(|&(_, conn)| conn))?;
        self.take(conn)
    }

    /// Removes the clients that need a local file.
    pub(crate) fn take_of_file(&mut self) -> Vec<Waiting> {
        if self.need_file == 0 {
            return Vec::new();
        }
        let of_file = self.clients.values().filter(|waiting| waiting.needs_file());
        let conns: Vec<ConnId> = of_file.map(|waiting| waiting.conn).collect();
        conns
            .into_iter()
            .filter_map(|conn| self.take(conn))
            .collect()
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// The number of clients.
    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// The number of clients that have a timeout.
    pub(crate) fn with_deadline(&self) -> usize {
        self.deadlines.len()
    }

    /// When the first of them gives up.
    pub(crate) fn next_deadline_us(&self) -> Option<u64> {
        self.deadlines.first().map(|&(at_us, _)| at_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(index: u32, local: i64, replicas: i64, upto: u64) -> Waiting {
        Waiting {
            conn: ConnId {
                index,
                generation: 1,
            },
            wanted: Wanted::Files {
                local,
                replicas,
                upto: Offset(upto),
            },
            gives_up_us: Some(u64::from(index) * 10),
        }
    }

    fn indexes(found: impl IntoIterator<Item = Waiting>) -> Vec<u32> {
        found
            .into_iter()
            .map(|waiting| waiting.conn.index)
            .collect()
    }

    #[test]
    fn a_sync_serves_the_clients_that_it_covers() {
        let mut acks = Acks::default();
        for (index, upto) in [(1, 30), (2, 10), (3, 20)] {
            acks.add(waiting(index, 1, 0, upto));
        }
        acks.add(waiting(4, 1, 1, 5));
        assert!(acks.take_over(0, None).is_none());
        let over = std::iter::from_fn(|| acks.take_over(0, Some(Offset(20))));
        assert_eq!(indexes(over), [2, 3]);
        assert_eq!((acks.len(), acks.with_deadline()), (2, 2));
        assert_eq!(acks.next_deadline_us(), Some(10));
    }

    #[test]
    fn a_timeout_ends_a_wait_for_anything() {
        let mut acks = Acks::default();
        for (index, local, replicas) in [(1, 1, 0), (2, 0, 1), (3, 1, 1), (4, 0, 1)] {
            acks.add(waiting(index, local, replicas, 7));
        }
        let over = std::iter::from_fn(|| acks.take_over(30, None));
        assert_eq!(indexes(over), [1, 2, 3]);
        assert_eq!(indexes(acks.take(waiting(4, 0, 1, 7).conn)), [4]);
        assert!(acks.is_empty() && acks.next_deadline_us().is_none());
    }

    #[test]
    fn only_clients_that_need_the_file_are_taken_with_it() {
        let mut acks = Acks::default();
        for (index, local, replicas) in [(1, 1, 0), (2, 0, 1), (3, 1, 2)] {
            acks.add(waiting(index, local, replicas, 7));
        }
        assert_eq!(indexes(acks.take_of_file()), [1, 3]);
        assert!(acks.take_of_file().is_empty());
        assert!(acks.take_over(0, Some(Offset(100))).is_none());
        assert_eq!(acks.len(), 1);
    }
}
