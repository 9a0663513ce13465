//! Entries that a producer may add again: IDMP and IDMPAUTO of XADD, XCFGSET, XIDMPRECORD.
//!
//! ```text
//!  IDMP producer number       the producer says which of its entries this is
//!  IDMPAUTO producer          the fields say it, in whatever order
//! ```
//! Always true: the journal gets a plain XADD and an XIDMPRECORD, which need no clock.
//! Not here: what is remembered of producers — the engine

use std::borrow::Cow;
use std::ops::Range;

use russet_base::xxh3::xxh3_64;
use russet_engine::{Millis, Remembered, Stream, StreamId};
use russet_resp::{ArgBuf, Args};

use super::id::{self, IdText, NewId};
use crate::args::{Cursor, integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// The same option twice, or both.
pub(super) const TWICE: CommandError =
    CommandError::text("ERR IDMP/IDMPAUTO specified multiple times");
const NOT_AUTO: CommandError =
    CommandError::text("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
const NO_PRODUCER: CommandError = CommandError::text("ERR IDMP requires a non-empty producer ID");
const NO_NUMBER: CommandError = CommandError::text("ERR IDMP requires a non-empty idempotent ID");
const NO_PRODUCER_AUTO: CommandError =
    CommandError::text("ERR IDMPAUTO requires a non-empty producer ID");
const NO_PARAMETER: CommandError =
    CommandError::text("ERR At least one parameter must be specified");
const DURATION_RANGE: CommandError =
    CommandError::text("ERR IDMP-DURATION must be between 1 and 86400 seconds");
const MAXSIZE_RANGE: CommandError =
    CommandError::text("ERR IDMP-MAXSIZE must be between 1 and 10000 entries");
const NO_ENTRY: CommandError =
    CommandError::text("ERR The stream ID refers to a non-existent entry");
const RECORDED: CommandError =
    CommandError::text("ERR The idempotent ID is mapped to another stream ID");

/// An entry that its producer may add again.
#[derive(Debug)]
pub(super) struct Numbered<'a> {
    /// Where the option stands.
    range: Range<usize>,
    producer: &'a [u8],
    /// The producer's name for the entry; empty until its fields give it.
    number: Cow<'a, [u8]>,
}

/// Reads the option at `at`, if it is one of these.
pub(super) fn read<'a>(args: Args<'a>, at: usize) -> Result<Option<Numbered<'a>>, CommandError> {
    let (word, rest) = (&args[at], args.len() - at - 1);
    let value = |offset| args.get(at + offset).unwrap_or_default();
    let (words, number) = match () {
        () if is_word(word, "IDMP") && rest >= 2 => (3, value(2)),
        () if is_word(word, "IDMPAUTO") && rest >= 1 => (2, &[][..]),
        () => return Ok(None),
    };
    let producer = value(1);
    match words {
        2 if producer.is_empty() => return Err(NO_PRODUCER_AUTO),
        3 if producer.is_empty() => return Err(NO_PRODUCER),
        3 if number.is_empty() => return Err(NO_NUMBER),
        _ => {}
    }
    Ok(Some(Numbered {
        range: at..at + words,
        producer,
        number: Cow::Borrowed(number),
    }))
}

impl Numbered<'_> {
    /// Which arguments it is.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Checks that the stream chooses the identifier.
    pub(super) fn check(&self, id: NewId) -> Result<(), CommandError> {
        match id {
            NewId::Auto => Ok(()),
            _ => Err(NOT_AUTO),
        }
    }

    /// Lets the fields say which entry this is, if the producer did not.
    pub(super) fn name(&mut self, fields: Args<'_>) {
        if !self.number.is_empty() {
            return;
        }
        let mut sums = [0u64; 2];
        let mut pair = Vec::new();
        for at in (0..fields.len()).step_by(2) {
            let (name, value) = (&fields[at], fields.get(at + 1).unwrap_or_default());
            pair.clear();
            pair.extend_from_slice(&(name.len() as u64).to_le_bytes());
            pair.extend_from_slice(name);
            pair.extend_from_slice(value);
            for sum in &mut sums {
                *sum = sum.wrapping_add(xxh3_64(&pair));
                // Another hash of the same pair.
                pair.push(0x5a);
            }
        }
        let [low, high] = sums.map(u64::to_le_bytes);
        self.number = Cow::Owned([low, high].concat());
    }

    /// The entry that the producer added before, if that is known.
    pub(super) fn find(&self, stream: &Stream, now: Millis) -> Option<StreamId> {
        stream.producers()?.find(self.producer, &self.number, now)
    }

    /// Remembers the entry.
    pub(super) fn remember(&self, stream: &mut Stream, id: StreamId, now: Millis) {
        stream.producers_mut().remember(Remembered {
            producer: self.producer,
            number: &self.number,
            added_at: now,
            id,
        });
    }

    /// The record for the journal.
    pub(super) fn record(&self, key: &[u8], id: IdText) -> ArgBuf {
        let words: [&[u8]; 5] = [
            b"XIDMPRECORD",
            key,
            self.producer,
            &self.number,
            id.as_bytes(),
        ];
        ArgBuf::from_slices(&words)
    }
}

/// `XCFGSET key [IDMP-DURATION seconds] [IDMP-MAXSIZE count]`.
pub(super) fn xcfgset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (mut duration, mut len) = (None, None);
    let mut options = Cursor::new(args, 2);
    while options.has_more() {
        if let Some(value) = options.eat_valued("IDMP-DURATION") {
            duration = Some(within(integer(value)?, 86_400).ok_or(DURATION_RANGE)?);
        } else if let Some(value) = options.eat_valued("IDMP-MAXSIZE") {
            len = Some(within(integer(value)?, 10_000).ok_or(MAXSIZE_RANGE)?);
        } else {
            return Err(CommandError::Syntax);
        }
    }
    if duration.is_none() && len.is_none() {
        return Err(NO_PARAMETER);
    }
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut(key)?;
    if target.get().is_none() {
        return Err(CommandError::NoSuchKey);
    }
    target.edit(|stream| {
        let producers = stream.producers_mut();
        let now = (producers.duration_s, producers.len_max);
        let wanted = (duration.unwrap_or(now.0), len.unwrap_or(now.1));
        if now != wanted {
            (producers.duration_s, producers.len_max) = wanted;
            producers.clear();
        }
    });
    cx.reply.ok();
    cx.dirty(1);
    Ok(Flow::Done)
}

fn within(number: i64, max: u64) -> Option<u64> {
    let number = u64::try_from(number).ok()?;
    (1..=max).contains(&number).then_some(number)
}

/// `XIDMPRECORD key producer number id`.
pub(super) fn xidmprecord(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, producer, number) = (&args[1], &args[2], &args[3]);
    let entry_id = id::parse(&args[4])?;
    if producer.is_empty() {
        return Err(NO_PRODUCER);
    }
    if number.is_empty() {
        return Err(NO_NUMBER);
    }
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut(key)?;
    let stream = target.get().ok_or(CommandError::NoSuchKey)?;
    if stream.entry(entry_id).is_none() {
        return Err(NO_ENTRY);
    }
    // The moment is the one in the identifier: the journal may be read much later.
    let added_at = Millis::try_from(entry_id.ms).unwrap_or(Millis::MAX);
    let known = stream
        .producers()
        .and_then(|all| all.find(producer, number, added_at));
    match known {
        Some(known) if known != entry_id => return Err(RECORDED),
        Some(_) => {}
        None => {
            target.edit(|stream| {
                stream.producers_mut().remember(Remembered {
                    producer,
                    number,
                    added_at,
                    id: entry_id,
                });
            });
            cx.effects.dirty += 1;
        }
    }
    cx.reply.ok();
    Ok(Flow::Done)
}
