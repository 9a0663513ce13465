//! Values into items.
//!
//! Always true: the version returned is the oldest that has all that was written.
//! Not here: streams — `save_stream.rs`

use std::borrow::Cow;

use russet_engine::{
    Encoding, HashRef, Kind, ListPart, ListRef, SetRef, Span, StringRef, ValueRef, WrongType,
};
use russet_rdb::{Item, ObjectType, Sink, Text, Version, Writer};

use super::save_stream;

/// Writes a type code and the value; returns the version that it needs.
///
/// # Errors
/// The sink refused.
pub(crate) fn save<S: Sink>(
    value: &ValueRef<'_>,
    sink: S,
    compress: bool,
) -> Result<Version, S::Error> {
    let mut writer = Writer::new(sink).compressing(compress);
    let object = match value.kind() {
        Kind::String => {
            writer.begin(ObjectType::STRING, 1)?;
            if let Ok(string) = value.string() {
                writer.item(&Item::Text(text(string)))?;
            }
            ObjectType::STRING
        }
        Kind::List => match value.list() {
            Ok(list) => save_list(list, &mut writer)?,
            Err(WrongType) => ObjectType::LIST,
        },
        Kind::Set => match (value.encoding(), value.packed(), value.set()) {
            (Encoding::Intset, Some(bytes), _) => copy(ObjectType::SET_INTSET, bytes, &mut writer)?,
            (_, _, Ok(set)) => save_set(set, &mut writer)?,
            (_, _, Err(WrongType)) => ObjectType::SET,
        },
        Kind::Zset => match value.packed() {
            Some(bytes) => copy(ObjectType::ZSET_LISTPACK, bytes, &mut writer)?,
            None => save_zset(value, &mut writer)?,
        },
        Kind::Hash => match (value.encoding(), value.packed(), value.hash()) {
            (Encoding::Listpack, Some(bytes), _) => {
                copy(ObjectType::HASH_LISTPACK, bytes, &mut writer)?
            }
            (_, packed, Ok(hash)) => save_hash(hash, packed, &mut writer)?,
            (_, _, Err(WrongType)) => ObjectType::HASH,
        },
        Kind::Stream => match value.stream() {
            Ok(stream) => save_stream::save(stream, &mut writer)?,
            Err(WrongType) => ObjectType::STREAM_2,
        },
    };
    Ok(object.version().max(Version::REDIS_7_0))
}

/// How a type code was written, or that it was not.
type Saved<S> = Result<ObjectType, <S as Sink>::Error>;

fn copy<S: Sink>(object: ObjectType, bytes: &[u8], writer: &mut Writer<S>) -> Saved<S> {
    writer.begin(object, 1)?;
    writer.packed(bytes)?;
    Ok(object)
}

pub(super) fn text(string: StringRef<'_>) -> Text<'_> {
    match string {
        StringRef::Int(n) => Text::Int(n),
        StringRef::Bytes(bytes) => Text::from(bytes),
        StringRef::Shared(bytes) => Text::from(&bytes[..]),
    }
}

fn save_list<S: Sink>(list: ListRef<'_>, writer: &mut Writer<S>) -> Saved<S> {
    let mut nodes = 0;
    list.parts(|_| nodes += 1);
    writer.begin(ObjectType::LIST_QUICKLIST_2, nodes)?;
    let mut result = Ok(());
    list.parts(|part| {
        if result.is_ok() {
            result = match part {
                ListPart::Element(bytes) => writer.item(&Item::Text(Text::from(bytes))),
                ListPart::Entries { entries, count } => writer.node(entries, count),
            };
        }
    });
    result.map(|()| ObjectType::LIST_QUICKLIST_2)
}

/// COMPAT: a set in a listpack needs a newer version than a list of its members, which makes the
/// same set.
fn save_set<S: Sink>(set: SetRef<'_>, writer: &mut Writer<S>) -> Saved<S> {
    writer.begin(ObjectType::SET, set.len())?;
    for member in set.iter() {
        writer.item(&Item::Text(Text::from(member)))?;
    }
    Ok(ObjectType::SET)
}

/// The greatest score first: servers that keep a skiplist then insert at its head.
fn save_zset<S: Sink>(value: &ValueRef<'_>, writer: &mut Writer<S>) -> Saved<S> {
    let Ok(zset) = value.zset() else {
        return Ok(ObjectType::ZSET_2);
    };
    writer.begin(ObjectType::ZSET_2, zset.len())?;
    for scored in zset.walk_back(Span::Ranks(0..usize::MAX)) {
        writer.item(&Item::Scored {
            member: Text::from(scored.member),
            score: scored.score,
        })?;
    }
    Ok(ObjectType::ZSET_2)
}

/// A hash with deadlines, or one that is not packed.
fn save_hash<S: Sink>(
    hash: HashRef<'_>,
    packed: Option<&[u8]>,
    writer: &mut Writer<S>,
) -> Saved<S> {
    let (mut count, mut least) = (0, None);
    hash.each(|field| {
        count += 1;
        least = match (least, field.deadline) {
            (Some(least), Some(at)) => Some(std::cmp::min(least, at)),
            (least, at) => least.or(at),
        };
    });
    let object = match (least, packed) {
        (None, _) => ObjectType::HASH,
        (Some(least), Some(bytes)) => {
            writer.begin_with_deadlines(ObjectType::HASH_LISTPACK_EX, 1, least)?;
            writer.packed(bytes)?;
            return Ok(ObjectType::HASH_LISTPACK_EX);
        }
        (Some(_), None) => ObjectType::HASH_METADATA,
    };
    writer.begin_with_deadlines(object, count, least.unwrap_or_default())?;
    let mut result = Ok(());
    hash.each(|field| {
        if result.is_ok() {
            result = writer.item(&Item::Field {
                name: text(field.field),
                value: text(field.value),
                deadline: field.deadline,
            });
        }
    });
    result.map(|()| object)
}

/// A name that a client chose, as RDB has it.
pub(super) fn owned(bytes: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(bytes)
}

/// A count as RDB has it.
pub(super) fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
