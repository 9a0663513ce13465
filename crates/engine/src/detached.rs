//! A value that no key has: made beside the key space, and then placed under a key in one step.
//!
//! ```text
//!  NewList  NewSet  NewZset  NewHash      fed element by element
//!       └──────┴────┬───┴───────┘ finish
//!  string, packed ──┼── Stream
//!                   ▼
//!               Detached ─── Db::place ──► key
//!                   └─────── dropped: the key space has not changed at all
//! ```
//! It lies outside the arena. Its bytes count for [`Detached::weight`] while it has no key, and for
//! the database from the moment on that it has one.
//!
//! Always true: no snapshot, event, counter or observer knows of it.
//! Not here: placing — `db/place.rs`; what the elements are — `types/`

use std::sync::Arc;

use smallvec::SmallVec;

use crate::arena::CELL_SIZE_MAX;
use crate::cell::Body;
use crate::heap::{Heap, Large};
use crate::store::strings;
use crate::types::form::Collection;
use crate::types::stream::Stream;
use crate::value::{Encoding, Kind, NewValue};

/// A value that no key has.
///
/// # Examples
/// ```
/// use russet_engine::{Detached, Keyspace, NewValue, Options, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// db.set(b"k", b"old", None);
/// let mut list = db.new_list();
/// list.push(b"first");
/// list.push(b"second");
/// let value = list.finish().expect("it is not empty");
/// assert_eq!(db.get(b"k")?.as_deref(), Some(&b"old"[..]));
/// db.place(b"k", value, None);
/// let list = db.list(b"k", Touch::Yes)?.expect("it was just placed");
/// assert_eq!(list.to_vec(), [&b"first"[..], b"second"]);
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug)]
pub struct Detached {
    pub(crate) kind: Kind,
    pub(crate) encoding: Encoding,
    pub(crate) body: Owned,
}

/// The bytes or the object of a detached value.
#[derive(Debug)]
pub(crate) enum Owned {
    Int(i64),
    Bytes(SmallVec<[u8; 64]>),
    Large(Arc<Heap>),
}

impl Detached {
    /// A string.
    pub fn string(value: &NewValue<'_>) -> Self {
        let (encoding, body) = strings::encode(value, b"", CELL_SIZE_MAX);
        let body = match body {
            Body::Int(n) => Owned::Int(n),
            Body::Bytes(bytes) => Owned::Bytes(SmallVec::from_slice(bytes)),
            Body::Large(object) => Owned::Large(object),
        };
        Self {
            kind: Kind::String,
            encoding,
            body,
        }
    }

    /// A collection that is packed.
    ///
    /// The bytes must be as RDB has them, valid and canonical: an intset, a listpack of members, of
    /// fields and values, of members and scores in order. They must not be empty.
    pub fn packed(kind: Kind, encoding: Encoding, bytes: Vec<u8>) -> Self {
        Self {
            kind,
            encoding,
            body: Owned::Bytes(SmallVec::from_vec(bytes)),
        }
    }

    /// A stream.
    pub fn stream(stream: Stream) -> Self {
        Self::paged(Encoding::Stream, Collection::Stream(Box::new(stream)))
    }

    pub(crate) fn paged(encoding: Encoding, collection: Collection) -> Self {
        Self {
            kind: collection.kind(),
            encoding,
            body: Owned::Large(strings::object(b"", Large::Paged(collection))),
        }
    }

    /// The kind of the value.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The encoding of the value.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Bytes that the value occupies, as the engine weighs it.
    pub fn weight(&self) -> u64 {
        match &self.body {
            Owned::Int(_) => 8,
            Owned::Bytes(bytes) => bytes.len() as u64,
            Owned::Large(object) => object.weight(),
        }
    }
}
