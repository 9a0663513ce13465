//! Commands about the server itself: connections, clients, configuration, introspection.
//!
//! A control handler sees the whole node but the session table's current row, which it holds apart:
//! so it may look at every other session while it changes its own.
//!
//! Always true: a handler writes exactly one reply through `cx.reply()`, or returns an error and
//! writes none, or returns `ControlFlow::Waits` and the reply is written when that has happened.
//! Not here: data commands — crate `russet-command`.

pub(crate) mod acl;
pub(crate) mod backup;
pub(crate) mod client;
pub(crate) mod command;
pub(crate) mod commandlog;
pub(crate) mod config;
pub(crate) mod connection;
pub(crate) mod debug;
pub(crate) mod dump;
pub(crate) mod eval;
pub(crate) mod function;
pub(crate) mod himport;
pub(crate) mod hotkeys;
pub(crate) mod info;
pub(crate) mod latency;
pub(crate) mod memory;
pub(crate) mod migrate;
pub(crate) mod module;
pub(crate) mod pubsub;
pub(crate) mod save;
pub(crate) mod server;
pub(crate) mod txn;
pub(crate) mod wait;

use russet_command::Family;

pub(crate) use crate::core::{ControlCtx, ControlFlow, ControlHandler};

/// Every family of control commands.
pub(crate) const FAMILIES: &[Family<ControlHandler>] = &[
    acl::FAMILY,
    backup::FAMILY,
    client::FAMILY,
    command::FAMILY,
    commandlog::FAMILY,
    config::FAMILY,
    connection::FAMILY,
    debug::FAMILY,
    dump::FAMILY,
    dump::INTERNAL,
    eval::FAMILY,
    function::FAMILY,
    himport::FAMILY,
    hotkeys::FAMILY,
    info::FAMILY,
    latency::FAMILY,
    memory::FAMILY,
    module::FAMILY,
    pubsub::FAMILY,
    save::FAMILY,
    server::FAMILY,
    txn::FAMILY,
    wait::FAMILY,
];
