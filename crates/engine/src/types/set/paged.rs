//! A set that is too large to be packed: integers in order, and a table of the other members.
//!
//! Always true: a member that is the canonical spelling of an integer is among the integers.
//! Not here: the integers — `ints.rs`; the table — `types/paged/`

use ahash::RandomState;
use russet_base::Rng;
use russet_pack::listpack::Entry as Member;

use super::cursor;
use super::ints::Ints;
use crate::types::paged::{Record, Table};

/// A set that is too large to be packed.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    ints: Ints,
    members: Table<false>,
}

impl Set {
    /// A set without members, hashed like the key space.
    pub(super) fn new(hasher: &RandomState) -> Self {
        Self {
            ints: Ints::default(),
            members: Table::new(hasher),
        }
    }

    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        size_of::<Ints>() as u64 + self.ints.weight() + self.members.weight()
    }

    /// The members that are no integers.
    #[inline]
    pub(crate) fn table(&self) -> &Table<false> {
        &self.members
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.ints.len() + self.members.len()
    }

    /// The hash of a member; integers have none.
    #[inline]
    pub(super) fn hash(&self, member: Member<'_>) -> u64 {
        match member {
            Member::Int(_) => 0,
            Member::Str(bytes) => self.members.hash(bytes),
        }
    }

    #[inline]
    pub(super) fn contains(&self, hash: u64, member: Member<'_>) -> bool {
        match member {
            Member::Int(number) => self.ints.contains(number),
            Member::Str(bytes) => self.members.find(hash, bytes).is_some(),
        }
    }

    /// The integers in ascending order, then the others.
    pub(super) fn iter(&self) -> impl Iterator<Item = Member<'_>> {
        let others = self.members.iter().map(|record| Member::Str(record.field));
        self.ints.iter().map(Member::Int).chain(others)
    }

    /// Adds a member that is not there yet.
    pub(super) fn add(&mut self, hash: u64, member: Member<'_>) {
        match member {
            Member::Int(number) => {
                self.ints.add(number);
            }
            Member::Str(bytes) => self.members.add(hash, Record::field(bytes)),
        }
    }

    /// Removes a member; says whether it was there.
    pub(super) fn remove(&mut self, member: Member<'_>) -> bool {
        match member {
            Member::Int(number) => self.ints.remove(number),
            Member::Str(bytes) => {
                let hash = self.members.hash(bytes);
                let found = self.members.find(hash, bytes);
                if let Some(found) = found {
                    self.members.remove(hash, found);
                }
                found.is_some()
            }
        }
    }

    /// A member chosen uniformly at random; nothing of an empty set.
    pub(super) fn random(&self, rng: &mut Rng) -> Option<Member<'_>> {
        match rng.index(self.len()) {
            _ if self.len() == 0 => None,
            at if at < self.ints.len() => Some(Member::Int(self.ints.random(rng))),
            at => {
                let record = self.members.nth(at - self.ints.len())?;
                Some(Member::Str(record.field))
            }
        }
    }

    /// Shows the table first, then the integers.
    pub(super) fn scan(&self, from: u64, count: usize, visit: &mut dyn FnMut(Member<'_>)) -> u64 {
        let (mut from, mut left) = (from, count);
        if from < cursor::INTS {
            let mut shown = 0;
            let next = self.members.scan(from, count, &mut |record| {
                shown += 1;
                visit(Member::Str(record.field));
            });
            match next {
                0 if self.ints.len() == 0 => return 0,
                0 if shown >= count => return cursor::INTS,
                0 => (from, left) = (cursor::INTS, count - shown),
                _ => return next,
            }
        }
        self.scan_ints(from, left, visit)
    }

    /// Integers of one position are shown together. They come in descending order: most that are
    /// added meanwhile are greater than all before, and must not keep the scan from ending.
    fn scan_ints(&self, from: u64, count: usize, visit: &mut dyn FnMut(Member<'_>)) -> u64 {
        let mut last = 0;
        for (shown, number) in self.ints.iter_down(cursor::first_int(from)).enumerate() {
            let at = cursor::of_int(number);
            if shown >= count && at != last {
                return at;
            }
            last = at;
            visit(Member::Int(number));
        }
        0
    }
}
