//! CONFIG: settings as they are, changed, and written back to the file.
//!
//! ```text
//!  CONFIG SET ─► values change ─► jobs that may fail, one after the other ─► other acts, +OK
//!                                └─ one failed ─► values and finished jobs taken back, -ERR
//! ```
//! Always true: a change whose job fails leaves settings, addresses and directory as they were,
//! even when the client has gone.
//! Not here: values and their texts — `config/`; what follows a job — `machines.rs`.

use std::borrow::Cow;

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_io::{Address, FileOp, Job, Origin};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::changes::Step;
use crate::config::change::{self, Asker};
use crate::config::rewrite::{Extent, Named};
use crate::core::Core;
use crate::machines::{ConfigChange, Machine, Rewrite};
use crate::permissions;
use crate::session::For;

const ANYWHERE: Flags = Flags::LOADING.with(Flags::STALE);
const ADMIN: Flags = ANYWHERE.with(Flags::ADMIN).with(Flags::NOSCRIPT);
const EVERY_NODE: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::container(
        "CONFIG",
        &[
            Row::control("GET", AtLeast(3), get)
                .takes("parameter [parameter ...]")
                .flags(ADMIN)
                .since("2.0.0")
                .cost("O(N) where N is the number of settings named")
                .does("Shows settings.")
                .history(&[("7.0.0", "Several patterns may be given.")]),
            Row::control("HELP", Exactly(2), print_help)
                .flags(ANYWHERE)
                .since("5.0.0")
                .cost("O(1)")
                .does("Lists the subcommands."),
            Row::control("RESETSTAT", Exactly(2), resetstat)
                .flags(ADMIN)
                .since("2.0.0")
                .cost("O(1)")
                .does("Sets the counters that INFO shows to zero.")
                .tips(EVERY_NODE),
            Row::control("REWRITE", Exactly(2), rewrite)
                .flags(ADMIN)
                .since("2.8.0")
                .cost("O(1)")
                .does("Writes the settings back to the configuration file.")
                .tips(EVERY_NODE),
            Row::control("SET", AtLeast(4), set)
                .takes("<parameter value>:data [<parameter value>:data ...]")
                .flags(ADMIN)
                .since("2.0.0")
                .cost("O(N) where N is the number of settings given")
                .does("Changes settings.")
                .history(&[("7.0.0", "Several settings may be given.")])
                .tips(EVERY_NODE),
        ],
    )
    .since("2.0.0")
    .cost("Depends on subcommand.")
    .does("Holds the commands about settings.")],
};
const _: () = FAMILY.check();

const HELP: &[&str] = &[
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Rewrite the configuration file.",
];

fn get(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let patterns: Vec<&[u8]> = args.skip(2).iter().collect();
    let found = cx.core.config.find(&patterns);
    let mut reply = cx.reply();
    reply.map(found.len());
    for (name, value) in found {
        reply.bulk(&name);
        reply.bulk(&value);
    }
    Ok(ControlFlow::Done)
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "CONFIG", HELP);
    Ok(ControlFlow::Done)
}

fn resetstat(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.stats.reset();
    cx.core.keyspace.reset_stats();
    cx.core.limit.reset(cx.core.now.mono_us);
    cx.ok()
}

fn rewrite(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    write_file(cx, Extent::Needed, "ERR Rewriting config file")
}

/// Writes the configuration file; the reply follows when it is on disk.
///
/// # Errors
/// When the server has no configuration file.
pub(super) fn write_file(
    cx: &mut ControlCtx<'_>,
    extent: Extent,
    failure: &'static str,
) -> Result<ControlFlow, CommandError> {
    let named = named(cx.core);
    let Some((path, text)) = cx.core.config.rewritten(extent, &named) else {
        return Err(CommandError::text(
            "ERR The server is running without a config file",
        ));
    };
    let job = Job::File(FileOp::Replace {
        path: path.clone(),
        contents: text.clone(),
    });
    let machine = Machine::Rewrite(Rewrite {
        path,
        text,
        failure,
    });
    let id = cx.core.outbox.start_for(cx.session.conn, job, machine);
    Ok(ControlFlow::Waits(For::Job(id)))
}

/// The roles and users as the words of their lines, unless they have a file of their own.
fn named(core: &Core) -> Named {
    if !core.config.aclfile.is_empty() {
        return Named::default();
    }
    let line = |name: &[u8], mut words: Vec<Vec<u8>>| {
        words.insert(0, name.to_vec());
        words
    };
    let users = &core.acl.users;
    let roles = users.roles().values();
    Named {
        roles: roles.map(|role| line(&role.name, role.words())).collect(),
        users: users
            .iter()
            .map(|user| line(&user.name, user.words()))
            .collect(),
    }
}

fn set(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let words: Vec<&[u8]> = args.skip(2).iter().collect();
    if !words.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let pairs: Vec<(&[u8], &[u8])> = words
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect();
    check_scraper(cx.core, &pairs)?;
    let asker = Asker {
        is_local: is_local(&cx.session.origin),
        is_loading: cx.core.loading.is_some(),
    };
    let directory = cx.core.config.dir.clone();
    let plan = cx.core.config.listen_plan();
    let change = change::set(&mut cx.core.config, &pairs, asker)
        .map_err(|text| CommandError::Text(Cow::Owned(text)))?;
    let progress = ConfigChange::begin(change, (directory, plan), &cx.core.config);
    let step = cx.core.follow(cx.session.conn, progress);
    permissions::settle(cx.core, cx.sessions, Some(cx.session));
    match step {
        Step::Waits(waits_for) => Ok(ControlFlow::Waits(waits_for)),
        Step::End(Err(error)) => Err(error),
        Step::End(Ok(())) => cx.ok(),
    }
}

/// Refuses a user of metrics who does not exist.
fn check_scraper(core: &Core, pairs: &[(&[u8], &[u8])]) -> Result<(), CommandError> {
    let is_nobody = |&(name, user): &(&[u8], &[u8])| {
        let is_asked = name.eq_ignore_ascii_case(b"metrics-user") && !user.is_empty();
        is_asked && core.acl.users.find(user).is_none()
    };
    if !pairs.iter().any(is_nobody) {
        return Ok(());
    }
    let text = change::failed("metrics-user", "no such user");
    Err(CommandError::Text(Cow::Owned(text)))
}

/// Whether a client is on this machine.
pub(crate) fn is_local(origin: &Origin) -> bool {
    match &origin.address {
        Address::Tcp { peer, .. } => peer.ip().to_canonical().is_loopback(),
        Address::Unix { .. } => true,
    }
}
