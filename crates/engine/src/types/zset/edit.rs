//! Changing sorted sets, packed or not, and making the one of the other.
//!
//! ```text
//!   absent ──first member──► listpack ──too many members, or too long a one──► skiplist
//!      └────────────────── announced as too large (`expect`) ────────────────────┘
//! ```
//! Always true: the first member creates the key and the last one that goes removes it; pages are
//! never packed again.
//! Not here: what pages do — `paged.rs`; what is read — `view.rs`

use std::ops::Range;

use russet_base::num::I64Buf;
use russet_pack::listpack;
use smallvec::SmallVec;

use super::leaf::Probe;
use super::packed::{Pair, Pairs, push_score};
use super::paged::Zset;
use super::view::{Scored, ZsetForm, ZsetRef};
use crate::db::Held;
use crate::types::form::Collection;
use crate::value::Encoding;

type Scratch = SmallVec<[u8; 128]>;

/// Whether a member must be there, or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddPresence {
    /// It does not matter.
    #[default]
    Any,
    /// Only members that are not there are added.
    Absent,
    /// Only members that are there get another score.
    Present,
}

/// How the new score of a member that is there must compare with its old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddOrder {
    /// It does not matter.
    #[default]
    Any,
    /// It must be greater.
    Greater,
    /// It must be less.
    Less,
}

/// How [`ZsetMut::add`] treats a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ZsetAdd {
    /// Whether it must be there.
    pub presence: AddPresence,
    /// How its scores must compare.
    pub order: AddOrder,
    /// Whether the score is added to the one that it has.
    pub increments: bool,
}

/// Result of [`ZsetMut::add`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ZsetAdded {
    /// The member was added with this score.
    New(f64),
    /// It has this score now.
    Changed(f64),
    /// It has this score as before.
    Same(f64),
    /// A condition does not hold.
    Refused,
}

/// A sum that is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the resulting score is not a number")]
pub struct NotANumber;

/// A sorted set that can be changed; an absent key is an empty one.
///
/// # Examples
/// ```
/// use russet_engine::{AddOrder, Keyspace, Options, ZsetAdd, ZsetAdded};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// let mut high = db.zset_mut(b"high scores")?;
/// let only_better = ZsetAdd { order: AddOrder::Greater, ..ZsetAdd::default() };
/// assert_eq!(high.add(b"ann", 100.0, only_better), Ok(ZsetAdded::New(100.0)));
/// assert_eq!(high.add(b"ann", 90.0, only_better), Ok(ZsetAdded::Refused));
/// let by = ZsetAdd { increments: true, ..ZsetAdd::default() };
/// assert_eq!(high.add(b"ann", 5.0, by), Ok(ZsetAdded::Changed(105.0)));
/// assert_eq!(high.remove(b"ann"), Some(105.0));
/// assert!(!db.contains(b"high scores"));
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug)]
pub struct ZsetMut<'a> {
    held: Held<'a>,
    /// Whether the first member goes into pages.
    begins_paged: bool,
}

impl<'a> ZsetMut<'a> {
    pub(crate) fn new(held: Held<'a>) -> Self {
        Self {
            held,
            begins_paged: false,
        }
    }

    /// How many members there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.view().map_or(0, |zset| zset.len())
    }

    /// Whether there are none, and so no key.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.held.form().is_none()
    }

    /// The sorted set for reading; `None` if the key does not exist.
    #[inline]
    pub fn view(&self) -> Option<ZsetRef<'_>> {
        self.held.form().map(ZsetRef::new)
    }

    /// Announces `count` insertions, the first of a member of `member_len` bytes: if the result
    /// would exceed the limits for packing, the set is converted now instead of half-way.
    pub fn expect(&mut self, count: usize, member_len: usize) {
        let packing = self.held.packing();
        match self.form() {
            None => {
                self.begins_paged =
                    count > packing.zset_entries_max || member_len > packing.zset_value_max;
            }
            Some(ZsetForm::Packed(_)) if count > packing.zset_entries_max => self.unpack(),
            Some(_) => {}
        }
    }

    /// Puts a member to a score on conditions.
    ///
    /// # Errors
    /// [`NotANumber`] when the score is not one, or the sum of infinities.
    #[inline]
    pub fn add(
        &mut self,
        member: &[u8],
        score: f64,
        how: ZsetAdd,
    ) -> Result<ZsetAdded, NotANumber> {
        let mut added = Ok(ZsetAdded::Refused);
        self.put(member, |old| {
            added = decide(old, score, how);
            match added {
                Ok(ZsetAdded::New(score) | ZsetAdded::Changed(score)) => Some(score),
                _ => None,
            }
        });
        added
    }

    /// Puts a member to a score; `decide` is given the one it has, if it is there, and returns the
    /// one it is to have, or `None` to change nothing. The score must be a number.
    #[inline]
    pub fn put(&mut self, member: &[u8], decide: impl FnOnce(Option<f64>) -> Option<f64>) {
        let pair = match self.form() {
            Some(ZsetForm::Paged(zset)) => {
                let place = zset.locate(member);
                if let Some(score) = decide(place.score()) {
                    self.change(|zset| zset.put_at(place, member, score));
                }
                return;
            }
            Some(ZsetForm::Packed(pairs)) => pairs.find(member),
            None => None,
        };
        let Some(score) = decide(pair.map(|pair| pair.score)) else {
            return;
        };
        debug_assert!(!score.is_nan());
        match pair.map(|pair| (pair.at, pair.score_at, pair.end)) {
            None => self.insert(member, score),
            Some(place) => self.rescore(place, member, score),
        }
    }

    /// Removes a member; returns its score if it was there.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let removed = match self.form()? {
            ZsetForm::Paged(zset) => {
                let place = zset.locate(member);
                let score = place.score()?;
                self.change(|zset| zset.remove_at(place, member));
                Some(score)
            }
            ZsetForm::Packed(pairs) => {
                let Pair { at, end, score, .. } = pairs.find(member)?;
                self.cut(at..end, 1);
                Some(score)
            }
        };
        self.remove_if_empty();
        removed
    }

    /// Removes the members of these ranks, lowest first, showing each to `visit` before; returns
    /// how many there were.
    pub fn remove_ranks(
        &mut self,
        ranks: Range<usize>,
        mut visit: impl FnMut(Scored<'_>),
    ) -> usize {
        let len = self.len();
        let ranks = ranks.start.min(len)..ranks.end.min(len);
        if ranks.is_empty() {
            return 0;
        }
        match self.form() {
            Some(ZsetForm::Packed(pairs)) => {
                let start = pairs.offset(ranks.start);
                let mut end = start;
                for _ in ranks.clone() {
                    let Some(pair) = pairs.pair(end) else { break };
                    visit(Scored::of_pair(pair));
                    end = pair.end;
                }
                self.cut(start..end, ranks.len());
            }
            Some(ZsetForm::Paged(_)) => {
                let ranks = ranks.clone();
                self.change(|zset| {
                    zset.remove_ranks(ranks, |record| visit(Scored::of_record(record)));
                });
            }
            None => {}
        }
        self.remove_if_empty();
        ranks.len()
    }

    /// Removes the key.
    pub fn clear(&mut self) {
        self.held.remove();
    }

    #[inline]
    fn form(&self) -> Option<ZsetForm<'_>> {
        self.held.form().map(ZsetForm::of)
    }

    /// Adds a member, which is not there, to what is not paged.
    fn insert(&mut self, member: &[u8], score: f64) {
        let packing = self.held.packing();
        let len = self.len();
        let is_too_large = self.begins_paged && len == 0
            || len >= packing.zset_entries_max
            || member.len() > packing.zset_value_max;
        if is_too_large {
            self.unpack();
            return self.change(|zset| zset.put(member, score));
        }
        let mut entries = Scratch::new();
        listpack::encode(member, &mut entries);
        push_score(score, &mut entries);
        let Some(ZsetForm::Packed(pairs)) = self.form() else {
            let mut builder = listpack::Builder::with_capacity(entries.len() + FRAME);
            builder.push_raw(&entries, 2);
            return self.held.put_packed(Encoding::Listpack, &builder.finish());
        };
        let (at, _) = pairs.seek(&Probe::Record(score, member));
        self.splice(at..at, &entries, (0, 2));
    }

    /// Gives a packed member another score.
    fn rescore(&mut self, place: (usize, usize, usize), member: &[u8], score: f64) {
        let (at, score_at, end) = place;
        let Some(ZsetForm::Packed(pairs)) = self.form() else {
            return;
        };
        // Where it would be among all, itself at its old place included.
        let (target, _) = pairs.seek(&Probe::Record(score, member));
        let mut entries = Scratch::new();
        if target == at || target == end {
            push_score(score, &mut entries);
            return self.splice(score_at..end, &entries, (1, 1));
        }
        listpack::encode(member, &mut entries);
        push_score(score, &mut entries);
        self.splice(at..end, &[], (2, 0));
        let target = if target > at {
            target - (end - at)
        } else {
            target
        };
        self.splice(target..target, &entries, (0, 2));
    }

    /// Removes packed pairs.
    fn cut(&mut self, range: Range<usize>, count: usize) {
        if count == self.len() {
            return self.held.remove();
        }
        self.splice(range, &[], (2 * count, 0));
    }

    fn splice(&mut self, range: Range<usize>, with: &[u8], (removed, added): (usize, usize)) {
        self.held.splice(range.start, range.len(), with);
        listpack::fix_header(self.held.packed_mut(), removed, added);
    }

    /// Turns packed bytes, or nothing, into pages.
    fn unpack(&mut self) {
        let mut zset = Box::new(Zset::new(self.held.hasher()));
        if let Some(ZsetForm::Packed(pairs)) = self.form() {
            fill(&mut zset, pairs);
        }
        self.held
            .put_paged(Encoding::Skiplist, Collection::Zset(zset));
    }

    #[inline]
    fn change<T>(&mut self, change: impl FnOnce(&mut Zset) -> T) -> T {
        self.held.change(|collection| match collection {
            Collection::Zset(zset) => change(zset),
            _ => unreachable!("the kind was looked at"),
        })
    }

    fn remove_if_empty(&mut self) {
        if let Some(ZsetForm::Paged(zset)) = self.form()
            && zset.len() == 0
        {
            self.held.remove();
        }
    }
}

/// Bytes of a listpack around its entries.
const FRAME: usize = 7;

fn fill(zset: &mut Zset, pairs: Pairs<'_>) {
    let mut digits = I64Buf::new();
    for pair in pairs.iter() {
        zset.put(pair.member.as_bytes(&mut digits), pair.score);
    }
}

fn decide(old: Option<f64>, score: f64, how: ZsetAdd) -> Result<ZsetAdded, NotANumber> {
    if score.is_nan() {
        return Err(NotANumber);
    }
    let Some(old) = old else {
        return Ok(match how.presence {
            AddPresence::Present => ZsetAdded::Refused,
            AddPresence::Any | AddPresence::Absent => ZsetAdded::New(score),
        });
    };
    if how.presence == AddPresence::Absent {
        return Ok(ZsetAdded::Refused);
    }
    let score = if how.increments { old + score } else { score };
    if score.is_nan() {
        return Err(NotANumber);
    }
    let holds = match how.order {
        AddOrder::Any => true,
        AddOrder::Greater => score > old,
        AddOrder::Less => score < old,
    };
    Ok(match holds {
        false => ZsetAdded::Refused,
        true if score == old => ZsetAdded::Same(old),
        true => ZsetAdded::Changed(score),
    })
}
