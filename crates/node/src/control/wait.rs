//! Commands that wait for copies of what was written: WAIT, WAITAOF.
//!
//! Always true: within a transaction they do not wait.
//! Not here: who waits — `acks.rs`; the end of a wait — `acknowledge.rs`

use russet_base::num::parse_i64;
use russet_command::Arity::Exactly;
use russet_command::args::timeout_millis;
use russet_command::{CommandError, Family, Flags, Group};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::acks::{Waiting, Wanted};
use crate::session::For;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Generic,
    rows: &[
        Row::control("WAIT", Exactly(3), wait)
            .takes("numreplicas:integer timeout:integer")
            .flags(Flags::BLOCKING.with(Flags::CONNECTION))
            .since("3.0.0")
            .cost("O(1)")
            .does("Waits until replicas have the changes that the connection has made.")
            .tips(&["request_policy:all_shards", "response_policy:agg_min"]),
        Row::control("WAITAOF", Exactly(4), wait_for_files)
            .takes("numlocal:integer numreplicas:integer timeout:integer")
            .flags(Flags::BLOCKING.with(Flags::CONNECTION))
            .since("7.2.0")
            .cost("O(1)")
            .does("Waits until the changes that the connection has made are on the disk.")
            .tips(&["request_policy:all_shards", "response_policy:agg_min"]),
    ],
};
const _: () = FAMILY.check();

fn wait(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let replicas = parse_i64(&args[1]).ok_or(CommandError::NotInteger)?;
    start(cx, Wanted::Replicas(replicas), &args[2])
}

fn wait_for_files(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let local = parse_i64(&args[1]).ok_or(CommandError::NotInteger)?;
    if !(0..=1).contains(&local) {
        let text = "ERR value is out of range, value must between 0 and 1";
        return Err(CommandError::text(text));
    }
    let replicas = parse_i64(&args[2]).filter(|replicas| *replicas >= 0);
    let replicas = replicas.ok_or(CommandError::text(
        "ERR value is out of range, must be positive",
    ))?;
    let upto = cx.core.outgoing.written(cx.session.conn);
    let wanted = Wanted::Files {
        local,
        replicas,
        upto,
    };
    start(cx, wanted, &args[3])
}

fn start(
    cx: &mut ControlCtx<'_>,
    wanted: Wanted,
    timeout: &[u8],
) -> Result<ControlFlow, CommandError> {
    let deadline = timeout_millis(timeout, cx.core.now.wall_ms())?;
    if let Some(error) = cx.core.refuse_wait(wanted) {
        return Err(error);
    }
    let (conn, protocol) = (cx.session.conn, cx.session.protocol);
    if cx.core.is_met(wanted) || !cx.may_block {
        cx.core.acknowledge(wanted, conn, protocol);
        return Ok(ControlFlow::Done);
    }
    let gives_up_us = deadline.map(|deadline| cx.core.monotonic_us(deadline));
    cx.core.acks.add(Waiting {
        conn,
        wanted,
        gives_up_us,
    });
    Ok(ControlFlow::Waits(For::Acks))
}
