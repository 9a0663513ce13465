//! One database: table, arena, timing wheel and limbo as one whole.
//!
//! Everything that changes a segment or a cell goes through here, since this is where it is decided
//! whether a snapshot still needs the old one: `Store::own` for the lines of a segment,
//! `Store::ready` for a cell.
//!
//! ```text
//!  Directory ─► lines ─► cells        one Arena holds both
//!                 Wheel ─► cells      records may be stale, cells need not know
//!                 Limbo ─► lines, cells that only snapshots still see
//! ```
//! Always true: every cell that the table leads to is live, and no other but those in limbo.
//! Not here: lazy expiry, counters of hits — `db/mod.rs`; layout of a cell — `cell.rs`

mod compact;
mod expiry;
pub(crate) mod fields;
mod limbo;
mod lookahead;
mod own;
pub(crate) mod packed;
mod random;
mod reshape;
mod scan;
mod shared;
mod slots;
pub(crate) mod strings;
mod victims;

use std::sync::atomic::Ordering::Relaxed;

use crate::arena::{Arena, Handle, class};
use crate::cell::{self, Body, Deadline, Head, Image};
use crate::expire::Wheel;
use crate::table::{Directory, Line, Slot, segment};
use crate::value::{Encoding, Kind, Millis};

pub(crate) use fields::FieldIndex;
pub(crate) use limbo::Limbo;
pub(crate) use random::Bucket;
pub(crate) use shared::Shared;
use slots::SlotCounts;

/// One database.
#[derive(Debug)]
pub(crate) struct Store {
    /// Tells stores apart, whichever index they have.
    pub(crate) id: u64,
    pub(crate) arena: Arena,
    pub(crate) directory: Directory,
    pub(crate) wheel: Wheel,
    pub(crate) fields: FieldIndex,
    limbo: Limbo,
    len: usize,
    volatile: usize,
    /// The sum of all deadlines, for their mean.
    deadline_sum: i128,
    /// Cells that point to an object, those in limbo included.
    large: usize,
    large_weight: u64,
    scratch: Vec<segment::Resident>,
    lines: Vec<Line>,
    /// How many times in a row housekeeping found no key.
    idle: u8,
    /// How many keys each slot has, if keys are kept apart by their slots.
    slots: Option<Box<SlotCounts>>,
    /// The hash whose segment is the next to look at in clearing a chunk; `None` after the last.
    clearing: Option<u64>,
}

/// An entry that was found.
// PERF: so small that it stays in registers; where in the table it stands is looked up again by
// the few that change that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) hash: u64,
    pub(crate) cell: Handle,
}

/// Where the table has an entry.
#[derive(Debug, Clone, Copy)]
struct Spot {
    /// Its segment.
    slot: Slot,
    bucket: usize,
    at: usize,
}

/// The deadline of a key whose value is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Keep,
    Set(Option<Millis>),
}

/// Objects that weigh more are dropped elsewhere.
const DISCARD_WEIGHT_MIN: u64 = 16 << 10;

impl Store {
    pub(crate) fn new(id: u64) -> Self {
        Self {
            id,
            arena: Arena::default(),
            directory: Directory::default(),
            wheel: Wheel::default(),
            fields: FieldIndex::default(),
            limbo: Limbo::default(),
            len: 0,
            volatile: 0,
            deadline_sum: 0,
            large: 0,
            large_weight: 0,
            scratch: Vec::new(),
            lines: Vec::new(),
            idle: 0,
            slots: None,
            clearing: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn volatile_len(&self) -> usize {
        self.volatile
    }

    /// The mean deadline of the entries that have one.
    pub(crate) fn deadline_mean(&self) -> Option<Millis> {
        let count = i128::try_from(self.volatile).ok().filter(|&n| n > 0)?;
        Some((self.deadline_sum / count) as Millis)
    }

    /// Bytes of everything that belongs to the database.
    pub(crate) fn weight(&self) -> u64 {
        self.arena.used() + self.large_weight + self.index_weight()
    }

    /// Bytes that the database has from the allocator.
    pub(crate) fn reserved(&self) -> u64 {
        self.weight() + self.slack()
    }

    /// Bytes that the arena has from the allocator without using them.
    pub(crate) fn slack(&self) -> u64 {
        self.arena.reserved().saturating_sub(self.arena.used())
    }

    /// Bytes of a cell and the object it points to.
    pub(crate) fn cell_weight(&self, handle: Handle) -> u64 {
        let object = cell::large_weight(&self.arena.memory, handle);
        class::size(self.arena.class_of(handle)) as u64 + object
    }

    /// Whether there is nothing in it, and no memory that once held something.
    #[inline]
    pub(crate) fn is_untouched(&self) -> bool {
        self.arena.reserved() == 0 && self.wheel.weight() == 0
    }

    /// Bytes of directory, wheel and counts.
    pub(crate) fn index_weight(&self) -> u64 {
        let slots = self.slots.as_ref().map_or(0, |_| SlotCounts::SIZE);
        self.directory.weight() + self.wheel.weight() + self.fields.weight() + slots
    }

    /// Finds the cell of a key.
    // PERF: a call of its own costs a read 14 instructions.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, key: &[u8]) -> Option<Handle> {
        let found = self.search(hash, |cell| {
            self.arena.check(cell);
            cell::has_key(&self.arena.memory, cell, key)
        });
        found.map(|(cell, _)| cell)
    }

    /// Finds the entry that is a given cell.
    fn find_cell(&self, hash: u64, cell: Handle) -> Option<Place> {
        self.search(hash, |other| other == cell)?;
        Some(Place { hash, cell })
    }

    /// Where an entry stands that was found before.
    fn spot(&self, place: Place) -> Spot {
        let found = self.search(place.hash, |cell| cell == place.cell);
        found.expect("an entry is in the table until it goes").1
    }

    #[inline(always)]
    fn search(&self, hash: u64, is_it: impl Fn(Handle) -> bool) -> Option<(Handle, Spot)> {
        let slot = self.directory.find(hash);
        if slot.segment == 0 {
            return None;
        }
        let buckets = usize::from(slot.buckets);
        let lines = self.arena.memory.lines(slot.segment, buckets);
        let (bucket, tag) = (segment::home(hash, slot.depth, buckets), Line::tag(hash));
        // PERF: nearly every search ends in the first bucket.
        let line = &lines[bucket];
        for at in line.matches(tag) {
            let cell = line.handle(at);
            if is_it(cell) {
                return Some((cell, Spot { slot, bucket, at }));
            }
        }
        if !line.has_passed(tag) {
            return None;
        }
        self.search_beyond(hash, slot, bucket, is_it)
    }

    /// Goes on with a search after the home bucket.
    #[inline(never)]
    fn search_beyond(
        &self,
        hash: u64,
        slot: Slot,
        home: usize,
        is_it: impl Fn(Handle) -> bool,
    ) -> Option<(Handle, Spot)> {
        let buckets = usize::from(slot.buckets);
        let lines = self.arena.memory.lines(slot.segment, buckets);
        let tag = Line::tag(hash);
        for step in 1..segment::reach(buckets) {
            let bucket = segment::wrap(home + step, buckets);
            let line = &lines[bucket];
            let found = line.matches(tag).find(|&at| is_it(line.handle(at)));
            if let Some(at) = found {
                return Some((line.handle(at), Spot { slot, bucket, at }));
            }
            if !line.has_passed(tag) {
                return None;
            }
        }
        None
    }

    /// Creates an entry; the key must not exist.
    pub(crate) fn insert(
        &mut self,
        cx: &mut Shared,
        hash: u64,
        image: Image<'_>,
        due: Option<Millis>,
    ) -> Place {
        let cell = self.arena.take(class::of(image.size(due.is_some())));
        self.count_large(&image.body);
        let deadline = due.map(|at| self.armed(cx, cell, at));
        let kind = image.kind;
        image.write(&mut self.arena.memory, cell, deadline);
        self.len += 1;
        if cx.hashing.slots {
            self.slots.get_or_insert_default().add(hash);
        }
        let place = self.link(cx, hash, cell);
        if kind == Kind::Hash {
            self.note_field_due(&place, None);
        }
        place
    }

    /// Puts a cell into the table.
    fn link(&mut self, cx: &Shared, hash: u64, cell: Handle) -> Place {
        let resident = segment::Resident {
            hash,
            cell,
            is_shared: false,
        };
        loop {
            let slot = self.own(cx, hash);
            if slot.segment != 0 {
                let buckets = usize::from(slot.buckets);
                let lines = self.arena.memory.lines_mut(slot.segment, buckets);
                if segment::place(lines, slot.depth, resident).is_some() {
                    return Place { hash, cell };
                }
            }
            self.grow(cx, hash);
        }
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, cx: &mut Shared, place: Place) {
        let is_shared = self.own_at(cx, place);
        let Spot { slot, bucket, at } = self.spot(place);
        self.forget_field_due(place.hash, self.field_due(place.cell));
        self.forget_deadline(cell::deadline(&self.arena.memory, place.cell));
        self.retire(cx, place, is_shared);
        self.len -= 1;
        if let Some(slots) = &mut self.slots {
            slots.remove(place.hash);
        }
        let buckets = usize::from(slot.buckets);
        let lines = self.arena.memory.lines_mut(slot.segment, buckets);
        lines[bucket].clear(at);
        let left = lines[bucket].occupied().count();
        let home = segment::home(place.hash, slot.depth, buckets);
        let displaced = if home == bucket {
            0
        } else {
            lines[home].count_displaced_delete()
        };
        if left <= 1 {
            self.settle(cx, place.hash);
        } else if displaced >= DISPLACED_MAX {
            self.rebuild(cx, place.hash, slot.buckets);
        }
    }

    fn count_large(&mut self, body: &Body<'_>) {
        if let Body::Large(object) = body {
            self.large += 1;
            self.large_weight += object.weight();
        }
    }

    /// Makes a record of a cell that has none, and counts its deadline.
    fn armed(&mut self, cx: &Shared, cell: Handle, at: Millis) -> Deadline {
        self.volatile += 1;
        self.deadline_sum += i128::from(at);
        self.rearmed(cx, cell, at)
    }

    /// Makes a record of a cell whose deadline is counted. It comes up in the millisecond after the
    /// deadline, the first in which the key is gone.
    fn rearmed(&mut self, cx: &Shared, cell: Handle, at: Millis) -> Deadline {
        let gone_at = at.saturating_add(1);
        let tag = (!Deadline::is_far(at)).then(|| self.wheel.arm(cell, gone_at, cx.now));
        Deadline { at, tag }
    }

    fn forget_deadline(&mut self, deadline: Option<Deadline>) {
        if let Some(deadline) = deadline {
            self.volatile -= 1;
            self.deadline_sum -= i128::from(deadline.at);
        }
    }

    /// The deadline to write into a cell that stays, given the one that it has.
    fn redue(&mut self, cx: &Shared, cell: Handle, due: Option<Millis>) -> Option<Deadline> {
        let old = cell::deadline(&self.arena.memory, cell);
        if let (Some(old), Some(at)) = (old, due)
            && old.at == at
        {
            return Some(old);
        }
        self.forget_deadline(old);
        let at = due?;
        // The record stays where it is when it will fire early enough: it then moves on.
        match old {
            Some(Deadline { at: before, tag }) if tag.is_some() && before <= at => {
                let tag = tag.filter(|_| !Deadline::is_far(at));
                self.volatile += 1;
                self.deadline_sum += i128::from(at);
                Some(Deadline { at, tag })
            }
            _ => Some(self.armed(cx, cell, at)),
        }
    }

    /// Makes a cell writable with room for `size` bytes: moves the entry to another if need be.
    fn ready(&mut self, cx: &mut Shared, place: &mut Place, size: usize) {
        let is_shared = self.own_at(cx, *place);
        self.arena.check(place.cell);
        if !is_shared && size <= class::size(self.arena.class_of(place.cell)) {
            return;
        }
        let size = size.max(cell::size(&self.arena.memory, place.cell));
        self.move_entry(cx, place, size, is_shared);
    }

    /// Moves an entry to another cell, with room for `size` bytes.
    fn move_entry(&mut self, cx: &mut Shared, place: &mut Place, size: usize, is_shared: bool) {
        let old = *place;
        let cell = self.arena.take(class::of(size));
        cell::duplicate(&mut self.arena.memory, old.cell, cell);
        if let Some(object) = cell::large(&self.arena.memory, cell) {
            self.large += 1;
            self.large_weight += object.weight();
        }
        if let Some(deadline) = cell::deadline(&self.arena.memory, cell) {
            let deadline = self.rearmed(cx, cell, deadline.at);
            cell::set_deadline(&mut self.arena.memory, cell, Some(deadline));
        }
        self.relink(place, cell);
        self.retire(cx, old, is_shared);
    }

    /// Lets the entry at a place of an owned segment be another cell.
    fn relink(&mut self, place: &mut Place, cell: Handle) {
        let Spot { slot, bucket, at } = self.spot(*place);
        let lines = self
            .arena
            .memory
            .lines_mut(slot.segment, usize::from(slot.buckets));
        lines[bucket].set_handle(at, cell, false);
        place.cell = cell;
    }

    /// Replaces the value of an entry, and perhaps its deadline: in place if there is room.
    // PERF: a value of the same size takes the place of the old one: no deadline, size or class is
    // looked at.
    #[inline]
    pub(crate) fn replace(
        &mut self,
        cx: &mut Shared,
        key: &[u8],
        place: &mut Place,
        value: (Kind, Encoding, Body<'_>),
        due: Due,
    ) {
        let is_shared = self.own_at(cx, *place);
        let is_hash =
            value.0 == Kind::Hash || Head::of(&self.arena.memory, place.cell).kind() == Kind::Hash;
        if is_hash {
            let before = self.field_due(place.cell);
            self.replace_unlike(cx, key, (place, is_shared), value, due);
            return self.note_field_due(place, before);
        }
        let keeps = matches!(due, Due::Keep);
        if !is_shared && !matches!(due, Due::Set(Some(_))) {
            let (kind, encoding, body) = &value;
            let kind = cell::kind_byte(*kind, *encoding);
            if cell::replace_alike(&mut self.arena.memory, place.cell, kind, body, keeps) {
                return;
            }
        }
        self.replace_unlike(cx, key, (place, is_shared), value, due);
    }

    /// Replaces the value of an entry of an owned segment by one that may need more room or less.
    #[inline(never)]
    fn replace_unlike(
        &mut self,
        cx: &mut Shared,
        key: &[u8],
        (place, is_shared): (&mut Place, bool),
        value: (Kind, Encoding, Body<'_>),
        due: Due,
    ) {
        let (kind, encoding, body) = value;
        let old = cell::deadline(&self.arena.memory, place.cell);
        let due = match due {
            Due::Keep => old.map(|deadline| deadline.at),
            Due::Set(due) => due,
        };
        self.count_large(&body);
        let size = cell::size_with(&self.arena.memory, place.cell, &body, due.is_some());
        let room = class::size(self.arena.class_of(place.cell));
        let is_tight = room <= 64 || size * 2 >= room;
        if !is_shared && size <= room && is_tight {
            let deadline = self.redue(cx, place.cell, due);
            let memory = &mut self.arena.memory;
            if let Some(object) = cell::take_large(memory, place.cell) {
                self.discard(cx, object);
            }
            let encoding = (kind, encoding);
            cell::rewrite(&mut self.arena.memory, place.cell, encoding, body, deadline);
            return;
        }
        let access = self.arena.memory.atomic(place.cell);
        let access = access.load(Relaxed);
        let image = Image {
            kind,
            encoding,
            key,
            body,
            access,
        };
        let cell = self.arena.take(class::of(image.size(due.is_some())));
        self.forget_deadline(old);
        let deadline = due.map(|at| self.armed(cx, cell, at));
        image.write(&mut self.arena.memory, cell, deadline);
        let retired = *place;
        self.relink(place, cell);
        self.retire(cx, retired, is_shared);
    }

    /// Replaces the deadline of an entry.
    pub(crate) fn set_due(&mut self, cx: &mut Shared, place: &mut Place, due: Option<Millis>) {
        let memory = &self.arena.memory;
        let old = cell::deadline(memory, place.cell);
        if old.map(|deadline| deadline.at) == due {
            return;
        }
        let grows = usize::from(old.is_none()) * 8;
        self.ready(
            cx,
            place,
            cell::size(&self.arena.memory, place.cell) + grows,
        );
        let deadline = self.redue(cx, place.cell, due);
        cell::set_deadline(&mut self.arena.memory, place.cell, deadline);
    }

    /// The hash of a cell's key.
    fn rehash(&self, cx: &Shared, cell: Handle) -> u64 {
        cx.hashing.key(cell::key(&self.arena.memory, cell)).get()
    }
}

/// Deletes of displaced entries of one home after which its segment is rebuilt.
const DISPLACED_MAX: u8 = 8;

impl Drop for Store {
    /// Gives up the counts of all objects that cells point to; chunks go by themselves.
    fn drop(&mut self) {
        if self.large == 0 {
            return;
        }
        let memory = &mut self.arena.memory;
        for cell in self.limbo.cells() {
            drop(cell::take_large(memory, cell));
        }
        let filled = |(_, slot): &(u64, Slot)| slot.segment != 0;
        for (_, slot) in self.directory.segments().filter(filled) {
            for n in 0..usize::from(slot.buckets) {
                let line = memory.lines(slot.segment, usize::from(slot.buckets))[n];
                for at in line.occupied() {
                    drop(cell::take_large(memory, line.handle(at)));
                }
            }
        }
    }
}
