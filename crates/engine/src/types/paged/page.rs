//! A page: some records of a table whose hashes begin alike, in one piece of memory.
//!
//! ```text
//!  ┌ tags ────────┐┌ offsets ──────────┐┌ records ──────────────────────────┐
//!  │ slots × 1 B  ││ slots × 2 B       ││ in any order, holes between them  │ room
//!  └──────────────┘└───────────────────┘└───────────────────────────────────┘
//!    len of them are in use                                            end ┘
//! ```
//! The tag of a record is the low byte of its hash. A page grows in steps of about an eighth until
//! it reaches its limit; then whoever owns it splits it.
//!
//! Always true: the bytes may belong to several clones; they change only through `Part::make_mut`.
//! Always true: `dead` is the number of bytes before `end` that belong to no record.
//! Not here: which page a hash belongs to — `node.rs`

mod ahead;

pub(crate) use ahead::Ahead;
use smallvec::SmallVec;

use super::record::{BOXED_SIZE, Record, Stored, put_boxed};
use crate::part::Part;
use crate::prefetch;
use crate::table::Slots;
use crate::value::{Millis, is_past};

/// Records that take more are boxed.
const INLINE_SIZE_MAX: usize = 1024;
/// Bytes of an allocation of shared bytes besides them: two counts and the allocator's head.
const ALLOCATION_SIZE: usize = 24;
/// The largest page of all, when its records cannot be told apart by their hashes.
const BODY_SIZE_MAX: usize = u16::MAX as usize;
/// Bytes of a slot.
const SLOT_SIZE: usize = 3;
/// Tags that are compared at once. A body has sixteen bytes from any tag on: behind the tags lie
/// offsets that are twice as long, and a body that is not empty has forty bytes or more.
const TAGS_AT_ONCE: usize = 16;

/// Some records.
#[derive(Debug, Clone)]
pub(super) struct Page {
    body: Part<[u8]>,
    extra: Option<Box<Extra>>,
    len: u16,
    slots: u16,
    end: u16,
    dead: u16,
    /// How many bits of the hash, after those of the node, all records share.
    pub(super) depth: u8,
}

/// Parts that few pages have.
#[derive(Debug, Clone)]
struct Extra {
    /// No deadline in the page is earlier.
    due: Millis,
    /// Records that are too long; a number stays the same until the page is rebuilt.
    boxes: Vec<Option<Part<[u8]>>>,
    /// Bytes in them.
    boxed: usize,
}

/// A page has no room for a record without growing beyond its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// The contents of a page that is rebuilt.
#[derive(Debug, Clone, Copy)]
struct Plan {
    body: usize,
    slots: usize,
}

impl Plan {
    /// A body for `len` records of `bytes` bytes, with some room for more.
    fn new(len: usize, bytes: usize) -> Self {
        let wanted = SLOT_SIZE * len + bytes + ALLOCATION_SIZE;
        let step = match wanted {
            0..512 => 32,
            512..1024 => 128,
            _ => 256,
        };
        let body = wanted.next_multiple_of(step).max(64) - ALLOCATION_SIZE;
        let body = body.min(BODY_SIZE_MAX).max(wanted - ALLOCATION_SIZE);
        let each = SLOT_SIZE + bytes / len.max(1);
        let more = (body - SLOT_SIZE * len - bytes) / each;
        Self {
            body,
            slots: len + more,
        }
    }
}

impl Page {
    /// A page without records.
    pub(super) fn new(depth: u8) -> Self {
        Self {
            body: Part::default(),
            extra: None,
            len: 0,
            slots: 0,
            end: 0,
            dead: 0,
            depth,
        }
    }

    fn planned(plan: Plan, depth: u8) -> Self {
        Self {
            body: zeroed(plan.body),
            extra: None,
            len: 0,
            slots: plan.slots as u16,
            end: (SLOT_SIZE * plan.slots) as u16,
            dead: 0,
            depth,
        }
    }

    /// Finds the slot of a field.
    #[inline]
    pub(super) fn find<const PAIRS: bool>(&self, tag: u8, field: &[u8]) -> Option<usize> {
        self.tagged(tag)
            .find(|&slot| self.at::<PAIRS>(slot).field == field)
    }

    /// The slots with a tag.
    // PERF: a page has about a hundred tags; sixteen are compared at once.
    #[inline]
    fn tagged(&self, tag: u8) -> impl Iterator<Item = usize> {
        let (body, len) = (&*self.body, self.len());
        (0..len).step_by(TAGS_AT_ONCE).flat_map(move |at| {
            let rest = len - at;
            let known = if rest < TAGS_AT_ONCE {
                (1 << rest) - 1
            } else {
                u32::MAX
            };
            Slots::of(prefetch::first_equal(&body[at..], tag) & known).map(move |bit| at + bit)
        })
    }

    /// The record in a slot.
    #[inline]
    pub(super) fn at<const PAIRS: bool>(&self, slot: usize) -> Record<'_> {
        match Record::decode::<PAIRS>(&self.body[self.offset(slot)..]) {
            Stored::Inline(record, _) => record,
            Stored::Boxed(number) => self.unboxed::<PAIRS>(number),
        }
    }

    #[cold]
    fn unboxed<const PAIRS: bool>(&self, number: u16) -> Record<'_> {
        let boxes = &self.extra.as_ref().expect("a boxed record has a box").boxes;
        let bytes = boxes[usize::from(number)].as_ref();
        let stored = Record::decode::<PAIRS>(bytes.expect("a boxed record has a box"));
        stored.record().expect("boxes hold records")
    }

    /// Adds a record that is not there yet.
    ///
    /// # Errors
    /// [`Full`] when the page would grow beyond the limit.
    pub(super) fn add<const PAIRS: bool>(
        &mut self,
        tag: u8,
        record: Record<'_>,
        limit: usize,
    ) -> Result<(), Full> {
        let whole = record.size::<PAIRS>();
        let size = if whole > INLINE_SIZE_MAX {
            BOXED_SIZE
        } else {
            whole
        };
        let has_room = self.len < self.slots && usize::from(self.end) + size <= self.body.len();
        if !has_room {
            self.make_room::<PAIRS>(size, limit)?;
        }
        let number = (whole > INLINE_SIZE_MAX).then(|| self.boxed::<PAIRS>(record, whole));
        if let Some(deadline) = record.deadline {
            self.extra().due = deadline.min(self.due());
        }
        let (end, slot) = (usize::from(self.end), usize::from(self.len));
        let place = offset_place(slot, usize::from(self.slots));
        let body = self.body.make_mut();
        match number {
            None => record.encode::<PAIRS>(&mut body[end..]),
            Some(number) => put_boxed(&mut body[end..], number),
        }
        body[slot] = tag;
        body[place..place + 2].copy_from_slice(&self.end.to_le_bytes());
        self.end += size as u16;
        self.len += 1;
        Ok(())
    }

    /// Replaces the record in a slot by another of the same field if it takes no more room; says
    /// whether it did.
    pub(super) fn replace<const PAIRS: bool>(&mut self, slot: usize, record: Record<'_>) -> bool {
        let offset = self.offset(slot);
        let size = record.size::<PAIRS>();
        let old = match Record::decode::<PAIRS>(&self.body[offset..]) {
            Stored::Inline(_, old) if size <= old => old,
            _ => return false,
        };
        if let Some(deadline) = record.deadline {
            self.extra().due = deadline.min(self.due());
        }
        self.dead += (old - size) as u16;
        record.encode::<PAIRS>(&mut self.body.make_mut()[offset..]);
        true
    }

    /// Removes the record in a slot.
    pub(super) fn remove<const PAIRS: bool>(&mut self, slot: usize) {
        let offset = self.offset(slot);
        let size = match Record::decode::<PAIRS>(&self.body[offset..]) {
            Stored::Inline(_, size) => size,
            Stored::Boxed(number) => self.unbox(number),
        };
        if offset + size == usize::from(self.end) {
            self.end = offset as u16;
        } else {
            self.dead += size as u16;
        }
        let (last, slots) = (usize::from(self.len) - 1, usize::from(self.slots));
        let (from, to) = (offset_place(last, slots), offset_place(slot, slots));
        let body = self.body.make_mut();
        body[slot] = body[last];
        body.copy_within(from..from + 2, to);
        self.len -= 1;
        if self.needs() * 3 / 2 + 128 < self.body.len() {
            self.rebuild::<PAIRS>(Plan::new(self.len(), self.live()));
        }
    }

    /// Moves the records into two pages one bit deeper, as `bit` of their fields says.
    pub(super) fn split<const PAIRS: bool>(&self, bit: impl Fn(&[u8]) -> bool) -> [Self; 2] {
        let mut parts: SmallVec<[(&[u8], bool); 128]> = SmallVec::new();
        let mut sizes = [(0, 0); 2];
        for slot in 0..self.len() {
            let (raw, side) = (self.raw::<PAIRS>(slot), bit(self.at::<PAIRS>(slot).field));
            parts.push((raw, side));
            let (count, bytes) = &mut sizes[usize::from(side)];
            (*count, *bytes) = (*count + 1, *bytes + raw.len());
        }
        let mut pages =
            sizes.map(|(count, bytes)| Self::planned(Plan::new(count, bytes), self.depth + 1));
        if self.extra.is_some() {
            for (page, side) in pages.iter_mut().zip([false, true]) {
                let slots = (0..self.len()).filter(|&slot| parts[slot].1 == side);
                page.copy_from::<PAIRS>(self, slots);
            }
            return pages;
        }
        let mut fillers = pages.each_mut().map(Filler::new);
        for (slot, &(raw, side)) in parts.iter().enumerate() {
            fillers[usize::from(side)].push(self.tag(slot), raw);
        }
        pages
    }

    /// A page one bit less deep that holds the records of two.
    pub(super) fn merged<const PAIRS: bool>(&self, other: &Self) -> Self {
        let plan = Plan::new(self.len() + other.len(), self.live() + other.live());
        let mut page = Self::planned(plan, self.depth - 1);
        page.copy_from::<PAIRS>(self, 0..self.len());
        page.copy_from::<PAIRS>(other, 0..other.len());
        page
    }

    /// How many records there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Bytes that its records need, their slots included.
    pub(super) fn needs(&self) -> usize {
        SLOT_SIZE * self.len() + self.live()
    }

    /// Bytes that it occupies outside its node.
    #[inline]
    pub(super) fn weight(&self) -> u64 {
        let extra = self.extra.as_ref().map_or(0, |extra| extra.weight());
        (self.body.len() + ALLOCATION_SIZE) as u64 + extra
    }

    /// A moment that no deadline in it precedes; `Millis::MAX` if there is none.
    #[inline]
    pub(super) fn due(&self) -> Millis {
        self.extra.as_ref().map_or(Millis::MAX, |extra| extra.due)
    }

    /// Removes records whose deadline is before the horizon, up to `budget`, showing each before;
    /// returns how many.
    pub(super) fn expire<const PAIRS: bool>(
        &mut self,
        horizon: Millis,
        budget: usize,
        visit: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let (mut removed, mut slot) = (0, self.len());
        while slot > 0 && removed < budget {
            slot -= 1;
            let record = self.at::<PAIRS>(slot);
            if record.deadline.is_some_and(|at| is_past(at, horizon)) {
                visit(record.field);
                // The last record takes the slot; it was looked at already.
                self.remove::<PAIRS>(slot);
                removed += 1;
            }
        }
        let due = (0..self.len()).filter_map(|slot| self.at::<PAIRS>(slot).deadline);
        let due = due.min().unwrap_or(Millis::MAX);
        if due != self.due() {
            self.extra().due = due;
        }
        self.drop_extra();
        removed
    }

    /// The tag in a slot.
    fn tag(&self, slot: usize) -> u8 {
        self.body[slot]
    }

    #[inline]
    fn offset(&self, slot: usize) -> usize {
        let place = offset_place(slot, usize::from(self.slots));
        usize::from(u16::from_le_bytes([self.body[place], self.body[place + 1]]))
    }

    /// The bytes of a record in the page.
    fn raw<const PAIRS: bool>(&self, slot: usize) -> &[u8] {
        let bytes = &self.body[self.offset(slot)..];
        match Record::decode::<PAIRS>(bytes) {
            Stored::Inline(_, size) => &bytes[..size],
            Stored::Boxed(_) => &bytes[..BOXED_SIZE],
        }
    }

    /// Bytes of records.
    fn live(&self) -> usize {
        usize::from(self.end) - SLOT_SIZE * usize::from(self.slots) - usize::from(self.dead)
    }

    fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_with(|| {
            Box::new(Extra {
                due: Millis::MAX,
                boxes: Vec::new(),
                boxed: 0,
            })
        })
    }

    fn drop_extra(&mut self) {
        let is_idle =
            |extra: &Extra| extra.due == Millis::MAX && extra.boxes.iter().all(Option::is_none);
        if self.extra.as_deref().is_some_and(is_idle) {
            self.extra = None;
        }
    }

    /// Boxes a record and returns its number.
    #[cold]
    fn boxed<const PAIRS: bool>(&mut self, record: Record<'_>, size: usize) -> u16 {
        let mut bytes = zeroed(size);
        record.encode::<PAIRS>(bytes.make_mut());
        self.keep(bytes)
    }

    fn keep(&mut self, bytes: Part<[u8]>) -> u16 {
        let extra = self.extra();
        extra.boxed += bytes.len() + ALLOCATION_SIZE;
        let boxes = &mut extra.boxes;
        match boxes.iter().position(Option::is_none) {
            Some(free) => {
                boxes[free] = Some(bytes);
                free as u16
            }
            None => {
                boxes.push(Some(bytes));
                (boxes.len() - 1) as u16
            }
        }
    }

    /// Drops a box and returns what the reference to it takes.
    #[cold]
    fn unbox(&mut self, number: u16) -> usize {
        let extra = self.extra();
        if let Some(bytes) = extra.boxes[usize::from(number)].take() {
            extra.boxed -= bytes.len() + ALLOCATION_SIZE;
        }
        self.drop_extra();
        BOXED_SIZE
    }

    /// Rebuilds the page so that one more record of that size fits.
    fn make_room<const PAIRS: bool>(&mut self, size: usize, limit: usize) -> Result<(), Full> {
        let (len, bytes) = (self.len() + 1, self.live() + size);
        let needs = SLOT_SIZE * len + bytes;
        if needs > limit.min(BODY_SIZE_MAX) {
            return Err(Full);
        }
        self.rebuild::<PAIRS>(Plan::new(len, bytes));
        Ok(())
    }

    fn rebuild<const PAIRS: bool>(&mut self, plan: Plan) {
        let mut page = Self::planned(plan, self.depth);
        if self.extra.is_some() {
            page.copy_from::<PAIRS>(self, 0..self.len());
        } else if self.dead > 0 {
            let mut filler = Filler::new(&mut page);
            for slot in 0..self.len() {
                filler.push(self.tag(slot), self.raw::<PAIRS>(slot));
            }
        } else {
            page.adopt(self);
        }
        *self = page;
    }

    /// Takes over all records of a page without holes, which lie side by side here too.
    fn adopt(&mut self, other: &Self) {
        let (len, slots) = (other.len(), usize::from(self.slots));
        let (from, to) = (SLOT_SIZE * usize::from(other.slots), usize::from(self.end));
        let records = &other.body[from..usize::from(other.end)];
        let body = self.body.make_mut();
        body[..len].copy_from_slice(&other.body[..len]);
        body[to..to + records.len()].copy_from_slice(records);
        let places = body[slots..slots + 2 * len].chunks_exact_mut(2);
        let before = other.body[usize::from(other.slots)..].chunks_exact(2);
        for (place, before) in places.zip(before) {
            let offset = usize::from(u16::from_le_bytes([before[0], before[1]]));
            place.copy_from_slice(&((offset - from + to) as u16).to_le_bytes());
        }
        (self.len, self.end) = (other.len, (to + records.len()) as u16);
    }

    /// Adds records of another page; there is room for them.
    fn copy_from<const PAIRS: bool>(&mut self, other: &Self, chosen: impl Iterator<Item = usize>) {
        let slots = usize::from(self.slots);
        let (mut slot, mut end, mut due) = (self.len(), usize::from(self.end), self.due());
        for from in chosen {
            let raw = other.raw::<PAIRS>(from);
            let number = match (raw[0], &other.extra) {
                (0, Some(extra)) => {
                    let number = usize::from(u16::from_le_bytes([raw[1], raw[2]]));
                    extra.boxes[number].clone().map(|bytes| self.keep(bytes))
                }
                _ => None,
            };
            if other.extra.is_some() {
                due = due.min(other.at::<PAIRS>(from).deadline.unwrap_or(Millis::MAX));
            }
            let place = offset_place(slot, slots);
            let body = self.body.make_mut();
            body[end..end + raw.len()].copy_from_slice(raw);
            if let Some(number) = number {
                put_boxed(&mut body[end..], number);
            }
            body[slot] = other.tag(from);
            body[place..place + 2].copy_from_slice(&(end as u16).to_le_bytes());
            (slot, end) = (slot + 1, end + raw.len());
        }
        (self.len, self.end) = (slot as u16, end as u16);
        if due != self.due() {
            self.extra().due = due;
        }
    }
}

/// Adds records to a page that has room for all of them.
struct Filler<'p> {
    body: &'p mut [u8],
    slots: usize,
    len: &'p mut u16,
    end: &'p mut u16,
}

impl<'p> Filler<'p> {
    fn new(page: &'p mut Page) -> Self {
        Self {
            body: page.body.make_mut(),
            slots: usize::from(page.slots),
            len: &mut page.len,
            end: &mut page.end,
        }
    }

    fn push(&mut self, tag: u8, raw: &[u8]) {
        let (slot, end) = (usize::from(*self.len), usize::from(*self.end));
        let place = offset_place(slot, self.slots);
        self.body[end..end + raw.len()].copy_from_slice(raw);
        self.body[slot] = tag;
        self.body[place..place + 2].copy_from_slice(&self.end.to_le_bytes());
        *self.len += 1;
        *self.end += raw.len() as u16;
    }
}

/// Shared bytes that are zero.
///
/// PERF: copied from zeros that are there: collected from an iterator, they would be written one
/// by one.
fn zeroed(len: usize) -> Part<[u8]> {
    static ZEROS: [u8; 4096] = [0; 4096];
    match ZEROS.get(..len) {
        Some(zeros) => Part::from(zeros),
        None => Part::from(vec![0; len]),
    }
}

impl Extra {
    fn weight(&self) -> u64 {
        let numbers = self.boxes.len() * size_of::<Option<Part<[u8]>>>();
        (size_of::<Self>() + numbers + self.boxed) as u64
    }
}

/// Where the offset of a slot lies.
#[inline]
const fn offset_place(slot: usize, slots: usize) -> usize {
    slots + 2 * slot
}
