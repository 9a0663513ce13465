//! XREAD, and the options that it shares with XREADGROUP.
//!
//! ```text
//!  id    entries after it        $   entries from now on        +   the last entry
//! ```
//! Always true: a request that waits runs again with identifiers in place of `$`.
//! Not here: what groups do — `read_group.rs`

use std::ops::Range;

use russet_engine::{Kind, Millis, Stream, StreamId, Touch};
use russet_resp::{ArgBuf, Args, Mark, Reply};
use smallvec::SmallVec;

use super::budget::Budget;
use super::entries::reply_entry;
use super::id::{self, IdText};
use super::text;
use crate::args::{at_least, integer, is_word, timeout_millis};
use crate::ctx::{Ctx, Flow, Wait};
use crate::error::CommandError;

const CLAIM_OUTSIDE: CommandError = CommandError::text(
    "ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.",
);
const CLAIM_INTEGER: CommandError = CommandError::text("ERR min-idle-time is not an integer");
const CLAIM_NEGATIVE: CommandError =
    CommandError::text("ERR min-idle-time must be a positive integer");

const TOTAL_INVALID: CommandError = CommandError::text("ERR MAXCOUNT must be a positive integer");
const SIZE_INVALID: CommandError = CommandError::text("ERR MAXSIZE must be a positive integer");
const TOTAL_BELOW_COUNT: CommandError =
    CommandError::text("ERR MAXCOUNT must be greater than or equal to COUNT");

/// The options of a request that reads streams.
#[derive(Debug)]
pub(super) struct Options<'a> {
    /// How many entries of a stream; all if none is given.
    pub(super) count: usize,
    /// How many entries of all streams together.
    pub(super) total_max: usize,
    /// How many bytes the reply may have, roughly.
    pub(super) size_max: usize,
    /// Until when to wait, if at all: `Some(None)` is for ever.
    pub(super) block: Option<Option<Millis>>,
    /// The group and the consumer.
    pub(super) group: Option<(&'a [u8], &'a [u8])>,
    pub(super) is_unacknowledged: bool,
    /// For how long entries that are claimed have been idle.
    pub(super) claim: Option<Millis>,
    /// Which arguments are keys; as many identifiers stand behind them.
    pub(super) keys: Range<usize>,
}

impl<'a> Options<'a> {
    /// Reads the options of XREAD, or those of XREADGROUP.
    pub(super) fn read(args: Args<'a>, now: Millis, is_group: bool) -> Result<Self, CommandError> {
        let mut options = Self {
            count: usize::MAX,
            total_max: usize::MAX,
            size_max: usize::MAX,
            block: None,
            group: None,
            is_unacknowledged: false,
            claim: None,
            keys: 0..0,
        };
        let mut at = 1;
        while let Some(word) = args.get(at) {
            at = match (args.get(at + 1), args.get(at + 2)) {
                (Some(_), _) if is_word(word, "STREAMS") => {
                    options.keys = keys(args, at + 1, is_group)?;
                    break;
                }
                (Some(timeout), _) if is_word(word, "BLOCK") => {
                    options.block = Some(timeout_millis(timeout, now)?);
                    at + 2
                }
                (Some(count), _) if is_word(word, "COUNT") => {
                    // COMPAT: what is not above zero asks for all.
                    let count = usize::try_from(integer(count)?).unwrap_or(0);
                    options.count = if count == 0 { usize::MAX } else { count };
                    at + 2
                }
                (Some(most), _) if is_word(word, "MAXCOUNT") => {
                    options.total_max = at_least(1, most, TOTAL_INVALID)?;
                    at + 2
                }
                (Some(most), _) if is_word(word, "MAXSIZE") => {
                    options.size_max = at_least(1, most, SIZE_INVALID)?;
                    at + 2
                }
                (Some(group), Some(consumer)) if is_word(word, "GROUP") => {
                    allow(is_group, text::GROUP_OUTSIDE)?;
                    options.group = Some((group, consumer));
                    at + 3
                }
                (Some(idle), _) if is_word(word, "CLAIM") => {
                    allow(is_group, CLAIM_OUTSIDE)?;
                    let idle = integer(idle).map_err(|_| CLAIM_INTEGER)?;
                    allow(idle >= 0, CLAIM_NEGATIVE)?;
                    options.claim = Some(idle);
                    at + 2
                }
                _ if is_word(word, "NOACK") => {
                    allow(is_group, text::NOACK_OUTSIDE)?;
                    options.is_unacknowledged = true;
                    at + 1
                }
                _ => return Err(CommandError::Syntax),
            };
        }
        match options.keys.is_empty() {
            true => Err(CommandError::Syntax),
            false if is_group && options.group.is_none() => Err(text::GROUP_MISSING),
            false if options.is_total_below_count() => Err(TOTAL_BELOW_COUNT),
            false => Ok(options),
        }
    }

    fn is_total_below_count(&self) -> bool {
        self.count != usize::MAX && self.total_max < self.count
    }

    /// The limits of the reply that begins here.
    pub(super) fn budget(&self, reply: &Reply<'_>) -> Budget {
        Budget::new(reply, self.total_max, self.size_max)
    }

    /// The identifier that belongs to the key at `at`.
    pub(super) fn id_at(&self, at: usize) -> usize {
        at + self.keys.len()
    }
}

fn allow(is_allowed: bool, error: CommandError) -> Result<(), CommandError> {
    if is_allowed { Ok(()) } else { Err(error) }
}

fn keys(args: Args<'_>, from: usize, is_group: bool) -> Result<Range<usize>, CommandError> {
    let count = args.len() - from;
    if count % 2 == 1 {
        return Err(match is_group {
            true => text::unbalanced("xreadgroup", '>'),
            false => text::unbalanced("xread", '$'),
        });
    }
    Ok(from..from + count / 2)
}

/// The streams of a reply: an array of pairs, or a map.
#[derive(Debug, Default)]
pub(super) struct Answer {
    begun: Option<russet_resp::Deferred>,
    count: usize,
}

impl Answer {
    /// Begins the next stream, whose entries follow; returns its place.
    pub(super) fn stream(&mut self, reply: &mut Reply<'_>, key: &[u8]) -> Mark {
        if self.begun.is_none() {
            self.begun = Some(reply.begin_array());
        }
        self.count += 1;
        let place = reply.mark();
        if !reply.is_resp3() {
            reply.array(2);
        }
        reply.bulk(key);
        place
    }

    /// Takes the last stream back, of which no entry fits.
    pub(super) fn take_back(&mut self, reply: &mut Reply<'_>, place: Mark) {
        reply.rollback(place);
        self.count -= 1;
    }

    /// Ends the reply; false if there was no stream, and nothing is written.
    pub(super) fn finish(self, reply: &mut Reply<'_>) -> bool {
        let Some(begun) = self.begun else {
            return false;
        };
        match reply.is_resp3() {
            true => reply.end_map(begun, self.count),
            false => reply.end_array(begun, self.count),
        }
        true
    }
}

/// `XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]`.
pub(super) fn xread(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = Options::read(args, cx.now(), false)?;
    let mut after: SmallVec<[StreamId; 8]> = SmallVec::new();
    for at in options.keys.clone() {
        after.push(resolve(cx, &args[at], &args[options.id_at(at)])?);
    }
    let mut answer = Answer::default();
    let mut budget = options.budget(&cx.reply);
    for (at, after) in options.keys.clone().zip(&after) {
        if budget.is_spent() {
            break;
        }
        let key = &args[at];
        let mut db = cx.keyspace.db(cx.db);
        let Some(stream) = db.stream(key, Touch::Yes)? else {
            continue;
        };
        let Some(from) = after.next().filter(|from| has_from(stream, *from)) else {
            continue;
        };
        let place = answer.stream(&mut cx.reply, key);
        let begun = cx.reply.begin_array();
        let entries = stream.range(from, StreamId::MAX).take(options.count);
        let given = entries.take_while(|entry| {
            if cx.reply.is_over() {
                return false;
            }
            let write = |reply: &mut Reply<'_>| reply_entry(reply, entry);
            budget.give(&mut cx.reply, write)
        });
        match given.count() {
            0 => answer.take_back(&mut cx.reply, place),
            count => cx.reply.end_array(begun, count),
        }
    }
    if answer.finish(&mut cx.reply) {
        return Ok(Flow::Done);
    }
    let request = resolved_request(args, &options, &after);
    wait(cx, &options, request)
}

/// Whether a stream has an entry from here on.
pub(super) fn has_from(stream: &Stream, from: StreamId) -> bool {
    stream.range(from, StreamId::MAX).next().is_some()
}

/// The identifier after which a stream is read.
fn resolve(cx: &mut Ctx<'_>, key: &[u8], id: &[u8]) -> Result<StreamId, CommandError> {
    let mut db = cx.keyspace.db(cx.db);
    let stream = db.stream(key, Touch::Yes)?;
    let resolved = match (id, stream) {
        (b"$", _) => Ok(stream.map_or(StreamId::MIN, Stream::last_id)),
        (b"+", _) => {
            let last = stream
                .and_then(Stream::last_entry)
                .and_then(|last| last.id().previous());
            Ok(last.unwrap_or(StreamId::MIN))
        }
        (b">", _) => Err(text::NEW_OUTSIDE),
        _ => id::parse(id),
    };
    if stream.is_none() {
        cx.effects.miss(cx.db, key);
    }
    resolved
}

/// The request with identifiers in place of `$`, if there is one in it.
fn resolved_request(args: Args<'_>, options: &Options<'_>, after: &[StreamId]) -> Option<ArgBuf> {
    let ids_at = options.keys.end;
    if options.block.is_none() || !args.skip(ids_at).iter().any(|id| id == b"$") {
        return None;
    }
    let mut request = ArgBuf::new();
    for (at, arg) in args.iter().enumerate() {
        match at.checked_sub(ids_at) {
            Some(nth) if arg == b"$" => request.push(IdText::new(after[nth]).as_bytes()),
            _ => request.push(arg),
        }
    }
    Some(request)
}

/// Waits for entries, or says that there are none.
pub(super) fn wait(
    cx: &mut Ctx<'_>,
    options: &Options<'_>,
    request: Option<ArgBuf>,
) -> Result<Flow, CommandError> {
    match options.block {
        Some(deadline) if cx.may_block => {
            let mut wait = Wait::new(options.keys.clone(), Kind::Stream, deadline);
            wait.request = request;
            wait.on_gone = options.group.is_some();
            Ok(Flow::block(wait))
        }
        _ => {
            cx.reply.null_array();
            Ok(Flow::Done)
        }
    }
}
