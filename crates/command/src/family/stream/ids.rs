//! Lists of identifiers behind `IDS`, and what is answered for each of them.
//!
//! ```text
//!  [KEEPREF | DELREF | ACKED] IDS count id [id ...]
//! ```
//! Always true: all identifiers are read before anything changes.

use russet_engine::{Refs, StreamId};
use russet_resp::Args;
use smallvec::SmallVec;

use super::id;
use super::trim::refs_word;
use crate::args::{integer, is_word};
use crate::error::CommandError;

const COUNT_POSITIVE: CommandError =
    CommandError::text("ERR Number of IDs must be a positive integer");
const COUNT_MISMATCH: CommandError =
    CommandError::text("ERR The `numids` parameter must match the number of arguments");

/// Identifiers of a request.
pub(super) type Ids = SmallVec<[StreamId; 8]>;

/// The answer for one identifier.
pub(super) const NOT_THERE: i64 = -1;
pub(super) const REMOVED: i64 = 1;
pub(super) const STILL_REFERENCED: i64 = 2;

/// Reads all arguments from `from` on as identifiers.
pub(super) fn read_all(args: Args<'_>, from: usize) -> Result<Ids, CommandError> {
    args.skip(from).iter().map(id::parse).collect()
}

/// Reads `IDS count id …` at `at`; returns where the next option is.
pub(super) fn read_counted(args: Args<'_>, at: usize) -> Result<(Ids, usize), CommandError> {
    let count = integer(args.get(at + 1).unwrap_or_default());
    let count = count.ok().and_then(|count| usize::try_from(count).ok());
    let count = count.filter(|count| *count > 0).ok_or(COUNT_POSITIVE)?;
    if count > args.len().saturating_sub(at + 2) {
        return Err(COUNT_MISMATCH);
    }
    let end = at + 2 + count;
    let ids = args
        .slice(at + 2..end)
        .iter()
        .map(id::parse)
        .collect::<Result<_, _>>()?;
    Ok((ids, end))
}

/// Reads the options of XDELEX and XACKDEL.
pub(super) fn read_options(args: Args<'_>, from: usize) -> Result<(Refs, Ids), CommandError> {
    let (mut refs, mut ids) = (None, None);
    let mut at = from;
    while let Some(word) = args.get(at) {
        if is_word(word, "IDS") && ids.is_none() && at + 1 < args.len() {
            let (read, next) = read_counted(args, at)?;
            ids = Some(read);
            at = next;
            continue;
        }
        match refs_word(word) {
            Some(wanted) if refs.is_none() => refs = Some(wanted),
            _ => return Err(CommandError::Syntax),
        }
        at += 1;
    }
    let ids = ids.ok_or(CommandError::Syntax)?;
    Ok((refs.unwrap_or(Refs::Keep), ids))
}
