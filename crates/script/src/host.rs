//! The seam to the node: all that a script can do to the world.
//!
//! Always true: a host is called while its script runs, and never by the compiler.
//! Not here: how replies become values — `convert.rs`

use russet_resp::{Args, Protocol};

/// The node, as a script sees it.
pub trait ScriptHost {
    /// Runs a command, and appends its reply, whole, in the protocol that the script has chosen.
    ///
    /// All refusals are replies: unknown commands, arity, permissions, flags of the script. Gives
    /// the number of instructions of the script's budget that its time is worth.
    fn call(&mut self, args: Args<'_>, context: CallContext, reply: &mut Vec<u8>) -> u64;

    /// Whether the user of the script may run a command on its keys; `None` for an unknown one.
    fn may_run(&mut self, args: Args<'_>) -> Option<bool>;

    /// Writes a line to the log of the server.
    fn log(&mut self, level: LogLevel, text: &[u8]);

    /// The time in seconds that `os.clock` gives.
    fn clock(&mut self) -> f64;
}

/// How a command of a script is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallContext {
    /// The protocol of the reply.
    pub protocol: Protocol,
    /// Whether the effects go into the append-only file.
    pub to_aof: bool,
    /// Whether the effects go to replicas.
    pub to_replicas: bool,
    /// Whether an error is given back to the script instead of ending it.
    pub is_protected: bool,
}

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `redis.LOG_DEBUG`
    Debug,
    /// `redis.LOG_VERBOSE`
    Verbose,
    /// `redis.LOG_NOTICE`
    Notice,
    /// `redis.LOG_WARNING`
    Warning,
}

/// A host that refuses everything: for code that must not reach the node.
pub(crate) struct NoHost;

impl ScriptHost for NoHost {
    fn call(&mut self, _: Args<'_>, _: CallContext, reply: &mut Vec<u8>) -> u64 {
        reply.extend_from_slice(b"-ERR no commands here\r\n");
        0
    }

    fn may_run(&mut self, _: Args<'_>) -> Option<bool> {
        None
    }

    fn log(&mut self, _: LogLevel, _: &[u8]) {}

    fn clock(&mut self) -> f64 {
        0.0
    }
}
