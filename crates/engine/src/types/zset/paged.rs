//! Sorted sets beyond what is packed: leaves of records in order, a tree over them, and an index of
//! members.
//!
//! ```text
//!                   tree: counts, scores ──┐                 ┌── index: hash ─► leaf id
//!                                          ▼                 ▼
//!  leaf   leaf   leaf   leaf   leaf   leaf   leaf   leaf   leaf      records by score, member
//! ```
//! A clone copies the tree and counts leaves and pages of the index, which are copied when they
//! change.
//!
//! Always true: the index has an entry for each record of the leaves; no leaf is empty.
//! Not here: small sorted sets — `packed.rs`; what commands may do — `view.rs`, `edit.rs`

use std::ops::Range;

use ahash::RandomState;

use super::index::Index;
use super::leaf::{Edge, Incoming, Leaf, Probe, Record};
use super::leaves::{Hashed, Leaves};
use super::tree::{Child, Path, Tree};
use crate::hash::hash_of;

/// Pops for which the entries of records are fetched at once.
const POPS_AHEAD: usize = 8;

/// A sorted set of pages.
#[derive(Debug, Clone)]
pub(crate) struct Zset {
    len: usize,
    tree: Tree,
    leaves: Leaves,
    index: Index,
    hasher: RandomState,
}

/// Where a member is, or would be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    hash: u64,
    found: Option<Found>,
}

impl Place {
    /// The score of the member, if it is there.
    #[inline]
    pub(crate) fn score(&self) -> Option<f64> {
        self.found.map(|found| found.score)
    }
}

/// Where a member is: its leaf, and its place there.
#[derive(Debug, Clone, Copy)]
struct Found {
    leaf: u32,
    at: usize,
    score: f64,
}

/// A member that is being fetched, stage by stage: its entry in the index, the head of the leaf
/// that it is in, most likely, and its record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead<'a> {
    zset: &'a Zset,
    hash: u64,
    leaf: Option<&'a Leaf>,
}

impl Ahead<'_> {
    /// Fetches what comes next; says whether something comes after that.
    #[inline]
    pub(crate) fn step(&mut self) -> bool {
        if let Some(leaf) = self.leaf {
            leaf.prefetch_records(self.hash);
            return false;
        }
        let id = self.zset.index.candidates(self.hash).next();
        self.leaf = id.map(|id| self.zset.leaves.get(id));
        self.leaf.inspect(|leaf| leaf.prefetch_head()).is_some()
    }
}

impl Zset {
    /// An empty one.
    pub(crate) fn new(hasher: &RandomState) -> Self {
        let nothing = Child {
            score: 0.0,
            count: 0,
            id: 0,
        };
        Self {
            len: 0,
            tree: Tree::new(nothing),
            leaves: Leaves::new(),
            index: Index::new(),
            hasher: hasher.clone(),
        }
    }

    /// How many members there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        let parts = self.tree.weight() + self.leaves.weight() + self.index.weight();
        (size_of::<Self>() + parts) as u64
    }

    /// The score of a member.
    #[inline]
    pub(crate) fn score(&self, member: &[u8]) -> Option<f64> {
        let found = self.find(hash_of(&self.hasher, member), member)?;
        Some(found.score)
    }

    /// The rank of a member, and its score.
    pub(crate) fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let found = self.find(hash_of(&self.hasher, member), member)?;
        let probe = Probe::PastRecord(found.score, member);
        let path = self.tree.seek(&probe, &self.leaves);
        Some((self.tree.rank(&path) + found.at, found.score))
    }

    /// Begins to fetch what a look-up of a member with this hash will read.
    #[inline]
    pub(crate) fn ahead(&self, hash: u64) -> Ahead<'_> {
        self.index.prefetch(hash);
        Ahead {
            zset: self,
            hash,
            leaf: None,
        }
    }

    /// Where a member is, or would be.
    #[inline]
    pub(crate) fn locate(&self, member: &[u8]) -> Place {
        let hash = hash_of(&self.hasher, member);
        let found = self.find(hash, member);
        Place { hash, found }
    }

    /// Puts a member to a score.
    pub(crate) fn put(&mut self, member: &[u8], score: f64) {
        self.put_at(self.locate(member), member, score);
    }

    /// Puts a member that was located to a score; nothing has changed since.
    #[inline]
    pub(crate) fn put_at(&mut self, place: Place, member: &[u8], score: f64) {
        match place.found {
            None => self.insert(place.hash, score, member),
            Some(found) => self.rescore(place.hash, found, score, member),
        }
    }

    /// Removes a member that was located; nothing has changed since.
    pub(crate) fn remove_at(&mut self, place: Place, member: &[u8]) {
        let Some(found) = place.found else { return };
        self.index.remove(place.hash, found.leaf);
        self.take(found, member);
        self.len -= 1;
    }

    /// Removes the members of these ranks, showing each to `visit` before.
    pub(crate) fn remove_ranks(&mut self, ranks: Range<usize>, mut visit: impl FnMut(Record<'_>)) {
        let mut left = ranks.len();
        while left > 0 {
            let (path, at) = self.tree.seek_rank(ranks.start);
            let id = self.tree.leaf(&path);
            let leaf = self.leaves.get(id);
            let end = leaf.len().min(at + left);
            for at in at..end {
                let record = leaf.record(at);
                visit(record);
                self.index.remove(hash_of(&self.hasher, record.member), id);
            }
            if at == 0 && end == 1 {
                self.prefetch_pops(&path);
            }
            self.take_run(&path, at..end);
            self.len -= end - at;
            left -= end - at;
        }
    }

    /// Hints that records of a leaf are popped one by one: what the removal of the next ones will
    /// read, which is spread over the index by their hashes.
    ///
    /// PERF: several at once, so that their cache misses overlap; a pop of a large set would wait
    /// for four of them.
    #[inline]
    fn prefetch_pops(&self, path: &Path) {
        let leaf = self.leaf_at(path);
        let len = leaf.len();
        if !len.is_multiple_of(POPS_AHEAD) {
            return;
        }
        self.prefetch_removals(leaf, POPS_AHEAD..2 * POPS_AHEAD);
        let mut next = path.clone();
        if len > 2 * POPS_AHEAD || !self.tree.advance(&mut next, false) {
            return;
        }
        let next = self.leaf_at(&next);
        match len > POPS_AHEAD {
            true => next.prefetch_all(),
            false => self.prefetch_removals(next, 0..next.len() % POPS_AHEAD + POPS_AHEAD),
        }
    }

    fn prefetch_removals(&self, leaf: &Leaf, range: Range<usize>) {
        let range = range.start..range.end.min(leaf.len());
        let members = range.map(|at| leaf.record(at).member);
        let hashes = members.map(|member| hash_of(&self.hasher, member));
        self.index.prefetch_removals(hashes);
    }

    /// The rank of the first member that does not lie before a place.
    pub(super) fn rank_of(&self, probe: &Probe<'_>) -> usize {
        if self.len == 0 {
            return 0;
        }
        let path = self.tree.seek(probe, &self.leaves);
        let leaf = self.leaves.get(self.tree.leaf(&path));
        self.tree.rank(&path) + leaf.seek(probe)
    }

    /// A walk that stands between the members before a place and the others.
    pub(super) fn walk(&self, probe: &Probe<'_>) -> Walk<'_> {
        let path = self.tree.seek(probe, &self.leaves);
        let leaf = self.leaf_at(&path);
        let at = leaf.seek(probe);
        Walk {
            zset: self,
            path,
            leaf,
            at,
        }
    }

    /// A walk that stands before the member of a rank.
    pub(super) fn walk_rank(&self, rank: usize) -> Walk<'_> {
        let (path, at) = self.tree.seek_rank(rank);
        let leaf = self.leaf_at(&path);
        Walk {
            zset: self,
            path,
            leaf,
            at,
        }
    }

    /// Visits members whose hashes are at or behind `from`, at least `count` of them if there are
    /// that many; returns where to go on, or 0 at the end.
    pub(super) fn scan<'s>(
        &'s self,
        from: u64,
        count: usize,
        visit: &mut dyn FnMut(Record<'s>),
    ) -> u64 {
        let (mut next, mut seen) = (from, 0);
        let mut leaves = Vec::new();
        while let Some(group) = self.index.group_from(next, &mut leaves) {
            leaves.sort_unstable();
            leaves.dedup();
            for leaf in leaves.iter().map(|id| self.leaves.get(*id)) {
                let records = (0..leaf.len()).map(|at| leaf.record(at));
                for record in records {
                    let hash = hash_of(&self.hasher, record.member);
                    if group.has(hash) && hash >= from {
                        visit(record);
                        seen += 1;
                    }
                }
            }
            next = group.end();
            if next == 0 || seen >= count {
                return next;
            }
        }
        0
    }

    #[inline]
    fn find(&self, hash: u64, member: &[u8]) -> Option<Found> {
        for id in self.index.candidates(hash) {
            let leaf = self.leaves.get(id);
            if let Some(at) = leaf.find(hash, member) {
                let score = leaf.record(at).score;
                return Some(Found {
                    leaf: id,
                    at,
                    score,
                });
            }
        }
        None
    }

    /// Adds a member that is not there.
    #[inline]
    fn insert(&mut self, hash: u64, score: f64, member: &[u8]) {
        let new = Incoming::new(hash, score, member);
        self.len += 1;
        if self.len == 1 {
            let id = self.leaves.add(Leaf::of(&new));
            let count = 1;
            self.tree = Tree::new(Child { score, count, id });
            self.index = Index::new();
            self.index.insert(hash, id);
            return;
        }
        let members = Hashed(&self.leaves, &self.hasher);
        self.index.make_room(hash, &members);
        let leaf = self.place(score, member, &new);
        self.index.insert(hash, leaf);
    }

    /// Puts a record into the leaves; returns the id of its leaf.
    #[inline]
    fn place(&mut self, score: f64, member: &[u8], new: &Incoming<'_>) -> u32 {
        let probe = Probe::Record(score, member);
        let path = self.tree.seek(&probe, &self.leaves);
        let id = self.tree.leaf(&path);
        let at = self.leaves.get(id).seek(&probe);
        if self.leaves.change(id, |leaf| leaf.insert(at, new)) {
            self.tree.add(&path, 1);
            return id;
        }
        self.split(&path, at, new)
    }

    /// Splits a leaf around a record; returns the id of the leaf that the record is in.
    fn split(&mut self, path: &Path, at: usize, new: &Incoming<'_>) -> u32 {
        let old = self.tree.leaf(path);
        let (first, last) = self.tree.is_at_edge(path);
        let pieces = self.leaves.get(old).split(at, new, Edge { first, last });
        // The piece that took over most records keeps the id, so that few entries change.
        let most = pieces.iter().map(|piece| piece.taken.len()).max();
        let keeper = pieces
            .iter()
            .position(|piece| Some(piece.taken.len()) == most);
        let mut children = smallvec::SmallVec::<[Child; 3]>::new();
        let mut home = old;
        for (number, piece) in pieces.into_iter().enumerate() {
            let (score, count) = (piece.leaf.record(0).score, piece.leaf.len() as u32);
            let id = match Some(number) == keeper {
                true => {
                    // What the others need of the old leaf is in the new ones.
                    self.leaves.put(old, piece.leaf);
                    old
                }
                false => self.leaves.add(piece.leaf),
            };
            if piece.has_new {
                home = id;
            }
            children.push(Child { score, count, id });
        }
        for child in children.iter().filter(|child| child.id != old) {
            let leaf = self.leaves.get(child.id);
            for record in (0..leaf.len()).map(|at| leaf.record(at)) {
                if record.member != new.member() {
                    let hash = hash_of(&self.hasher, record.member);
                    self.index.repoint(hash, old, child.id);
                }
            }
        }
        self.tree.replace(path, &children);
        home
    }

    /// Gives a member that is there another score.
    fn rescore(&mut self, hash: u64, found: Found, score: f64, member: &[u8]) {
        let leaf = self.leaves.get(found.leaf);
        let new = Record { score, member };
        let stays = match score < found.score {
            true => found.at > 0 && is_before(leaf.record(found.at - 1), new),
            false => found.at + 1 < leaf.len() && is_before(new, leaf.record(found.at + 1)),
        };
        if stays || score == found.score {
            self.leaves
                .change(found.leaf, |leaf| leaf.set_score(found.at, score));
            return;
        }
        self.take(found, member);
        let new = Incoming::new(hash, score, member);
        let id = match self.tree.is_empty() {
            true => {
                let id = self.leaves.add(Leaf::of(&new));
                let count = 1;
                self.tree = Tree::new(Child { score, count, id });
                id
            }
            false => self.place(score, member, &new),
        };
        if id != found.leaf {
            self.index.repoint(hash, found.leaf, id);
        }
    }

    /// Takes a record out of the leaves.
    fn take(&mut self, found: Found, member: &[u8]) {
        let probe = Probe::PastRecord(found.score, member);
        let path = self.tree.seek(&probe, &self.leaves);
        debug_assert_eq!(self.tree.leaf(&path), found.leaf);
        self.take_run(&path, found.at..found.at + 1);
    }

    /// Takes records out of a leaf. The index knows already.
    fn take_run(&mut self, path: &Path, range: Range<usize>) {
        let id = self.tree.leaf(path);
        let len = self.leaves.get(id).len();
        if range.len() == len {
            self.tree.subtract(path, len);
            self.tree.replace(path, &[]);
            self.leaves.remove(id);
            return;
        }
        self.tree.subtract(path, range.len());
        // What is popped from an end goes on being popped: merging there would be wasted.
        let (first, last) = self.tree.is_at_edge(path);
        let pops = first && range.start == 0 || last && range.end == len;
        self.leaves.change(id, |leaf| {
            leaf.remove(range);
            if !pops {
                leaf.shrink();
            }
        });
        if !pops && self.leaves.get(id).is_sparse() {
            self.merge(path, id);
        }
    }

    /// Merges a leaf with a neighbour, if both are small.
    fn merge(&mut self, path: &Path, id: u32) {
        let [previous, next] = self.tree.siblings(path);
        let pairs = [
            (previous.map(|p| (p, id)), false),
            (next.map(|n| (id, n)), true),
        ];
        for (pair, with_next) in pairs {
            let Some((a, b)) = pair else { continue };
            let (left, right) = (self.leaves.get(a), self.leaves.get(b));
            let Some(merged) = left.merged(right) else {
                continue;
            };
            let (keeper, other) = match left.len() >= right.len() {
                true => (a, b),
                false => (b, a),
            };
            let moved = self.leaves.get(other);
            for record in (0..moved.len()).map(|at| moved.record(at)) {
                let hash = hash_of(&self.hasher, record.member);
                self.index.repoint(hash, other, keeper);
            }
            let (score, count) = (merged.record(0).score, merged.len() as u32);
            self.leaves.put(keeper, merged);
            self.leaves.remove(other);
            let id = keeper;
            self.tree.join(path, with_next, Child { score, count, id });
            return;
        }
    }

    fn leaf_at(&self, path: &Path) -> &Leaf {
        self.leaves.get(self.tree.leaf(path))
    }
}

fn is_before(a: Record<'_>, b: Record<'_>) -> bool {
    a.score < b.score || a.score == b.score && a.member < b.member
}

/// A place between members, from which one may go both ways.
#[derive(Debug, Clone)]
pub(super) struct Walk<'a> {
    zset: &'a Zset,
    path: Path,
    leaf: &'a Leaf,
    /// The records of the leaf before the place.
    at: usize,
}

impl<'a> Walk<'a> {
    /// Goes behind the next member and returns it.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Record<'a>> {
        while self.at >= self.leaf.len() {
            if !self.zset.tree.advance(&mut self.path, false) {
                return None;
            }
            self.leaf = self.zset.leaf_at(&self.path);
            self.at = 0;
        }
        self.at += 1;
        Some(self.leaf.record(self.at - 1))
    }

    /// Goes before the previous member and returns it.
    #[inline]
    pub(super) fn previous(&mut self) -> Option<Record<'a>> {
        while self.at == 0 {
            if !self.zset.tree.advance(&mut self.path, true) {
                return None;
            }
            self.leaf = self.zset.leaf_at(&self.path);
            self.at = self.leaf.len();
        }
        self.at -= 1;
        Some(self.leaf.record(self.at))
    }

    /// How many members are before the place.
    pub(super) fn rank(&self) -> usize {
        self.zset.tree.rank(&self.path) + self.at
    }
}

#[cfg(test)]
mod tests;
