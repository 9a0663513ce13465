//! The items that values consist of.
//!
//! ```text
//!  string    Text
//!  list      Text …  or  Packed(List) or Text, node by node
//!  set       Text …  or  Packed(Intset) or Packed(Set)
//!  zset      Scored … or  Packed(Zset)
//!  hash      Field …  or  Packed(Hash) or Packed(HashEx)
//!  stream    Block …  Stream
//!            ( Group  Pending …  Consumers ( Consumer Owned … ) …
//!              [ GivenBackCount GivenBack … ] ) …
//!            [ Producers ( Producer Remembered … ) …  ProducersEnd ]
//!
//!  a long Text may come as Piece … Piece
//! ```
//!
//! Always true: items know no type code; the same items may be written in another one.
//! Not here: which items a type code has — `read/`, `write.rs`

use std::borrow::Cow;

use russet_pack::intset::Intset;
use russet_pack::listpack::{Entry, Listpack};

use crate::shape::{Shape, StreamId};
use crate::{Piece, StreamBlock, Text, check};

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// A string value, an element of a list, or a member of a set.
    Text(Text<'a>),
    /// A piece of a string that stands in the place of a [`Text`](Self::Text).
    Piece(Piece<'a>),
    /// A whole small collection, or a node of a list.
    Packed(Packed<'a>),
    /// A member of a sorted set.
    Scored {
        /// The member.
        member: Text<'a>,
        /// The score of the member, never NaN.
        score: f64,
    },
    /// A field of a hash.
    Field {
        /// The name of the field.
        name: Text<'a>,
        /// The value of the field.
        value: Text<'a>,
        /// The Unix time in milliseconds at which the field expires.
        deadline: Option<i64>,
    },
    /// Some entries of a stream.
    Block(StreamBlock<'a>),
    /// Counters and identifiers of a stream.
    Stream(StreamFacts),
    /// A consumer group of a stream.
    Group(Group<'a>),
    /// A pending entry of the last [`Group`](Self::Group): delivered and not acknowledged.
    Pending(Pending),
    /// The number of consumers of the last [`Group`](Self::Group).
    Consumers(u64),
    /// A consumer of the last [`Group`](Self::Group).
    Consumer(Consumer<'a>),
    /// The identifier of a pending entry that the last [`Consumer`](Self::Consumer) owns.
    Owned(StreamId),
    /// The number of pending entries of the last [`Group`](Self::Group) that no consumer owns.
    GivenBackCount(u64),
    /// The identifier of a pending entry that no consumer owns.
    GivenBack(StreamId),
    /// Settings and number of the producers of a stream.
    Producers(ProducerFacts),
    /// A producer of entries of a stream.
    Producer {
        /// The name of the producer.
        name: Cow<'a, [u8]>,
        /// The number of [`Remembered`](Self::Remembered) entries that follow.
        entries: u64,
    },
    /// An entry that the last [`Producer`](Self::Producer) added.
    Remembered {
        /// The identifier that the producer gave to the entry.
        number: Cow<'a, [u8]>,
        /// The identifier of the entry in the stream.
        id: StreamId,
    },
    /// Counters of all producers of a stream.
    ProducersEnd {
        /// The number of entries that were added.
        added: u64,
        /// The number of entries that were refused because they had been added before.
        duplicates: u64,
    },
}

impl Item<'_> {
    /// The same item, independent of the bytes that it was read from.
    #[must_use]
    pub fn into_owned(self) -> Item<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Self::Text(text) => Item::Text(text.into_owned()),
            Self::Piece(Piece { bytes, left }) => Item::Piece(Piece {
                bytes: owned(bytes),
                left,
            }),
            Self::Packed(Packed { shape, bytes }) => Item::Packed(Packed {
                shape,
                bytes: owned(bytes),
            }),
            Self::Scored { member, score } => Item::Scored {
                member: member.into_owned(),
                score,
            },
            Self::Field {
                name,
                value,
                deadline,
            } => Item::Field {
                name: name.into_owned(),
                value: value.into_owned(),
                deadline,
            },
            Self::Block(block) => Item::Block(block.into_owned()),
            Self::Stream(facts) => Item::Stream(facts),
            Self::Group(group) => Item::Group(Group {
                name: owned(group.name),
                ..group
            }),
            Self::Pending(pending) => Item::Pending(pending),
            Self::Consumers(count) => Item::Consumers(count),
            Self::Consumer(consumer) => Item::Consumer(Consumer {
                name: owned(consumer.name),
                ..consumer
            }),
            Self::Owned(id) => Item::Owned(id),
            Self::GivenBackCount(count) => Item::GivenBackCount(count),
            Self::GivenBack(id) => Item::GivenBack(id),
            Self::Producers(facts) => Item::Producers(facts),
            Self::Producer { name, entries } => Item::Producer {
                name: owned(name),
                entries,
            },
            Self::Remembered { number, id } => Item::Remembered {
                number: owned(number),
                id,
            },
            Self::ProducersEnd { added, duplicates } => Item::ProducersEnd { added, duplicates },
        }
    }
}

/// A collection in one run of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed<'a> {
    /// The meaning of the bytes.
    pub shape: Shape,
    /// A listpack in canonical form, or an intset.
    pub bytes: Cow<'a, [u8]>,
}

impl Packed<'_> {
    /// The number of elements; a member with its score, or a field with its value and deadline, is
    /// one element.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.shape {
            Shape::Intset => Intset::new(&self.bytes).len(),
            Shape::List | Shape::Set => Listpack::new(&self.bytes).len(),
            Shape::Zset | Shape::Hash => Listpack::new(&self.bytes).len() / 2,
            Shape::HashEx => Listpack::new(&self.bytes).len() / 3,
        }
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The integers of an intset, in ascending order; nothing for other shapes.
    pub fn integers(&self) -> impl Iterator<Item = i64> + '_ {
        let bytes: &[u8] = match self.shape {
            Shape::Intset => &self.bytes,
            _ => &[],
        };
        Intset::new(bytes).iter()
    }

    /// The entries of a listpack; nothing for an intset.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> + '_ {
        let bytes: &[u8] = match self.shape {
            Shape::Intset => &[],
            _ => &self.bytes,
        };
        Listpack::new(bytes).iter()
    }

    /// The members of a sorted set with their scores, in order.
    pub fn scored(&self) -> impl Iterator<Item = (Entry<'_>, f64)> + '_ {
        let mut entries = self.entries();
        std::iter::from_fn(move || {
            let (member, score) = (entries.next()?, entries.next()?);
            // All scores were checked.
            Some((member, check::score(score).unwrap_or_default()))
        })
    }

    /// The fields of a hash: name, value, deadline.
    pub fn fields(&self) -> impl Iterator<Item = (Entry<'_>, Entry<'_>, Option<i64>)> + '_ {
        let mut entries = self.entries();
        let is_timed = self.shape == Shape::HashEx;
        std::iter::from_fn(move || {
            let (name, value) = (entries.next()?, entries.next()?);
            let deadline = match is_timed {
                true => entries.next()?.as_i64().filter(|&at| at != 0),
                false => None,
            };
            Some((name, value, deadline))
        })
    }
}

/// Counters and identifiers of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFacts {
    /// The number of entries.
    pub len: u64,
    /// The identifier of the last entry that was added.
    pub last_id: StreamId,
    /// The identifier of the first entry.
    pub first_id: StreamId,
    /// The highest identifier of a deleted entry.
    pub max_deleted_id: StreamId,
    /// The number of entries that were ever added; `None` in the oldest type, which has neither
    /// this nor the [`entries_read`](Group::entries_read) of groups.
    pub entries_added: Option<u64>,
    /// The number of groups.
    pub groups: u64,
}

/// A consumer group of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// The name of the group.
    pub name: Cow<'a, [u8]>,
    /// The identifier of the last entry that was delivered to the group.
    pub last_id: StreamId,
    /// The number of entries that were delivered to the group, if it is known.
    pub entries_read: Option<u64>,
    /// The number of pending entries of the group.
    pub pending: u64,
}

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The identifier of the entry.
    pub id: StreamId,
    /// The Unix time in milliseconds of the last delivery.
    pub delivered_at: i64,
    /// The number of deliveries.
    pub deliveries: u64,
}

/// A consumer of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer<'a> {
    /// The name of the consumer.
    pub name: Cow<'a, [u8]>,
    /// The Unix time in milliseconds of the last command of the consumer.
    pub seen_at: i64,
    /// The Unix time in milliseconds at which the consumer last received an entry, if ever.
    pub active_at: Option<i64>,
    /// The number of pending entries that the consumer owns.
    pub pending: u64,
}

/// Settings and number of the producers of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerFacts {
    /// The number of seconds for which entries of a producer are remembered.
    pub duration_s: u64,
    /// The number of entries that are remembered of each producer.
    pub len_max: u64,
    /// The number of producers.
    pub producers: u64,
}
