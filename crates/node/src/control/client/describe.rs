//! The line of one client, as CLIENT LIST and INFO show it.
//!
//! Always true: names and order of the fields are those of Redis 8; what Valkey adds follows them.
//! Not here: which clients are shown — `client.rs`.

use std::fmt::Write;

use russet_io::{Address, Origin};
use russet_resp::Protocol;

use super::tracking::redirect_of;
use crate::acl::users::DEFAULT;
use crate::client_memory::Memory;
use crate::core::Core;
use crate::pubsub::Kind;
use crate::session::{For, Session, State};
use crate::tracking::Mode;

/// The addresses of both ends, as CLIENT LIST shows them.
pub(crate) fn addresses(origin: &Origin) -> (String, String) {
    match &origin.address {
        Address::Tcp { peer, local } => (peer.to_string(), local.to_string()),
        Address::Unix { path } => (format!("{path}:0"), format!("{path}:0")),
    }
}

/// Stands for a name that is not shown.
const REDACTED: &str = "*redacted*";

/// Whether names that clients chose are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    Shown,
    /// `*redacted*` stands for each.
    Hidden,
}

impl Names {
    /// The choice for lines of the log.
    pub(crate) fn in_log(core: &Core) -> Self {
        match core.config.hide_user_data_from_log {
            true => Self::Hidden,
            false => Self::Shown,
        }
    }
}

/// Appends the line of one client.
pub(crate) fn describe(core: &Core, session: &Session, shows: Names, text: &mut String) {
    let (addr, laddr) = addresses(&session.origin);
    let age_s = (core.now.wall_ms() - session.created_ms) / 1000;
    let idle_s = core.idle_ms(session) / 1000;
    let names = session.names.as_deref();
    let lossy = |bytes: Option<&Vec<u8>>| match (bytes, shows) {
        (Some(bytes), Names::Shown) => String::from_utf8_lossy(bytes).into_owned(),
        (Some(bytes), Names::Hidden) if !bytes.is_empty() => REDACTED.to_owned(),
        _ => String::new(),
    };
    let memory = Memory::of(core, session);
    let command = session
        .last_command
        .map_or("NULL", |id| &core.commands.get(id).full_name);
    let resp = match session.protocol {
        Protocol::Resp2 => 2,
        Protocol::Resp3 => 3,
    };
    let queued = session.multi();
    let waiting = core.outgoing.waiting(session.conn);
    let subscriptions = |kind| core.pubsub.count_of(kind, session.conn);
    let user = session.user().map_or(DEFAULT, |user| &user.name);
    let user = match shows {
        Names::Shown => String::from_utf8_lossy(user),
        Names::Hidden => REDACTED.into(),
    };
    let _ = writeln!(
        text,
        "id={} addr={addr} laddr={laddr} fd={} name={} age={age_s} idle={idle_s} flags={} db={} \
         sub={} psub={} ssub={} multi={} watch={} qbuf={} qbuf-free={} argv-mem={} multi-mem={} \
         rbs={} rbp={} obl={} oll={} omem={} tot-mem={} events={} cmd={command} user={user} redir={} \
         resp={resp} lib-name={} lib-ver={} io-thread=0 tot-net-in={} tot-net-out={} \
         tot-cmds={} capa={}",
        session.id,
        session.conn.index + 8,
        lossy(names.map(|n| &n.name)),
        flags(core, session),
        session.db,
        subscriptions(Kind::Channel),
        subscriptions(Kind::Pattern),
        subscriptions(Kind::Shard),
        queued.map_or(-1, |multi| multi.count as i64),
        core.watchers.count_of(session.id),
        memory.pending,
        memory.input.saturating_sub(memory.pending),
        memory.request,
        memory.multi,
        memory.output,
        memory.output,
        waiting.first,
        waiting.pieces,
        waiting.beyond,
        memory.total,
        if waiting.total() > 0 { "rw" } else { "r" },
        redirect_of(core.tracking.get(session.conn)),
        lossy(names.map(|n| &n.lib_name)),
        lossy(names.map(|n| &n.lib_version)),
        session.bytes_in,
        core.outgoing.sent(session.conn),
        session.commands,
        capabilities(session),
    );
}

/// The letters of what a client is capable of.
pub(super) fn capabilities(session: &Session) -> &'static str {
    match session.wishes.redirect {
        true => "r",
        false => "",
    }
}

/// The letters that tell what a client is up to.
pub(super) fn flags(core: &Core, session: &Session) -> String {
    let waits = matches!(
        session.state,
        State::Waits(For::Keys | For::Acks | For::Gate)
    );
    let tracker = core.tracking.get(session.conn);
    let letters = [
        (session.is_monitor(), 'O'),
        (core.pubsub.has(session.conn), 'P'),
        (session.multi().is_some(), 'x'),
        (waits, 'b'),
        (tracker.is_some(), 't'),
        (tracker.is_some_and(|t| t.is_broken), 'R'),
        (tracker.is_some_and(|t| t.mode == Mode::Broadcast), 'B'),
        (core.watchers.is_dirty(session.id), 'd'),
        (!session.runs_or_waits(), 'c'),
        (matches!(session.origin.address, Address::Unix { .. }), 'U'),
        (session.wishes.no_evict, 'e'),
        (session.wishes.no_touch, 'T'),
        (session.wishes.import_source, 'I'),
    ];
    let set = letters.into_iter().filter(|(is_set, _)| *is_set);
    let flags: String = set.map(|(_, letter)| letter).collect();
    if flags.is_empty() {
        return "N".to_owned();
    }
    flags
}
