//! A sorted set that is made before a key holds it: the result of combining others.
//!
//! Always true: its members are in order while it is made, so it can be walked without a key.
//! Not here: sorted sets that keys hold — `edit.rs`

use russet_base::num::I64Buf;
use russet_pack::listpack;
use smallvec::SmallVec;

use super::packed::push_score;
use super::paged::Zset;
use super::view::ZsetRef;
use crate::db::Db;
use crate::detached::Detached;
use crate::packing::Packing;
use crate::types::form::Collection;
use crate::types::set::Member;
use crate::value::{Encoding, Kind};

/// A sorted set that no key holds yet.
///
/// # Examples
/// ```
/// use russet_engine::{Keyspace, Member, Options, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// let mut sums = db.new_zset();
/// for (member, score) in [(b"a", 1.0), (b"b", 2.0), (b"a", 5.0)] {
///     sums.put(Member::Str(member), |old| Some(old.unwrap_or(0.0) + score));
/// }
/// assert_eq!(db.store_zset(b"sums", sums), 2);
/// let stored = db.zset(b"sums", Touch::Yes)?.expect("it is not empty");
/// assert_eq!(stored.rank(b"a"), Some((1, 6.0)));
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug)]
pub struct NewZset {
    zset: Box<Zset>,
    /// The length of the longest member that was put.
    longest: usize,
    packing: Packing,
}

impl NewZset {
    /// Puts a member to a score; `decide` is given the one it has, if it is there, and returns the
    /// one it is to have, or `None` to change nothing. The score must be a number.
    pub fn put(&mut self, member: Member<'_>, decide: impl FnOnce(Option<f64>) -> Option<f64>) {
        let mut digits = I64Buf::new();
        let member = member.as_bytes(&mut digits);
        let place = self.zset.locate(member);
        if let Some(score) = decide(place.score()) {
            self.longest = self.longest.max(member.len());
            self.zset.put_at(place, member, score);
        }
    }

    /// Removes a member.
    pub fn remove(&mut self, member: Member<'_>) {
        let mut digits = I64Buf::new();
        let member = member.as_bytes(&mut digits);
        let place = self.zset.locate(member);
        self.zset.remove_at(place, member);
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.zset.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The members so far; `None` while it is empty.
    pub fn view(&self) -> Option<ZsetRef<'_>> {
        (!self.is_empty()).then(|| ZsetRef::of_pages(&self.zset))
    }

    /// Returns the value, unless it is empty.
    pub fn finish(self) -> Option<Detached> {
        let len = self.len();
        if len == 0 {
            return None;
        }
        let is_small =
            len <= self.packing.zset_entries_max && self.longest <= self.packing.zset_value_max;
        Some(match is_small {
            true => Detached::packed(Kind::Zset, Encoding::Listpack, self.pack()),
            false => Detached::paged(Encoding::Skiplist, Collection::Zset(self.zset)),
        })
    }

    fn pack(&self) -> Vec<u8> {
        let mut builder = listpack::Builder::new();
        let mut entries = SmallVec::new();
        for scored in self.view().iter().flat_map(ZsetRef::iter) {
            builder.push_entry(scored.member);
            push_score(scored.score, &mut entries);
            builder.push_raw(&entries, 1);
            entries.clear();
        }
        builder.finish()
    }
}

impl Db<'_> {
    /// A sorted set for no key yet.
    pub fn new_zset(&self) -> NewZset {
        NewZset {
            zset: Box::new(Zset::new(&self.shared.hashing.members)),
            longest: 0,
            packing: self.shared.packing,
        }
    }

    /// Gives a key a new sorted set, whatever it held, without a deadline; an empty one removes the
    /// key. Returns how many members there are.
    pub fn store_zset(&mut self, key: &[u8], zset: NewZset) -> usize {
        let len = zset.len();
        match zset.finish() {
            Some(zset) => self.place(key, zset, None),
            None => {
                self.remove(key);
            }
        }
        len
    }
}
