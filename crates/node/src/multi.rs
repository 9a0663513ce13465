//! Transactions while they are queued, and while they run.
//!
//! ```text
//!          MULTI            a request is refused          EXEC
//!  ───────► queueing ──────────────► doomed ──────────────► EXECABORT
//!              │ EXEC
//!              ├─ a watched key has changed ──────────────► null
//!              └─ else ─► Exec: each command in turn ─────► the array of their replies
//! ```
//! | state | request | refused request | EXEC | DISCARD |
//! |---|---|---|---|---|
//! | queueing | queued | → doomed | runs, or null | → gone |
//! | doomed | counted, not kept | stays | EXECABORT, → gone | → gone |
//!
//! Always true: a doomed transaction keeps no request.
//! Not here: the commands — `control/txn.rs`; running them — `exec.rs`.

use std::collections::VecDeque;

use russet_command::Flags;
use russet_command::registry::CommandId;
use russet_resp::{ArgBuf, Args};

/// The transaction of one client, from MULTI on.
#[derive(Debug, Default)]
pub(crate) struct Multi {
    queue: VecDeque<(CommandId, ArgBuf)>,
    /// The number of requests that were queued in all.
    pub count: usize,
    /// The flags of all of them together.
    pub flags: Flags,
    /// Whether one of them is refused while data is loaded.
    pub needs_data: bool,
    /// The bytes of their arguments.
    pub args_size: usize,
    /// Whether a request was refused, so that none will run.
    pub is_doomed: bool,
}

impl Multi {
    /// Queues a request.
    pub(crate) fn push(&mut self, command: CommandId, flags: Flags, args: Args<'_>) {
        self.count += 1;
        self.flags = self.flags.with(flags);
        self.needs_data |= !flags.has(Flags::LOADING);
        if !self.is_doomed {
            self.args_size += args.size();
            self.queue.push_back((command, ArgBuf::from(args)));
        }
    }

    /// A request was refused: none will run.
    pub(crate) fn doom(&mut self) {
        self.is_doomed = true;
        self.args_size = 0;
        self.queue = VecDeque::new();
    }

    /// The commands, to be run.
    pub(crate) fn into_exec(self) -> Exec {
        Exec { queue: self.queue }
    }

    /// The memory it holds, for accounting.
    pub(crate) fn memory(&self) -> usize {
        self.args_size + self.queue.capacity() * size_of::<(CommandId, ArgBuf)>()
    }
}

/// A transaction that runs: the commands that have not run yet.
#[derive(Debug)]
pub(crate) struct Exec {
    queue: VecDeque<(CommandId, ArgBuf)>,
}

impl Exec {
    /// The next command.
    pub(crate) fn next(&mut self) -> Option<(CommandId, ArgBuf)> {
        self.queue.pop_front()
    }
}
