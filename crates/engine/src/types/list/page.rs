//! A page of a large list: entries with room at both ends, or one element that is large.
//!
//! ```text
//!  Packed     buffer  ░░░░|entry|entry|entry|░░░░░░      pushes and pops move nothing
//!                     start ^           end ^
//!  Plain      buffer  the bytes of one element
//!  Squeezed   buffer  the entries, compressed
//! ```
//! Cloning a page shares its buffer; the first change afterwards copies it.
//!
//! Always true: a page holds at least one element, except while its list changes it; only packed
//! pages have room.
//! Not here: which page holds which element — `pages.rs`; how large one becomes — `limit.rs`

use std::ops::Range;

use russet_pack::lzf;

use super::entry;
use crate::part::Part;
use crate::value::StringRef;

/// An end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Where the element with index 0 is.
    Front,
    /// Where the last element is.
    Back,
}

impl End {
    /// The other end.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Front => Self::Back,
            Self::Back => Self::Front,
        }
    }
}

/// Room that a buffer may have in vain when its page is full.
const SLACK_MAX: usize = 64;

/// The first buffer of a page that grows.
const ROOM_MIN: usize = 256;

/// Entries that are shorter than this are not compressed, and those that would not shrink by more.
const SQUEEZE_MIN: usize = 48;
const SQUEEZE_GAIN_MIN: usize = 8;

/// Bytes that a page occupies besides its buffer: its place in the list, the counts, and the
/// overhead of the allocator.
const OVERHEAD: usize = size_of::<Page>() + 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Packed,
    Plain,
    Squeezed,
}

/// A page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    buffer: Part<[u8]>,
    /// Where the entries begin in the buffer of a packed page.
    start: u32,
    /// Where they end; for a squeezed page, how many bytes they were.
    end: u32,
    count: u32,
    form: Form,
    /// Whether compressing these entries did not help.
    is_stubborn: bool,
}

/// The content of a page, readable.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    /// Entries.
    Entries(&'a [u8]),
    /// The one element.
    Element(&'a [u8]),
}

impl Page {
    /// A page without entries and with some room, more when it will surely be filled.
    pub(super) fn empty(room: usize) -> Self {
        Self::packed(zeros(room), 0..0, 0)
    }

    /// A page of these entries.
    pub(super) fn of_entries(entries: &[u8], count: usize) -> Self {
        Self::packed(Part::from(entries), 0..entries.len(), count)
    }

    /// A page of one element.
    pub(super) fn plain(element: &[u8]) -> Self {
        Self {
            buffer: Part::from(element),
            start: 0,
            end: 0,
            count: 1,
            form: Form::Plain,
            is_stubborn: false,
        }
    }

    fn packed(buffer: Part<[u8]>, at: Range<usize>, count: usize) -> Self {
        Self {
            buffer,
            start: at.start as u32,
            end: at.end as u32,
            count: count as u32,
            form: Form::Packed,
            is_stubborn: false,
        }
    }

    /// How many elements it holds.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    /// Bytes of its entries, compressed or not; of its element.
    #[inline]
    pub(super) fn size(&self) -> usize {
        match self.form {
            Form::Packed => (self.end - self.start) as usize,
            Form::Squeezed => self.end as usize,
            Form::Plain => self.buffer.len(),
        }
    }

    /// Bytes that it occupies.
    #[inline]
    pub(super) fn weight(&self) -> usize {
        OVERHEAD + self.buffer.len()
    }

    /// Whether it holds one element as it is.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.form == Form::Plain
    }

    /// The entries; decompressed into `scratch` if need be.
    #[inline]
    pub(super) fn content<'a>(&'a self, scratch: &'a mut Vec<u8>) -> Content<'a> {
        match self.form {
            Form::Packed => Content::Entries(self.entries()),
            Form::Plain => Content::Element(&self.buffer),
            Form::Squeezed => {
                self.expand(scratch);
                Content::Entries(scratch)
            }
        }
    }

    /// The element at an end, and the length of its entry.
    #[inline]
    fn end_entry(&self, end: End) -> (StringRef<'_>, usize) {
        match (self.form, end) {
            (Form::Plain, _) => (StringRef::Bytes(&self.buffer), 0),
            (_, End::Front) => entry::first(self.entries()),
            (_, End::Back) => {
                let entries = self.entries();
                entry::first(&entries[entry::last_start(entries)..])
            }
        }
    }

    /// Shows the element at an end, then takes it away.
    #[inline]
    pub(super) fn pop<T>(&mut self, end: End, visit: impl FnOnce(StringRef<'_>) -> T) -> T {
        let (element, len) = self.end_entry(end);
        let seen = visit(element);
        match end {
            End::Front => self.start += len as u32,
            End::Back => self.end -= len as u32,
        }
        self.count -= 1;
        seen
    }

    /// Adds an element at an end; the buffer becomes no larger than `room_max` for it, if the
    /// entries fit that.
    #[inline]
    pub(super) fn push(&mut self, end: End, element: &[u8], room_max: usize) {
        let len = entry::entry_len(element);
        let gap = match end {
            End::Front => self.start as usize,
            End::Back => self.buffer.len() - self.end as usize,
        };
        if gap < len {
            self.make_room(end, len, room_max);
        }
        let at = match end {
            End::Front => {
                self.start -= len as u32;
                self.start as usize
            }
            End::Back => {
                let at = self.end as usize;
                self.end += len as u32;
                at
            }
        };
        self.count += 1;
        self.is_stubborn = false;
        entry::write(element, &mut self.buffer.make_mut()[at..at + len]);
    }

    /// Makes room for `need` bytes at an end: in the buffer if a quarter of it is free, else in
    /// another one.
    #[cold]
    fn make_room(&mut self, end: End, need: usize, room_max: usize) {
        debug_assert_eq!(self.form, Form::Packed);
        let entries = self.start as usize..self.end as usize;
        let size = entries.len();
        let total = size + need;
        let room = self.buffer.len();
        let stays = total + room / 4 <= room;
        let target = match stays {
            true => room,
            false => total.max((2 * total).max(ROOM_MIN).min(room_max)),
        };
        // Most of what is free goes where it is asked for.
        let free = target - total;
        let start = match end {
            End::Front => need + free - free / 4,
            End::Back => free / 4,
        };
        if stays && let Some(buffer) = self.buffer.get_mut() {
            buffer.copy_within(entries, start);
        } else {
            let mut buffer = zeros(target);
            let bytes = buffer.get_mut().expect("nobody else has it yet");
            bytes[start..start + size].copy_from_slice(&self.buffer[entries]);
            self.buffer = buffer;
        }
        self.start = start as u32;
        self.end = (start + size) as u32;
    }

    /// Replaces a range of its entries by others; it holds `count` elements then.
    pub(super) fn splice(&mut self, range: Range<usize>, with: &[u8], count: usize) {
        debug_assert_eq!(self.form, Form::Packed);
        self.count = count as u32;
        self.is_stubborn = false;
        if with.is_empty() && (range.start == 0 || range.end == self.size()) {
            // At an end, nothing moves.
            match range.start {
                0 => self.start += range.end as u32,
                start => self.end = self.start + start as u32,
            }
            return self.loosen();
        }
        let (start, end) = (self.start as usize, self.end as usize);
        let new_end = end - range.len() + with.len();
        let room = self.buffer.len();
        match self.buffer.get_mut() {
            Some(buffer) if new_end <= room => {
                let from = start + range.start;
                buffer.copy_within(start + range.end..end, from + with.len());
                buffer[from..from + with.len()].copy_from_slice(with);
                self.end = new_end as u32;
                self.loosen();
            }
            _ => {
                let entries = self.entries();
                let joined = [&entries[..range.start], with, &entries[range.end..]].concat();
                *self = Self::of_entries(&joined, count);
            }
        }
    }

    /// Gives room back when most of the buffer is free.
    fn loosen(&mut self) {
        if self.size() < self.buffer.len() / 4 {
            self.tighten();
        }
    }

    /// Takes away everything from an entry on, and returns it as a page.
    pub(super) fn split_off(&mut self, at: usize, number: usize) -> Self {
        debug_assert_eq!(self.form, Form::Packed);
        let behind = Self::of_entries(&self.entries()[at..], self.count() - number);
        self.end = self.start + at as u32;
        self.count = number as u32;
        behind
    }

    /// Gives back what the buffer has in vain.
    pub(super) fn tighten(&mut self) {
        if self.form == Form::Packed && self.buffer.len() > self.size() + SLACK_MAX {
            *self = Self::of_entries(self.entries(), self.count());
        }
    }

    /// Whether it is compressed.
    pub(super) fn is_squeezed(&self) -> bool {
        self.form == Form::Squeezed
    }

    /// Whether it holds entries as they are.
    #[inline]
    pub(super) fn is_packed(&self) -> bool {
        self.form == Form::Packed
    }

    /// Compresses it, if that is worth while.
    pub(super) fn squeeze(&mut self) {
        let size = self.size();
        if self.form != Form::Packed || self.is_stubborn || size < SQUEEZE_MIN {
            return;
        }
        let mut squeezed = Vec::with_capacity(size);
        if !lzf::compress(self.entries(), size - SQUEEZE_GAIN_MIN, &mut squeezed) {
            self.is_stubborn = true;
            return;
        }
        self.buffer = Part::from(&*squeezed);
        (self.start, self.end) = (0, size as u32);
        self.form = Form::Squeezed;
    }

    /// Undoes [`Self::squeeze`].
    pub(super) fn expand_in_place(&mut self) {
        if self.is_squeezed() {
            let mut entries = Vec::new();
            self.expand(&mut entries);
            *self = Self::of_entries(&entries, self.count());
        }
    }

    /// Decompresses the entries of a squeezed page.
    #[cold]
    fn expand(&self, scratch: &mut Vec<u8>) {
        scratch.clear();
        lzf::decompress(&self.buffer, self.end as usize, scratch)
            .expect("a page holds what was compressed");
    }

    /// The entries of a packed page.
    #[inline]
    pub(super) fn entries(&self) -> &[u8] {
        debug_assert_eq!(self.form, Form::Packed);
        &self.buffer[self.start as usize..self.end as usize]
    }
}

/// A buffer of zero bytes.
fn zeros(len: usize) -> Part<[u8]> {
    std::iter::repeat_n(0, len).collect()
}
