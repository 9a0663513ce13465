//! Commands about the server itself: connections, clients, configuration, introspection.
//!
//! A control handler sees the whole node but the session table's current row, which it holds apart:
//! so it may look at every other session while it changes its own.
//!
//! Always true: a handler writes exactly one reply through `cx.reply()`, or returns an error and
//! writes none, or returns `Flow::Waiting` and the reply is written when its job completes.
//! Not here: data commands — crate `russet-command`.

pub(crate) mod client;
pub(crate) mod command;
pub(crate) mod config;
pub(crate) mod connection;
pub(crate) mod debug;
pub(crate) mod dump;
pub(crate) mod himport;
pub(crate) mod info;
pub(crate) mod memory;
mod migrate;
pub(crate) mod server;
pub(crate) mod txn;

use russet_command::{CommandError, Family};
use russet_resp::{Args, Reply};

use crate::core::Core;
use crate::session::{Session, Sessions};

/// A handler of a control command.
pub(crate) type ControlHandler =
    fn(&mut ControlCtx<'_>, Args<'_>) -> Result<ControlFlow, CommandError>;

/// How a control handler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ControlFlow {
    /// The reply is written.
    Done,
    /// The reply follows when the job completes that the handler started with
    /// [`ControlCtx::start`]; the session executes nothing until then.
    Waiting,
}

/// Everything a control handler may touch.
pub(crate) struct ControlCtx<'c> {
    /// The node without its sessions.
    pub core: &'c mut Core,
    /// All other sessions.
    pub sessions: &'c mut Sessions,
    /// The session that asks.
    pub session: &'c mut Session,
}

impl ControlCtx<'_> {
    /// Where the reply goes.
    pub(crate) fn reply(&mut self) -> Reply<'_> {
        Reply::new(&mut self.session.output, self.session.protocol)
    }

    /// Writes `+OK`.
    pub(crate) fn ok(&mut self) -> Result<ControlFlow, CommandError> {
        self.reply().ok();
        Ok(ControlFlow::Done)
    }
}

/// Every family of control commands.
pub(crate) const FAMILIES: &[Family<ControlHandler>] = &[
    client::FAMILY,
    command::FAMILY,
    config::FAMILY,
    connection::FAMILY,
    debug::FAMILY,
    dump::FAMILY,
    dump::INTERNAL,
    himport::FAMILY,
    info::FAMILY,
    memory::FAMILY,
    server::FAMILY,
    txn::FAMILY,
];
