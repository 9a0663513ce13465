//! SELECT: which database a connection works on.
//!
//! Always true: the number is checked before it is kept.
//! Not here: the other commands of the group — the node's.

use russet_resp::Args;

use super::database::database_index;
use super::rows::DataRow;
use crate::ctx::{Ctx, Flow, Handler};
use crate::error::CommandError;
use crate::row::Arity::Exactly;
use crate::row::{Family, Flags, Group};

/// Data commands of the connection group.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Connection,
    rows: &[DataRow::control("SELECT", Exactly(2), select)
        .takes("index")
        .flags(Flags::LOADING.with(Flags::STALE))
        .fast()
        .since("1.0.0")
        .cost("O(1)")
        .does("Selects the database that this connection works on.")],
};
const _: () = FAMILY.check();

fn select(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    cx.db = database_index(cx, &args[1])?;
    cx.reply.ok();
    Ok(Flow::Done)
}
