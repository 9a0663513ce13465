//! Acknowledgements that clients wait for: durable writes (WAITAOF), replicated ones (WAIT).
//!
//! Always true: a client waits for one acknowledgement at most.
//! Not here: the end of a wait — `acknowledge.rs`; the commands — `control/wait.rs`

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

/// All clients that wait, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Acks(Vec<Waiting>);

impl Acks {
    /// Adds a client.
    pub(crate) fn add(&mut self, waiting: Waiting) {
        self.0.push(waiting);
    }

    /// Removes a client.
    pub(crate) fn take(&mut self, conn: ConnId) -> Option<Waiting> {
        let at = self.0.iter().position(|waiting| waiting.conn == conn)?;
        Some(self.0.remove(at))
    }

    /// Removes the clients for which this says so, in the order they came.
    pub(crate) fn take_if(&mut self, is_over: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
        self.0.extract_if(.., |waiting| is_over(waiting)).collect()
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of clients.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of clients that have a timeout.
    pub(crate) fn with_deadline(&self) -> usize {
        let deadlines = self.0.iter().filter_map(|waiting| waiting.gives_up_us);
        deadlines.count()
    }

    /// When the first of them gives up.
    pub(crate) fn next_deadline_us(&self) -> Option<u64> {
        let deadlines = self.0.iter().filter_map(|waiting| waiting.gives_up_us);
        deadlines.min()
    }
}
