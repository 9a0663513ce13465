//! Strings that grow by zero bits, and offsets within them.
//!
//! Always true: no string grows beyond `proto-max-bulk-len`; nothing is changed by a refusal.
//! Not here: what is done to the bits — `bits.rs`, `field.rs`.

use russet_base::num::parse_i64;
use russet_engine::{Entry, NewValue};
use russet_resp::SHARED_LEN_MIN;
use smallvec::{SmallVec, smallvec};

use crate::ctx::{Ctx, Settings};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// Reads the offset of a bit.
pub(super) fn bit_offset(settings: &Settings, arg: &[u8]) -> Result<u64, CommandError> {
    let offset = parse_i64(arg).ok_or(CommandError::BitOffset)?;
    checked_offset(settings, offset)
}

/// Checks that a string may be so long that it has this bit.
pub(super) fn checked_offset(settings: &Settings, offset: i64) -> Result<u64, CommandError> {
    u64::try_from(offset)
        .ok()
        .filter(|offset| offset >> 3 < settings.string_len_max)
        .ok_or(CommandError::BitOffset)
}

/// The outcome of [`change`] for the string at a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changed<T> {
    /// The value that the change returned.
    pub(super) answer: T,
    /// Whether the key was created, or its string grew.
    pub(super) has_grown: bool,
}

/// Changes the bytes of the request's first key, which is created or grows to `len` bytes when it
/// is shorter; `change` also says whether it changed any.
pub(super) fn change<T>(
    cx: &mut Ctx<'_>,
    key: &[u8],
    len: usize,
    change: impl FnOnce(&mut [u8]) -> (T, bool),
) -> Result<Changed<T>, CommandError> {
    let hash = cx.hash_of_first(key);
    let changed = match cx.keyspace.db(cx.db).entry((hash, key)) {
        Entry::Occupied(mut entry) => Changed {
            has_grown: entry.string()?.len() < len,
            answer: entry.edit_string(len, change)?,
        },
        Entry::Vacant(entry) => {
            let answer = if len < SHARED_LEN_MIN {
                let mut bytes: SmallVec<[u8; 256]> = smallvec![0; len];
                let (answer, _) = change(&mut bytes);
                entry.insert(NewValue::Raw(&bytes), None);
                answer
            } else {
                let mut bytes = vec![0; len];
                let (answer, _) = change(&mut bytes);
                entry.insert(NewValue::Shared(bytes.into()), None);
                answer
            };
            cx.notify(NotifyClass::NEW, "new", key);
            Changed {
                answer,
                has_grown: true,
            }
        }
    };
    Ok(changed)
}
