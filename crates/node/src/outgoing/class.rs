//! The class of a connection, and what waits for it.
//!
//! Not here: the limits of a class — `set_limits` in `outgoing.rs`.

/// The class of a connection, which decides on its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// A client that asks and is answered.
    #[default]
    Normal,
    /// A client that has not authenticated.
    Stranger,
    /// A connection to another server, made by us.
    Peer,
    /// A client with subscriptions.
    Subscriber,
}

/// Output that waits for a connection, as CLIENT LIST shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Bytes in the first buffer (`obl`).
    pub first: usize,
    /// Buffers of the same size that the rest would fill (`oll`).
    pub pieces: usize,
    /// Bytes in those (`omem`).
    pub beyond: usize,
}

impl Waiting {
    /// All bytes that wait.
    pub(crate) fn total(self) -> usize {
        self.first + self.beyond
    }
}
