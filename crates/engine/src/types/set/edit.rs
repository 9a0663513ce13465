//! Changing a set: where bytes are edited, and when a set is encoded otherwise.
//!
//! ```text
//!            ┌ another integer, beyond set-max-intset-entries ───────────┐
//!  intset ───┤                                                           ├──► hashtable
//!            └ other bytes ──► listpack ── too many, or one too long ────┘
//! ```
//! No change leads back, whatever is removed.
//!
//! Always true: what these functions leave behind is a set by the thresholds of that moment.
//! Not here: sets that no key holds — `build.rs`

use ahash::RandomState;
use russet_base::num::digits10;
use russet_pack::intset::{self, Edit, Insert, Intset};
use russet_pack::listpack::{self, Listpack};
use smallvec::SmallVec;

use super::paged::Set;
use super::view::position;
use super::{Member, NewSet, SetRef};
use crate::db::{Db, Held};
use crate::key::Key;
use crate::packing::Packing;
use crate::types::form::{Collection, Form};
use crate::value::{Encoding, Kind, WrongType};

/// A longer intset is kept as pages, if it may stay an intset at all.
const INTSET_BYTES_LEN_MAX: usize = 512;
/// Members from which on they are added to a packed set all at once.
const SEVERAL_MIN: usize = 3;
/// An intset has no more members, whatever the setting says.
const INTSET_LEN_MAX: usize = 1 << 30;
/// A listpack has no more bytes, whatever the settings say.
const LISTPACK_SIZE_MAX: usize = 1 << 30;

/// Where a set lies: at a key, or nowhere yet.
pub(super) trait Place {
    fn form(&self) -> Option<Form<'_>>;
    fn encoding(&self) -> Option<Encoding>;
    fn packing(&self) -> Packing;
    fn hasher(&self) -> &RandomState;
    fn put_packed(&mut self, encoding: Encoding, bytes: &[u8]);
    fn put_paged(&mut self, encoding: Encoding, set: Set);
    fn splice(&mut self, at: usize, remove: usize, insert: &[u8]);
    fn packed_mut(&mut self) -> &mut [u8];
    fn change(&mut self, change: &mut dyn FnMut(&mut Set));
    fn set_encoding(&mut self, encoding: Encoding);
    fn clear(&mut self);
}

impl Place for Held<'_> {
    #[inline]
    fn form(&self) -> Option<Form<'_>> {
        self.form()
    }

    #[inline]
    fn encoding(&self) -> Option<Encoding> {
        self.encoding()
    }

    fn packing(&self) -> Packing {
        self.packing()
    }

    fn hasher(&self) -> &RandomState {
        self.hasher()
    }

    fn put_packed(&mut self, encoding: Encoding, bytes: &[u8]) {
        self.put_packed(encoding, bytes);
    }

    fn put_paged(&mut self, encoding: Encoding, set: Set) {
        self.put_paged(encoding, Collection::Set(Box::new(set)));
    }

    fn splice(&mut self, at: usize, remove: usize, insert: &[u8]) {
        self.splice(at, remove, insert);
    }

    fn packed_mut(&mut self) -> &mut [u8] {
        self.packed_mut()
    }

    fn change(&mut self, change: &mut dyn FnMut(&mut Set)) {
        self.change(|collection| match collection {
            Collection::Set(set) => change(set),
            _ => unreachable!("the kind was looked at"),
        });
    }

    fn set_encoding(&mut self, encoding: Encoding) {
        self.set_encoding(encoding);
    }

    fn clear(&mut self) {
        self.remove();
    }
}

/// A set to be changed: one that a key holds, or that it will hold with the first member.
///
/// # Examples
/// ```
/// use russet_engine::{Encoding, Keyspace, Options, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// let mut set = db.set_mut(b"tags").unwrap();
/// assert!(set.add(b"new"));
/// assert!(!set.add(b"new"));
/// assert!(set.remove(b"new"));
/// assert!(!db.contains(b"tags"), "no set is empty");
/// ```
#[derive(Debug)]
pub struct SetMut<'a> {
    held: Held<'a>,
    expected: usize,
}

impl Db<'_> {
    /// Looks a set up for changing it; a key that does not exist has an empty one.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn set_mut<'a>(&'a mut self, key: impl Into<Key<'a>>) -> Result<SetMut<'a>, WrongType> {
        let held = self.held(key, Kind::Set)?;
        Ok(SetMut { held, expected: 1 })
    }
}

impl SetMut<'_> {
    /// The set as it is, unless the key does not exist.
    pub fn view(&self) -> Option<SetRef<'_>> {
        view(&self.held)
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.view().map_or(0, |set| set.len())
    }

    /// Whether there is none, hence no key.
    pub fn is_empty(&self) -> bool {
        self.held.form().is_none()
    }

    /// Announces the number of members about to be added: it may be too large for a packed set,
    /// even if most of them turn out to be there already.
    pub fn expect(&mut self, count: usize) {
        self.expected = count;
        expect(&mut self.held, count);
    }

    /// Adds a member; says whether it was not there.
    pub fn add(&mut self, bytes: &[u8]) -> bool {
        self.add_member(Member::of(bytes))
    }

    /// Adds some members; says how many were not there.
    ///
    /// PERF: what is packed is changed beside the key space and stored once: cells that grow step
    /// by step leave holes of every size behind, 25 bytes a set of 20 members.
    pub fn add_all<'m>(&mut self, members: impl ExactSizeIterator<Item = &'m [u8]>) -> usize {
        self.expect(members.len());
        let is_packed = !matches!(self.held.form(), Some(Form::Paged(_)));
        if members.len() < SEVERAL_MIN || !is_packed {
            return members.filter(|member| self.add(member)).count();
        }
        let mut set = NewSet::copied(&self.held);
        let expected = self.expected;
        let members = members.map(Member::of);
        let added = members
            .filter(|member| add(&mut set, *member, expected))
            .count();
        if added > 0 {
            set.put(&mut self.held);
        }
        added
    }

    /// [`Self::add`], of a member that was read from a set.
    pub fn add_member(&mut self, member: Member<'_>) -> bool {
        add(&mut self.held, member, self.expected)
    }

    /// Removes a member; says whether it was there. The key goes with the last one.
    pub fn remove(&mut self, bytes: &[u8]) -> bool {
        self.remove_member(Member::of(bytes))
    }

    /// [`Self::remove`], of a member that was read from a set.
    pub fn remove_member(&mut self, member: Member<'_>) -> bool {
        remove(&mut self.held, member)
    }

    /// Replaces all members by those of a set that is not empty; the deadline stays.
    pub fn replace(&mut self, set: NewSet) {
        set.put(&mut self.held);
    }
}

pub(super) fn view<P: Place>(place: &P) -> Option<SetRef<'_>> {
    Some(SetRef::new(place.encoding()?, place.form()?))
}

/// Makes a packed set that would hold too many members a table before they come.
pub(super) fn expect<P: Place>(place: &mut P, count: usize) {
    let packing = place.packing();
    let is_too_many = match place.encoding() {
        Some(Encoding::Listpack) => count > packing.set_entries_max,
        Some(Encoding::Intset) => count > packing.set_intset_entries_max,
        _ => false,
    };
    if is_too_many {
        to_table(place);
    }
}

/// Adds a member; says whether it was not there. `expected` tells how a new set begins.
pub(super) fn add<P: Place>(place: &mut P, member: Member<'_>, expected: usize) -> bool {
    let Some(form) = place.form() else {
        let encoding = first_encoding(&place.packing(), member, expected);
        create(place, encoding);
        return add(place, member, expected);
    };
    match (form, place.encoding()) {
        (Form::Paged(Collection::Set(set)), encoding) => {
            let hash = set.hash(member);
            if set.contains(hash, member) {
                return false;
            }
            if encoding == Some(Encoding::Intset) {
                add_to_long_intset(place, member);
            } else {
                place.change(&mut |set| set.add(hash, member));
            }
            true
        }
        (Form::Packed(bytes), Some(Encoding::Intset)) => match member {
            Member::Int(number) => {
                let change = Intset::new(bytes).insert(number);
                add_to_intset(place, change, number)
            }
            Member::Str(text) => {
                leave_intset(place, text);
                add(place, member, expected)
            }
        },
        (Form::Packed(bytes), _) => {
            let list = Listpack::new(bytes);
            if position(list, member).is_some() {
                return false;
            }
            if may_append(&place.packing(), list, member) {
                append(place, member);
            } else {
                to_table(place);
                add(place, member, expected);
            }
            true
        }
        (Form::Paged(_), _) => unreachable!("the kind was looked at"),
    }
}

/// Removes a member; says whether it was there.
pub(super) fn remove<P: Place>(place: &mut P, member: Member<'_>) -> bool {
    let Some(set) = view(place) else {
        return false;
    };
    let is_last = set.len() == 1;
    if !set.has(member) {
        return false;
    }
    if is_last {
        place.clear();
        return true;
    }
    match (place.form(), member) {
        (Some(Form::Paged(_)), _) => place.change(&mut |set| {
            set.remove(member);
        }),
        (Some(Form::Packed(bytes)), Member::Int(number))
            if place.encoding() == Some(Encoding::Intset) =>
        {
            if let Some(edit) = Intset::new(bytes).remove(number) {
                apply(place, &edit);
            }
        }
        (Some(Form::Packed(bytes)), _) => {
            let list = Listpack::new(bytes);
            let at = position(list, member).unwrap_or_default();
            let size = list.span(at).unwrap_or_default();
            place.splice(at, size, &[]);
            listpack::fix_header(place.packed_mut(), 1, 0);
        }
        (None, _) => {}
    }
    true
}

/// How a set begins that gets this member first.
fn first_encoding(packing: &Packing, member: Member<'_>, expected: usize) -> Encoding {
    match member {
        Member::Int(_) if expected <= packing.set_intset_entries_max => Encoding::Intset,
        _ if expected <= packing.set_entries_max => Encoding::Listpack,
        _ => Encoding::Hashtable,
    }
}

/// Makes an empty set, which is to get a member at once.
pub(super) fn create<P: Place>(place: &mut P, encoding: Encoding) {
    match encoding {
        Encoding::Intset => place.put_packed(encoding, &intset::EMPTY),
        Encoding::Listpack => place.put_packed(encoding, &listpack::EMPTY),
        _ => {
            let set = Set::new(place.hasher());
            place.put_paged(encoding, set);
        }
    }
}

/// Adds a member to an intset that is kept as pages.
fn add_to_long_intset<P: Place>(place: &mut P, member: Member<'_>) {
    if let Member::Str(text) = member {
        leave_intset(place, text);
        add(place, member, 1);
        return;
    }
    place.change(&mut |set| set.add(0, member));
    if view(place).is_some_and(|set| set.len() > intset_len_max(&place.packing())) {
        place.set_encoding(Encoding::Hashtable);
    }
}

fn intset_len_max(packing: &Packing) -> usize {
    packing.set_intset_entries_max.min(INTSET_LEN_MAX)
}

/// Adds a number to an intset as planned; says whether it was not there.
fn add_to_intset<P: Place>(place: &mut P, change: Insert, number: i64) -> bool {
    if change == Insert::Present {
        return false;
    }
    let len = view(place).map_or(0, |set| set.len()) + 1;
    let len_max = intset_len_max(&place.packing());
    if len > len_max.min(INTSET_BYTES_LEN_MAX) {
        let encoding = match len > len_max {
            true => Encoding::Hashtable,
            false => Encoding::Intset,
        };
        to_pages(place, encoding);
        place.change(&mut |set| set.add(0, Member::Int(number)));
        return true;
    }
    match change {
        Insert::Edit(edit) => apply(place, &edit),
        Insert::Rebuilt(bytes) => place.put_packed(Encoding::Intset, &bytes),
        Insert::Present => {}
    }
    true
}

fn apply<P: Place>(place: &mut P, edit: &Edit) {
    place.splice(edit.at, edit.remove, edit.insert());
    place.packed_mut()[..intset::HEADER_LEN].copy_from_slice(&edit.header);
}

/// Makes an intset that is to get this text a listpack or a table.
fn leave_intset<P: Place>(place: &mut P, text: &[u8]) {
    let Some(set) = view(place) else {
        return;
    };
    let packing = place.packing();
    let digits = |number: i64| digits10(number.unsigned_abs()) + usize::from(number < 0);
    let numbers = || {
        set.iter().filter_map(|member| match member {
            Member::Int(number) => Some(number),
            Member::Str(_) => None,
        })
    };
    let fits = set.len() < packing.set_entries_max
        && text.len() <= packing.set_value_max
        && numbers().all(|number| digits(number) <= packing.set_value_max);
    if !fits {
        return to_table(place);
    }
    let mut list = listpack::Builder::new();
    numbers().for_each(|number| list.push_int(number));
    let list = list.finish();
    place.put_packed(Encoding::Listpack, &list);
}

fn may_append(packing: &Packing, list: Listpack<'_>, member: Member<'_>) -> bool {
    let len = member.text_len();
    list.len() < packing.set_entries_max
        && len <= packing.set_value_max
        && list.bytes().len() + len <= LISTPACK_SIZE_MAX
}

fn append<P: Place>(place: &mut P, member: Member<'_>) {
    let Some(Form::Packed(bytes)) = place.form() else {
        return;
    };
    let end = Listpack::new(bytes).end();
    let mut entry: SmallVec<[u8; 96]> = SmallVec::new();
    match member {
        Member::Int(number) => listpack::encode_int(number, &mut entry),
        Member::Str(text) => listpack::encode_str(text, &mut entry),
    }
    place.splice(end, 0, &entry);
    listpack::fix_header(place.packed_mut(), 0, 1);
}

/// Makes the set a table, as OBJECT ENCODING tells.
pub(super) fn to_table<P: Place>(place: &mut P) {
    match place.form() {
        Some(Form::Paged(_)) => place.set_encoding(Encoding::Hashtable),
        _ => to_pages(place, Encoding::Hashtable),
    }
}

fn to_pages<P: Place>(place: &mut P, encoding: Encoding) {
    let mut set = Set::new(place.hasher());
    if let Some(packed) = view(place) {
        packed
            .iter()
            .for_each(|member| set.add(set.hash(member), member));
    }
    place.put_paged(encoding, set);
}
