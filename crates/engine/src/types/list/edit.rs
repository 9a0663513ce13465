//! Changing lists, packed or not, and making the one of the other.
//!
//! ```text
//!   absent ──push──► listpack ──growth past the limit──► quicklist
//!                        ▲                                   │
//!                        └──── half the limit, one page ─────┘
//! ```
//! Always true: the first element creates the key and the last one that goes removes it; what is
//! asked before a change (`grow`) may convert the list even if nothing is added then.
//! Not here: what pages do — `pages.rs`

use russet_pack::listpack::{self, HEADER_LEN, header};
use smallvec::SmallVec;

use super::entry;
use super::limit::{FRAME, Limit};
use super::middle::encoded;
use super::page::End;
use super::pages::List;
use super::view::{ListForm, ListRef};
use crate::db::Held;
use crate::types::form::Collection;
use crate::value::{Encoding, StringRef};

type Scratch = SmallVec<[u8; 128]>;

/// A list that can be changed; an absent key is an empty list.
///
/// # Examples
/// ```
/// use russet_engine::{End, Keyspace, Options};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// let mut list = db.list_mut(b"queue")?;
/// list.push(End::Back, [&b"first"[..], b"second"]);
/// list.push(End::Front, [&b"0"[..]]);
/// assert_eq!(list.pop_one(End::Back).as_deref(), Some(&b"second"[..]));
/// assert_eq!(list.len(), 2);
/// list.set(1, b"1");
/// list.insert(1, b"in between");
/// assert_eq!(list.remove_equal(End::Front, b"0", 1), 1);
/// list.trim(0, 1);
/// assert_eq!(list.pop_one(End::Front).as_deref(), Some(&b"in between"[..]));
/// assert!(!db.contains(b"queue"));
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug)]
pub struct ListMut<'a> {
    held: Held<'a>,
}

impl<'a> ListMut<'a> {
    pub(crate) fn new(held: Held<'a>) -> Self {
        Self { held }
    }

    /// How many elements there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.view().map_or(0, |list| list.len())
    }

    /// Whether there are none, and so no key.
    #[inline]
    pub fn is_empty(&self) -> bool {
        !self.held.exists()
    }

    /// The list for reading; `None` if the key does not exist.
    #[inline]
    pub fn view(&self) -> Option<ListRef<'_>> {
        self.held.form().map(ListRef::new)
    }

    /// Adds elements at an end, one after the other; returns how many elements there are then.
    pub fn push<'e, I>(&mut self, end: End, elements: I) -> usize
    where
        I: IntoIterator<Item = &'e [u8], IntoIter: DoubleEndedIterator + Clone>,
    {
        let elements = elements.into_iter();
        if let Some(ListForm::Paged(_)) = self.form() {
            let limit = self.limit();
            return self.paged(None, |list| {
                for element in elements {
                    list.push(end, element, limit);
                }
                list.len()
            });
        }
        let (size, count) = elements.clone().fold((0, 0), |(size, count), element| {
            (size + element.len(), count + 1)
        });
        if !self.admits(size, count) {
            self.unpack();
            return self.push(end, elements);
        }
        let mut entries = Scratch::new();
        match end {
            End::Front => elements.rev().for_each(|e| entry::encode(e, &mut entries)),
            End::Back => elements.for_each(|e| entry::encode(e, &mut entries)),
        }
        let (at, held) = match (self.form(), end) {
            (Some(ListForm::Packed { entries, count }), End::Back) => (entries.len(), count),
            (Some(ListForm::Packed { count, .. }), End::Front) => (0, count),
            _ => return self.create(&entries, count),
        };
        self.splice((at, 0), &entries, held + count);
        held + count
    }

    /// Shows up to `count` elements from an end on, and removes them; returns their number.
    #[inline]
    pub fn pop(&mut self, end: End, count: usize, mut visit: impl FnMut(StringRef<'_>)) -> usize {
        match self.form() {
            None => 0,
            Some(ListForm::Paged(_)) => {
                let (popped, is_small) = self.paged(None, |list| {
                    let mut popped = 0;
                    while popped < count && list.pop(end, &mut visit).is_some() {
                        popped += 1;
                    }
                    (popped, list.is_one_page())
                });
                if is_small {
                    self.shrink();
                }
                popped
            }
            Some(ListForm::Packed {
                entries,
                count: held,
            }) => {
                let popped = count.min(held);
                let range = match end {
                    End::Front => {
                        let to = (0..popped).fold(0, |at, _| {
                            let (element, len) = entry::first(&entries[at..]);
                            visit(element);
                            at + len
                        });
                        (0, to)
                    }
                    End::Back => {
                        let from = (0..popped).fold(entries.len(), |end, _| {
                            let at = entry::last_start(&entries[..end]);
                            visit(entry::first(&entries[at..]).0);
                            at
                        });
                        (from, entries.len() - from)
                    }
                };
                self.splice(range, &[], held - popped);
                popped
            }
        }
    }

    /// Takes the element at an end away.
    pub fn pop_one(&mut self, end: End) -> Option<Vec<u8>> {
        let mut taken = None;
        self.pop(end, 1, |element| taken = Some(element.to_vec()));
        taken
    }

    /// Takes the element at one end away and puts it at another, or at the same. The key stays, and
    /// so does its deadline.
    ///
    /// # Examples
    /// ```
    /// # use russet_engine::{End, Keyspace, Options, Touch};
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// let mut list = db.list_mut(b"turns")?;
    /// list.push(End::Back, [&b"ann"[..], b"bob", b"cid"]);
    /// list.rotate(End::Front, End::Back);
    /// let turns = db.list(b"turns", Touch::Yes)?.expect("it was just filled");
    /// assert_eq!(turns.to_vec(), [b"bob", b"cid", b"ann"]);
    /// # Ok::<(), russet_engine::WrongType>(())
    /// ```
    pub fn rotate(&mut self, from: End, to: End) {
        let limit = self.limit();
        match self.form() {
            None => {}
            Some(ListForm::Paged(_)) => {
                self.paged(None, |list| {
                    let element = list.pop(from, |element| element.to_vec());
                    element.iter().for_each(|e| list.push(to, e, limit));
                });
                self.shrink();
            }
            Some(ListForm::Packed { entries, .. }) => {
                let (middle, len) = match (from, to) {
                    (End::Front, End::Back) => (entry::first(entries).1, entries.len()),
                    (End::Back, End::Front) => (entry::last_start(entries), entries.len()),
                    _ => (0, 0),
                };
                let bytes = self.held.packed_mut();
                bytes[HEADER_LEN..HEADER_LEN + len].rotate_left(middle);
            }
        }
    }

    /// Converts the list if it would be too large to be packed with one more element of that
    /// length. What is added later is asked about by [`Self::push`] itself; the others do not.
    pub fn grow(&mut self, len: usize) {
        if matches!(self.form(), Some(ListForm::Packed { .. })) && !self.admits(len, 1) {
            self.unpack();
        }
    }

    /// Puts an element in front of the one at an index; at the end if there are no more than that.
    pub fn insert(&mut self, index: usize, element: &[u8]) {
        self.grow(element.len());
        let limit = self.limit();
        match self.form() {
            None => {
                self.push(End::Back, [element]);
            }
            Some(ListForm::Paged(_)) => {
                self.paged(Some(index), |list| list.insert(index, element, limit));
            }
            Some(ListForm::Packed { entries, count }) => {
                let at = entry::start_of(entries, count, index.min(count));
                self.splice((at, 0), &encoded(element), count + 1);
            }
        }
    }

    /// Replaces the element at an index; says whether there is one.
    pub fn set(&mut self, index: usize, element: &[u8]) -> bool {
        if index >= self.len() {
            return false;
        }
        let limit = self.limit();
        self.grow(element.len());
        match self.form() {
            None => return false,
            Some(ListForm::Paged(_)) => {
                self.paged(Some(index), |list| list.set(index, element, limit));
                self.shrink();
            }
            Some(ListForm::Packed { entries, count }) => {
                let at = entry::start_of(entries, count, index);
                let (_, len) = entry::first(&entries[at..]);
                self.splice((at, len), &encoded(element), count);
            }
        }
        true
    }

    /// Keeps `count` elements from an index on, and removes the others.
    pub fn trim(&mut self, from: usize, count: usize) {
        let len = self.len();
        let from = from.min(len);
        let behind = from.saturating_add(count).min(len);
        self.remove(behind, len - behind);
        self.remove(0, from);
    }

    /// Removes `count` elements from an index on.
    pub fn remove(&mut self, index: usize, count: usize) {
        match self.form() {
            _ if count == 0 => {}
            None => {}
            Some(ListForm::Paged(list)) if index >= list.len() => {}
            Some(ListForm::Paged(_)) => {
                self.paged(Some(index), |list| list.remove(index, count));
                self.shrink();
            }
            Some(ListForm::Packed {
                entries,
                count: held,
            }) => {
                let from = index.min(held);
                let to = from.saturating_add(count).min(held);
                let start = entry::start_of(entries, held, from);
                let end = entry::start_of(entries, held, to);
                self.splice((start, end - start), &[], held - (to - from));
            }
        }
    }

    /// Removes elements that are equal to this one, at most `count_max`, from an end on; returns
    /// their number.
    pub fn remove_equal(&mut self, from: End, element: &[u8], count_max: usize) -> usize {
        match self.form() {
            None => 0,
            Some(ListForm::Paged(_)) => {
                let removed = self.paged(None, |list| list.remove_equal(from, element, count_max));
                self.shrink();
                removed
            }
            Some(ListForm::Packed { entries, count }) => {
                let mut list = List::of_entries(entries, count);
                let removed = list.remove_equal(from, element, count_max);
                if removed > 0 {
                    self.replace_packed(&list);
                }
                removed
            }
        }
    }

    #[inline]
    fn form(&self) -> Option<ListForm<'_>> {
        self.held.form().map(ListForm::new)
    }

    #[inline]
    fn limit(&self) -> Limit {
        Limit::of(self.held.packing().list_size)
    }

    /// Whether a listpack may hold `size` more bytes and `count` more elements; true when there is
    /// none.
    fn admits(&self, size: usize, count: usize) -> bool {
        let (bytes, held) = match self.form() {
            Some(ListForm::Packed { entries, count }) => (entries.len(), count),
            _ => (0, 0),
        };
        self.limit().admits(FRAME + bytes + size, held + count)
    }

    /// Changes the pages, at an index if it is known, and compresses those that are far from both
    /// ends.
    #[inline]
    fn paged<T>(&mut self, edited: Option<usize>, change: impl FnOnce(&mut List) -> T) -> T {
        let depth = self.held.packing().list_compress_depth;
        self.held.change(|collection| {
            let Collection::List(list) = collection else {
                unreachable!("a list has pages of lists");
            };
            let result = change(list);
            if depth > 0 || list.has_squeezed() {
                list.settle(depth, edited);
            }
            result
        })
    }

    /// Makes pages of a packed list, or of none.
    #[cold]
    fn unpack(&mut self) {
        let list = match self.form() {
            Some(ListForm::Packed { entries, count }) => List::of_entries(entries, count),
            _ => List::default(),
        };
        self.held
            .put_paged(Encoding::Quicklist, Collection::List(Box::new(list)));
    }

    /// Removes a key without elements, and packs a list that has become small.
    #[inline]
    fn shrink(&mut self) {
        let Some(ListForm::Paged(list)) = self.form() else {
            return;
        };
        if list.len() == 0 {
            return self.held.remove();
        }
        if let Some((entries, count)) = list.repacked(self.limit()) {
            let listpack = framed(entries, count);
            self.held.put_packed(Encoding::Listpack, &listpack);
        }
    }

    fn create(&mut self, entries: &[u8], count: usize) -> usize {
        if count > 0 {
            let listpack = framed(entries, count);
            self.held.put_packed(Encoding::Listpack, &listpack);
        }
        count
    }

    /// Replaces bytes of the entries of a packed list, which has `count` elements then.
    fn splice(&mut self, (at, remove): (usize, usize), with: &[u8], count: usize) {
        if count == 0 {
            return self.held.remove();
        }
        self.held.splice(HEADER_LEN + at, remove, with);
        let bytes = self.held.packed_mut();
        let header = header(bytes.len(), count);
        bytes[..HEADER_LEN].copy_from_slice(&header);
    }

    fn replace_packed(&mut self, list: &List) {
        match list.only_entries() {
            Some((entries, count)) => {
                self.create(entries, count);
            }
            None => self.held.remove(),
        }
    }
}

/// Entries as a listpack.
fn framed(entries: &[u8], count: usize) -> Scratch {
    let mut bytes = Scratch::with_capacity(entries.len() + FRAME);
    bytes.extend_from_slice(&header(entries.len() + FRAME, count));
    bytes.extend_from_slice(entries);
    bytes.push(listpack::END);
    bytes
}
