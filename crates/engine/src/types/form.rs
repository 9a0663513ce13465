//! A collection where it lies: packed bytes, or pages of one of the types.
//!
//! Always true: this knows the pages of every type, and none of them knows this.
//! Not here: reading and changing collections — the folders of the types

use super::hash::pages::Hash;
use super::list::pages::List;
use super::paged;
use super::set::paged::Set;
use super::stream::Stream;
use super::zset::paged::{self as scored, Zset};
use crate::value::Kind;

/// A collection that is too large to be packed.
#[derive(Debug, Clone)]
pub(crate) enum Collection {
    /// A list.
    List(Box<List>),
    /// A set.
    Set(Box<Set>),
    /// A sorted set.
    Zset(Box<Zset>),
    /// A hash.
    Hash(Box<Hash>),
    /// A stream.
    Stream(Box<Stream>),
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
    Scored(scored::Ahead<'a>),
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
