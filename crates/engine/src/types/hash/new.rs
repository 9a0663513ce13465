//! A hash that is made before a key holds it.
//!
//! Always true: it gets the encoding that setting the same fields of a key would give it.
//! Not here: hashes that keys hold — `edit.rs`

use ahash::RandomState;
use russet_pack::listpack;
use smallvec::SmallVec;

use super::edit::{PACKED_SIZE_MAX, pages_of, timed};
use super::packed::{Packed, encode_field};
use super::pages::{Hash, Set};
use crate::db::Db;
use crate::detached::Detached;
use crate::packing::Packing;
use crate::types::form::Collection;
use crate::value::{Encoding, Kind, Millis};

/// A hash that no key holds yet.
///
/// # Examples
/// ```
/// use russet_engine::{Keyspace, Options, StringRef, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// let mut user = db.new_hash();
/// assert!(user.add(b"name", b"Ada", None));
/// assert!(!user.add(b"name", b"Bob", None), "it is there already");
/// db.place(b"user", user.finish().expect("it is not empty"), None);
/// let user = db.hash_ref(b"user", Touch::Yes)?.expect("it was just placed");
/// assert!(matches!(user.get(b"name"), Some(StringRef::Bytes(b"Ada"))));
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug)]
pub struct NewHash {
    body: Body,
    packing: Packing,
    hasher: RandomState,
}

#[derive(Debug)]
enum Body {
    Packed { bytes: Vec<u8>, is_timed: bool },
    Paged(Box<Hash>),
}

impl Db<'_> {
    /// An empty hash for no key yet.
    pub fn new_hash(&self) -> NewHash {
        NewHash {
            body: Body::Packed {
                bytes: listpack::new(),
                is_timed: false,
            },
            packing: self.shared.packing,
            hasher: self.shared.hashing.members.clone(),
        }
    }
}

impl NewHash {
    /// Adds a field with its value and its deadline; says whether it was not there, and changes
    /// nothing if it was.
    pub fn add(&mut self, field: &[u8], value: &[u8], deadline: Option<Millis>) -> bool {
        let added = match &mut self.body {
            Body::Packed { bytes, is_timed } => {
                let packed = Packed::new(bytes, *is_timed);
                if packed.find(field).is_some() {
                    return false;
                }
                let longest = field.len().max(value.len());
                let size = bytes.len() + field.len() + value.len();
                let fits = longest <= self.packing.hash_value_max
                    && packed.len() < self.packing.hash_entries_max
                    && size <= PACKED_SIZE_MAX;
                fits.then(|| add_packed(bytes, is_timed, (field, value), deadline))
            }
            Body::Paged(_) => None,
        };
        match added {
            Some(()) => true,
            None => add_paged(self.pages(), (field, value), deadline),
        }
    }

    /// The pages, which what is packed becomes.
    fn pages(&mut self) -> &mut Hash {
        if let Body::Packed { bytes, is_timed } = &self.body {
            let pages = pages_of(Packed::new(bytes, *is_timed), &self.hasher);
            self.body = Body::Paged(Box::new(pages));
        }
        match &mut self.body {
            Body::Paged(hash) => hash,
            Body::Packed { .. } => unreachable!("it was made pages above"),
        }
    }

    /// Returns the value, unless it is empty.
    pub fn finish(self) -> Option<Detached> {
        match self.body {
            Body::Packed { bytes, .. } if listpack::Listpack::new(&bytes).is_empty() => None,
            Body::Packed { bytes, is_timed } => {
                let encoding = match is_timed {
                    true => Encoding::ListpackEx,
                    false => Encoding::Listpack,
                };
                Some(Detached::packed(Kind::Hash, encoding, bytes))
            }
            Body::Paged(hash) if hash.len() == 0 => None,
            Body::Paged(hash) => {
                let hash = Collection::Hash(hash);
                Some(Detached::paged(Encoding::Hashtable, hash))
            }
        }
    }
}

fn add_packed(
    bytes: &mut Vec<u8>,
    is_timed: &mut bool,
    (field, value): (&[u8], &[u8]),
    deadline: Option<Millis>,
) {
    if deadline.is_some() && !*is_timed {
        *bytes = timed(Packed::new(bytes, false));
        *is_timed = true;
    }
    let packed = Packed::new(bytes, *is_timed);
    let (at, added) = (packed.place_for(deadline), packed.width());
    let mut entries: SmallVec<[u8; 256]> = SmallVec::new();
    encode_field(field, value, is_timed.then_some(deadline), &mut entries);
    listpack::splice(bytes, (at, 0), &entries, (0, added));
}

fn add_paged(hash: &mut Hash, (field, value): (&[u8], &[u8]), deadline: Option<Millis>) -> bool {
    if hash.get(field).is_some() {
        return false;
    }
    hash.set(field, value, |_| deadline, Millis::MIN) == Set::New
}
