//! String values between requests, the key space and replies.
//!
//! Always true: a large argument or value is passed on by its handle, never copied here.
//! Not here: when a value may be stored — `condition.rs`; until when — `expiry.rs`.

use russet_base::num::parse_i64;
use russet_engine::{Entry, Key, Millis, NewValue, StringRef};
use russet_resp::{Args, Reply};
use smallvec::SmallVec;

use crate::ctx::Ctx;
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// The deadline of a key whose value is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ttl {
    /// It stays.
    Keep,
    /// It goes.
    Clear,
    /// It is this one from now on.
    At(Millis),
}

impl Ttl {
    /// The deadline of a key that did not exist.
    pub(super) const fn of_new(self) -> Option<Millis> {
        match self {
            Self::At(deadline) => Some(deadline),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// The argument at `idx` as a value to store.
#[inline]
pub(super) fn new_value(args: Args<'_>, idx: usize) -> NewValue<'_> {
    match args.shared(idx) {
        Some(bytes) => NewValue::Shared(bytes.clone()),
        None => NewValue::Plain(args.get(idx).unwrap_or_default()),
    }
}

/// Sets the request's first key whatever it held, and tells of a new one.
#[inline(always)]
pub(super) fn store(cx: &mut Ctx<'_>, key: &[u8], value: NewValue<'_>, ttl: Ttl) {
    let hash = cx.hash_of_first(key);
    store_key(cx, (hash, key).into(), value, ttl);
}

/// Sets a key whatever it held, and tells of a new one.
#[inline]
pub(super) fn store_key(cx: &mut Ctx<'_>, key: Key<'_>, value: NewValue<'_>, ttl: Ttl) {
    match cx.keyspace.db(cx.db).entry(key) {
        Entry::Occupied(mut entry) => match ttl {
            Ttl::Keep => entry.set(value),
            Ttl::Clear | Ttl::At(_) => entry.replace(value, ttl.of_new()),
        },
        Entry::Vacant(entry) => {
            entry.insert(value, ttl.of_new());
            cx.notify(NotifyClass::NEW, "new", key.bytes());
        }
    }
}

/// Writes a value as a bulk string.
#[inline]
pub(in crate::family) fn reply_value(reply: &mut Reply<'_>, value: StringRef<'_>) {
    match value {
        StringRef::Bytes(bytes) => reply.bulk(bytes),
        StringRef::Int(n) => reply.bulk_int(n),
        StringRef::Shared(bytes) => reply.bulk_shared(bytes.clone()),
    }
}

/// A value as an integer.
#[inline]
pub(in crate::family) fn integer_of(value: StringRef<'_>) -> Result<i64, CommandError> {
    let parsed = match value {
        StringRef::Int(n) => return Ok(n),
        StringRef::Bytes(bytes) => parse_i64(bytes),
        StringRef::Shared(bytes) => parse_i64(bytes),
    };
    parsed.ok_or(CommandError::NotInteger)
}

/// Records `SET key value …` instead of the request; the value is the argument at `value_idx`.
pub(super) fn propagate_set(
    cx: &mut Ctx<'_>,
    key: &[u8],
    (args, value_idx): (Args<'_>, usize),
    options: &[&[u8]],
) {
    let value = args.get(value_idx).unwrap_or_default();
    let mut request: SmallVec<[&[u8]; 8]> = SmallVec::from_slice(&[b"SET", key, value]);
    request.extend_from_slice(options);
    cx.propagate_as(request);
}
