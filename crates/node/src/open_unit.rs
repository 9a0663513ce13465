//! The open unit: a command or a transaction that goes on over several turns and holds all others.
//!
//! ```text
//!             waits for a peer, or within EXEC for a job
//!  unit runs ───────────────────────────────────────────► open ─► completed ─┬─► settled
//!                                                          ▲                 │
//!                                                          └── EXEC goes on ─┘
//! ```
//! | state | other request | ALLOW_BUSY request | completion | its client hangs up | time |
//! |---|---|---|---|---|---|
//! | none | runs | runs | steps its machine | forgotten | expires keys and waits |
//! | open | postponed | runs | steps; → none or open anew | kept to the end | changes no data |
//!
//! Always true: at most one unit is open; nothing changes data between its commands.
//! Always true: a unit that has begun ends, whether its client is still there or not.
//! Not here: how it goes on — `complete.rs`.

use russet_io::ConnId;

use crate::multi::Exec;
use crate::session::{For, Session};

/// The unit that is open.
pub(crate) struct OpenUnit {
    /// The connection of its client.
    pub conn: ConnId,
    /// The condition it waits for.
    pub waits_for: For,
    /// The rest of the transaction, if it is one.
    pub exec: Option<Exec>,
    /// The session of its client, once the connection has gone.
    pub orphan: Option<Box<Session>>,
}

impl OpenUnit {
    /// A unit of this client that waits.
    pub(crate) fn new(conn: ConnId, waits_for: For, exec: Option<Exec>) -> Self {
        Self {
            conn,
            waits_for,
            exec,
            orphan: None,
        }
    }
}
