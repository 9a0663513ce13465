//! Writing a value, item by item.
//!
//! Always true: what is written for items is read as the same items, where the type can carry them.
//! Not here: which type carries a value — who has the value decides

use russet_base::num::{self, I64Buf};
use russet_pack::listpack::{Builder, EMPTY};
use russet_pack::lzf;

use crate::item::{Consumer, Group, Item, ProducerFacts, StreamFacts, StreamId};
use crate::string::{COMPRESSED_LEN_MIN, COMPRESSION_SAVES_MIN};
use crate::wire::{self, ObjectType};
use crate::{StreamBlock, Text};

/// Appends values to bytes.
#[derive(Debug)]
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
    object: ObjectType,
    /// What deadlines of fields are told relative to.
    least: i64,
    compresses: bool,
}

impl<'o> Writer<'o> {
    /// Appends to these bytes.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            object: ObjectType::STRING,
            least: 0,
            compresses: false,
        }
    }

    /// Compresses strings that are long enough to be worth it.
    #[must_use]
    pub fn compressing(mut self, compresses: bool) -> Self {
        self.compresses = compresses;
        self
    }

    /// Begins a value: a type code, then how many items follow, where the type tells.
    pub fn begin(&mut self, object: ObjectType, count: usize) {
        self.begin_with_deadlines(object, count, 0);
    }

    /// [`begin`](Self::begin) for a hash with deadlines, none of which is before `least`.
    pub fn begin_with_deadlines(&mut self, object: ObjectType, count: usize, least: i64) {
        self.object = object;
        self.least = least;
        self.out.push(object.0);
        if matches!(
            object,
            ObjectType::HASH_METADATA | ObjectType::HASH_LISTPACK_EX
        ) {
            self.millis(least);
        }
        if is_counted(object) {
            self.length(count as u64);
        }
    }

    /// Appends an item.
    pub fn item(&mut self, item: &Item<'_>) {
        match item {
            Item::Text(text) => {
                if self.object == ObjectType::LIST_QUICKLIST_2 {
                    self.length(wire::NODE_PLAIN);
                }
                self.text(text);
            }
            Item::Packed(packed) => self.packed(&packed.bytes),
            Item::Scored { member, score } => {
                self.text(member);
                self.score(*score);
            }
            Item::Field {
                name,
                value,
                deadline,
            } => self.field(name, value, *deadline),
            Item::Block(block) => self.block(block),
            Item::Stream(facts) => self.stream_facts(facts),
            Item::Group(group) => self.group(group),
            Item::Pending(pending) => {
                self.raw_id(pending.id);
                self.millis(pending.delivered_at);
                self.length(pending.deliveries);
            }
            Item::Consumers(count) | Item::GivenBackCount(count) => self.length(*count),
            Item::Consumer(consumer) => self.consumer(consumer),
            Item::Owned(id) | Item::GivenBack(id) => self.raw_id(*id),
            Item::Producers(facts) => self.producer_facts(facts),
            Item::Producer { name, entries } => {
                self.bytes(name);
                self.length(*entries);
            }
            Item::Remembered { number, id } => {
                self.bytes(number);
                self.id(*id);
            }
            Item::ProducersEnd { added, duplicates } => {
                self.length(*added);
                self.length(*duplicates);
            }
        }
    }

    /// Appends a listpack or an intset: the whole of a small collection, or a node of a list.
    pub fn packed(&mut self, bytes: &[u8]) {
        if self.object == ObjectType::LIST_QUICKLIST_2 {
            self.length(wire::NODE_PACKED);
        }
        self.bytes(bytes);
    }

    /// Appends a node of a list: the bytes of `count` entries of a listpack.
    pub fn node(&mut self, entries: &[u8], count: usize) {
        let mut builder = Builder::with_capacity(EMPTY.len() + entries.len());
        builder.push_raw(entries, count);
        self.packed(&builder.finish());
    }

    fn field(&mut self, name: &Text<'_>, value: &Text<'_>, deadline: Option<i64>) {
        match self.object {
            ObjectType::HASH_METADATA => {
                let after =
                    deadline.map_or(0, |at| at.saturating_sub(self.least).max(0) as u64 + 1);
                self.length(after);
            }
            ObjectType::HASH_METADATA_EARLY => {}
            _ => debug_assert!(deadline.is_none(), "the type carries no deadlines"),
        }
        self.text(name);
        self.text(value);
        if self.object == ObjectType::HASH_METADATA_EARLY {
            self.millis(deadline.unwrap_or(-1));
        }
    }

    fn block(&mut self, block: &StreamBlock<'_>) {
        let id = block.first_id();
        let mut name = [0; 16];
        name[..8].copy_from_slice(&id.ms.to_be_bytes());
        name[8..].copy_from_slice(&id.seq.to_be_bytes());
        self.bytes(&name);
        self.bytes(block.bytes());
    }

    fn stream_facts(&mut self, facts: &StreamFacts) {
        self.length(facts.len);
        self.id(facts.last_id);
        if self.object.0 >= ObjectType::STREAM_2.0 {
            self.id(facts.first_id);
            self.id(facts.max_deleted_id);
            self.length(facts.entries_added);
        }
        self.length(facts.groups);
    }

    fn group(&mut self, group: &Group<'_>) {
        self.bytes(&group.name);
        self.id(group.last_id);
        if self.object.0 >= ObjectType::STREAM_2.0 {
            self.length(group.entries_read.unwrap_or(wire::READ_UNKNOWN));
        }
        self.length(group.pending);
    }

    fn consumer(&mut self, consumer: &Consumer<'_>) {
        self.bytes(&consumer.name);
        self.millis(consumer.seen_at);
        if self.object.0 >= ObjectType::STREAM_3.0 {
            self.millis(consumer.active_at.unwrap_or(-1));
        }
        self.length(consumer.pending);
    }

    fn producer_facts(&mut self, facts: &ProducerFacts) {
        self.length(facts.duration_s);
        self.length(facts.len_max);
        self.length(facts.producers);
    }

    fn score(&mut self, score: f64) {
        if self.object != ObjectType::ZSET {
            self.out.extend_from_slice(&score.to_le_bytes());
            return;
        }
        match score {
            f64::INFINITY => self.out.push(wire::SCORE_INF),
            f64::NEG_INFINITY => self.out.push(wire::SCORE_NEG_INF),
            score if score.is_nan() => self.out.push(wire::SCORE_NAN),
            score => {
                let mut buf = num::F64Buf::new();
                let text = num::format_f64(score, &mut buf);
                self.out.push(u8::try_from(text.len()).unwrap_or(0));
                self.out.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn text(&mut self, text: &Text<'_>) {
        match text {
            Text::Int(n) => self.int(*n),
            Text::Bytes(bytes) => self.bytes(bytes),
        }
    }

    fn int(&mut self, n: i64) {
        if let Ok(n) = i8::try_from(n) {
            self.out
                .extend_from_slice(&[wire::FORM | wire::FORM_I8, n.cast_unsigned()]);
        } else if let Ok(n) = i16::try_from(n) {
            self.out.push(wire::FORM | wire::FORM_I16);
            self.out.extend_from_slice(&n.to_le_bytes());
        } else if let Ok(n) = i32::try_from(n) {
            self.out.push(wire::FORM | wire::FORM_I32);
            self.out.extend_from_slice(&n.to_le_bytes());
        } else {
            self.plain(num::format_i64(n, &mut I64Buf::new()));
        }
    }

    /// Appends a string: as an integer or compressed, where that is shorter.
    fn bytes(&mut self, bytes: &[u8]) {
        // An i32 has eleven characters at most.
        let int = match bytes.len() {
            1..=11 => num::parse_i64(bytes).filter(|&n| i32::try_from(n).is_ok()),
            _ => None,
        };
        match int {
            Some(n) => self.int(n),
            None if self.compresses && bytes.len() >= COMPRESSED_LEN_MIN => self.compressed(bytes),
            None => self.plain(bytes),
        }
    }

    fn compressed(&mut self, bytes: &[u8]) {
        let mut packed = Vec::new();
        if !lzf::compress(bytes, bytes.len() - COMPRESSION_SAVES_MIN, &mut packed) {
            return self.plain(bytes);
        }
        self.out.push(wire::FORM | wire::FORM_LZF);
        self.length(packed.len() as u64);
        self.length(bytes.len() as u64);
        self.out.extend_from_slice(&packed);
    }

    fn plain(&mut self, bytes: &[u8]) {
        self.length(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    fn length(&mut self, length: u64) {
        let [.., d, c, b, a] = length.to_be_bytes();
        match length {
            0..=wire::LEN_6BIT_MAX => self.out.push(a),
            64..=wire::LEN_14BIT_MAX => self.out.extend_from_slice(&[wire::LEN_14BIT | b, a]),
            16_384..=0xffff_ffff => self.out.extend_from_slice(&[wire::LEN_32BIT, d, c, b, a]),
            _ => {
                self.out.push(wire::LEN_64BIT);
                self.out.extend_from_slice(&length.to_be_bytes());
            }
        }
    }

    fn millis(&mut self, at: i64) {
        self.out.extend_from_slice(&at.to_le_bytes());
    }

    fn id(&mut self, id: StreamId) {
        self.length(id.ms);
        self.length(id.seq);
    }

    fn raw_id(&mut self, id: StreamId) {
        self.out.extend_from_slice(&id.ms.to_be_bytes());
        self.out.extend_from_slice(&id.seq.to_be_bytes());
    }
}

/// Whether a count stands in front of the items.
const fn is_counted(object: ObjectType) -> bool {
    matches!(
        object,
        ObjectType::LIST
            | ObjectType::SET
            | ObjectType::ZSET
            | ObjectType::HASH
            | ObjectType::ZSET_2
            | ObjectType::LIST_QUICKLIST_2
            | ObjectType::HASH_METADATA_EARLY
            | ObjectType::HASH_METADATA
            | ObjectType::STREAM
            | ObjectType::STREAM_2
            | ObjectType::STREAM_3
            | ObjectType::STREAM_4
            | ObjectType::STREAM_5
    )
}
