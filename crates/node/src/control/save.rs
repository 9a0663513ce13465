//! Commands that save the data: BGREWRITEAOF, BGSAVE, LASTSAVE, SAVE.
//!
//! Always true: nobody waits for BGSAVE; SAVE keeps only its own client waiting.
//! Not here: saving — `persist/saves.rs`; SHUTDOWN — `control/server.rs`

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::is_word;
use russet_command::{CommandError, Family, Flags, Group};
use russet_io::LogLevel;
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::persist::saves::Purpose;
use crate::session::For;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[
        Row::control("BGREWRITEAOF", Exactly(1), rewrite)
            .flags(
                Flags::ADMIN
                    .with(Flags::NOSCRIPT)
                    .with(Flags::NO_ASYNC_LOADING),
            )
            .since("1.0.0")
            .cost("O(1)")
            .does("Writes the append-only file anew in the background."),
        Row::control("BGSAVE", AtLeast(1), bgsave)
            .takes("[SCHEDULE | CANCEL]:operation")
            .flags(
                Flags::ADMIN
                    .with(Flags::NOSCRIPT)
                    .with(Flags::NO_ASYNC_LOADING),
            )
            .since("1.0.0")
            .cost("O(1)")
            .does("Saves the data to a file in the background.")
            .history(&[("3.2.2", "SCHEDULE came."), ("8.1.0", "CANCEL came.")]),
        Row::control("LASTSAVE", Exactly(1), last_save)
            .flags(
                Flags::LOADING
                    .with(Flags::STALE)
                    .with(Flags::FAST)
                    .with(Flags::OF_ADMINS),
            )
            .since("1.0.0")
            .cost("O(1)")
            .does("Tells the Unix time of the last save that succeeded.")
            .tips(&["nondeterministic_output"]),
        Row::control("SAVE", Exactly(1), save)
            .flags(
                Flags::ADMIN
                    .with(Flags::NOSCRIPT)
                    .with(Flags::NO_ASYNC_LOADING)
                    .with(Flags::NO_MULTI),
            )
            .since("1.0.0")
            .cost("O(N), where N is the number of keys")
            .does("Saves the data to a file, and answers when that is done."),
    ],
};
const _: () = FAMILY.check();

const IN_PROGRESS: CommandError = CommandError::text("ERR Background save already in progress");

fn bgsave(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let is_scheduled = match (args.len(), args.get(1)) {
        (1, _) => false,
        (2, Some(word)) if is_word(word, "SCHEDULE") => true,
        (2, Some(word)) if is_word(word, "CANCEL") => return cancel(cx),
        _ => return Err(CommandError::Syntax),
    };
    if cx.core.saves.is_busy() {
        return Err(IN_PROGRESS);
    }
    // COMPAT: what a transaction asks for begins behind it.
    let is_behind = cx.core.open.is_some() || !cx.may_block;
    if cx.core.aof.is_rewriting() && !is_scheduled && !is_behind {
        return Err(CommandError::text(
            "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE \
             SCHEDULE in order to schedule a BGSAVE whenever possible.",
        ));
    }
    if is_behind || cx.core.aof.is_rewriting() {
        cx.core.saves.is_scheduled = true;
        cx.reply().simple("Background saving scheduled");
        return Ok(ControlFlow::Done);
    }
    cx.core.save_in_background();
    cx.reply().simple("Background saving started");
    Ok(ControlFlow::Done)
}

fn rewrite(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    // While a backup is open its base and increment stay the last ones.
    let is_held = cx.core.backup.is_in_progress();
    if !is_held && cx.core.aof.is_rewriting() {
        return Err(CommandError::text(
            "ERR Background append only file rewriting already in progress",
        ));
    }
    let is_stopping = cx.core.aof.stops_at.is_some();
    let is_busy = is_held || is_stopping || cx.core.saves.is_busy() || cx.core.aof.is_long_busy();
    if is_busy || cx.core.open.is_some() || !cx.may_block {
        cx.core.aof.is_scheduled = true;
        cx.reply()
            .simple("Background append only file rewriting scheduled");
        return Ok(ControlFlow::Done);
    }
    match cx.core.aof.is_cleaning {
        false => cx.core.start_rewrite(),
        true => cx.core.aof.is_due = true,
    }
    if !cx.core.aof.is_rewriting() {
        return Err(CommandError::text(
            "ERR Can't execute an AOF background rewriting. Please check the server logs for more \
             information.",
        ));
    }
    cx.reply()
        .simple("Background append only file rewriting started");
    Ok(ControlFlow::Done)
}

fn cancel(cx: &mut ControlCtx<'_>) -> Result<ControlFlow, CommandError> {
    let saves = &mut cx.core.saves;
    if saves.is_in_background() {
        cx.core.cancel_dump();
        cx.core.outbox.log(
            LogLevel::Notice,
            "Background saving will be aborted due to user request",
        );
        cx.reply().simple("Background saving cancelled");
    } else if std::mem::take(&mut saves.is_scheduled) {
        cx.reply().simple("Scheduled background saving cancelled");
    } else {
        return Err(CommandError::text(
            "ERR Background saving is currently not in progress or scheduled",
        ));
    }
    Ok(ControlFlow::Done)
}

fn last_save(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let at = cx.core.saves.last_save_s;
    cx.reply().integer(at);
    Ok(ControlFlow::Done)
}

fn save(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.core.saves.is_busy() {
        return Err(IN_PROGRESS);
    }
    let job = cx.core.start_dump(Purpose::Command(cx.session.conn));
    Ok(ControlFlow::Waits(For::Job(job)))
}
