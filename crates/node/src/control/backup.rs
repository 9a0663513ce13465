//! BACKUP: a copy of all data in files that do not change any more, while writes go on.
//!
//! Always true: START, SEAL, ABORT and CLEANUP answer when the files are as the reply says.
//! Not here: the states of a backup — `persist/backup.rs`; its steps — `persist/backing.rs`

use russet_command::Arity::Exactly;
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::session::For;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::container("BACKUP", SUBCOMMANDS)
        .since("8.10.0")
        .cost("Depends on subcommand.")
        .does("Holds the commands about backups.")],
};
const _: () = FAMILY.check();

const CHANGES: Flags = Flags::ADMIN.with(Flags::NOSCRIPT);
const SHOWS: Flags = Flags::ADMIN.with(Flags::STALE);

const SUBCOMMANDS: &[Row] = &[
    Row::control("ABORT", Exactly(2), abort)
        .flags(CHANGES)
        .since("8.10.0")
        .cost("O(1)")
        .does("Gives a backup up that is not sealed."),
    Row::control("CLEANUP", Exactly(2), cleanup)
        .flags(CHANGES)
        .since("8.10.0")
        .cost("O(1)")
        .does("Removes the files of a backup."),
    Row::control("HELP", Exactly(2), help_text)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("8.10.0")
        .cost("O(1)")
        .does("Shows the subcommands."),
    Row::control("LIST", Exactly(2), list)
        .flags(SHOWS)
        .since("8.10.0")
        .cost("O(1)")
        .does("Lists the files of a backup that will not change any more."),
    Row::control("SEAL", Exactly(2), seal)
        .flags(CHANGES)
        .since("8.10.0")
        .cost("O(1)")
        .does("Completes a backup: changes from then on are not in it."),
    Row::control("START", Exactly(2), start)
        .flags(CHANGES)
        .since("8.10.0")
        .cost("O(1)")
        .does("Begins a backup in the directory that `backupdirname` names."),
    Row::control("STATUS", Exactly(2), status)
        .flags(SHOWS)
        .since("8.10.0")
        .cost("O(1)")
        .does("Tells how far a backup has come."),
];

const HELP: &[&str] = &[
    "START",
    "    Begin a backup in the directory that 'backupdirname' names.",
    "SEAL",
    "    Complete the backup: its base, its increment and their manifest.",
    "ABORT",
    "    Give up a backup that is not sealed.",
    "CLEANUP",
    "    Remove the files of a backup.",
    "STATUS",
    "    Tell how far the backup has come.",
    "LIST",
    "    List the files that will not change any more.",
];

fn help_text(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "BACKUP", HELP);
    Ok(ControlFlow::Done)
}

fn start(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.start_backup(cx.session.conn)?;
    Ok(ControlFlow::Waits(For::Backup))
}

fn seal(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.seal_backup(cx.session.conn)?;
    Ok(ControlFlow::Waits(For::Backup))
}

fn abort(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.abort_backup(cx.session.conn)?;
    Ok(ControlFlow::Waits(For::Backup))
}

fn cleanup(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.clean_backup(cx.session.conn)?;
    Ok(ControlFlow::Waits(For::Backup))
}

fn status(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (conn, protocol) = (cx.session.conn, cx.session.protocol);
    let backup = &cx.core.backup;
    let (since_s, until_s) = backup.times_s();
    let mut reply = cx.core.outgoing.reply(conn, protocol);
    reply.map(4);
    reply.bulk(b"state");
    reply.bulk(backup.state().as_bytes());
    reply.bulk(b"error");
    reply.bulk(backup.error().as_bytes());
    reply.bulk(b"start_time");
    reply.integer(since_s);
    reply.bulk(b"end_time");
    reply.integer(until_s);
    Ok(ControlFlow::Done)
}

fn list(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let files = cx.core.backup.files();
    let mut reply = cx.reply();
    reply.array(files.len());
    for file in files {
        reply.bulk(file.as_bytes());
    }
    Ok(ControlFlow::Done)
}
