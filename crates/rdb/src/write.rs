//! Writing a value, item by item.
//!
//! Bytes go to a [`Sink`] as they are made. The only memory that is taken is for compressing, and
//! it is bounded: a long string is compressed twice, first to know the length.
//!
//! Always true: items that are written are read as the same items, where the type can carry them.
//! Not here: which type carries a value — the owner of the value decides

use russet_base::num::{self, I64Buf};
use russet_pack::listpack::{Builder, EMPTY};
use russet_pack::lzf;

use crate::item::{Consumer, Group, Item, ProducerFacts, StreamFacts};
use crate::shape::StreamId;
use crate::string::{COMPRESSED_LEN_MIN, COMPRESSION_SAVES_MIN};
use crate::wire::{self, ObjectType};
use crate::{Piece, Sink, StreamBlock, Text};

/// Writes values to a sink.
///
/// # Examples
/// A list whose only element is written in pieces, as a long one would be:
/// ```
/// use std::borrow::Cow;
/// use russet_rdb::{Item, ObjectType, Piece, Writer};
///
/// let mut bytes = Vec::new();
/// let mut writer = Writer::new(&mut bytes);
/// writer.begin(ObjectType::LIST, 1)?;
/// for (piece, left) in [(&b"to "[..], 6), (b"be ", 3), (b"...", 0)] {
///     writer.item(&Item::Piece(Piece { bytes: Cow::Borrowed(piece), left }))?;
/// }
/// assert_eq!(bytes, b"\x01\x01\x09to be ...");
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug)]
pub struct Writer<S> {
    sink: S,
    object: ObjectType,
    /// The deadline that those of fields are relative to.
    least: i64,
    compresses: bool,
    /// How many bytes of a string that is written in pieces are left.
    left: u64,
}

/// Strings up to this length are compressed at once.
const COMPRESSED_AT_ONCE_MAX: usize = 256 << 10;

impl<S: Sink> Writer<S> {
    /// Writes to this sink.
    pub fn new(sink: S) -> Self {
        Self {
            sink,
            object: ObjectType::STRING,
            least: 0,
            compresses: false,
            left: 0,
        }
    }

    /// Sets whether strings that are long enough are compressed. Pieces never are.
    #[must_use]
    pub fn compressing(mut self, compresses: bool) -> Self {
        self.compresses = compresses;
        self
    }

    /// Begins a value: writes the type code, then the number of items that follow, where the type
    /// has it.
    ///
    /// # Errors
    /// The sink refused.
    pub fn begin(&mut self, object: ObjectType, count: usize) -> Result<(), S::Error> {
        self.begin_with_deadlines(object, count, 0)
    }

    /// Begins a hash whose earliest deadline of a field is `least`.
    ///
    /// # Errors
    /// The sink refused.
    pub fn begin_with_deadlines(
        &mut self,
        object: ObjectType,
        count: usize,
        least: i64,
    ) -> Result<(), S::Error> {
        self.object = object;
        self.least = least;
        self.sink.begin(object)?;
        if matches!(
            object,
            ObjectType::HASH_METADATA | ObjectType::HASH_LISTPACK_EX
        ) {
            self.millis(least)?;
        }
        if is_counted(object) {
            self.length(count as u64)?;
        }
        Ok(())
    }

    /// Appends an item.
    ///
    /// # Errors
    /// The sink refused.
    pub fn item(&mut self, item: &Item<'_>) -> Result<(), S::Error> {
        match item {
            Item::Text(text) => {
                self.begin_element()?;
                self.text(text)
            }
            Item::Piece(piece) => self.piece(piece),
            Item::Packed(packed) => self.packed(&packed.bytes),
            Item::Scored { member, score } => {
                self.text(member)?;
                self.score(*score)
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
                self.raw_id(pending.id)?;
                self.millis(pending.delivered_at)?;
                self.length(pending.deliveries)
            }
            Item::Consumers(count) | Item::GivenBackCount(count) => self.length(*count),
            Item::Consumer(consumer) => self.consumer(consumer),
            Item::Owned(id) | Item::GivenBack(id) => self.raw_id(*id),
            Item::Producers(facts) => self.producer_facts(facts),
            Item::Producer { name, entries } => {
                self.bytes(name)?;
                self.length(*entries)
            }
            Item::Remembered { number, id } => {
                self.bytes(number)?;
                self.id(*id)
            }
            Item::ProducersEnd { added, duplicates } => {
                self.length(*added)?;
                self.length(*duplicates)
            }
        }
    }

    /// Appends a listpack or an intset: the whole of a small collection, or a node of a list.
    ///
    /// # Errors
    /// The sink refused.
    pub fn packed(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        if self.object == ObjectType::LIST_QUICKLIST_2 {
            self.length(wire::NODE_PACKED)?;
        }
        self.bytes(bytes)
    }

    /// Appends a node of a list: the bytes of `count` entries of a listpack.
    ///
    /// # Errors
    /// The sink refused.
    pub fn node(&mut self, entries: &[u8], count: usize) -> Result<(), S::Error> {
        let mut builder = Builder::with_capacity(EMPTY.len() + entries.len());
        builder.push_raw(entries, count);
        self.packed(&builder.finish())
    }

    /// Returns the sink.
    pub fn into_sink(self) -> S {
        self.sink
    }

    fn begin_element(&mut self) -> Result<(), S::Error> {
        match self.object {
            ObjectType::LIST_QUICKLIST_2 => self.length(wire::NODE_PLAIN),
            _ => Ok(()),
        }
    }

    fn piece(&mut self, piece: &Piece<'_>) -> Result<(), S::Error> {
        let len = piece.bytes.len() as u64;
        if self.left == 0 {
            self.begin_element()?;
            self.left = len.saturating_add(piece.left);
            self.length(self.left)?;
        }
        debug_assert_eq!(self.left, len + piece.left, "pieces of one string");
        self.left = piece.left;
        self.raw(&piece.bytes)
    }

    fn field(
        &mut self,
        name: &Text<'_>,
        value: &Text<'_>,
        deadline: Option<i64>,
    ) -> Result<(), S::Error> {
        match self.object {
            ObjectType::HASH_METADATA => {
                let after =
                    deadline.map_or(0, |at| at.saturating_sub(self.least).max(0) as u64 + 1);
                self.length(after)?;
            }
            ObjectType::HASH_METADATA_EARLY => {}
            _ => debug_assert!(deadline.is_none(), "the type carries no deadlines"),
        }
        self.text(name)?;
        self.text(value)?;
        match self.object {
            ObjectType::HASH_METADATA_EARLY => self.millis(deadline.unwrap_or(-1)),
            _ => Ok(()),
        }
    }

    fn block(&mut self, block: &StreamBlock<'_>) -> Result<(), S::Error> {
        let id = block.first_id();
        let mut name = [0; 16];
        name[..8].copy_from_slice(&id.ms.to_be_bytes());
        name[8..].copy_from_slice(&id.seq.to_be_bytes());
        self.bytes(&name)?;
        self.bytes(block.bytes())
    }

    fn stream_facts(&mut self, facts: &StreamFacts) -> Result<(), S::Error> {
        self.length(facts.len)?;
        self.id(facts.last_id)?;
        if self.object.0 >= ObjectType::STREAM_2.0 {
            self.id(facts.first_id)?;
            self.id(facts.max_deleted_id)?;
            self.length(facts.entries_added.unwrap_or(facts.len))?;
        }
        self.length(facts.groups)
    }

    fn group(&mut self, group: &Group<'_>) -> Result<(), S::Error> {
        self.bytes(&group.name)?;
        self.id(group.last_id)?;
        if self.object.0 >= ObjectType::STREAM_2.0 {
            self.length(group.entries_read.unwrap_or(wire::READ_UNKNOWN))?;
        }
        self.length(group.pending)
    }

    fn consumer(&mut self, consumer: &Consumer<'_>) -> Result<(), S::Error> {
        self.bytes(&consumer.name)?;
        self.millis(consumer.seen_at)?;
        if self.object.0 >= ObjectType::STREAM_3.0 {
            self.millis(consumer.active_at.unwrap_or(-1))?;
        }
        self.length(consumer.pending)
    }

    fn producer_facts(&mut self, facts: &ProducerFacts) -> Result<(), S::Error> {
        self.length(facts.duration_s)?;
        self.length(facts.len_max)?;
        self.length(facts.producers)
    }

    fn score(&mut self, score: f64) -> Result<(), S::Error> {
        if self.object != ObjectType::ZSET {
            return self.raw(&score.to_le_bytes());
        }
        match score {
            f64::INFINITY => self.raw(&[wire::SCORE_INF]),
            f64::NEG_INFINITY => self.raw(&[wire::SCORE_NEG_INF]),
            score if score.is_nan() => self.raw(&[wire::SCORE_NAN]),
            score => {
                let mut buf = num::F64Buf::new();
                let text = num::format_f64(score, &mut buf);
                self.raw(&[u8::try_from(text.len()).unwrap_or(0)])?;
                self.raw(text.as_bytes())
            }
        }
    }

    fn text(&mut self, text: &Text<'_>) -> Result<(), S::Error> {
        match text {
            Text::Int(n) => self.int(*n),
            Text::Bytes(bytes) => self.bytes(bytes),
        }
    }

    fn int(&mut self, n: i64) -> Result<(), S::Error> {
        if let Ok(n) = i8::try_from(n) {
            self.raw(&[wire::FORM | wire::FORM_I8, n.cast_unsigned()])
        } else if let Ok(n) = i16::try_from(n) {
            self.raw(&[wire::FORM | wire::FORM_I16])?;
            self.raw(&n.to_le_bytes())
        } else if let Ok(n) = i32::try_from(n) {
            self.raw(&[wire::FORM | wire::FORM_I32])?;
            self.raw(&n.to_le_bytes())
        } else {
            self.plain(num::format_i64(n, &mut I64Buf::new()))
        }
    }

    /// Appends a string: as an integer or compressed, where that is shorter.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        // An i32 has eleven characters at most.
        let int = match bytes.len() {
            1..=11 => num::parse_i64(bytes).filter(|&n| i32::try_from(n).is_ok()),
            _ => None,
        };
        match int {
            Some(n) => self.int(n),
            None if !self.compresses || bytes.len() < COMPRESSED_LEN_MIN => self.plain(bytes),
            None if bytes.len() <= COMPRESSED_AT_ONCE_MAX => self.compressed(bytes),
            None => self.compressed_twice(bytes),
        }
    }

    fn compressed(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        let mut packed = self.sink.lend_buffer();
        if lzf::compress(bytes, bytes.len() - COMPRESSION_SAVES_MIN, &mut packed) {
            self.compressed_head(packed.len(), bytes.len())?;
            self.raw(&packed)?;
        } else {
            self.plain(bytes)?;
        }
        self.sink.take_back_buffer(packed);
        Ok(())
    }

    /// Compresses a long string without keeping what it becomes.
    fn compressed_twice(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        let len_max = bytes.len() - COMPRESSION_SAVES_MIN;
        let Some(packed_len) = lzf::compressed_len(bytes, len_max) else {
            return self.plain(bytes);
        };
        self.compressed_head(packed_len, bytes.len())?;
        let mut forward = Forward {
            sink: &mut self.sink,
            gathered: Vec::with_capacity(GATHERED_MAX),
            result: Ok(()),
        };
        lzf::compress_into(bytes, &mut forward);
        forward.finish()
    }

    fn compressed_head(&mut self, packed_len: usize, len: usize) -> Result<(), S::Error> {
        self.raw(&[wire::FORM | wire::FORM_LZF])?;
        self.length(packed_len as u64)?;
        self.length(len as u64)
    }

    fn plain(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.length(bytes.len() as u64)?;
        self.raw(bytes)
    }

    pub(crate) fn length(&mut self, length: u64) -> Result<(), S::Error> {
        let [.., d, c, b, a] = length.to_be_bytes();
        match length {
            0..=wire::LEN_6BIT_MAX => self.raw(&[a]),
            64..=wire::LEN_14BIT_MAX => self.raw(&[wire::LEN_14BIT | b, a]),
            16_384..=0xffff_ffff => self.raw(&[wire::LEN_32BIT, d, c, b, a]),
            _ => {
                self.raw(&[wire::LEN_64BIT])?;
                self.raw(&length.to_be_bytes())
            }
        }
    }

    pub(crate) fn millis(&mut self, at: i64) -> Result<(), S::Error> {
        self.raw(&at.to_le_bytes())
    }

    fn id(&mut self, id: StreamId) -> Result<(), S::Error> {
        self.length(id.ms)?;
        self.length(id.seq)
    }

    fn raw_id(&mut self, id: StreamId) -> Result<(), S::Error> {
        self.raw(&id.ms.to_be_bytes())?;
        self.raw(&id.seq.to_be_bytes())
    }

    #[inline]
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.sink.write(bytes)
    }
}

/// Gives compressed bytes to a sink in larger portions, until it refuses.
struct Forward<'s, S: Sink> {
    sink: &'s mut S,
    gathered: Vec<u8>,
    result: Result<(), S::Error>,
}

/// The portions in which compressed bytes are given to a sink.
const GATHERED_MAX: usize = 16 << 10;

impl<S: Sink> russet_pack::Buffer for Forward<'_, S> {
    fn push_bytes(&mut self, bytes: &[u8]) {
        if self.gathered.len() + bytes.len() > GATHERED_MAX {
            self.flush();
        }
        self.gathered.extend_from_slice(bytes);
    }
}

impl<S: Sink> Forward<'_, S> {
    fn flush(&mut self) {
        if self.result.is_ok() {
            self.result = self.sink.write(&self.gathered);
        }
        self.gathered.clear();
    }

    fn finish(mut self) -> Result<(), S::Error> {
        self.flush();
        self.result
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
