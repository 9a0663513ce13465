//! Items that are written and read again.

use std::borrow::Cow;

use proptest::prelude::*;
use russet_rdb::{
    BlockWriter, Consumer, Entry, Group, Item, ObjectType, Pending, ProducerFacts, StreamFacts,
    StreamId, Text, Version, Writer, payload,
};

use crate::items;

fn text() -> impl Strategy<Value = Text<'static>> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        (0usize..20_000).prop_map(|len| vec![b'x'; len]),
    ];
    prop_oneof![
        any::<i64>().prop_map(canonical),
        (-200i64..200).prop_map(canonical),
        bytes.prop_map(|bytes| match russet_base::num::parse_i64(&bytes) {
            Some(n) => canonical(n),
            None => Text::Bytes(Cow::Owned(bytes)),
        }),
    ]
}

/// The form in which it is read: only what fits 32 bits is kept as an integer.
fn canonical(n: i64) -> Text<'static> {
    match i32::try_from(n) {
        Ok(_) => Text::Int(n),
        Err(_) => Text::Bytes(Cow::Owned(n.to_string().into_bytes())),
    }
}

fn score() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("a number", |score| !score.is_nan())
}

fn come_back(object: ObjectType, count: usize, written: &[Item<'static>], least: i64) {
    for compresses in [false, true] {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes).compressing(compresses);
        let Ok(()) = writer.begin_with_deadlines(object, count, least);
        for item in written {
            let Ok(()) = writer.item(item);
        }
        payload::seal(&mut bytes, object.version());
        assert_eq!(items(payload::open(&bytes).unwrap()).unwrap(), written);
    }
}

proptest! {
    #[test]
    fn texts(values in prop::collection::vec(text(), 1..20)) {
        let items: Vec<Item<'_>> = values.into_iter().map(Item::Text).collect();
        for object in [ObjectType::LIST, ObjectType::SET] {
            come_back(object, items.len(), &items, 0);
        }
        // A node of its own is for an element that is long.
        let is_long = |item: &Item<'_>| *item != Item::Text(Text::from(&b""[..]));
        if items.iter().all(is_long) {
            come_back(ObjectType::LIST_QUICKLIST_2, items.len(), &items, 0);
        }
        come_back(ObjectType::STRING, 1, &items[..1], 0);
    }

    #[test]
    fn members_with_scores(values in prop::collection::vec((text(), score()), 1..20)) {
        let items: Vec<Item<'_>> =
            values.into_iter().map(|(member, score)| Item::Scored { member, score }).collect();
        come_back(ObjectType::ZSET_2, items.len(), &items, 0);
        come_back(ObjectType::ZSET, items.len(), &items, 0);
    }

    #[test]
    fn fields(
        values in prop::collection::vec((text(), text(), prop::option::of(0i64..1 << 48)), 1..20),
    ) {
        let least = values.iter().filter_map(|(_, _, deadline)| *deadline).min();
        let items: Vec<Item<'_>> = values
            .into_iter()
            .map(|(name, value, deadline)| Item::Field { name, value, deadline })
            .collect();
        come_back(ObjectType::HASH_METADATA, items.len(), &items, least.unwrap_or(0));
        let plain: Vec<Item<'_>> = items
            .into_iter()
            .map(|item| match item {
                Item::Field { name, value, .. } => Item::Field { name, value, deadline: None },
                other => other,
            })
            .collect();
        come_back(ObjectType::HASH, plain.len(), &plain, 0);
    }

    #[test]
    fn entries_of_streams(
        first in (0u64..1 << 50, any::<u32>()),
        entries in prop::collection::vec((1u64..1 << 40, any::<u32>(), any::<bool>()), 1..20),
    ) {
        let mut id = StreamId { ms: first.0, seq: u64::from(first.1) };
        let first = id;
        let names = [&b"a"[..], b"12"];
        let mut writer = BlockWriter::new(first, entries.len(), names.into_iter());
        let mut expect = Vec::new();
        for (later, seq, has_block_names) in entries {
            id = StreamId { ms: id.ms + later, seq: u64::from(seq) };
            let value = Entry::Int(i64::from(seq));
            if has_block_names {
                writer.with_block_names(id, [value, Entry::Str(b"z")].into_iter());
                let second = (Entry::Int(12), Entry::Str(b"z"));
                expect.push((id, vec![(Entry::Str(b"a"), value), second]));
            } else {
                let fields = [(&b"own"[..], value), (b"too", Entry::Str(b"z"))];
                writer.with_own_names(id, fields.into_iter());
                expect.push((id, fields.map(|(name, value)| (Entry::Str(name), value)).to_vec()));
            }
        }
        let block = writer.finish().unwrap();
        prop_assert_eq!(block.len(), expect.len() as u64);
        let found: Vec<_> =
            block.entries().map(|entry| (entry.id, entry.fields().collect::<Vec<_>>())).collect();
        prop_assert_eq!(found, expect);
    }
}

/// A stream with everything that the newest type has.
#[test]
fn streams() {
    let id = |ms| StreamId { ms, seq: 7 };
    let mut writer = BlockWriter::new(id(5), 1, [&b"f"[..]].into_iter());
    writer.with_block_names(id(5), [Entry::Str(b"v")].into_iter());
    let block = writer.finish().unwrap();
    let name = |text: &'static str| Cow::Borrowed(text.as_bytes());
    let pending = |ms| {
        Item::Pending(Pending {
            id: id(ms),
            delivered_at: 1000,
            deliveries: 3,
        })
    };
    let group = Group {
        name: name("g"),
        last_id: id(9),
        entries_read: Some(5),
        pending: 2,
    };
    let consumer = Consumer {
        name: name("c"),
        seen_at: 77,
        active_at: None,
        pending: 1,
    };
    let items = [
        Item::Block(block),
        Item::Stream(StreamFacts {
            len: 1,
            last_id: id(9),
            first_id: id(5),
            max_deleted_id: id(6),
            entries_added: Some(12),
            groups: 1,
        }),
        Item::Group(group),
        pending(5),
        pending(6),
        Item::Consumers(1),
        Item::Consumer(consumer),
        Item::Owned(id(5)),
        Item::GivenBackCount(1),
        Item::GivenBack(id(6)),
        Item::Producers(ProducerFacts {
            duration_s: 100,
            len_max: 7,
            producers: 1,
        }),
        Item::Producer {
            name: name("p"),
            entries: 1,
        },
        Item::Remembered {
            number: name("1"),
            id: id(5),
        },
        Item::ProducersEnd {
            added: 4,
            duplicates: 2,
        },
    ];
    come_back(ObjectType::STREAM_5, 1, &items, 0);
    let is_late = |item: &&Item<'_>| !matches!(item, Item::GivenBackCount(_) | Item::GivenBack(_));
    let older: Vec<Item<'_>> = items.iter().filter(is_late).cloned().collect();
    come_back(ObjectType::STREAM_4, 1, &older, 0);
    come_back(ObjectType::STREAM_3, 1, &older[..older.len() - 4], 0);
    assert_eq!(ObjectType::STREAM_4.version(), Version::REDIS_8_6);
}
