//! The fields that a command names: `FIELDS n field …`, and those of them that are due.
//!
//! Always true: what follows FIELDS is the end of the request.

use russet_engine::{ExpiryMode, KeyHash};
use russet_resp::Args;

use crate::args::{is_word, parse_integer};
use crate::ctx::Ctx;
use crate::error::CommandError;

/// The error for an invalid number of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnBadCount {
    /// It is not a positive integer.
    Positive,
    /// It is not greater than zero: what HEXPIRE and its kin say.
    AboveZero,
}

/// Reads `FIELDS n field …`, which must begin at `at`, and returns the fields.
pub(super) fn read(
    args: Args<'_>,
    at: usize,
    on_bad_count: OnBadCount,
) -> Result<Args<'_>, CommandError> {
    if !args.get(at).is_some_and(|word| is_word(word, "FIELDS")) {
        return Err(CommandError::FieldsMissing);
    }
    let count = args.get(at + 1).and_then(parse_integer);
    let Some(count) = count.filter(|&count| count > 0) else {
        return Err(match on_bad_count {
            OnBadCount::Positive => CommandError::FieldsNotPositive,
            OnBadCount::AboveZero => CommandError::FieldsNotAboveZero,
        });
    };
    let fields = args.skip(at + 2);
    if usize::try_from(count) != Ok(fields.len()) {
        return Err(CommandError::FieldsMismatch);
    }
    Ok(fields)
}

/// Removes those of the fields that are due, after they were read, unless they are kept; the key
/// exists.
#[cold]
pub(super) fn expire(cx: &mut Ctx<'_>, (hash, key): (KeyHash, &[u8]), fields: Args<'_>) {
    if cx.keyspace.expiry_mode() != ExpiryMode::Remove {
        return;
    }
    if let Ok(mut target) = cx.keyspace.db(cx.db).hash_mut((hash, key)) {
        target.expire_among(fields.iter());
    }
}
