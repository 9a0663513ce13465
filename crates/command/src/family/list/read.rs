//! Reading lists: LINDEX, LLEN, LPOS, LRANGE.
//!
//! Always true: LRANGE copies each element once, from where it lies to the reply.
//! Not here: ranges of indexes — `element.rs`.

use std::ops::ControlFlow;

use russet_engine::{ListRef, StringRef, Target, Touch};
use russet_resp::Args;

use super::element::{absolute, clamp, push_element, reply_element, room_for};
use crate::args::{at_least, integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// `LLEN key`.
pub(super) fn llen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    match db.list((hash, key), Touch::Yes)? {
        Some(list) => cx.reply.count(list.len()),
        None => {
            cx.reply.integer(0);
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

/// `LINDEX key index`.
pub(super) fn lindex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(list) = db.list((hash, key), Touch::Yes)? else {
        cx.reply.null();
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let reply = &mut cx.reply;
    let found = absolute(integer(&args[2])?, list.len())
        .and_then(|index| list.show(index, |element| reply_element(reply, element)));
    if found.is_none() {
        cx.reply.null();
    }
    Ok(Flow::Done)
}

/// `LRANGE key start stop`.
pub(super) fn lrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (start, stop) = (integer(&args[2])?, integer(&args[3])?);
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(list) = db.list((hash, key), Touch::Yes)? else {
        cx.reply.empty_array();
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let (from, count) = clamp(start, stop, list.len());
    cx.reply.array(count);
    let mut bulks = cx.reply.bulks(room_for(count));
    list.each(from, count, |element| push_element(&mut bulks, element));
    Ok(Flow::Done)
}

/// `LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]`.
pub(super) fn lpos(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let search = Search::read(args)?;
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(list) = db.list((hash, key), Touch::Yes)? else {
        match search.count {
            Some(_) => cx.reply.empty_array(),
            None => cx.reply.null(),
        }
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let reply = &mut cx.reply;
    let mut found = 0;
    match search.count {
        Some(count) => {
            let begun = reply.begin_array();
            search.run(list, &args[2], |index| {
                reply.count(index);
                found += 1;
                found == count
            });
            reply.end_array(begun, found);
        }
        None => {
            search.run(list, &args[2], |index| {
                reply.count(index);
                found += 1;
                true
            });
            if found == 0 {
                reply.null();
            }
        }
    }
    Ok(Flow::Done)
}

/// The options of LPOS.
struct Search {
    /// Matches to pass over.
    skip: u64,
    from_back: bool,
    /// How many matches are wanted, 0 for all, if an array of them is.
    count: Option<usize>,
    /// How many elements are looked at; 0: all.
    len_max: usize,
}

impl Search {
    fn read(args: Args<'_>) -> Result<Self, CommandError> {
        let mut search = Self {
            skip: 0,
            from_back: false,
            count: None,
            len_max: 0,
        };
        let mut rest = args.skip(3).iter();
        while let Some(word) = rest.next() {
            let value = rest.next().ok_or(CommandError::Syntax)?;
            if is_word(word, "RANK") {
                match integer(value)? {
                    0 => return Err(CommandError::RankZero),
                    i64::MIN => return Err(CommandError::CountRange),
                    rank => {
                        search.from_back = rank < 0;
                        search.skip = rank.unsigned_abs() - 1;
                    }
                }
            } else if is_word(word, "COUNT") {
                let error = CommandError::text("ERR COUNT can't be negative");
                search.count = Some(at_least(0, value, error)?);
            } else if is_word(word, "MAXLEN") {
                let error = CommandError::text("ERR MAXLEN can't be negative");
                search.len_max = at_least(0, value, error)?;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(search)
    }

    /// Passes the indexes of matches to `tell`, until it returns true.
    fn run(&self, list: ListRef<'_>, element: &[u8], mut tell: impl FnMut(usize) -> bool) {
        let target = Target::new(element);
        let len = list.len();
        let (mut left, mut skip) = (self.len_max, self.skip);
        let mut seen = 0;
        let visit = |found: StringRef<'_>| {
            let index = match self.from_back {
                true => len - 1 - seen,
                false => seen,
            };
            seen += 1;
            if target.is(found) {
                match skip.checked_sub(1) {
                    Some(rest) => skip = rest,
                    None if tell(index) => return ControlFlow::Break(()),
                    None => {}
                }
            }
            match left {
                0 => ControlFlow::Continue(()),
                1 => ControlFlow::Break(()),
                _ => {
                    left -= 1;
                    ControlFlow::Continue(())
                }
            }
        };
        match self.from_back {
            true => list.walk_back(len - 1, visit),
            false => list.walk(0, visit),
        };
    }
}
