//! Trimming: the options of XADD and XTRIM, and XTRIM itself.
//!
//! ```text
//!  MAXLEN [= | ~] n [LIMIT m]     MINID [= | ~] id [LIMIT m]     KEEPREF | DELREF | ACKED
//! ```
//! An approximate trim depends on where blocks end; the journal gets an exact one of the same
//! result.
//!
//! Always true: LIMIT without `~` is refused.
//! Not here: what trimming does — the engine

use std::ops::Range;

use russet_engine::{Packing, Refs, Stream, StreamId, Trim, TrimTo};
use russet_resp::Args;

use super::id::{self, IdText};
use super::text;
use crate::args::{integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// The options of trimming, as they are read one by one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TrimOptions {
    to: Option<TrimTo>,
    is_approximate: bool,
    limit: Option<u64>,
    /// Where the threshold stands.
    at: usize,
    /// Where LIMIT stands.
    limit_at: Option<usize>,
    refs: Option<Refs>,
}

impl TrimOptions {
    /// Reads the option at `at`; returns where the next one is, or nothing if it is none of these.
    pub(super) fn read(
        &mut self,
        args: Args<'_>,
        at: usize,
    ) -> Result<Option<usize>, CommandError> {
        let (word, rest) = (&args[at], args.len() - at - 1);
        match () {
            () if is_word(word, "MAXLEN") && rest > 0 => self.threshold(args, at, |arg| {
                let len = integer(arg)?;
                u64::try_from(len)
                    .map(TrimTo::Len)
                    .map_err(|_| text::MAXLEN_NEGATIVE)
            }),
            () if is_word(word, "MINID") && rest > 0 => {
                self.threshold(args, at, |arg| id::parse(arg).map(TrimTo::Id))
            }
            () if is_word(word, "LIMIT") && rest > 0 => {
                let limit = u64::try_from(integer(&args[at + 1])?);
                self.limit = Some(limit.map_err(|_| text::LIMIT_NEGATIVE)?);
                self.limit_at = Some(at);
                Ok(Some(at + 2))
            }
            () => match refs_word(word) {
                // Two of them exclude one another.
                Some(_) if self.refs.is_some() => Err(CommandError::Syntax),
                Some(refs) => {
                    self.refs = Some(refs);
                    Ok(Some(at + 1))
                }
                None => Ok(None),
            },
        }
    }

    fn threshold(
        &mut self,
        args: Args<'_>,
        at: usize,
        read: impl Fn(&[u8]) -> Result<TrimTo, CommandError>,
    ) -> Result<Option<usize>, CommandError> {
        if self.to.is_some() {
            return Err(text::TRIM_TWICE);
        }
        let sign = &args[at + 1];
        let has_sign = args.len() - at > 2 && matches!(sign, b"~" | b"=");
        self.is_approximate = has_sign && sign == b"~";
        self.at = at + 1 + usize::from(has_sign);
        self.to = Some(read(&args[self.at])?);
        Ok(Some(self.at + 1))
    }

    /// The trim to make, once all options are read.
    ///
    /// # Errors
    /// When the limit does not fit the rest.
    pub(super) fn finish(&self, packing: &Packing) -> Result<Option<Trim>, CommandError> {
        let Some(to) = self.to else {
            return match self.limit {
                Some(1..) => Err(text::LIMIT_WITHOUT_TRIM),
                _ => Ok(None),
            };
        };
        let limit = match (self.limit, self.is_approximate) {
            (Some(_), false) => return Err(text::LIMIT_EXACT),
            (None, false) => 0,
            (Some(limit), true) => limit,
            // At most a hundred blocks at a time, so that nobody waits for long.
            (None, true) => match (packing.stream_entries_max as u64).saturating_mul(100) {
                0 => 10_000,
                limit => limit.min(1_000_000),
            },
        };
        Ok(Some(Trim {
            to,
            is_approximate: self.is_approximate,
            limit,
        }))
    }

    /// The treatment of references.
    pub(super) fn refs(&self) -> Refs {
        self.refs.unwrap_or(Refs::Keep)
    }

    /// The threshold for the journal, if the given one depends on blocks.
    pub(super) fn kept(&self, stream: &Stream) -> Option<Kept> {
        if !self.is_approximate {
            return None;
        }
        // What groups hold back is not at the end that goes, so only the count tells what stayed.
        let is_recounted = self.refs() == Refs::Acknowledged && matches!(self.to?, TrimTo::Id(_));
        let is_counted = is_recounted || matches!(self.to?, TrimTo::Len(_));
        let text = match (is_counted, stream.is_empty()) {
            (true, _) => IdText::of_number(stream.len()),
            (false, true) => IdText::new(StreamId::MAX),
            (false, false) => IdText::new(stream.first_id()),
        };
        // An exact trim takes no limit.
        let limit = self.limit_at.map_or(0..0, |at| at..at + 2);
        Some(Kept {
            at: self.at,
            is_recounted,
            limit,
            text,
        })
    }
}

/// The result of an approximate trim: the threshold of an exact trim that does the same.
#[derive(Debug)]
pub(super) struct Kept {
    at: usize,
    /// Whether a count takes the place of an identifier.
    is_recounted: bool,
    limit: Range<usize>,
    text: IdText,
}

impl Kept {
    /// The argument for the journal in place of that at `at`, if any.
    pub(super) fn replace<'a>(&'a self, at: usize, arg: &'a [u8]) -> Option<&'a [u8]> {
        match at {
            _ if at + 2 == self.at && self.is_recounted => Some(b"MAXLEN"),
            _ if at + 1 == self.at => Some(b"="),
            _ if at == self.at => Some(self.text.as_bytes()),
            _ if self.limit.contains(&at) => None,
            _ => Some(arg),
        }
    }
}

/// Reads a word about references.
pub(super) fn refs_word(word: &[u8]) -> Option<Refs> {
    [
        ("KEEPREF", Refs::Keep),
        ("DELREF", Refs::Delete),
        ("ACKED", Refs::Acknowledged),
    ]
    .into_iter()
    .find_map(|(name, refs)| is_word(word, name).then_some(refs))
}

/// `XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count] [KEEPREF|DELREF|ACKED]`.
pub(super) fn xtrim(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut options = TrimOptions::default();
    let mut at = 2;
    while at < args.len() {
        at = options.read(args, at)?.ok_or(CommandError::Syntax)?;
    }
    let trim = options
        .finish(&cx.keyspace.packing())?
        .ok_or(text::TRIM_MISSING)?;
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, key))?;
    let is_longer = |stream: &Stream| match trim.to {
        TrimTo::Len(len) => stream.len() > len,
        TrimTo::Id(id) => stream.first_id() < id,
    };
    let mut removed = 0;
    if target.get().is_some_and(is_longer) {
        removed = target.edit_if(|stream| {
            let removed = stream.trim(&trim, options.refs());
            (removed, removed > 0)
        });
    }
    cx.reply.count(removed as usize);
    if removed == 0 {
        return Ok(Flow::Done);
    }
    if cx.effects.recording
        && let Some(kept) = target.get().and_then(|stream| options.kept(stream))
    {
        let words = args.iter().enumerate();
        let words = words.filter_map(|(at, arg)| kept.replace(at, arg));
        let request: Vec<&[u8]> = words.collect();
        cx.propagate_as(request);
    }
    cx.notify(NotifyClass::STREAM, "xtrim", key);
    cx.dirty(removed);
    Ok(Flow::Done)
}
