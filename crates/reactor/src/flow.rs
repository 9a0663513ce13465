//! States of the two directions of a connection, and every step between them.
//!
//! Readiness is edge-triggered: the kernel says once that something arrived, so a direction
//! remembers it until a read comes back short. Writing is assumed possible until a write comes back
//! short. Nothing here touches a socket, so whoever drives connections can share the rules.
//!
//! ```text
//!  input     bytes or end arrive              no space
//!   Idle ───────────────────────► Queued ───────────────► Paused
//!    ▲                            │ ▲  ▲  resumed, or end   │
//!    └── the socket is empty ─────┘ │  └────────────────────┘
//!                                   └─ more may be there          closing: any ─► Over
//!
//!  output    flush                  a part left
//!   Idle ───────────────► Queued ───────────────► Blocked
//!    ▲                    │ ▲  ▲        room         │
//!    └── all left ────────┘ │  └─────────────────────┘
//!                           └─ more may be there
//! ```
//! *Queued* means: in the list of reads, or in that of writes.
//!
//! Every pair of state and input; a dot leaves the state as it is. `e` is whether the end of the
//! peer was announced, `!` that it was.
//!
//! | input       | Idle      | Queued(e)                    | Paused(e) | Over |
//! |-------------|-----------|------------------------------|-----------|------|
//! | `Arrived`   | Queued    | ·                            | ·         | ·    |
//! | `Ended`     | Queued(!) | Queued(!)                    | Queued(!) | ·    |
//! | `Emptied`   | ·         | Idle; announced: ·           | ·         | ·    |
//! | `More`      | ·         | ·                            | ·         | ·    |
//! | `Nothing`   | ·         | Idle                         | Paused    | ·    |
//! | `NoSpace`   | ·         | Paused(e)                    | ·         | ·    |
//! | `Resumed`   | ·         | ·                            | Queued(e) | ·    |
//! | `Closing`   | Over      | Over                         | Over      | ·    |
//!
//! | input       | Idle   | Queued  | Blocked |
//! |-------------|--------|---------|---------|
//! | `Flush`     | Queued | ·       | ·       |
//! | `Room`      | ·      | ·       | Queued  |
//! | `Whole`     | ·      | Idle    | ·       |
//! | `Full`      | ·      | ·       | ·       |
//! | `Part`      | ·      | Blocked | ·       |
//!
//! Always true: a direction that is `Queued` stands in its list exactly once; one that is not does
//! not stand there, but for one that became `Over` there.
//! Not here: system calls — `socket.rs`, `transport.rs`; the lists — `reactor.rs`.

/// Whether the end of a peer's bytes was announced: a read will say so after the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing is known of an end.
    Unknown,
    /// The peer closed its end, or the socket failed.
    Announced,
}

/// The direction from the peer to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// Nothing is there; what arrives next is a new edge.
    Idle,
    /// It is in the list of reads.
    Queued(End),
    /// The service gave no space, and will name it in `Ready::resume`.
    Paused(End),
    /// It is not read any more: it closes when all its output has left.
    Over,
}

/// An input of [`Input`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputEvent {
    /// An edge: bytes arrived.
    Arrived,
    /// An edge: the peer closed its end, or the socket failed.
    Ended,
    /// A read took all that was there.
    Emptied,
    /// A read may have left something, or was interrupted.
    More,
    /// A look found nothing, not even an end.
    Nothing,
    /// The service has no space.
    NoSpace,
    /// The service has space again.
    Resumed,
    /// The service is done with the connection.
    Closing,
}

impl Input {
    /// The state after an event.
    #[inline]
    #[must_use]
    pub(crate) fn after(self, event: InputEvent) -> Self {
        use InputEvent as E;
        match (self, event) {
            (Self::Over, _) | (_, E::Closing) => Self::Over,
            (_, E::Ended) => Self::Queued(End::Announced),
            (Self::Idle, E::Arrived) => Self::Queued(End::Unknown),
            (Self::Queued(End::Unknown), E::Emptied) => Self::Idle,
            (Self::Queued(_), E::Nothing) => Self::Idle,
            (Self::Queued(end), E::NoSpace) => Self::Paused(end),
            (Self::Paused(_), E::Nothing) => Self::Paused(End::Unknown),
            (Self::Paused(end), E::Resumed) => Self::Queued(end),
            (state, _) => state,
        }
    }

    /// Whether it stands in the list of reads.
    #[inline]
    pub(crate) fn is_queued(self) -> bool {
        matches!(self, Self::Queued(_))
    }
}

/// The direction from the service to the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Nothing waits that is known of.
    Idle,
    /// It is in the list of writes.
    Queued,
    /// A write came back short; the rest waits for room in the socket.
    Blocked,
}

/// An input of [`Output`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputEvent {
    /// The service has output, or wants the connection closed behind it.
    Flush,
    /// An edge: the socket has room, or broke.
    Room,
    /// All output of the service left, or there was none.
    Whole,
    /// All that one write carries left, and there may be more.
    Full,
    /// The socket took only a part.
    Part,
}

impl Output {
    /// The state after an event.
    #[inline]
    #[must_use]
    pub(crate) fn after(self, event: OutputEvent) -> Self {
        use OutputEvent as E;
        match (self, event) {
            (Self::Idle, E::Flush) | (Self::Blocked, E::Room) => Self::Queued,
            (Self::Queued, E::Whole) => Self::Idle,
            (Self::Queued, E::Part) => Self::Blocked,
            (state, _) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_the_input_meets_every_event() {
        use Input::{Idle, Over, Paused, Queued};
        use InputEvent as E;
        let (no, yes) = (End::Unknown, End::Announced);
        let states = [Idle, Queued(no), Queued(yes), Paused(no), Paused(yes), Over];
        #[rustfmt::skip]
        let table = [
            (E::Arrived, [Queued(no),  Queued(no),  Queued(yes), Paused(no),  Paused(yes), Over]),
            (E::Ended,   [Queued(yes), Queued(yes), Queued(yes), Queued(yes), Queued(yes), Over]),
            (E::Emptied, [Idle,        Idle,        Queued(yes), Paused(no),  Paused(yes), Over]),
            (E::More,    [Idle,        Queued(no),  Queued(yes), Paused(no),  Paused(yes), Over]),
            (E::Nothing, [Idle,        Idle,        Idle,        Paused(no),  Paused(no),  Over]),
            (E::NoSpace, [Idle,        Paused(no),  Paused(yes), Paused(no),  Paused(yes), Over]),
            (E::Resumed, [Idle,        Queued(no),  Queued(yes), Queued(no),  Queued(yes), Over]),
            (E::Closing, [Over,        Over,        Over,        Over,        Over,        Over]),
        ];
        for (event, expect) in table {
            assert_eq!(states.map(|state| state.after(event)), expect, "{event:?}");
        }
    }

    #[test]
    fn every_state_of_the_output_meets_every_event() {
        use Output::{Blocked, Idle, Queued};
        use OutputEvent as E;
        let states = [Idle, Queued, Blocked];
        let table = [
            (E::Flush, [Queued, Queued, Blocked]),
            (E::Room, [Idle, Queued, Queued]),
            (E::Whole, [Idle, Idle, Blocked]),
            (E::Full, [Idle, Queued, Blocked]),
            (E::Part, [Idle, Blocked, Blocked]),
        ];
        for (event, expect) in table {
            assert_eq!(states.map(|state| state.after(event)), expect, "{event:?}");
        }
    }
}
