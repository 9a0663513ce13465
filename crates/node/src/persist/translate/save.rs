//! Values into items.
//!
//! Always true: the version returned is the oldest that has all that was written.
//! Not here: streams — `save_stream.rs`

use std::borrow::Cow;

use russet_engine::{
    Encoding, HashRef, Kind, ListPart, ListRef, SetRef, Span, StringRef, ValueRef,
};
use russet_rdb::{Entry, Item, ObjectType, Text, Version, Writer};

use super::save_stream;

/// Writes a type code and the value; returns the version that it needs.
pub(crate) fn save(value: &ValueRef<'_>, out: &mut Vec<u8>, compress: bool) -> Version {
    let mut writer = Writer::new(out).compressing(compress);
    let object = match value.kind() {
        Kind::String => {
            writer.begin(ObjectType::STRING, 1);
            if let Ok(string) = value.string() {
                writer.item(&Item::Text(text(string)));
            }
            ObjectType::STRING
        }
        Kind::List => value
            .list()
            .map_or(ObjectType::LIST, |list| save_list(list, &mut writer)),
        Kind::Set => match (value.encoding(), value.packed()) {
            (Encoding::Intset, Some(bytes)) => copy(ObjectType::SET_INTSET, bytes, &mut writer),
            _ => value
                .set()
                .map_or(ObjectType::SET, |set| save_set(set, &mut writer)),
        },
        Kind::Zset => match value.packed() {
            Some(bytes) => copy(ObjectType::ZSET_LISTPACK, bytes, &mut writer),
            None => save_zset(value, &mut writer),
        },
        Kind::Hash => match (value.encoding(), value.packed()) {
            (Encoding::Listpack, Some(bytes)) => {
                copy(ObjectType::HASH_LISTPACK, bytes, &mut writer)
            }
            _ => value.hash().map_or(ObjectType::HASH, |hash| {
                save_hash(hash, value.packed(), &mut writer)
            }),
        },
        Kind::Stream => value.stream().map_or(ObjectType::STREAM_2, |stream| {
            save_stream::save(stream, &mut writer)
        }),
    };
    object.version().max(Version::REDIS_7_0)
}

fn copy(object: ObjectType, bytes: &[u8], writer: &mut Writer<'_>) -> ObjectType {
    writer.begin(object, 1);
    writer.packed(bytes);
    object
}

pub(super) fn text(string: StringRef<'_>) -> Text<'_> {
    match string {
        StringRef::Int(n) => Text::Int(n),
        StringRef::Bytes(bytes) => Text::from(bytes),
        StringRef::Shared(bytes) => Text::from(&bytes[..]),
    }
}

fn member_text(member: Entry<'_>) -> Text<'_> {
    match member {
        Entry::Int(n) => Text::Int(n),
        Entry::Str(bytes) => Text::from(bytes),
    }
}

fn save_list(list: ListRef<'_>, writer: &mut Writer<'_>) -> ObjectType {
    let mut nodes = 0;
    list.parts(|_| nodes += 1);
    writer.begin(ObjectType::LIST_QUICKLIST_2, nodes);
    list.parts(|part| match part {
        ListPart::Element(bytes) => writer.item(&Item::Text(Text::from(bytes))),
        ListPart::Entries { entries, count } => writer.node(entries, count),
    });
    ObjectType::LIST_QUICKLIST_2
}

/// COMPAT: a set in a listpack needs a newer version than a list of its members, which makes the
/// same set.
fn save_set(set: SetRef<'_>, writer: &mut Writer<'_>) -> ObjectType {
    writer.begin(ObjectType::SET, set.len());
    for member in set.iter() {
        writer.item(&Item::Text(member_text(member)));
    }
    ObjectType::SET
}

/// The greatest score first: servers that keep a skiplist then insert at its head.
fn save_zset(value: &ValueRef<'_>, writer: &mut Writer<'_>) -> ObjectType {
    let Ok(zset) = value.zset() else {
        return ObjectType::ZSET_2;
    };
    writer.begin(ObjectType::ZSET_2, zset.len());
    for scored in zset.walk_back(Span::Ranks(0..usize::MAX)) {
        writer.item(&Item::Scored {
            member: member_text(scored.member),
            score: scored.score,
        });
    }
    ObjectType::ZSET_2
}

/// A hash with deadlines, or one that is not packed.
fn save_hash(hash: HashRef<'_>, packed: Option<&[u8]>, writer: &mut Writer<'_>) -> ObjectType {
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
            writer.begin_with_deadlines(ObjectType::HASH_LISTPACK_EX, 1, least);
            writer.packed(bytes);
            return ObjectType::HASH_LISTPACK_EX;
        }
        (Some(_), None) => ObjectType::HASH_METADATA,
    };
    writer.begin_with_deadlines(object, count, least.unwrap_or_default());
    hash.each(|field| {
        writer.item(&Item::Field {
            name: text(field.field),
            value: text(field.value),
            deadline: field.deadline,
        });
    });
    object
}

/// What a client calls something, as RDB has it.
pub(super) fn owned(bytes: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(bytes)
}

/// A count as RDB has it.
pub(super) fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
