//! Snapshots: a moment of the key space that any thread can read.
//!
//! A snapshot holds the directory of each database as it was, by reference, and keeps the chunks of
//! memory alive. The owner does not change what it leads to; see `epoch.rs` for how it knows. The
//! walk goes through the segments in the order of hashes and publishes where it is, so that the
//! owner need not preserve what lies behind.
//!
//! Always true: a walk shows each key that was there once, with the value that it had.
//! Not here: preserving — `store/mod.rs`

use std::sync::Arc;

use crate::access::AccessPolicy;
use crate::arena::Memory;
use crate::cell;
use crate::epoch::Ticket;
use crate::prefetch;
use crate::store::Store;
use crate::table::directory::after;
use crate::table::{Directory, SLOTS, Slot, position};
use crate::value::Millis;
use crate::value_ref::ValueRef;

/// The key space at one moment. The memory that it needs is freed after the snapshot, or the walk
/// made of it, was dropped.
#[derive(Debug)]
pub struct Snapshot {
    images: Vec<Image>,
    now: Millis,
    policy: AccessPolicy,
    /// Dropped last, after everything that it protects.
    hold: Hold,
}

/// One database at one moment.
#[derive(Debug)]
pub(crate) struct Image {
    db: usize,
    len: usize,
    volatile_len: usize,
    directory: Directory,
    memory: Memory,
}

#[derive(Debug)]
struct Hold(Arc<Ticket>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.release();
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Snapshot>();
    is_send::<Walk>();
};

impl Store {
    /// The parts of the database that a snapshot keeps.
    pub(crate) fn image(&self, db: usize) -> Image {
        Image {
            db,
            len: self.len(),
            volatile_len: self.volatile_len(),
            directory: self.directory.clone(),
            memory: self.arena.memory.clone(),
        }
    }
}

impl Snapshot {
    pub(crate) fn new(
        ticket: Arc<Ticket>,
        images: Vec<Image>,
        now: Millis,
        policy: AccessPolicy,
    ) -> Self {
        Self {
            images,
            now,
            policy,
            hold: Hold(ticket),
        }
    }

    /// The moment that was frozen when it was taken.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// The databases that had keys, in order: index, number of keys, number of those with
    /// deadlines.
    pub fn databases(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.images
            .iter()
            .map(|image| (image.db, image.len, image.volatile_len))
    }

    /// Reads it from beginning to end.
    pub fn into_walk(self) -> Walk {
        let cursor = Cursor {
            ordinal: 0,
            hash: Some(0),
            slot: None,
            line: 0,
            at: 0,
        };
        Walk {
            snapshot: self,
            cursor,
        }
    }
}

/// A reading of a [`Snapshot`], once through.
#[derive(Debug)]
pub struct Walk {
    snapshot: Snapshot,
    cursor: Cursor,
}

#[derive(Debug)]
struct Cursor {
    /// Which of the databases.
    ordinal: usize,
    /// The first hash of the segment after the one that is read.
    hash: Option<u64>,
    /// The segment that is read.
    slot: Option<Slot>,
    line: usize,
    at: usize,
}

/// A key and its value as a snapshot has them.
#[derive(Debug, Clone, Copy)]
pub struct WalkItem<'a> {
    /// The index that the database had.
    pub db: usize,
    /// The key.
    pub key: &'a [u8],
    /// The value, with deadline and access clock. The deadline may have passed.
    pub value: ValueRef<'a>,
}

impl Walk {
    /// The next key: databases in order, keys by segments in the order of hashes.
    #[expect(clippy::should_implement_trait, reason = "items borrow from the walk")]
    pub fn next(&mut self) -> Option<WalkItem<'_>> {
        loop {
            let image = self.snapshot.images.get(self.cursor.ordinal)?;
            let Some(slot) = self.cursor.slot else {
                self.enter_segment();
                continue;
            };
            let lines = image.memory.lines(slot.segment, usize::from(slot.buckets));
            let Cursor { line, at, .. } = &mut self.cursor;
            while *line < lines.len() {
                let current = &lines[*line];
                let start = *at;
                if let Some(found) = (start..SLOTS).find(|&at| current.occupied().has(at)) {
                    *at = found + 1;
                    return Some(self.item(current.handle(found)));
                }
                (*line, *at) = (*line + 1, 0);
            }
            self.cursor.slot = None;
        }
    }

    /// Goes to the next segment that has entries, or to the next database.
    fn enter_segment(&mut self) {
        let Self { snapshot, cursor } = self;
        let Some(hash) = cursor.hash else {
            (cursor.ordinal, cursor.hash) = (cursor.ordinal + 1, Some(0));
            snapshot.hold.0.publish(cursor.ordinal, 0);
            return;
        };
        snapshot.hold.0.publish(cursor.ordinal, position(hash));
        let image = &snapshot.images[cursor.ordinal];
        let slot = image.directory.find(hash);
        cursor.hash = after(hash, slot.depth);
        if slot.segment == 0 {
            return;
        }
        (cursor.slot, cursor.line, cursor.at) = (Some(slot), 0, 0);
        for line in image.memory.lines(slot.segment, usize::from(slot.buckets)) {
            line.occupied()
                .for_each(|at| prefetch::line(image.memory.address(line.handle(at))));
        }
    }

    fn item(&self, handle: crate::arena::Handle) -> WalkItem<'_> {
        let image = &self.snapshot.images[self.cursor.ordinal];
        WalkItem {
            db: image.db,
            key: cell::key(&image.memory, handle),
            value: cell::view(
                &image.memory,
                handle,
                self.snapshot.policy,
                self.snapshot.now,
            ),
        }
    }
}
