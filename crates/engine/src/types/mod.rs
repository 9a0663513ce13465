//! Collections: the types of value that hold more than one thing.
//!
//! A small collection is packed: the bytes of a listpack or an intset, in the cell of its key or in
//! a buffer beside it. A large one is made of pages that a snapshot can share with the owner:
//! cloning it copies the spine and counts the pages, and a page is copied when it changes.
//!
//! Always true: a collection that a key holds is not empty, streams aside.
//! Not here: where the packed bytes lie, and what snapshots share — `db/held.rs`

pub(crate) mod hash;
pub(crate) mod hyperloglog;
pub(crate) mod list;
pub(crate) mod paged;
pub(crate) mod set;
pub(crate) mod stream;
pub(crate) mod zset;

use crate::value::Kind;

/// A collection that is too large to be packed.
#[derive(Debug, Clone)]
pub(crate) enum Collection {
    /// A list.
    List(Box<list::List>),
    /// A set.
    Set(Box<set::Set>),
    /// A sorted set.
    Zset(Box<zset::Zset>),
    /// A hash.
    Hash(Box<hash::Hash>),
    /// A stream.
    Stream(Box<stream::Stream>),
}

impl Collection {
    /// Its kind.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::List(_) => Kind::List,
            Self::Set(_) => Kind::Set,
            Self::Zset(_) => Kind::Zset,
            Self::Hash(_) => Kind::Hash,
            Self::Stream(_) => Kind::Stream,
        }
    }

    /// Begins to fetch what a look-up of a member or field with this hash will read.
    #[inline]
    pub(crate) fn ahead(&self, hash: u64) -> Option<Ahead<'_>> {
        match self {
            Self::Set(set) => Some(Ahead::Record(set.table().ahead(hash))),
            Self::Hash(fields) => Some(Ahead::Record(fields.table().ahead(hash))),
            Self::Zset(zset) => Some(Ahead::Scored(zset.ahead(hash))),
            Self::List(_) | Self::Stream(_) => None,
        }
    }

    /// Bytes that it occupies, as the engine weighs it: known without a walk.
    #[inline]
    pub(crate) fn weight(&self) -> u64 {
        match self {
            Self::List(list) => list.weight(),
            Self::Set(set) => set.weight(),
            Self::Zset(zset) => zset.weight(),
            Self::Hash(hash) => hash.weight(),
            Self::Stream(stream) => stream.weight(),
        }
    }
}

/// A member or field that is being fetched, stage by stage.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ahead<'a> {
    /// Of a set or a hash.
    Record(paged::Ahead<'a>),
    /// Of a sorted set.
    Scored(zset::Ahead<'a>),
}

impl Ahead<'_> {
    /// Fetches what comes next; says whether something comes after that.
    #[inline]
    pub(crate) fn step(&mut self) -> bool {
        match self {
            Self::Record(ahead) => ahead.step(),
            Self::Scored(ahead) => ahead.step(),
        }
    }
}

/// A collection where it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form<'a> {
    /// The bytes of a listpack or an intset.
    Packed(&'a [u8]),
    /// Pages.
    Paged(&'a Collection),
}
