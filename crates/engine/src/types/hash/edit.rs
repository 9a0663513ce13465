//! A hash, changed.
//!
//! Always true: after each call the value has the encoding that Redis would give it.
//! Not here: fields that are due — `sweep.rs`

use ahash::RandomState;
use russet_pack::listpack;
use smallvec::SmallVec;

use super::packed::{Packed, encode_field};
use super::pages::{Hash, Set};
use super::view::{HashForm, HashRef};
use crate::db::Held;
use crate::types::form::Collection;
use crate::value::{Encoding, Millis, StringRef, is_past};

/// A packed hash never becomes larger, however far its thresholds are raised.
pub(super) const PACKED_SIZE_MAX: usize = 1 << 30;

/// The deadline of a field that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldTtl {
    /// It stays.
    Keep,
    /// It goes.
    Clear,
    /// It is this one: at least 0 and below 2^48.
    At(Millis),
}

impl FieldTtl {
    #[inline]
    pub(super) fn after(self, old: Option<Millis>) -> Option<Millis> {
        match self {
            Self::Keep => old,
            Self::Clear => None,
            Self::At(deadline) => Some(deadline),
        }
    }
}

/// A hash looked up for writing; an absent key is an empty one.
///
/// # Examples
/// ```
/// use russet_engine::{FieldTtl, Keyspace, Options};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// keyspace.freeze(1_000);
/// let mut db = keyspace.db(0);
/// let mut user = db.hash_mut(b"user")?;
/// assert!(user.set(b"name", b"Ada", FieldTtl::Clear));
/// assert!(user.set(b"token", b"t1", FieldTtl::At(2_000)));
/// assert!(!user.set(b"token", b"t2", FieldTtl::Keep));
/// assert_eq!(user.deadline(b"token"), Some(Some(2_000)));
///
/// keyspace.freeze(2_001);
/// let mut db = keyspace.db(0);
/// let mut user = db.hash_mut(b"user")?;
/// assert!(user.get(b"token").is_none());
/// assert!(user.remove(b"name"));
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug)]
pub struct HashMut<'a> {
    pub(super) held: Held<'a>,
    /// The next hash is one of pages, however small.
    wants_pages: bool,
}

impl<'a> HashMut<'a> {
    #[inline]
    pub(crate) fn new(held: Held<'a>) -> Self {
        Self {
            held,
            wants_pages: false,
        }
    }

    /// How many fields are stored; 0 if the key does not exist.
    #[inline]
    pub fn len(&self) -> usize {
        self.view().map_or(0, |view| view.len())
    }

    /// Whether the key does not exist.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The hash for reading; none if the key does not exist.
    #[inline]
    pub fn view(&self) -> Option<HashRef<'_>> {
        let encoding = self.held.encoding()?;
        Some(HashRef::new(
            self.held.form()?,
            encoding,
            self.held.horizon(),
        ))
    }

    /// The value of a field.
    #[inline]
    pub fn get(&self, field: &[u8]) -> Option<StringRef<'_>> {
        self.view()?.get(field)
    }

    /// The deadline of a field that is there, if it has one.
    pub fn deadline(&self, field: &[u8]) -> Option<Option<Millis>> {
        self.view()?.deadline(field)
    }

    /// Sets several fields; says how many of them are new. A hash that could not stay packed with
    /// all of them turns into pages first.
    #[inline]
    pub fn set_all<'p, I>(&mut self, pairs: I, ttl: FieldTtl) -> usize
    where
        I: ExactSizeIterator<Item = (&'p [u8], &'p [u8])> + Clone,
    {
        let packing = self.held.packing();
        let lengths = pairs
            .clone()
            .map(|(field, value)| field.len().max(value.len()));
        let longest = lengths.max().unwrap_or(0);
        if pairs.len() > packing.hash_entries_max || longest > packing.hash_value_max {
            self.wants_pages = true;
            self.unpack();
        } else if pairs.len() > 1 && ttl == FieldTtl::Clear && self.held.form().is_none() {
            return self.create_all(pairs);
        }
        pairs
            .map(|(field, value)| usize::from(self.set(field, value, ttl)))
            .sum()
    }

    /// Sets a field; says whether it is new.
    ///
    /// A field whose deadline has passed counts as new. With [`FieldTtl::Keep`] it is removed
    /// first, which records an event; otherwise it is overwritten.
    #[inline]
    pub fn set(&mut self, field: &[u8], value: &[u8], ttl: FieldTtl) -> bool {
        match self.view().map(|view| view.form) {
            Some(HashForm::Pages(_)) => self.set_in_pages(field, value, ttl),
            form => self.set_packed(form.is_none(), field, value, ttl),
        }
    }

    /// Sets or clears the deadline of a field that is there; says whether it is.
    pub fn set_deadline(&mut self, field: &[u8], deadline: Option<Millis>) -> bool {
        let Some(old) = self.deadline(field) else {
            return false;
        };
        if old.is_none() && deadline.is_none() {
            return true;
        }
        match self.view().map(|view| view.form) {
            Some(HashForm::Packed(packed)) if !packed.is_timed => self.time(),
            _ => {}
        }
        match self.view().map(|view| view.form) {
            Some(HashForm::Packed(packed)) => {
                let Some(place) = packed.find(field) else {
                    return false;
                };
                let value: SmallVec<[u8; 64]> = SmallVec::from_slice(&place.value.as_bytes());
                self.move_packed(field, &value, deadline);
            }
            _ => self.change(|hash| hash.set_deadline(field, deadline)),
        }
        true
    }

    /// Removes a field, due or not; says whether it was stored.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        self.remove_stored(field)
    }

    /// Removes the key.
    pub fn clear(&mut self) {
        self.held.remove();
    }

    /// The deadline of a field that is stored, due or not.
    pub(super) fn stored_deadline(&self, field: &[u8]) -> Option<Option<Millis>> {
        let mut view = self.view()?;
        view.horizon = Millis::MIN;
        view.deadline(field)
    }

    pub(super) fn remove_stored(&mut self, field: &[u8]) -> bool {
        let Some(view) = self.view() else {
            return false;
        };
        let is_last = view.len() == 1;
        let is_removed = match view.form {
            HashForm::Packed(packed) => match packed.find(field) {
                None => false,
                Some(_) if is_last => true,
                Some(place) => {
                    let (at, len, width) = (place.at, place.end - place.at, packed.width());
                    self.splice(at, len, (width, 0), &[]);
                    true
                }
            },
            HashForm::Pages(_) => self.change(|hash| hash.remove(field)),
        };
        if is_removed && is_last {
            self.held.remove();
        }
        is_removed
    }

    /// Removes the first fields of a packed hash, which take `end` bytes with the header; the key
    /// goes by the caller's hand if they were all.
    pub(super) fn cut_packed(&mut self, end: usize, count: usize) {
        let start = listpack::HEADER_LEN;
        self.splice(start, end - start, (3 * count, 0), &[]);
    }

    /// Changes the pages.
    #[inline]
    pub(super) fn change<T>(&mut self, change: impl FnOnce(&mut Hash) -> T) -> T {
        self.held.change(|collection| match collection {
            Collection::Hash(hash) => change(hash),
            _ => unreachable!("the kind was looked at"),
        })
    }

    #[inline]
    fn set_in_pages(&mut self, field: &[u8], value: &[u8], ttl: FieldTtl) -> bool {
        let horizon = self.held.horizon();
        let set = self.change(|hash| hash.set(field, value, |old| ttl.after(old), horizon));
        if set == Set::Expired && ttl == FieldTtl::Keep {
            self.held.note_expired_field(field);
            if self.len() == 1 {
                self.held.note_anew();
            }
        }
        set != Set::Replaced
    }

    fn set_packed(&mut self, is_absent: bool, field: &[u8], value: &[u8], ttl: FieldTtl) -> bool {
        let longest = field.len().max(value.len());
        let packing = self.held.packing();
        let is_small = longest <= packing.hash_value_max && !self.wants_pages;
        if !is_small || packing.hash_entries_max == 0 {
            self.unpack();
            if is_absent {
                let hash = Box::new(Hash::new(self.held.hasher()));
                let pages = Collection::Hash(hash);
                self.held.put_paged(Encoding::Hashtable, pages);
            }
            return self.set_in_pages(field, value, ttl);
        }
        if is_absent {
            self.create(field, value, ttl);
            return true;
        }
        if ttl == FieldTtl::Keep {
            self.expire_among(std::iter::once(field));
        }
        let Some(HashForm::Packed(packed)) = self.view().map(|view| view.form) else {
            self.create(field, value, ttl);
            return true;
        };
        let Some(place) = packed.find(field) else {
            let size = packed.list.bytes().len() + field.len() + value.len();
            if packed.len() >= packing.hash_entries_max || size > PACKED_SIZE_MAX {
                self.unpack();
                return self.set_in_pages(field, value, ttl);
            }
            self.add_packed(field, value, ttl.after(None));
            return true;
        };
        let is_due = place
            .deadline
            .is_some_and(|at| is_past(at, self.held.horizon()));
        let deadline = ttl.after(place.deadline);
        let stays = deadline == place.deadline && !matches!(ttl, FieldTtl::At(_));
        if stays {
            let (at, len) = (place.value_at, place.value_end - place.value_at);
            self.replace_entry(at, len, value);
        } else {
            self.move_packed(field, value, deadline);
        }
        is_due
    }

    fn create(&mut self, field: &[u8], value: &[u8], ttl: FieldTtl) {
        let deadline = ttl.after(None);
        let mut bytes: SmallVec<[u8; 256]> = SmallVec::new();
        bytes.extend_from_slice(&listpack::EMPTY[..listpack::HEADER_LEN]);
        encode_field(field, value, deadline.map(Some), &mut bytes);
        bytes.push(listpack::END);
        let (encoding, width) = match deadline {
            None => (Encoding::Listpack, 2),
            Some(_) => (Encoding::ListpackEx, 3),
        };
        listpack::fix_header(&mut bytes, 0, width);
        self.held.put_packed(encoding, &bytes);
    }

    /// Creates a packed hash of several fields at once; says how many they are.
    fn create_all<'p>(&mut self, pairs: impl Iterator<Item = (&'p [u8], &'p [u8])>) -> usize {
        let mut bytes = listpack::new();
        for (field, value) in pairs {
            let found = Packed::new(&bytes, false).find(field);
            if let Some((at, end)) = found.map(|place| (place.value_at, place.value_end)) {
                let mut entry: SmallVec<[u8; 128]> = SmallVec::new();
                listpack::encode(value, &mut entry);
                listpack::splice(&mut bytes, (at, end - at), &entry, (1, 1));
                continue;
            }
            listpack::append(&mut bytes, field);
            listpack::append(&mut bytes, value);
        }
        self.held.put_packed(Encoding::Listpack, &bytes);
        Packed::new(&bytes, false).len()
    }

    /// Adds a field that is not there to a packed hash.
    fn add_packed(&mut self, field: &[u8], value: &[u8], deadline: Option<Millis>) {
        if deadline.is_some() {
            self.time();
        }
        let Some(HashForm::Packed(packed)) = self.view().map(|view| view.form) else {
            return;
        };
        let at = packed.place_for(deadline);
        let mut entries: SmallVec<[u8; 256]> = SmallVec::new();
        let timed = packed.is_timed.then_some(deadline);
        encode_field(field, value, timed, &mut entries);
        let added = packed.width();
        self.splice(at, 0, (0, added), &entries);
    }

    /// Gives a field of a packed hash that is there a value and another deadline, and with it
    /// another place.
    fn move_packed(&mut self, field: &[u8], value: &[u8], deadline: Option<Millis>) {
        if deadline.is_some() {
            self.time();
        }
        let Some(HashForm::Packed(packed)) = self.view().map(|view| view.form) else {
            return;
        };
        let Some(place) = packed.find(field) else {
            return;
        };
        // The value is replaced as a whole: the index of deadlines sees one change.
        let bytes = packed.list.bytes();
        let mut rest = Vec::with_capacity(bytes.len());
        rest.extend_from_slice(&bytes[..place.at]);
        rest.extend_from_slice(&bytes[place.end..]);
        let at = Packed::new(&rest, true).place_for(deadline);
        let mut entries: SmallVec<[u8; 256]> = SmallVec::new();
        encode_field(field, value, Some(deadline), &mut entries);
        listpack::splice(&mut rest, (at, 0), &entries, (0, 0));
        self.held.put_packed(Encoding::ListpackEx, &rest);
    }

    /// Prepares a packed hash for deadlines of its fields, whether or not any follows: it is a
    /// `listpackex` from then on.
    pub fn admit_deadlines(&mut self) {
        self.time();
    }

    /// Gives a packed hash room for deadlines.
    fn time(&mut self) {
        let Some(HashForm::Packed(packed)) = self.view().map(|view| view.form) else {
            return;
        };
        if packed.is_timed {
            return;
        }
        let timed = timed(packed);
        self.held.repack(Encoding::ListpackEx, &timed);
    }

    /// Turns a packed hash into pages.
    fn unpack(&mut self) {
        let Some(HashRef {
            form: HashForm::Packed(packed),
            ..
        }) = self.view()
        else {
            return;
        };
        let pages = pages_of(packed, self.held.hasher());
        let pages = Collection::Hash(Box::new(pages));
        self.held.put_paged(Encoding::Hashtable, pages);
    }

    /// Replaces an entry of a packed hash.
    fn replace_entry(&mut self, at: usize, len: usize, value: &[u8]) {
        let mut entry: SmallVec<[u8; 128]> = SmallVec::new();
        listpack::encode(value, &mut entry);
        if entry.len() == len {
            self.held.packed_mut()[at..at + len].copy_from_slice(&entry);
        } else {
            self.splice(at, len, (1, 1), &entry);
        }
    }

    fn splice(&mut self, at: usize, len: usize, (gone, added): (usize, usize), entries: &[u8]) {
        self.held.splice(at, len, entries);
        listpack::fix_header(self.held.packed_mut(), gone, added);
    }
}

/// The entries of a packed hash without deadlines, with room for deadlines.
pub(super) fn timed(packed: Packed<'_>) -> Vec<u8> {
    let mut timed = listpack::Builder::with_capacity(packed.list.bytes().len() + 64);
    for (index, entry) in packed.list.iter().enumerate() {
        timed.push_entry(entry);
        if index % 2 == 1 {
            timed.push_int(0);
        }
    }
    timed.finish()
}

/// The fields of a packed hash as pages.
pub(super) fn pages_of(packed: Packed<'_>, hasher: &RandomState) -> Hash {
    let mut pages = Hash::new(hasher);
    for (_, shown) in packed.fields() {
        let (field, value) = (shown.field.as_bytes(), shown.value.as_bytes());
        pages.set(&field, &value, |_| shown.deadline, Millis::MIN);
    }
    pages
}
