//! INFO: gathers what there is to show, and has it rendered.
//!
//! Always true: gathering visits every session and every database once.
//! Not here: fields and sections — `info/`.

use russet_command::Arity::AtLeast;
use russet_command::{CommandError, Family, Flags, Group};
use russet_io::Usage;
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::core::Core;
use crate::fieldsets::Fieldsets;
use crate::info::{Clients, Database, Persistence, View, render};
use crate::pubsub::Kind;
use crate::session::{For, Session, State};

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::control("INFO", AtLeast(1), info)
        .takes("[section [section ...]]")
        .flags(
            Flags::LOADING
                .with(Flags::STALE)
                .with(Flags::SENTINEL)
                .with(Flags::DANGEROUS),
        )
        .since("1.0.0")
        .cost("O(1)")
        .does("Shows facts and counters of the server.")
        .history(&[("7.0.0", "Several sections may be named.")])
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ])],
};
const _: () = FAMILY.check();

impl Core {
    /// Takes over what the process uses, as the loop has measured it; due ten times a second.
    pub(crate) fn observe(&mut self, usage: Usage) {
        self.environment.observe(usage);
        let beside_data = self.besides(usage.allocated);
        self.environment.beside_data = beside_data;
        self.stats
            .observe_memory(beside_data + self.keyspace.weight());
    }
}

impl Core {
    /// Takes over how much is allocated at this moment, if somebody can tell.
    fn observe_allocated(&mut self) {
        if let Some(allocated) = self.environment.allocated {
            let allocated = allocated();
            self.observe(Usage {
                allocated,
                ..self.environment.usage
            });
        }
    }
}

fn info(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let names: Vec<&[u8]> = args.skip(1).iter().collect();
    let text = look_from(cx, |view| render(view, &names));
    cx.reply().verbatim("txt", text.as_bytes());
    Ok(ControlFlow::Done)
}

/// Gathers what there is to show for a command, with all sessions, and shows it.
pub(super) fn look_from<T>(cx: &mut ControlCtx<'_>, show: impl FnOnce(&View<'_>) -> T) -> T {
    let all = cx.sessions.iter().chain([&*cx.session]);
    look(cx.core, (all, cx.sessions.len()), |view, _| show(view))
}

/// Gathers what there is to show, with these sessions and the number of all, and shows it.
pub(crate) fn look<'s, T>(
    core: &mut Core,
    (sessions, session_count): (impl Iterator<Item = &'s Session>, usize),
    show: impl FnOnce(&View<'_>, &Core) -> T,
) -> T {
    core.observe_allocated();
    let tracking = &core.tracking;
    let (waiters, watchers) = (&core.waiters, &core.watchers);
    let mut clients = Clients {
        connected: session_count,
        blocked: waiters.len() + core.acks.len(),
        in_timeout: waiters.with_deadline() + core.acks.with_deadline(),
        blocking_keys: waiters.keys(),
        watching: watchers.watching(),
        watched_keys: watchers.keys(),
        subscribed: core.pubsub.subscribers(),
        tracking: tracking.len(),
        tracked: [
            tracking.table.keys(),
            tracking.table.items(),
            tracking.prefixes.len(),
        ],
        topics: [Kind::Channel, Kind::Pattern, Kind::Shard].map(|kind| core.pubsub.count(kind)),
        ..Clients::default()
    };
    for session in sessions {
        count(&mut clients, core, session);
    }
    let databases = databases(core);
    let core = &*core;
    let view = View {
        config: &core.config,
        environment: &core.environment,
        stats: &core.stats,
        keyspace: core.keyspace.stats(),
        data_weight: core.keyspace.weight(),
        slack: core.keyspace.slack(),
        memory_not_counted: core.memory_not_counted(),
        journal_memory: core.journal.memory(),
        exceeded_us: core.limit.exceeded_us(core.now.mono_us),
        scripts: core.scripts.figures(),
        link_count: core.links.len() as u64,
        garbage_len: core.keyspace.garbage_len(),
        databases,
        clients,
        commands: core.commands.iter().map(|one| &*one.full_name).collect(),
        dirty: core.dirty,
        pause: core.pause,
        aof: &core.aof,
        backup: &core.backup,
        persistence: Persistence {
            loading: core
                .loading
                .as_ref()
                .map(|loading| loading.progress(core.now)),
            saved_keys: core.saves.progress(),
            saves_in_background: core.saves.is_in_background(),
            last_save_s: core.saves.last_save_s,
            is_last_save_ok: core.saves.is_last_ok,
            last_took_s: core.saves.last_took_s,
            current_took_s: core.saves.current_took_s(core.now),
            save_count: core.saves.count,
            loads: core.loads,
        },
        now: core.now,
        started: core.environment.started,
    };
    show(&view, core)
}

fn count(clients: &mut Clients, core: &Core, session: &Session) {
    let output = core.outgoing.waiting(session.conn).total();
    clients.blocked += usize::from(session.state == State::Waits(For::Gate));
    clients.input_max = clients.input_max.max(session.input.len());
    clients.output_max = clients.output_max.max(output);
    let fieldsets = session.fieldsets.as_deref().map_or(0, Fieldsets::memory);
    clients.buffers += session.input.len() + output + fieldsets;
}

fn databases(core: &mut Core) -> Vec<Database> {
    let mut databases = Vec::new();
    for index in core.keyspace.filled() {
        let db = core.keyspace.db(index);
        if !db.is_empty() {
            databases.push(Database {
                index,
                keys: db.len(),
                volatile: db.volatile_len(),
                average_ttl_ms: db.average_ttl(),
                volatile_hashes: db.volatile_hashes(),
            });
        }
    }
    databases
}
