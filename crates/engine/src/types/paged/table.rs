//! The table: its index leads to nodes, theirs to pages.
//!
//! Always true: a node of depth d is at all 2^(depth − d) entries of the index that begin alike.
//! Not here: walking in the order of hashes — `walk.rs`

use ahash::RandomState;
use smallvec::{SmallVec, smallvec};

use super::node::{Node, Split};
use super::page::Ahead;
use super::record::Record;
use crate::hash;
use crate::part::Part;
use crate::value::{Millis, is_past};

/// Bits of the index at most; beyond that pages grow instead of splitting.
const DEPTH_MAX: u8 = 20;

/// Records in the order of their hashes: pairs of field and value, or fields alone.
///
/// Clones share pages until one of them changes them.
#[derive(Debug, Clone)]
pub(crate) struct Table<const PAIRS: bool> {
    hasher: RandomState,
    depth: u8,
    index: SmallVec<[u32; 4]>,
    pub(super) nodes: Vec<Part<Node>>,
    len: usize,
    /// Bytes of nodes and pages.
    bytes: u64,
}

/// Where a record was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    node: u32,
    page: u16,
    slot: u16,
}

impl<const PAIRS: bool> Table<PAIRS> {
    /// A table without records, hashed like the key space.
    pub(crate) fn new(hasher: &RandomState) -> Self {
        let node = Node::new();
        Self {
            hasher: hasher.clone(),
            depth: 0,
            index: smallvec![0],
            bytes: node.weight(),
            nodes: vec![Part::new(node)],
            len: 0,
        }
    }

    /// The hash of a field, which the other calls take with it.
    #[inline]
    pub(crate) fn hash(&self, field: &[u8]) -> u64 {
        hash::hash_of(&self.hasher, field)
    }

    /// How many records there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that it occupies: known without a walk.
    #[inline]
    pub(crate) fn weight(&self) -> u64 {
        size_of::<Self>() as u64 + self.bytes + 4 * self.index.len() as u64
    }

    /// Finds a field.
    #[inline]
    pub(crate) fn find(&self, hash: u64, field: &[u8]) -> Option<Found> {
        let node = self.node_of(hash);
        let page = self.nodes[node].page_of(hash);
        let slot = self.nodes[node]
            .page(page)
            .find::<PAIRS>(hash as u8, field)?;
        Some(Found {
            node: node as u32,
            page: page as u16,
            slot: slot as u16,
        })
    }

    /// Begins to fetch what a look-up of a field with this hash will read.
    #[inline]
    pub(crate) fn ahead(&self, hash: u64) -> Ahead<'_> {
        let node = &self.nodes[self.node_of(hash)];
        node.page(node.page_of(hash)).ahead(hash as u8)
    }

    /// The record that was found, if nothing changed since.
    #[inline]
    pub(crate) fn at(&self, found: Found) -> Record<'_> {
        let page = self.nodes[found.node as usize].page(usize::from(found.page));
        page.at::<PAIRS>(usize::from(found.slot))
    }

    /// The record of a field.
    #[inline]
    pub(crate) fn get(&self, hash: u64, field: &[u8]) -> Option<Record<'_>> {
        self.find(hash, field).map(|found| self.at(found))
    }

    /// Adds a record whose field is not there yet.
    pub(crate) fn add(&mut self, hash: u64, record: Record<'_>) {
        loop {
            let node = self.node_of(hash);
            let target = self.nodes[node].make_mut();
            let before = target.weight();
            let may_split = target.depth < DEPTH_MAX;
            if target.add::<PAIRS>(hash, record, may_split).is_ok() {
                self.bytes += target.weight();
                self.bytes -= before;
                self.len += 1;
                return;
            }
            assert!(
                may_split,
                "no 64 KiB of records share 28 bits of their hashes"
            );
            self.split(node, hash);
        }
    }

    /// Replaces the record that was found by another of the same field.
    pub(crate) fn replace(&mut self, hash: u64, found: Found, record: Record<'_>) {
        let node = self.nodes[found.node as usize].make_mut();
        let before = node.weight();
        let place = (usize::from(found.page), usize::from(found.slot));
        let is_replaced = node.replace::<PAIRS>(place, record);
        self.bytes += node.weight();
        self.bytes -= before;
        if is_replaced {
            return;
        }
        self.remove(hash, found);
        self.add(hash, record);
    }

    /// Adds a record, or replaces that of the same field; says whether the field is new.
    #[cfg(test)]
    pub(crate) fn put(&mut self, hash: u64, record: Record<'_>) -> bool {
        match self.find(hash, record.field) {
            Some(found) => {
                self.replace(hash, found, record);
                false
            }
            None => {
                self.add(hash, record);
                true
            }
        }
    }

    /// Removes the record that was found.
    pub(crate) fn remove(&mut self, hash: u64, found: Found) {
        let at = found.node as usize;
        self.change(at, |node| {
            node.remove::<PAIRS>(hash, usize::from(found.slot))
        });
        self.len -= 1;
        self.settle(hash);
    }

    /// A moment that no deadline precedes, if there may be one.
    pub(crate) fn due(&self) -> Option<Millis> {
        let due = self.nodes.iter().map(|node| node.due()).min();
        due.filter(|&due| due != Millis::MAX)
    }

    /// Removes records whose deadline is before the horizon, up to `budget`, showing the field
    /// of each before; returns how many.
    pub(crate) fn expire(
        &mut self,
        horizon: Millis,
        budget: usize,
        visit: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let mut removed = 0;
        for at in 0..self.nodes.len() {
            if !is_past(self.nodes[at].due(), horizon) || removed >= budget {
                continue;
            }
            let left = budget - removed;
            removed += self.change(at, |node| node.expire::<PAIRS>(horizon, left, visit));
        }
        self.len -= removed;
        removed
    }

    #[cfg(test)]
    pub(super) fn index_len(&self) -> usize {
        self.index.len()
    }

    /// The node that a hash belongs to.
    #[inline]
    pub(super) fn node_of(&self, hash: u64) -> usize {
        self.index[(hash >> 1 >> (63 - self.depth)) as usize] as usize
    }

    /// Changes a node and weighs it again.
    fn change<T>(&mut self, at: usize, change: impl FnOnce(&mut Node) -> T) -> T {
        let node = self.nodes[at].make_mut();
        let before = node.weight();
        let answer = change(node);
        self.bytes += node.weight();
        self.bytes -= before;
        answer
    }

    #[cold]
    fn split(&mut self, at: usize, hash: u64) {
        let hasher = self.hasher.clone();
        let hash_of = |field: &[u8]| hash::hash_of(&hasher, field);
        let split = self.change(at, |node| node.split::<PAIRS>(hash, hash_of));
        if split == Split::NodeFirst {
            self.split_node(at, hash);
        }
    }

    fn split_node(&mut self, at: usize, hash: u64) {
        let depth = self.nodes[at].depth;
        if depth == self.depth {
            self.index = self.index.iter().flat_map(|&node| [node, node]).collect();
            self.depth += 1;
        }
        let [zero, one] = self.nodes[at].halves();
        self.bytes -= self.nodes[at].weight();
        self.bytes += zero.weight() + one.weight();
        self.nodes[at] = Part::new(zero);
        self.nodes.push(Part::new(one));
        let new = (self.nodes.len() - 1) as u32;
        let (first, count) = self.span(hash, depth);
        self.index[first + count / 2..first + count].fill(new);
    }

    /// The entries of the index that lead to the same node of that depth as a hash.
    fn span(&self, hash: u64, depth: u8) -> (usize, usize) {
        let at = (hash >> 1 >> (63 - self.depth)) as usize;
        let count = 1 << (self.depth - depth);
        (at & !(count - 1), count)
    }

    /// Merges the node of a hash with its neighbour while both have few pages.
    fn settle(&mut self, hash: u64) {
        loop {
            let at = self.node_of(hash);
            let depth = self.nodes[at].depth;
            if depth == 0 || !self.nodes[at].is_sparse() {
                return;
            }
            let (first, count) = self.span(hash, depth);
            let other = self.index[first ^ count] as usize;
            if self.nodes[other].depth != depth {
                return;
            }
            let is_first = first & count == 0;
            let (zero, one) = if is_first { (at, other) } else { (other, at) };
            let Some(whole) = self.nodes[zero].whole(&self.nodes[one]) else {
                return;
            };
            self.bytes -= self.nodes[zero].weight() + self.nodes[one].weight();
            self.bytes += whole.weight();
            self.nodes[at] = Part::new(whole);
            self.index[first ^ count..][..count].fill(at as u32);
            self.drop_node(other);
        }
    }

    /// Drops a node that no entry of the index leads to.
    fn drop_node(&mut self, at: usize) {
        let last = (self.nodes.len() - 1) as u32;
        self.nodes.swap_remove(at);
        for entry in &mut self.index {
            if *entry == last {
                *entry = at as u32;
            }
        }
        while self.depth > 0 && self.nodes.iter().all(|node| node.depth < self.depth) {
            self.index = self.index.iter().copied().step_by(2).collect();
            self.depth -= 1;
        }
        if self.nodes.len() * 4 < self.nodes.capacity() {
            self.nodes.shrink_to_fit();
        }
    }
}
