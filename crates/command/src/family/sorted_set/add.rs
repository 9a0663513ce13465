//! Members that come, and scores that change: ZADD, ZINCRBY.
//!
//! Always true: all scores are read before the first member is put.
//! Not here: what the conditions mean — the engine's `ZsetMut::add`.

use russet_base::num::parse_f64;
use russet_engine::{AddOrder, AddPresence, ZsetAdd, ZsetAdded};
use russet_resp::Args;
use smallvec::SmallVec;

use crate::args::is_word;
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// Scores and members.
type Items<'a> = SmallVec<[(f64, &'a [u8]); 4]>;

/// The options of ZADD.
#[derive(Debug, Clone, Copy, Default)]
struct Options {
    how: ZsetAdd,
    counts_changes: bool,
    is_new_only: bool,
    is_old_only: bool,
    is_greater_only: bool,
    is_less_only: bool,
}

/// `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`.
pub(super) fn zadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (options, first) = read_options(args);
    let pairs = args.skip(first);
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let options = options.checked(pairs.len() / 2)?;
    let items = read_items(pairs)?;
    put(cx, &args[1], &items, options.how, options.counts_changes)
}

/// `ZINCRBY key increment member`.
pub(super) fn zincrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let how = ZsetAdd {
        increments: true,
        ..ZsetAdd::default()
    };
    put(cx, &args[1], &read_items(args.skip(2))?, how, false)
}

/// Reads scores and members in turn.
#[inline]
fn read_items(pairs: Args<'_>) -> Result<Items<'_>, CommandError> {
    let arg = |at: usize| pairs.get(at).unwrap_or_default();
    let mut items = Items::new();
    for at in (0..pairs.len()).step_by(2) {
        let score = parse_f64(arg(at)).ok_or(CommandError::NotFloat)?;
        items.push((score, arg(at + 1)));
    }
    Ok(items)
}

/// Reads the words before the first score; returns where that stands.
#[inline]
fn read_options(args: Args<'_>) -> (Options, usize) {
    let mut options = Options::default();
    let mut at = 2;
    while let Some(word) = args.get(at) {
        // A score begins with a digit, most often.
        if !word.first().is_some_and(u8::is_ascii_alphabetic) || !options.take(word) {
            break;
        }
        at += 1;
    }
    (options, at)
}

impl Options {
    /// Takes a word; false if it is none of them.
    fn take(&mut self, word: &[u8]) -> bool {
        let flag = match () {
            () if is_word(word, "NX") => &mut self.is_new_only,
            () if is_word(word, "XX") => &mut self.is_old_only,
            () if is_word(word, "GT") => &mut self.is_greater_only,
            () if is_word(word, "LT") => &mut self.is_less_only,
            () if is_word(word, "CH") => &mut self.counts_changes,
            () if is_word(word, "INCR") => &mut self.how.increments,
            () => return false,
        };
        *flag = true;
        true
    }

    fn checked(mut self, pairs: usize) -> Result<Self, CommandError> {
        if self.is_new_only && self.is_old_only {
            return Err(CommandError::AddNxXxConflict);
        }
        let orders = [self.is_greater_only, self.is_less_only, self.is_new_only];
        if orders.iter().filter(|is_set| **is_set).count() > 1 {
            return Err(CommandError::AddOrderConflict);
        }
        if self.how.increments && pairs > 1 {
            return Err(CommandError::AddIncrPairs);
        }
        self.how.presence = match (self.is_new_only, self.is_old_only) {
            (true, _) => AddPresence::Absent,
            (_, true) => AddPresence::Present,
            _ => AddPresence::Any,
        };
        self.how.order = match (self.is_greater_only, self.is_less_only) {
            (true, _) => AddOrder::Greater,
            (_, true) => AddOrder::Less,
            _ => AddOrder::Any,
        };
        Ok(self)
    }
}

/// Puts members to scores, and replies.
#[inline]
pub(in crate::family) fn put(
    cx: &mut Ctx<'_>,
    key: &[u8],
    items: &[(f64, &[u8])],
    how: ZsetAdd,
    counts_changes: bool,
) -> Result<Flow, CommandError> {
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut zset = db.zset_mut((hash, key))?;
    let was_absent = zset.is_empty();
    zset.expect(
        items.len(),
        items.first().map_or(0, |(_, member)| member.len()),
    );
    let (mut added, mut changed, mut last) = (0usize, 0usize, None);
    for (score, member) in items {
        last = match zset.add(member, *score, how) {
            Ok(ZsetAdded::New(score)) => {
                added += 1;
                Some(score)
            }
            Ok(ZsetAdded::Changed(score)) => {
                changed += 1;
                Some(score)
            }
            Ok(ZsetAdded::Same(score)) => Some(score),
            Ok(ZsetAdded::Refused) => None,
            Err(_) => return Err(CommandError::ScoreNan),
        };
    }
    match (how.increments, last) {
        (true, Some(score)) => cx.reply.double(score),
        (true, None) => cx.reply.null(),
        (false, _) if counts_changes => cx.reply.count(added + changed),
        (false, _) => cx.reply.count(added),
    }
    if added + changed > 0 {
        settle(cx, key, was_absent, how.increments, added + changed);
    }
    Ok(Flow::Done)
}

/// Counts changes and tells of them.
#[inline]
fn settle(cx: &mut Ctx<'_>, key: &[u8], was_absent: bool, increments: bool, changes: usize) {
    cx.dirty(changes as u64);
    if was_absent {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    let event = if increments { "zincr" } else { "zadd" };
    cx.notify(NotifyClass::ZSET, event, key);
}
