//! Several elements that go from one list to another: LMOVEM, and BLMOVEM, which waits for them.
//!
//! ```text
//!  source  a b c d        LEFT LEFT COUNT 2 BULK      destination  a b …    as they were
//!                         LEFT LEFT COUNT 2 OBO       destination  b a …    as if moved one by one
//! ```
//! The reply shows the elements in the order of the destination.
//!
//! Always true: a list that is moved to itself keeps its key and deadline.
//! Not here: one element — `transfer.rs`.

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{End, Kind};
use russet_resp::Args;

use super::element::{Element, copy_of, end_of, push_event, settle_pop};
use crate::args::{at_least, is_word, timeout_seconds};
use crate::ctx::{Ctx, Flow, Wait};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `LMOVEM source destination <LEFT | RIGHT> <LEFT | RIGHT> [how-many]`.
pub(super) fn lmovem(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let request = Request::read(args, 5)?;
    if request.run(cx, args)?.is_none() {
        cx.reply.null_array();
    }
    Ok(Flow::Done)
}

/// `BLMOVEM source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout [how-many]`.
pub(super) fn blmovem(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let request = Request::read(args, 6)?;
    let deadline = timeout_seconds(&args[5], cx.now())?;
    if let Some(count) = request.run(cx, args)? {
        let order: &[u8] = match request.one_by_one {
            true => b"OBO",
            false => b"BULK",
        };
        let mut digits = I64Buf::new();
        let count = format_i64(i64::try_from(count).unwrap_or(i64::MAX), &mut digits);
        let [source, destination, from, to] = [&args[1], &args[2], &args[3], &args[4]];
        cx.propagate_as(&[
            b"LMOVEM",
            source,
            destination,
            from,
            to,
            b"EXACTLY",
            count,
            order,
        ]);
    } else if cx.may_block {
        return Ok(Flow::block(Wait::new(1..2, Kind::List, deadline)));
    } else {
        cx.reply.null_array();
    }
    Ok(Flow::Done)
}

/// The options of LMOVEM.
struct Request {
    from: End,
    to: End,
    count: usize,
    /// Whether fewer are none.
    is_exact: bool,
    /// Whether they are moved one by one, rather than as they stand.
    one_by_one: bool,
}

impl Request {
    /// Reads the ends, and from argument `at` on how many elements go.
    fn read(args: Args<'_>, at: usize) -> Result<Self, CommandError> {
        let mut request = Self {
            from: end_of(&args[3])?,
            to: end_of(&args[4])?,
            count: 1,
            is_exact: false,
            one_by_one: true,
        };
        if args.len() == at {
            return Ok(request);
        }
        if args.len() != at + 3 {
            return Err(CommandError::Syntax);
        }
        let (selector, order) = (&args[at], &args[at + 2]);
        request.is_exact = match selector {
            word if is_word(word, "COUNT") => false,
            word if is_word(word, "EXACTLY") => true,
            _ => return Err(CommandError::Syntax),
        };
        request.one_by_one = match order {
            word if is_word(word, "OBO") => true,
            word if is_word(word, "BULK") => false,
            _ => return Err(CommandError::Syntax),
        };
        request.count = at_least(1, &args[at + 1], CommandError::CountNotPositive)?;
        Ok(request)
    }

    /// Moves the elements and writes them; says how many, unless there were none or too few.
    fn run(&self, cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Option<usize>, CommandError> {
        let (source, destination) = (&args[1], &args[2]);
        let mut db = cx.keyspace.db(cx.db);
        let len = db.list_mut(source)?.len();
        if len == 0 || (self.is_exact && len < self.count) {
            return Ok(None);
        }
        let is_new = db.list_mut(destination)?.is_empty();
        let count = self.count.min(len);
        let moved = self.moved(cx, source, count)?;
        let mut db = cx.keyspace.db(cx.db);
        let in_order = moved.iter().map(|element| &element[..]);
        // A list that goes to itself whole never is empty in between.
        let kept = (source == destination && count == len).then_some(count);
        if kept.is_none() {
            db.list_mut(source)?.pop(self.from, count, |_| {});
        }
        let mut list = db.list_mut(destination)?;
        match self.to {
            End::Front => list.push(End::Front, in_order.rev()),
            End::Back => list.push(End::Back, in_order),
        };
        if let Some(count) = kept {
            list.pop(self.to.other(), count, |_| {});
        }
        let is_gone = !db.contains(source);
        cx.reply.array(count);
        for element in &moved {
            cx.reply.bulk(element);
        }
        if is_new {
            cx.notify(NotifyClass::NEW, "new", destination);
        }
        cx.notify(NotifyClass::LIST, push_event(self.to), destination);
        settle_pop(cx, source, self.from, count, is_gone);
        Ok(Some(count))
    }

    /// Copies of the elements, from the front of the destination to its back.
    fn moved(
        &self,
        cx: &mut Ctx<'_>,
        source: &[u8],
        count: usize,
    ) -> Result<Vec<Element>, CommandError> {
        let mut moved = Vec::with_capacity(count);
        let mut db = cx.keyspace.db(cx.db);
        let list = db.list_mut(source)?;
        if let Some(view) = list.view() {
            let first = match self.from {
                End::Front => 0,
                End::Back => view.len() - count,
            };
            view.each(first, count, |element| moved.push(copy_of(element)));
        }
        // One by one, those that go from an end come to the same end turned round.
        if self.one_by_one && self.from == self.to {
            moved.reverse();
        }
        Ok(moved)
    }
}
