//! Hints that hashes will be looked for: what a look-up will read is fetched meanwhile.
//!
//! Three stages, since each needs what the one before has fetched: slot, bucket, cell. With many
//! keys at hand every stage is done for all of them before the next. Members of large collections
//! take some more stages, which `types/form.rs` tells.
//!
//! Always true: hints change nothing but the time that the look-up takes.
//! Not here: the instruction — `prefetch.rs`

use super::Store;
use crate::arena::{Handle, LINE_GRANULES};
use crate::cell::{self, Head};
use crate::prefetch;
use crate::table::{Line, segment};
use crate::types::form::{Collection, Form};
use crate::value::Kind;

impl Store {
    /// Hints that a hash will be looked for: its slot in the directory.
    #[inline]
    pub(crate) fn prefetch_slot(&self, hash: u64) {
        prefetch::line(self.directory.address(hash));
    }

    /// Hints that a hash will be looked for: its bucket, which is returned; 0 if there is none.
    #[inline]
    pub(crate) fn prefetch_bucket(&self, hash: u64) -> Handle {
        let slot = self.directory.find(hash);
        if slot.segment == 0 {
            return 0;
        }
        let home = segment::home(hash, slot.depth, usize::from(slot.buckets)) as u32;
        let line = slot.segment.wrapping_add(home.wrapping_mul(LINE_GRANULES));
        prefetch::line(self.arena.memory.address(line));
        line
    }

    /// Hints that a hash will be looked for: the cells in its bucket that have its tag.
    #[inline]
    pub(crate) fn prefetch_entry(&self, hash: u64) {
        self.prefetch_cells(self.prefetch_bucket(hash), hash);
    }

    /// Stage 3, given the bucket; nothing may have changed since stage 2.
    #[inline]
    pub(crate) fn prefetch_cells(&self, bucket: Handle, hash: u64) {
        if bucket == 0 {
            return;
        }
        let line = &self.arena.memory.lines(bucket, 1)[0];
        let tag = Line::tag(hash);
        if !self.prefetch_tagged(line, tag) && line.has_passed(tag) {
            self.prefetch_displaced(hash);
        }
    }

    /// The same for an entry that its home had no room for: nine in ten of those are in the next.
    #[inline(never)]
    fn prefetch_displaced(&self, hash: u64) {
        let slot = self.directory.find(hash);
        let buckets = usize::from(slot.buckets);
        let next = segment::wrap(segment::home(hash, slot.depth, buckets) + 1, buckets);
        let lines = self.arena.memory.lines(slot.segment, buckets);
        self.prefetch_tagged(&lines[next], Line::tag(hash));
    }

    /// Fetches the cells of a bucket with a tag; says whether there are any.
    #[inline(always)]
    fn prefetch_tagged(&self, line: &Line, tag: u8) -> bool {
        let found = line.matches(tag);
        for at in found {
            let cell = self.arena.memory.address(line.handle(at));
            prefetch::line(cell);
            // Key and value of middling size reach into the next line.
            prefetch::line(cell.wrapping_add(64));
        }
        found.first().is_some()
    }

    /// The large set, sorted set or hash whose key has this hash, as far as tags tell keys apart.
    #[inline]
    pub(crate) fn likely_table(&self, hash: u64) -> Option<&Collection> {
        let bucket = self.prefetch_bucket(hash);
        if bucket == 0 {
            return None;
        }
        let memory = &self.arena.memory;
        let line = &memory.lines(bucket, 1)[0];
        line.matches(Line::tag(hash)).find_map(|at| {
            let cell = line.handle(at);
            let head = Head::of(memory, cell);
            let is_table =
                head.is_large() && matches!(head.kind(), Kind::Set | Kind::Zset | Kind::Hash);
            match is_table.then(|| cell::form(memory, cell)) {
                Some(Form::Paged(collection)) => Some(collection),
                _ => None,
            }
        })
    }
}
