//! What values are told as.
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
//! ```
//!
//! Always true: items know no type code; the same items may be written in another one.
//! Not here: which items a type code has — `read/`, `write.rs`

use std::borrow::Cow;

use russet_pack::intset::Intset;
use russet_pack::listpack::{Entry, Listpack};

use crate::{StreamBlock, Text, check};

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'a> {
    /// A string; an element of a list; a member of a set.
    Text(Text<'a>),
    /// A small collection as a whole, or a node of a list.
    Packed(Packed<'a>),
    /// A member of a sorted set.
    Scored {
        /// The member.
        member: Text<'a>,
        /// Its score, which is a number.
        score: f64,
    },
    /// A field of a hash.
    Field {
        /// Its name.
        name: Text<'a>,
        /// Its value.
        value: Text<'a>,
        /// When it goes, in milliseconds.
        deadline: Option<i64>,
    },
    /// Some entries of a stream.
    Block(StreamBlock<'a>),
    /// What is known of a stream besides its entries.
    Stream(StreamFacts),
    /// A group of a stream.
    Group(Group<'a>),
    /// An entry that a group is waiting for to be acknowledged.
    Pending(Pending),
    /// How many consumers the group has.
    Consumers(u64),
    /// A consumer.
    Consumer(Consumer<'a>),
    /// A pending entry that the consumer has.
    Owned(StreamId),
    /// How many pending entries nobody has.
    GivenBackCount(u64),
    /// One of them.
    GivenBack(StreamId),
    /// What is known of the producers of a stream.
    Producers(ProducerFacts),
    /// A producer and how many of its entries are known.
    Producer {
        /// Its name.
        name: Cow<'a, [u8]>,
        /// How many of its entries follow.
        entries: u64,
    },
    /// An entry of the producer.
    Remembered {
        /// What the producer calls it.
        number: Cow<'a, [u8]>,
        /// What the stream calls it.
        id: StreamId,
    },
    /// How many entries of producers were kept and how many were known already.
    ProducersEnd {
        /// Kept.
        added: u64,
        /// Known already.
        duplicates: u64,
    },
}

/// A collection in one run of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed<'a> {
    /// What the bytes are.
    pub shape: Shape,
    /// A listpack in canonical form, or an intset.
    pub bytes: Cow<'a, [u8]>,
}

impl Packed<'_> {
    /// How many elements there are: members, fields with what belongs to them.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.shape {
            Shape::Intset => Intset::new(&self.bytes).len(),
            Shape::List | Shape::Set => Listpack::new(&self.bytes).len(),
            Shape::Zset | Shape::Hash => Listpack::new(&self.bytes).len() / 2,
            Shape::HashEx => Listpack::new(&self.bytes).len() / 3,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The integers of an intset, in ascending order.
    pub fn integers(&self) -> impl Iterator<Item = i64> + '_ {
        let bytes: &[u8] = match self.shape {
            Shape::Intset => &self.bytes,
            _ => &[],
        };
        Intset::new(bytes).iter()
    }

    /// The entries of a listpack.
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
            // All of them were looked at.
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

/// What packed bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A listpack of elements.
    List,
    /// An intset.
    Intset,
    /// A listpack of members, all different.
    Set,
    /// A listpack of members and scores, in the order of the scores, all members different.
    Zset,
    /// A listpack of fields and values, all fields different.
    Hash,
    /// A listpack of fields, values and deadlines (0: none), all fields different.
    HashEx,
}

/// The identifier of an entry of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Milliseconds.
    pub ms: u64,
    /// A number among those of the millisecond.
    pub seq: u64,
}

/// What is known of a stream besides its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFacts {
    /// How many entries there are.
    pub len: u64,
    /// The last identifier that was given.
    pub last_id: StreamId,
    /// The first entry.
    pub first_id: StreamId,
    /// The highest identifier that was deleted.
    pub max_deleted_id: StreamId,
    /// How many entries were ever added.
    pub entries_added: u64,
    /// How many groups there are.
    pub groups: u64,
}

/// A group of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Its name.
    pub name: Cow<'a, [u8]>,
    /// The last identifier that it was given.
    pub last_id: StreamId,
    /// How many entries it was given, if that is known.
    pub entries_read: Option<u64>,
    /// How many entries are pending.
    pub pending: u64,
}

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The entry.
    pub id: StreamId,
    /// When it was delivered last.
    pub delivered_at: i64,
    /// How often it was delivered.
    pub deliveries: u64,
}

/// A consumer of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer<'a> {
    /// Its name.
    pub name: Cow<'a, [u8]>,
    /// When it was seen last.
    pub seen_at: i64,
    /// When it was given an entry last, if ever.
    pub active_at: Option<i64>,
    /// How many pending entries it has.
    pub pending: u64,
}

/// What is known of the producers of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerFacts {
    /// For how many seconds their entries are remembered.
    pub duration_s: u64,
    /// How many entries of each are.
    pub len_max: u64,
    /// How many producers there are.
    pub producers: u64,
}
