//! XACK, XACKDEL and XNACK: consumers say what became of entries.
//!
//! ```text
//!  XACK      done with
//!  XACKDEL   done with, and removed as far as other groups allow it
//!  XNACK     given back: nobody has it, anybody may have it at once
//! ```
//! Always true: identifiers are all read before the first one counts.
//! Not here: what groups know of entries — `engine/src/types/stream/group.rs`

use russet_engine::{Pending, Refs, Stream, StreamGroup, StreamId};
use russet_resp::Args;

use super::delete::remove_entry;
use super::ids::{self, NOT_THERE, REMOVED, STILL_REFERENCED};
use super::text;
use crate::args::{integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

const MODE_INVALID: CommandError =
    CommandError::text("ERR Invalid mode, must be SILENT, FAIL or FATAL");
const RETRYCOUNT_INVALID: CommandError =
    CommandError::text("ERR Invalid RETRYCOUNT option argument for XNACK");

/// `XACK key group id [id ...]`.
pub(super) fn xack(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name) = (&args[1], &args[2]);
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, key))?;
    target.count_as_read();
    let Some(group) = target.get().and_then(|stream| stream.group(name)) else {
        if target.get().is_none() {
            cx.effects.miss(cx.db, key);
        }
        cx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let ids = ids::read_all(args, 3)?;
    let mut count = 0;
    if ids.iter().any(|id| group.pending(*id).is_some()) {
        let acknowledge = |group: &mut StreamGroup| {
            ids.iter()
                .filter(|id| group.acknowledge(**id).is_some())
                .count()
        };
        let changed = target.edit_quietly(|stream| stream.change_group(name, acknowledge));
        count = changed.unwrap_or(0);
    }
    cx.reply.count(count);
    cx.dirty(count as u64);
    Ok(Flow::Done)
}

/// `XACKDEL key group [KEEPREF | DELREF | ACKED] IDS count id [id ...]`.
pub(super) fn xackdel(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name) = (&args[1], &args[2]);
    let (refs, ids) = ids::read_options(args, 3)?;
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, key))?;
    let (mut done, mut removed) = (0, 0);
    cx.reply.array(ids.len());
    for id in ids {
        let group = target.get().and_then(|stream| stream.group(name));
        let answer = match group.and_then(|group| group.pending(id)) {
            Some(_) => {
                let before = target.get().map_or(0, Stream::len);
                let answer = target.edit(|stream| acknowledge_and_remove(stream, name, id, refs));
                removed += before - target.get().map_or(0, Stream::len);
                done += 1;
                answer
            }
            None => NOT_THERE,
        };
        cx.reply.integer(answer);
    }
    if removed > 0 {
        cx.notify(NotifyClass::STREAM, "xdel", key);
    }
    cx.dirty(done);
    Ok(Flow::Done)
}

fn acknowledge_and_remove(stream: &mut Stream, name: &[u8], id: StreamId, refs: Refs) -> i64 {
    stream.change_group(name, |group| group.acknowledge(id));
    if refs == Refs::Acknowledged && stream.is_referenced(id) {
        return STILL_REFERENCED;
    }
    remove_entry(stream, id, refs);
    REMOVED
}

/// How a failure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The delivery does not count.
    Silent,
    /// It counts.
    Fail,
    /// No delivery will ever succeed.
    Fatal,
}

/// The options of XNACK.
struct Refusal {
    mode: Mode,
    ids: ids::Ids,
    deliveries: Option<u64>,
    is_forced: bool,
}

/// `XNACK key group SILENT|FAIL|FATAL IDS count id [id ...] [RETRYCOUNT count] [FORCE]`.
pub(super) fn xnack(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name) = (&args[1], &args[2]);
    let refusal = Refusal::read(args)?;
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, key))?;
    let stream = target.get().ok_or_else(|| text::no_group(key, name))?;
    let group = stream
        .group(name)
        .ok_or_else(|| text::no_group(key, name))?;
    let pending = |id: &StreamId| match group.pending(*id) {
        Some(pending) => Some(refusal.of(*pending)),
        None if refusal.is_forced && stream.entry(*id).is_some() => {
            Some(refusal.of(Pending::new(*id, 0, None)))
        }
        None => None,
    };
    let refused: Vec<Pending> = refusal.ids.iter().filter_map(pending).collect();
    let count = refused.len();
    if count > 0 {
        let refuse = |group: &mut StreamGroup| refused.into_iter().for_each(|p| group.deliver(p));
        target.edit(|stream| stream.change_group(name, refuse));
        cx.effects.dirty += count as u64;
    }
    cx.reply.count(count);
    Ok(Flow::Done)
}

impl Refusal {
    fn read(args: Args<'_>) -> Result<Self, CommandError> {
        let mode = match &args[3] {
            word if is_word(word, "SILENT") => Mode::Silent,
            word if is_word(word, "FAIL") => Mode::Fail,
            word if is_word(word, "FATAL") => Mode::Fatal,
            _ => return Err(MODE_INVALID),
        };
        if !is_word(&args[4], "IDS") {
            return Err(CommandError::Syntax);
        }
        let (ids, mut at) = ids::read_counted(args, 4)?;
        let (mut deliveries, mut is_forced) = (None, false);
        while let Some(word) = args.get(at) {
            match args.get(at + 1) {
                _ if is_word(word, "FORCE") => is_forced = true,
                Some(count) if is_word(word, "RETRYCOUNT") => {
                    let count = integer(count).map_err(|_| RETRYCOUNT_INVALID)?;
                    deliveries = Some(u64::try_from(count).map_err(|_| RETRYCOUNT_INVALID)?);
                    at += 1;
                }
                _ => return Err(CommandError::Syntax),
            }
            at += 1;
        }
        Ok(Self {
            mode,
            ids,
            deliveries,
            is_forced,
        })
    }

    /// The state of an entry that is given back: it counts as idle for ever.
    fn of(&self, pending: Pending) -> Pending {
        let deliveries = match (self.deliveries, self.mode) {
            (Some(count), _) => count,
            (None, Mode::Silent) => pending.deliveries.saturating_sub(1),
            (None, Mode::Fail) => pending.deliveries,
            (None, Mode::Fatal) => i64::MAX as u64,
        };
        Pending {
            id: pending.id,
            delivered_at: 0,
            deliveries,
            consumer: None,
        }
    }
}
