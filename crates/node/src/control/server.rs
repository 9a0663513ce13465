//! Commands of the server as a whole: LOLWUT, MONITOR, SHUTDOWN, TIME.
//!
//! Not here: INFO — `control/info.rs`; DEBUG — `control/debug.rs`

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::{CommandError, Family, Flags, Group};
use russet_io::LogLevel;
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::hurdles::Hurdles;
use crate::persist::reload::Last;
use crate::session::For;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[
        Row::control("LOLWUT", AtLeast(1), lolwut)
            .takes("[VERSION version:integer]")
            .flags(Flags::READONLY.with(Flags::FAST))
            .since("5.0.0")
            .cost("")
            .does("Draws something, and tells the version."),
        Row::control("MONITOR", Exactly(1), monitor)
            .flags(
                Flags::ADMIN
                    .with(Flags::NOSCRIPT)
                    .with(Flags::LOADING)
                    .with(Flags::STALE),
            )
            .since("1.0.0")
            .cost("")
            .does("Shows each request of any client as it runs."),
        Row::control("SHUTDOWN", AtLeast(1), shutdown)
            .takes("[NOSAVE | SAVE]:save-selector [NOW]{7.0.0} [FORCE]{7.0.0} [ABORT]{7.0.0}")
            .flags(
                Flags::ADMIN
                    .with(Flags::NOSCRIPT)
                    .with(Flags::LOADING)
                    .with(Flags::STALE)
                    .with(Flags::NO_MULTI)
                    .with(Flags::ALLOW_BUSY),
            )
            .since("1.0.0")
            .cost("O(N) when saving, where N is the number of keys, else O(1)")
            .does("Ends the server in good order.")
            .history(&[("7.0.0", "NOW, FORCE and ABORT came.")]),
        Row::control("TIME", Exactly(1), time)
            .flags(Flags::LOADING.with(Flags::STALE).with(Flags::FAST))
            .since("2.6.0")
            .cost("O(1)")
            .does("Tells the time of the server.")
            .tips(&["nondeterministic_output"]),
    ],
};

fn time(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let now_us = cx.core.now.wall_us;
    let (seconds, micros) = (now_us.div_euclid(1_000_000), now_us.rem_euclid(1_000_000));
    let mut reply = cx.reply();
    reply.array(2);
    reply.bulk_int(seconds);
    reply.bulk_int(micros);
    Ok(ControlFlow::Done)
}

fn monitor(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if !cx.may_block {
        return Err(CommandError::text(
            "ERR MONITOR isn't allowed for DENY BLOCKING client",
        ));
    }
    // COMPAT: who monitors already gets no reply.
    if cx.session.is_monitor() {
        return Ok(ControlFlow::Done);
    }
    cx.core.begin_monitoring(cx.session);
    cx.ok()
}

fn shutdown(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (mut save, mut nosave, mut abort, mut now, mut force) = (false, false, false, false, false);
    for word in args.skip(1).iter() {
        match word.to_ascii_uppercase().as_slice() {
            b"NOSAVE" => nosave = true,
            b"SAVE" => save = true,
            b"NOW" => now = true,
            b"FORCE" => force = true,
            b"ABORT" => abort = true,
            _ => return Err(CommandError::Syntax),
        }
    }
    if (abort && (save || nosave || now || force)) || (save && nosave) {
        return Err(CommandError::Syntax);
    }
    if abort {
        if cx.core.end_asked_by.take().is_some() {
            let line = "Shutdown manually aborted.";
            cx.core.outbox.log(LogLevel::Notice, line);
            return cx.ok();
        }
        return Err(CommandError::text("ERR No shutdown in progress."));
    }
    let _ = now;
    // COMPAT: only without a last dump, which would hold a part of what the script does.
    if let Some(run) = cx.core.scripts.run.as_ref().filter(|_| !nosave) {
        return Err(run.what.busy());
    }
    let last = match (save, nosave) {
        (true, _) => Last::Save,
        (false, true) => Last::Drop,
        (false, false) => Last::AsConfigured,
    };
    let is_saving = cx.core.shut_down(last, Some(cx.session.conn), force);
    if is_saving || cx.core.hurdles.has(Hurdles::EXITING) {
        return Ok(ControlFlow::Waits(For::Files));
    }
    cx.session.close();
    Ok(ControlFlow::Done)
}

fn lolwut(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if let (Some(word), Some(version)) = (args.get(1), args.get(2))
        && word.eq_ignore_ascii_case(b"version")
        && russet_base::num::parse_i64(version).is_none()
    {
        return Err(CommandError::NotInteger);
    }
    let mut art = String::new();
    for row in 0..8_u32 {
        for column in 0..40_u32 {
            let edge = cx.core.rng.below(10) < u64::from(row + column % 3);
            art.push(if edge { '▒' } else { ' ' });
        }
        art.push('\n');
    }
    let version = crate::environment::REDIS_VERSION;
    art.push_str(&format!(
        "\nA russet apple does not fall far. Redis ver. {version}\n"
    ));
    cx.reply().verbatim("txt", art.as_bytes());
    Ok(ControlFlow::Done)
}
