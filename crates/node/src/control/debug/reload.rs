//! DEBUG RELOAD: all data leaves memory as a file, and comes back.
//!
//! Always true: nothing else changes data in between.
//! Not here: writing and reading the file — `persist/`

use russet_command::CommandError;
use russet_command::args::is_word;
use russet_resp::Args;

use super::refuse_while_loading;
use crate::control::{ControlCtx, ControlFlow};
use crate::persist::loads::LOAD_AOF_FAILED;
use crate::persist::saves::{Flush, Purpose};

use crate::session::For;

const BAD_OPTION: CommandError =
    CommandError::text("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
const BUSY: CommandError = CommandError::text("ERR Background save already in progress");

/// `DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE]`.
pub(super) fn reload(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    refuse_while_loading(cx)?;
    let (mut flushes, mut merges, mut saves) = (true, false, true);
    for option in args.skip(2).iter() {
        if is_word(option, "NOSAVE") {
            saves = false;
        } else if is_word(option, "NOFLUSH") {
            flushes = false;
        } else if is_word(option, "MERGE") {
            merges = true;
        } else {
            return Err(BAD_OPTION);
        }
    }
    let flush = match (flushes, merges) {
        (true, _) => Flush::Yes,
        (false, false) => Flush::No,
        (false, true) => Flush::Merge,
    };
    if cx.core.saves.is_in_background() {
        cx.core.cancel_dump();
    }
    if cx.core.saves.is_busy() {
        return Err(BUSY);
    }
    let conn = cx.session.conn;
    match saves {
        true => drop(cx.core.start_dump(Purpose::Reload(conn, flush))),
        false => cx.core.reload(conn, flush),
    }
    Ok(ControlFlow::Waits(For::Files))
}

/// `DEBUG LOADAOF`.
pub(super) fn load_aof(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    refuse_while_loading(cx)?;
    // In a transaction the rewrite would wait for its end.
    let is_busy = cx.core.aof.running > 0 || cx.core.aof.rewrite.is_some();
    if is_busy && !cx.may_block {
        return Err(CommandError::text(
            "ERR The append only file is being rewritten: it cannot be loaded in a transaction.",
        ));
    }
    let conn = cx.session.conn;
    if !cx.core.load_aof_again(conn) {
        return Err(LOAD_AOF_FAILED);
    }
    Ok(ControlFlow::Waits(For::Files))
}
