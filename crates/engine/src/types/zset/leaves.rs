//! All leaves of a sorted set, by id.
//!
//! Always true: an id stays with its leaf until the leaf is removed; then it is given anew.
//! Not here: what is in a leaf — `leaf.rs`

use ahash::RandomState;

use super::index::Hashes;
use super::leaf::Leaf;
use crate::hash::hash_of;

/// Leaves by id.
#[derive(Debug, Clone)]
pub(super) struct Leaves {
    slots: Vec<Option<Leaf>>,
    free: Vec<u32>,
    /// Bytes of the leaves.
    bytes: usize,
}

impl Leaves {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            bytes: 0,
        }
    }

    /// Keeps a leaf, and gives it an id.
    pub(super) fn add(&mut self, leaf: Leaf) -> u32 {
        self.bytes += leaf.weight();
        match self.free.pop() {
            Some(id) => {
                self.slots[id as usize] = Some(leaf);
                id
            }
            None => {
                self.slots.push(Some(leaf));
                u32::try_from(self.slots.len() - 1).expect("leaves of 4 TiB and more do not fit")
            }
        }
    }

    /// Changes a leaf.
    #[inline]
    pub(super) fn change<T>(&mut self, id: u32, change: impl FnOnce(&mut Leaf) -> T) -> T {
        let leaf = self.slots[id as usize].as_mut();
        let leaf = leaf.expect("an id in use has a leaf");
        let before = leaf.weight();
        let result = change(leaf);
        self.bytes = self.bytes + leaf.weight() - before;
        result
    }

    /// Puts another leaf to an id.
    pub(super) fn put(&mut self, id: u32, leaf: Leaf) {
        self.change(id, |old| *old = leaf);
    }

    /// Forgets a leaf.
    pub(super) fn remove(&mut self, id: u32) {
        if let Some(leaf) = self.slots[id as usize].take() {
            self.bytes -= leaf.weight();
            self.free.push(id);
        }
    }

    /// A leaf.
    #[inline]
    pub(super) fn get(&self, id: u32) -> &Leaf {
        let leaf = self.slots[id as usize].as_ref();
        leaf.expect("an id in use has a leaf")
    }

    /// Bytes that they occupy.
    pub(super) fn weight(&self) -> usize {
        self.bytes
            + self.slots.capacity() * size_of::<Option<Leaf>>()
            + self.free.capacity() * size_of::<u32>()
    }
}

/// Leaves, and what hashes their members.
pub(super) struct Hashed<'a>(pub(super) &'a Leaves, pub(super) &'a RandomState);

impl Hashes for Hashed<'_> {
    fn each(&self, leaf: u32, visit: &mut dyn FnMut(u64)) {
        let leaf = self.0.get(leaf);
        for at in 0..leaf.len() {
            visit(hash_of(self.1, leaf.record(at).member));
        }
    }
}
