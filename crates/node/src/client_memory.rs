//! The memory that a client occupies, with all that it owns.
//!
//! Not here: the sum over all clients, and its limit — `weights.rs`, `evict_clients.rs`.

use russet_resp::ArgBuf;

use crate::buffers::BUFFER_SIZE;
use crate::core::Core;
use crate::fieldsets::Fieldsets;
use crate::multi::Multi;
use crate::session::Session;

/// Memory that a client occupies, in bytes.
pub(crate) struct Memory {
    /// Input that is in the buffer: the request that runs, and what came with it.
    pub(crate) pending: usize,
    /// The input buffer.
    pub(crate) input: usize,
    /// The request that waits for a key.
    pub(crate) request: usize,
    /// Requests that are queued for a transaction, and keys that are watched.
    pub(crate) multi: usize,
    /// The output buffer.
    pub(crate) output: usize,
    /// All of it.
    pub(crate) total: usize,
}

impl Memory {
    /// The memory of a client.
    pub(crate) fn of(core: &Core, session: &Session) -> Self {
        // COMPAT: of the session that runs, whose buffer is lent out, its requests count as well.
        let pending = match session.input.is_empty() {
            true => session.filled,
            false => session.undecoded(),
        };
        let input = match pending {
            0 => 0,
            _ => session.input.len().max(BUFFER_SIZE),
        };
        let pending = pending + session.decoder.partial_len();
        let multi = session.multi().map_or(0, Multi::memory);
        let multi = multi + core.watchers.memory_of(session.id);
        let request = core.waiters.memory_of(session.id);
        let deferred: usize = session.deferred.iter().map(ArgBuf::memory).sum();
        let output = core.outgoing.memory_of(session.conn);
        let decoder = session.decoder.memory();
        let fieldsets = session.fieldsets.as_deref().map_or(0, Fieldsets::memory);
        let subscriptions = core.pubsub.memory_of(session.conn);
        let prefixes = core.tracking.prefixes.memory_of(session.conn);
        // Bytes that others share may soon be held by this client alone.
        let written = output.max(core.outgoing.waiting(session.conn).total());
        let buffers = input + written + decoder + deferred + subscriptions + prefixes;
        Self {
            pending,
            input,
            request,
            multi,
            output,
            total: size_of::<Session>() + buffers + multi + request + fieldsets,
        }
    }
}
