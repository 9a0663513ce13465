//! Walking over a set: SSCAN.
//!
//! Not here: what a cursor means — the engine's `SetRef::scan`.

use russet_base::num::I64Buf;
use russet_engine::Touch;
use russet_resp::Args;

use super::replies::reply_member;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::family::walk::{self, Wish};

/// `SSCAN key cursor [MATCH pattern] [COUNT count]`.
pub(super) fn sscan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = walk::cursor(&args[2])?;
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let Some(set) = db.read_set(key, Touch::Yes)? else {
        walk::write_empty(&mut cx.reply);
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let wish = Wish::read(args, false)?;
    walk::write(&mut cx.reply, |reply| {
        let mut len = 0;
        let next = set.scan(cursor, wish.page.count, &mut |member| {
            if wish
                .page
                .pattern
                .matches(member.as_bytes(&mut I64Buf::new()))
            {
                reply_member(reply, member);
                len += 1;
            }
        });
        (next, len)
    });
    Ok(Flow::Done)
}
