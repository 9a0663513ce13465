//! An index of patterns, so that a message is not compared with each of them.
//!
//! ```text
//!  news.*  ──► literal beginning "news."     looked up: the beginnings of the channel, one for
//!                                            each length that any pattern has, up to a limit
//!  *.error ──► literal end ".error"          looked up: its ends, likewise
//!  *a?     ──► neither                       always compared
//! ```
//! Always true: a pattern stands in one bucket; a channel that it matches leads to that bucket.
//! Always true: patterns are added and removed in logarithmic time, however many share a bucket.
//! Not here: matching itself — `russet_base::glob`.

use std::collections::{BTreeMap, BTreeSet};

use ahash::RandomState;
use hashbrown::HashMap;
use russet_base::glob;

use super::Name;

/// The most bytes of a beginning or end that patterns are told apart by: each length is looked up,
/// and hashed, for every message.
const PART_LEN_MAX: usize = 64;

/// Patterns by their literal beginning or end.
#[derive(Debug)]
pub(super) struct Patterns {
    by_start: Buckets,
    by_end: Buckets,
}

/// Patterns by one literal part.
#[derive(Debug)]
struct Buckets {
    patterns: HashMap<Box<[u8]>, BTreeSet<Name>, RandomState>,
    /// The lengths of the parts, each with the number of parts.
    lengths: BTreeMap<usize, usize>,
}

impl Buckets {
    fn new(hasher: &RandomState) -> Self {
        Self {
            patterns: HashMap::with_hasher(hasher.clone()),
            lengths: BTreeMap::new(),
        }
    }

    fn insert(&mut self, part: &[u8], pattern: &Name) {
        if let Some(bucket) = self.patterns.get_mut(part) {
            bucket.insert(Name::clone(pattern));
            return;
        }
        self.patterns
            .insert(part.into(), BTreeSet::from([Name::clone(pattern)]));
        *self.lengths.entry(part.len()).or_default() += 1;
    }

    fn remove(&mut self, part: &[u8], pattern: &[u8]) {
        let Some(bucket) = self.patterns.get_mut(part) else {
            return;
        };
        bucket.remove(pattern);
        if !bucket.is_empty() {
            return;
        }
        self.patterns.remove(part);
        if let Some(count) = self.lengths.get_mut(&part.len()) {
            *count -= 1;
            if *count == 0 {
                self.lengths.remove(&part.len());
            }
        }
    }

    /// Calls `f` with the patterns whose part is one of those that `part_of` cuts from the channel.
    fn each<'c>(
        &self,
        channel: &'c [u8],
        part_of: fn(&'c [u8], usize) -> &'c [u8],
        f: &mut impl FnMut(&Name),
    ) {
        for &length in self
            .lengths
            .range(..=channel.len())
            .map(|(length, _)| length)
        {
            let bucket = self.patterns.get(part_of(channel, length));
            let patterns = bucket.into_iter().flatten();
            patterns
                .filter(|pattern| glob::matches(pattern, channel))
                .for_each(&mut *f);
        }
    }
}

impl Patterns {
    pub(super) fn new(hasher: &RandomState) -> Self {
        Self {
            by_start: Buckets::new(hasher),
            by_end: Buckets::new(hasher),
        }
    }

    pub(super) fn insert(&mut self, pattern: &Name) {
        let (buckets, part) = self.place_of(pattern);
        buckets.insert(part, pattern);
    }

    pub(super) fn remove(&mut self, pattern: &[u8]) {
        let (buckets, part) = self.place_of(pattern);
        buckets.remove(part, pattern);
    }

    /// Where a pattern stands, and by which part of it.
    fn place_of<'p>(&mut self, pattern: &'p [u8]) -> (&mut Buckets, &'p [u8]) {
        match glob::literal_start(pattern) {
            [] => {
                let end = glob::literal_end(pattern);
                let from = end.len().saturating_sub(PART_LEN_MAX);
                (&mut self.by_end, &end[from..])
            }
            start => {
                let len = start.len().min(PART_LEN_MAX);
                (&mut self.by_start, &start[..len])
            }
        }
    }

    /// Calls `f` with each pattern that a channel matches.
    pub(super) fn matching<'c>(&self, channel: &'c [u8], mut f: impl FnMut(&Name)) {
        self.by_start
            .each(channel, |channel, len| &channel[..len], &mut f);
        let end_of = |channel: &'c [u8], len| &channel[channel.len() - len..];
        self.by_end.each(channel, end_of, &mut f);
    }
}

#[cfg(test)]
mod tests;
