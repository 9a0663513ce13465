//! Sets that no key holds yet: the results of commands that store one.
//!
//! Always true: it changes by the same rules as a set that a key holds.
//! Not here: those rules — `edit.rs`

use ahash::RandomState;
use russet_pack::intset;

use super::edit::{self, Place};
use super::paged::Set;
use super::{Member, SetRef};
use crate::db::{Db, Held};
use crate::detached::Detached;
use crate::packing::Packing;
use crate::types::form::{Collection, Form};
use crate::value::{Encoding, Kind};

/// A set that no key holds yet.
///
/// # Examples
/// ```
/// use russet_engine::{Encoding, Keyspace, Member, Options, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// let mut set = db.new_set(Encoding::Intset);
/// set.add(Member::Int(7));
/// set.add(Member::of(b"seven"));
/// db.store_set(b"k", set);
/// let stored = db.read_set(b"k", Touch::Yes).unwrap().expect("it is not empty");
/// assert_eq!((stored.len(), stored.encoding()), (2, Encoding::Listpack));
/// ```
#[derive(Debug)]
pub struct NewSet {
    encoding: Encoding,
    body: Option<Body>,
    packing: Packing,
    hasher: RandomState,
    /// How many members decide how it begins.
    expected: usize,
}

#[derive(Debug)]
enum Body {
    Packed(Vec<u8>),
    Paged(Collection),
}

impl Db<'_> {
    /// An empty set that begins in this encoding: `Intset`, `Listpack` or `Hashtable`.
    pub fn new_set(&self, encoding: Encoding) -> NewSet {
        let mut set = self.new_set_of(1);
        edit::create(&mut set, encoding);
        set
    }

    /// An empty set that begins as one does at a key when that many members are announced.
    pub fn new_set_of(&self, expected: usize) -> NewSet {
        NewSet {
            encoding: Encoding::Listpack,
            body: None,
            packing: self.shared.packing,
            hasher: self.shared.hashing.members.clone(),
            expected,
        }
    }

    /// Gives a key this set, whatever it held; the key has no deadline then. An empty set removes
    /// the key.
    pub fn store_set(&mut self, key: &[u8], set: NewSet) {
        match set.finish() {
            Some(set) => self.place(key, set, None),
            None => {
                self.remove(key);
            }
        }
    }
}

impl NewSet {
    /// How many members there are.
    pub fn len(&self) -> usize {
        self.view().map_or(0, |set| set.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The set as it is, unless the last member was removed.
    pub fn view(&self) -> Option<SetRef<'_>> {
        edit::view(self)
    }

    /// Adds a member; says whether it was not there.
    pub fn add(&mut self, member: Member<'_>) -> bool {
        edit::add(self, member, self.expected)
    }

    /// Removes a member; says whether it was there.
    pub fn remove(&mut self, member: Member<'_>) -> bool {
        edit::remove(self, member)
    }

    /// Makes it an intset if all members are integers, and not too many.
    pub fn pack_integers(&mut self) {
        let Some(set) = self.view() else {
            return;
        };
        let is_short = set.len() <= self.packing.set_intset_entries_max;
        if self.encoding == Encoding::Intset || !is_short {
            return;
        }
        let numbers = set.iter().map(|member| match member {
            Member::Int(number) => Some(number),
            Member::Str(_) => None,
        });
        let Some(mut numbers) = numbers.collect::<Option<Vec<i64>>>() else {
            return;
        };
        numbers.sort_unstable();
        self.put_packed(Encoding::Intset, &intset::from_sorted(&numbers));
    }

    /// Returns the value, unless it is empty.
    pub fn finish(self) -> Option<Detached> {
        if self.is_empty() {
            return None;
        }
        Some(match self.body? {
            Body::Packed(bytes) => Detached::packed(Kind::Set, self.encoding, bytes),
            Body::Paged(set) => Detached::paged(self.encoding, set),
        })
    }

    /// A copy of what a key holds, which is packed or nothing yet.
    pub(super) fn copied(held: &Held<'_>) -> Self {
        let body = match held.form() {
            Some(Form::Packed(bytes)) => Some(Body::Packed(bytes.to_vec())),
            Some(Form::Paged(set)) => Some(Body::Paged(set.clone())),
            None => None,
        };
        Self {
            encoding: held.encoding().unwrap_or(Encoding::Listpack),
            body,
            packing: held.packing(),
            hasher: held.hasher().clone(),
            expected: 1,
        }
    }

    /// Puts it where a key is, or will be; it must not be empty.
    pub(super) fn put(self, held: &mut Held<'_>) {
        match self.body {
            Some(Body::Packed(bytes)) => held.put_packed(self.encoding, &bytes),
            Some(Body::Paged(set)) => held.put_paged(self.encoding, set),
            None => {}
        }
    }
}

impl Place for NewSet {
    fn form(&self) -> Option<Form<'_>> {
        self.body.as_ref().map(|body| match body {
            Body::Packed(bytes) => Form::Packed(bytes),
            Body::Paged(set) => Form::Paged(set),
        })
    }

    fn encoding(&self) -> Option<Encoding> {
        self.body.is_some().then_some(self.encoding)
    }

    fn packing(&self) -> Packing {
        self.packing
    }

    fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    fn put_packed(&mut self, encoding: Encoding, bytes: &[u8]) {
        (self.encoding, self.body) = (encoding, Some(Body::Packed(bytes.to_vec())));
    }

    fn put_paged(&mut self, encoding: Encoding, set: Set) {
        let set = Collection::Set(Box::new(set));
        (self.encoding, self.body) = (encoding, Some(Body::Paged(set)));
    }

    fn splice(&mut self, at: usize, remove: usize, insert: &[u8]) {
        if let Some(Body::Packed(bytes)) = &mut self.body {
            bytes.splice(at..at + remove, insert.iter().copied());
        }
    }

    fn packed_mut(&mut self) -> &mut [u8] {
        match &mut self.body {
            Some(Body::Packed(bytes)) => bytes,
            _ => &mut [],
        }
    }

    fn change(&mut self, change: &mut dyn FnMut(&mut Set)) {
        if let Some(Body::Paged(Collection::Set(set))) = &mut self.body {
            change(set);
        }
    }

    fn set_encoding(&mut self, encoding: Encoding) {
        self.encoding = encoding;
    }

    fn clear(&mut self) {
        self.body = None;
    }
}
