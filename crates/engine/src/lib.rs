#![doc = include_str!("../README.md")]

mod access;
mod arena;
mod cell;
mod databases;
mod db;
mod detached;
mod epoch;
mod evict;
mod expire;
#[doc(hidden)]
pub mod fuzz;
mod garbage;
mod handle;
mod hash;
mod heap;
mod key;
mod keyspace;
mod observe;
mod packing;
mod part;
mod prefetch;
mod snapshot;
mod store;
mod string_bytes;
mod table;
mod trace;
mod types;
mod value;
mod value_ref;

pub use access::AccessPolicy;
pub use db::{Db, Entry, IncrError, Occupied, SetWhen, Vacant};
pub use detached::Detached;
pub use evict::{Eviction, EvictionOrder};
pub use garbage::Garbage;
pub use key::{Key, KeyHash, MemberHash};
pub use keyspace::{Keyspace, Options};
pub use observe::{Change, ObserverId, Unobserved};
pub use packing::Packing;
pub use snapshot::{Snapshot, Walk, WalkItem};
pub use string_bytes::StringBytes;
#[cfg(feature = "trace-keys")]
pub use trace::take_touched_keys;
pub use types::hash::{Field, FieldTtl, HashMut, HashRef, NewHash};
pub use types::hyperloglog::{
    CorruptedSketch, DenseMut, Registers, Run, Sketch, SketchRef, store_count,
};
pub use types::list::{End, ListMut, ListPart, ListRef, NewList, Target};
pub use types::set::{Member, Members, NewSet, SetMut, SetRef};
pub use types::stream::gate::StreamMut;
pub use types::stream::{
    Consumer, ConsumerId, Pending, Producers, Refs, Remembered, Stream, StreamBlock, StreamEntry,
    StreamFields, StreamGroup, StreamId, StreamRange, StreamRangeBack, StreamText, Trim, TrimTo,
};
pub use types::zset::{
    AddOrder, AddPresence, MemberBound, NewZset, NotANumber, ScoreBound, Scored, Span, ZsetAdd,
    ZsetAdded, ZsetMut, ZsetRef, ZsetWalk,
};
pub use value::{
    Access, Encoding, Event, EventKind, ExpiryMode, Kind, Millis, NewValue, SampledKey, ScannedKey,
    Stats, StringRef, Touch, WrongType,
};
pub use value_ref::ValueRef;
