//! Which arguments of a request are keys: key specs applied to a request.
//!
//! A command's specs say where keys stand; each becomes one range of positions. A few commands say
//! more in their arguments than specs can: those stand in one table here, by name.
//!
//! ```text
//!  ZUNIONSTORE dst 2 a b        specs: Index(1) + Range, Index(2) + KeyNum
//!  position     1  2 3 4        ranges: 1..=1 (OW update)   3..=4 (RO access)
//! ```
//! Always true: every position lies within the request; no request panics; nothing is allocated
//! for up to three ranges.
//! Not here: what a command does with its keys — the handlers.

use russet_resp::Args;
use smallvec::{SmallVec, smallvec};

use crate::args::{is_word, parse_integer};
use crate::row::{Begin, Find, Flags, KeyFlags, KeySpec, Spec};

/// The reason why the keys of a request are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The command has no keys, whatever its arguments.
    #[error("ERR The command has no key arguments")]
    NoKeys,
    /// The number of arguments does not fit the command.
    #[error("ERR Invalid number of arguments specified for command")]
    Arity,
    /// The arguments contradict the key specs: a count too large, a key missing.
    #[error("ERR Invalid arguments specified for command")]
    Invalid,
}

/// A key of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAt {
    /// Its position among the arguments.
    pub position: usize,
    /// The access that the command makes to it.
    pub flags: KeyFlags,
}

/// Positions that one spec found; `last` included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KeyRange {
    first: usize,
    last: usize,
    step: usize,
    flags: KeyFlags,
}

/// All keys of a request, in the order of the specs.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    ranges: SmallVec<[KeyRange; 3]>,
}

impl Keys {
    /// The keys one after the other.
    pub fn iter(&self) -> impl Iterator<Item = KeyAt> + '_ {
        self.ranges.iter().flat_map(|range| {
            let positions = (range.first..=range.last).step_by(range.step);
            positions.map(|position| KeyAt {
                position,
                flags: range.flags,
            })
        })
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.ranges
            .iter()
            .map(|range| (range.last - range.first) / range.step + 1)
            .sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

/// Whether requests of this command can have keys.
pub fn has_keys(spec: &Spec) -> bool {
    spec.keys
        .iter()
        .any(|key| !key.flags.has(KeyFlags::NOT_KEY))
}

/// Finds the keys of a request.
///
/// A command that may go without keys ([`Flags::NO_MANDATORY_KEYS`]) then has none.
///
/// # Errors
/// [`KeysError::Invalid`] when the arguments contradict the specs.
#[inline]
pub fn keys(spec: &Spec, args: Args<'_>) -> Result<Keys, KeysError> {
    match gather(spec, args) {
        (found, None) => Ok(found),
        (_, Some(_)) if spec.flags.has(Flags::NO_MANDATORY_KEYS) => Ok(Keys::default()),
        (_, Some(error)) => Err(error),
    }
}

/// Finds the keys that each spec tells by itself, whether the arguments contradict others or not:
/// `PFMERGE key` without a source changes the key.
#[inline]
pub fn keys_told(spec: &Spec, args: Args<'_>) -> Keys {
    gather(spec, args).0
}

/// Applies all specs: returns the keys found, and the first error.
#[inline]
fn gather(spec: &Spec, args: Args<'_>) -> (Keys, Option<KeysError>) {
    let (mut found, mut first_error) = (Keys::default(), None);
    if spec.keys.iter().any(is_vague)
        && let Some(mut ranges) = special(spec.name, args)
    {
        ranges.retain(|range| range.last < args.len());
        found.ranges = ranges;
        return (found, None);
    }
    for key in spec
        .keys
        .iter()
        .filter(|key| !key.flags.has(KeyFlags::NOT_KEY))
    {
        match range(key, args) {
            Ok(Some(range)) => found.ranges.push(range),
            Ok(None) => {}
            Err(_) if key.flags.has(KeyFlags::INCOMPLETE) => {}
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    (found, first_error)
}

/// The keys as COMMAND GETKEYS tells them: a request that could not run is an error.
///
/// # Errors
/// Each of [`KeysError`], whose texts are the reply.
pub fn keys_checked(spec: &Spec, args: Args<'_>) -> Result<Keys, KeysError> {
    if !has_keys(spec) {
        return Err(KeysError::NoKeys);
    }
    if !spec.arity.admits(args.len()) {
        return Err(KeysError::Arity);
    }
    let found = keys(spec, args)?;
    if found.is_empty() && !spec.flags.has(Flags::NO_MANDATORY_KEYS) {
        return Err(KeysError::Invalid);
    }
    Ok(found)
}

/// Whether a spec alone does not tell all.
fn is_vague(key: &KeySpec) -> bool {
    key.flags.has(KeyFlags::INCOMPLETE)
        || key.flags.has(KeyFlags::VARIABLE_FLAGS)
        || key.begin == Begin::Unknown
        || key.find == Find::Unknown
}

/// The positions that one spec finds; none when its keyword is absent.
#[inline]
fn range(key: &KeySpec, args: Args<'_>) -> Result<Option<KeyRange>, KeysError> {
    let begin = match key.begin {
        Begin::Index(index) => usize::from(index),
        Begin::Keyword(word, from) => match after_keyword(word, from, args) {
            Some(begin) => begin,
            None => return Ok(None),
        },
        Begin::Unknown => return Ok(None),
    };
    let (first, last, step) = match key.find {
        Find::Range { last, step, limit } => (
            Some(begin),
            range_end(begin, last, limit, args.len()),
            usize::from(step),
        ),
        Find::KeyNum { count, first, step } => {
            let number = args.get(begin.saturating_add(usize::from(count)));
            let number = number.and_then(parse_integer).ok_or(KeysError::Invalid)?;
            let number = usize::try_from(number).map_err(|_| KeysError::Invalid)?;
            let (first, step) = (begin.saturating_add(usize::from(first)), usize::from(step));
            let span = number.checked_sub(1).and_then(|n| n.checked_mul(step));
            (
                Some(first),
                span.and_then(|span| first.checked_add(span)),
                step,
            )
        }
        Find::Unknown => return Ok(None),
    };
    match (first, last) {
        (Some(first), Some(last)) if first <= last && last < args.len() && step > 0 => {
            Ok(Some(KeyRange {
                first,
                last,
                step,
                flags: key.flags,
            }))
        }
        _ => Err(KeysError::Invalid),
    }
}

/// The last position of a range that begins at `begin`.
fn range_end(begin: usize, last: i8, limit: u8, count: usize) -> Option<usize> {
    let back = usize::from(last.unsigned_abs());
    match (last, limit) {
        (0.., _) => begin.checked_add(back),
        (_, 0 | 1) => count.checked_sub(back),
        _ => {
            let rest = count.checked_sub(begin)? / usize::from(limit);
            begin.checked_add(rest)?.checked_sub(back)
        }
    }
}

/// The position after a keyword, searched forwards from `from`, or backwards from the end when
/// `from` is negative.
fn after_keyword(word: &str, from: i8, args: Args<'_>) -> Option<usize> {
    let distance = usize::from(from.unsigned_abs());
    let is_it = |position: &usize| args.get(*position).is_some_and(|arg| is_word(arg, word));
    let found = if from >= 0 {
        // The last argument cannot be a keyword: nothing would follow it.
        (distance.max(1)..args.len().saturating_sub(1)).find(is_it)
    } else {
        let start = args.len().checked_sub(distance)?;
        (2..=start).rev().find(is_it)
    };
    found.map(|position| position + 1)
}

/// The keys of commands whose arguments say more than specs can; `None` leaves it to the specs.
#[cold]
fn special(name: &str, args: Args<'_>) -> Option<SmallVec<[KeyRange; 3]>> {
    match name {
        "BITFIELD" => Some(smallvec![one(1, bitfield_flags(args))]),
        "MIGRATE" => Some(migrate(args)),
        "SET" => Some(smallvec![one(1, set_flags(args))]),
        "SORT" => Some(sort(args)),
        "SORT_RO" => Some(smallvec![one(1, READ)]),
        _ => None,
    }
}

const READ: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const OVERWRITE: KeyFlags = KeyFlags::OW.with(KeyFlags::UPDATE);
const READ_AND_UPDATE: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::UPDATE);
const READ_AND_DELETE: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::DELETE);

const fn one(position: usize, flags: KeyFlags) -> KeyRange {
    KeyRange {
        first: position,
        last: position,
        step: 1,
        flags,
    }
}

/// SET reads the old value only with GET.
fn set_flags(args: Args<'_>) -> KeyFlags {
    match args.skip(3).iter().any(|arg| is_word(arg, "GET")) {
        true => READ_AND_UPDATE,
        false => OVERWRITE,
    }
}

/// BITFIELD only reads when all its operations are GET.
fn bitfield_flags(args: Args<'_>) -> KeyFlags {
    let mut at = 2;
    while let Some(word) = args.get(at) {
        let left = args.len() - at - 1;
        at += match () {
            () if is_word(word, "GET") && left >= 2 => 3,
            () if is_word(word, "OVERFLOW") && left >= 1 => 2,
            () => return READ_AND_UPDATE,
        };
    }
    READ
}

/// The last STORE of SORT counts; the values of other options are not options.
fn sort(args: Args<'_>) -> SmallVec<[KeyRange; 3]> {
    let mut found = smallvec![one(1, READ)];
    let mut at = 2;
    while let Some(word) = args.get(at) {
        at += match () {
            () if is_word(word, "LIMIT") => 3,
            () if is_word(word, "GET") || is_word(word, "BY") => 2,
            () if is_word(word, "STORE") && at + 1 < args.len() => {
                found.truncate(1);
                found.push(one(at + 1, OVERWRITE));
                1
            }
            () => 1,
        };
    }
    found
}

/// MIGRATE names one key, or none and KEYS; the values of other options are not options.
///
/// COMPAT: KEYS as the last argument is none, unless it stands somewhere else, too.
fn migrate(args: Args<'_>) -> SmallVec<[KeyRange; 3]> {
    if after_keyword("KEYS", -2, args).is_none() {
        return smallvec![one(3, READ_AND_DELETE)];
    }
    let mut at = 6;
    while let Some(word) = args.get(at) {
        at += match () {
            () if is_word(word, "KEYS") => return migrate_list(args, at + 1),
            () if is_word(word, "AUTH") => 2,
            () if is_word(word, "AUTH2") => 3,
            () => 1,
        };
    }
    smallvec![one(3, READ_AND_DELETE)]
}

/// The keys after KEYS; none when a key is named before it, too.
fn migrate_list(args: Args<'_>, first: usize) -> SmallVec<[KeyRange; 3]> {
    if first >= args.len() || args.get(3).is_some_and(|key| !key.is_empty()) {
        return SmallVec::new();
    }
    let (last, flags) = (args.len() - 1, READ_AND_DELETE);
    smallvec![KeyRange {
        first,
        last,
        step: 1,
        flags
    }]
}

#[cfg(test)]
mod tests;
