//! The inner nodes: which leaf a place or a rank is in.
//!
//! ```text
//!  node = children in order, each with the score it begins at, how many records it has, its id
//!  height 1: the children are leaves          height n: the children are nodes of height n − 1
//! ```
//! A child's score is at most that of its first record, and at least that of the last record before
//! it. Among equal scores members decide, which are looked up in the leaves.
//!
//! Always true: no node but the root is empty; counts are those of the leaves.
//! Not here: records — `leaf.rs`; ids of leaves — `leaves.rs`

use std::ops::Range;

use smallvec::{SmallVec, smallvec};

use super::leaf::Probe;
use super::leaves::Leaves;

/// The most children of a node.
const FANOUT: usize = 64;
/// A node with fewer children looks for a neighbour to merge with.
const SPARSE: usize = FANOUT / 4;
/// Two nodes are merged when they have no more children than this.
const MERGED_MAX: usize = FANOUT * 3 / 4;

/// A child of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Child {
    /// A score between the records before it and its own.
    pub(super) score: f64,
    /// How many records are below it.
    pub(super) count: u32,
    /// The id of the leaf or node.
    pub(super) id: u32,
}

/// The nodes.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    nodes: Vec<Vec<Child>>,
    free: Vec<u32>,
    root: u32,
    height: usize,
}

/// A way from the root to a leaf: at each node the place of the child.
#[derive(Debug, Clone)]
pub(super) struct Path {
    steps: SmallVec<[Step; 6]>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    node: u32,
    at: u32,
}

impl Tree {
    /// A tree of one leaf.
    pub(super) fn new(leaf: Child) -> Self {
        Self {
            nodes: vec![vec![leaf]],
            free: Vec::new(),
            root: 0,
            height: 1,
        }
    }

    /// Whether there is no leaf.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes[self.root as usize].is_empty()
    }

    /// The way to the leaf in which a place is, or at whose end.
    #[inline]
    pub(super) fn seek(&self, probe: &Probe<'_>, leaves: &Leaves) -> Path {
        self.walk(|children, height| {
            let (mut low, mut high) = (1, children.len());
            while low < high {
                let middle = low.midpoint(high);
                let child = children[middle];
                let is_after = match probe.is_after_score(child.score) {
                    Some(is_after) => is_after,
                    None => {
                        let leaf = self.first_leaf(child.id, height - 1);
                        probe.is_after(leaves.get(leaf).record(0))
                    }
                };
                match is_after {
                    true => low = middle + 1,
                    false => high = middle,
                }
            }
            low - 1
        })
    }

    /// The way to the leaf in which a rank is, and the rank there. A rank behind all records is one
    /// behind those of the last leaf.
    pub(super) fn seek_rank(&self, rank: usize) -> (Path, usize) {
        let mut left = rank;
        let path = self.walk(|children, _| {
            let mut at = 0;
            while at + 1 < children.len() && left >= children[at].count as usize {
                left -= children[at].count as usize;
                at += 1;
            }
            at
        });
        (path, left)
    }

    /// How many records are before the leaf that a way leads to.
    pub(super) fn rank(&self, path: &Path) -> usize {
        let before = path.steps.iter().map(|step| {
            let children = &self.nodes[step.node as usize][..step.at as usize];
            children
                .iter()
                .map(|child| child.count as usize)
                .sum::<usize>()
        });
        before.sum()
    }

    /// The leaf that a way leads to.
    #[inline]
    pub(super) fn leaf(&self, path: &Path) -> u32 {
        let step = path.steps[self.height - 1];
        self.nodes[step.node as usize][step.at as usize].id
    }

    /// Whether a way leads to the first leaf, or the last.
    pub(super) fn is_at_edge(&self, path: &Path) -> (bool, bool) {
        let last = |step: &Step| step.at as usize + 1 == self.nodes[step.node as usize].len();
        (
            path.steps.iter().all(|step| step.at == 0),
            path.steps.iter().all(last),
        )
    }

    /// Goes to the next leaf, or the previous one; false if there is none.
    pub(super) fn advance(&self, path: &mut Path, back: bool) -> bool {
        let can_turn = |step: &Step| match back {
            true => step.at > 0,
            false => step.at as usize + 1 < self.nodes[step.node as usize].len(),
        };
        let Some(level) = path.steps.iter().rposition(can_turn) else {
            return false;
        };
        let step = &mut path.steps[level];
        step.at = if back { step.at - 1 } else { step.at + 1 };
        let mut child = self.nodes[step.node as usize][step.at as usize].id;
        for step in &mut path.steps[level + 1..] {
            let children = &self.nodes[child as usize];
            let at = if back { children.len() - 1 } else { 0 };
            *step = Step {
                node: child,
                at: at as u32,
            };
            child = children[at].id;
        }
        true
    }

    /// The leaves beside the one that a way leads to, as far as they have the same parent.
    pub(super) fn siblings(&self, path: &Path) -> [Option<u32>; 2] {
        let step = path.steps[self.height - 1];
        let children = &self.nodes[step.node as usize];
        let at = step.at as usize;
        let id = |at: usize| children.get(at).map(|child| child.id);
        [at.checked_sub(1).and_then(id), id(at + 1)]
    }

    /// Counts records that were put into a leaf.
    #[inline]
    pub(super) fn add(&mut self, path: &Path, records: usize) {
        for step in &path.steps {
            self.nodes[step.node as usize][step.at as usize].count += records as u32;
        }
    }

    /// Counts records that were taken from a leaf.
    #[inline]
    pub(super) fn subtract(&mut self, path: &Path, records: usize) {
        for step in &path.steps {
            self.nodes[step.node as usize][step.at as usize].count -= records as u32;
        }
    }

    /// Puts leaves to where a leaf is, whose score the first of them takes over.
    pub(super) fn replace(&mut self, path: &Path, with: &[Child]) {
        let at = path.steps[self.height - 1].at as usize;
        self.replace_children(path, at..at + 1, with);
    }

    /// Puts one leaf to where a leaf and the previous or next one are.
    pub(super) fn join(&mut self, path: &Path, with_next: bool, leaf: Child) {
        let at = path.steps[self.height - 1].at as usize;
        let range = if with_next {
            at..at + 2
        } else {
            at - 1..at + 1
        };
        self.replace_children(path, range, &[leaf]);
    }

    /// Bytes that it occupies.
    pub(super) fn weight(&self) -> usize {
        // Nodes are three quarters full, more or less.
        let node = size_of::<Vec<Child>>() + 16 + FANOUT * 3 / 4 * size_of::<Child>();
        match self.nodes.len() {
            1 => size_of::<Vec<Child>>() + 16 + self.nodes[0].capacity() * size_of::<Child>(),
            nodes => (nodes - self.free.len()) * node,
        }
    }

    #[inline]
    fn walk(&self, mut choose: impl FnMut(&[Child], usize) -> usize) -> Path {
        let mut steps = SmallVec::new();
        let mut node = self.root;
        for height in (1..=self.height).rev() {
            let children = &self.nodes[node as usize];
            let at = choose(children, height);
            steps.push(Step {
                node,
                at: at as u32,
            });
            node = children.get(at).map_or(0, |child| child.id);
        }
        Path { steps }
    }

    fn first_leaf(&self, mut id: u32, height: usize) -> u32 {
        for _ in 0..height {
            id = self.nodes[id as usize][0].id;
        }
        id
    }

    fn replace_children(&mut self, path: &Path, range: Range<usize>, with: &[Child]) {
        let mut range = range;
        let mut with: SmallVec<[Child; 3]> = SmallVec::from_slice(with);
        for (level, step) in path.steps.iter().enumerate().rev() {
            let children = &mut self.nodes[step.node as usize];
            if let (Some(first), Some(old)) = (with.first_mut(), children.get(range.start)) {
                first.score = old.score;
            }
            let appends = range.end == children.len();
            let room = children.len() - range.len() + with.len();
            if room > children.capacity() {
                children.reserve_exact(room - children.len() + FANOUT / 8);
            }
            children.splice(range, with);
            let Some(up) = level.checked_sub(1) else {
                self.settle_root(appends);
                return;
            };
            let parent = path.steps[up];
            with = self.settled(step.node, appends);
            let at = parent.at as usize;
            range = at..at + 1;
            if with.len() == 1 && self.nodes[step.node as usize].len() < SPARSE {
                range = self.merge(parent.node as usize, at, &mut with);
            }
        }
    }

    /// The part of a node that its parent keeps: nothing, itself, or two nodes.
    fn settled(&mut self, node: u32, appends: bool) -> SmallVec<[Child; 3]> {
        let children = &mut self.nodes[node as usize];
        if children.is_empty() {
            *children = Vec::new();
            self.free.push(node);
            return SmallVec::new();
        }
        if children.len() <= FANOUT {
            return smallvec![child_of(node, children)];
        }
        // Records that come in order leave full nodes behind.
        let cut = if appends { FANOUT } else { children.len() / 2 };
        let right = children.split_off(cut);
        children.shrink_to(cut);
        let left = child_of(node, children);
        let mut right_child = child_of(0, &right);
        right_child.id = self.add_node(right);
        smallvec![left, right_child]
    }

    /// Splits the root, or takes its only child for it.
    fn settle_root(&mut self, appends: bool) {
        let root = self.root;
        if self.nodes[root as usize].len() > FANOUT {
            let halves = self.settled(root, appends);
            self.root = self.add_node(halves.to_vec());
            self.height += 1;
        }
        while self.height > 1 && self.nodes[self.root as usize].len() <= 1 {
            let old = self.root as usize;
            match self.nodes[old].first() {
                Some(child) => {
                    self.root = child.id;
                    self.height -= 1;
                    self.nodes[old] = Vec::new();
                    self.free.push(old as u32);
                }
                None => self.height = 1,
            }
        }
    }

    /// Merges a node, child of a parent, with a neighbour if one is small; tells which children of
    /// the parent are to be replaced.
    fn merge(&mut self, parent: usize, at: usize, with: &mut SmallVec<[Child; 3]>) -> Range<usize> {
        for left in [at.checked_sub(1), Some(at)].into_iter().flatten() {
            let siblings = &self.nodes[parent];
            let Some(pair) = siblings.get(left..left + 2) else {
                continue;
            };
            let (a, b) = (pair[0].id as usize, pair[1].id as usize);
            let score = pair[1].score;
            if self.nodes[a].len() + self.nodes[b].len() > MERGED_MAX {
                continue;
            }
            let mut right = std::mem::take(&mut self.nodes[b]);
            right[0].score = score;
            self.nodes[a].append(&mut right);
            self.free.push(b as u32);
            with[0] = child_of(a as u32, &self.nodes[a]);
            return left..left + 2;
        }
        at..at + 1
    }

    fn add_node(&mut self, children: Vec<Child>) -> u32 {
        match self.free.pop() {
            Some(id) => {
                self.nodes[id as usize] = children;
                id
            }
            None => {
                self.nodes.push(children);
                (self.nodes.len() - 1) as u32
            }
        }
    }
}

fn child_of(id: u32, children: &[Child]) -> Child {
    Child {
        score: children[0].score,
        count: children.iter().map(|child| child.count).sum(),
        id,
    }
}
