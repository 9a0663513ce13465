//! A cell: one key with its value, deadline and access clock, in one small piece of the arena.
//!
//! ```text
//!  byte 0        1       2      3      4           8            (if TIMED)  (if WIDE)
//!  ┌────────────┬───────┬──────┬──────┬───────────┬────────────┬───────────┬─────┬───────┐
//!  │ kind, enc. │ flags │ klen │ vlen │ access    │ deadline 8 │ vlen 2    │ key │ value │
//!  └────────────┴───────┴──────┴──────┴───────────┴────────────┴───────────┴─────┴───────┘
//! ```
//! * `access` is a word of its own that is read and written atomically, since it alone changes in a
//!   cell that a snapshot reads.
//! * `value` is 8 bytes for an integer, the bytes of a string, or a pointer if LARGE. A LONG cell
//!   has no key either: the object that it points to has both.
//! * `deadline` is 48 bits of milliseconds and 16 of the tick at which the timing wheel has a
//!   record of this cell; or, if FAR, 64 bits of milliseconds without a record.
//!
//! Always true: a cell's size is that of its class, and everything above fits.
//! Long because whatever knows where the bytes of a cell lie is here.
//! Not here: where cells come from — `arena/mod.rs`; who may change one — `store/mod.rs`

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::access::AccessPolicy;
use crate::arena::{Handle, Memory};
use crate::heap::{self, Heap, Large};
use crate::types::form::Form;
use crate::value::{Encoding, Kind, Millis, StringRef};
use crate::value_ref::{Content, ValueRef};

/// The longest key that a cell holds itself.
pub(crate) const KEY_LEN_MAX: usize = 254;
const HEAD_SIZE: usize = 8;
const TIME_SIZE: usize = 8;
const WIDE_SIZE: usize = 2;
/// Bytes that a cell needs beside its key and its value, once it has a deadline.
const BESIDE_BODY: usize = HEAD_SIZE + TIME_SIZE + WIDE_SIZE;

const TIMED: u8 = 1;
const FAR: u8 = 2;
const LARGE: u8 = 4;
const LONG: u8 = 8;
const WIDE: u8 = 16;

const _: () = assert!(TIMED == 1);

/// The first word of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    kind: u8,
    flags: u8,
    key_len: u8,
    value_len: u8,
}

impl Head {
    #[inline]
    pub(crate) fn of(memory: &Memory, cell: Handle) -> Self {
        let [kind, flags, key_len, value_len] = memory.word(cell).to_le_bytes();
        Self {
            kind,
            flags,
            key_len,
            value_len,
        }
    }

    fn write(self, memory: &mut Memory, cell: Handle) {
        let bytes = [self.kind, self.flags, self.key_len, self.value_len];
        memory.set_word(cell, u32::from_le_bytes(bytes));
    }

    #[inline]
    fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether the cell has a deadline.
    #[inline]
    pub(crate) fn is_timed(self) -> bool {
        self.has(TIMED)
    }

    /// Whether the cell points to an object outside the arena.
    #[inline]
    pub(crate) fn is_large(self) -> bool {
        self.has(LARGE)
    }

    /// Whether the key is in that object too.
    #[inline]
    pub(crate) fn is_long(self) -> bool {
        self.has(LONG)
    }

    pub(crate) fn kind(self) -> Kind {
        KINDS[usize::from(self.kind & 7)]
    }

    pub(crate) fn encoding(self) -> Encoding {
        ENCODINGS[usize::from(self.kind >> 4)]
    }

    #[inline]
    fn key_at(self) -> usize {
        // PERF: a flag is 1 or 16; no branch, since every look-up asks.
        let (timed, wide) = (self.flags & TIMED, (self.flags & WIDE) / WIDE);
        HEAD_SIZE + usize::from(timed) * TIME_SIZE + usize::from(wide) * WIDE_SIZE
    }

    #[inline]
    fn key_size(self) -> usize {
        if self.has(LONG) {
            0
        } else {
            usize::from(self.key_len)
        }
    }

    #[inline]
    pub(crate) fn value_at(self) -> usize {
        self.key_at() + self.key_size()
    }
}

/// Encodings by the number that a cell has of them; what is no number of any reads as raw.
const ENCODINGS: [Encoding; 16] = {
    let mut encodings = [Encoding::Raw; 16];
    let mut at = 0;
    while at < Encoding::ALL.len() {
        encodings[at] = Encoding::ALL[at];
        at += 1;
    }
    encodings
};

/// Kinds by the number that a cell has of them; what is no number of any reads as a string.
const KINDS: [Kind; 8] = {
    let mut kinds = [Kind::String; 8];
    let mut at = 0;
    while at < Kind::ALL.len() {
        kinds[at] = Kind::ALL[at];
        at += 1;
    }
    kinds
};

const _: () = {
    let mut at = 0;
    while at < Encoding::ALL.len() {
        assert!(
            ENCODINGS[at] as usize == at,
            "an encoding is read as it was written"
        );
        at += 1;
    }
    let mut at = 0;
    while at < Kind::ALL.len() {
        assert!(KINDS[at] as usize == at, "a kind is read as it was written");
        at += 1;
    }
    assert!(Encoding::ALL.len() <= ENCODINGS.len() && Kind::ALL.len() <= KINDS.len());
};

/// When a cell is due, and the low bits of the tick of its record in the timing wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    pub(crate) at: Millis,
    /// `None` when the deadline is so far away that it has no record.
    pub(crate) tag: Option<u16>,
}

/// The deadlines that fit beside a tag.
const NEAR_MAX: Millis = (1 << 47) - 1;

impl Deadline {
    /// Whether a deadline is so far away that the wheel has no record of it.
    pub(crate) fn is_far(at: Millis) -> bool {
        at > NEAR_MAX
    }

    fn encode(self) -> u64 {
        match self.tag {
            None => self.at as u64,
            Some(tag) => {
                // All moments before the first that fits are equally past.
                let at = self.at.max(-NEAR_MAX - 1);
                (at as u64) << 16 | u64::from(tag)
            }
        }
    }

    fn decode(word: u64, is_far: bool) -> Self {
        if is_far {
            Self {
                at: word as i64,
                tag: None,
            }
        } else {
            Self {
                at: word as i64 >> 16,
                tag: Some(word as u16),
            }
        }
    }
}

/// A value on its way into a cell.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// An integer.
    Int(i64),
    /// Bytes that fit.
    Bytes(&'a [u8]),
    /// An object outside the arena.
    Large(Arc<Heap>),
}

impl Body<'_> {
    #[inline]
    fn size(&self) -> usize {
        match self {
            Self::Int(_) | Self::Large(_) => 8,
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// Whether a value of that many bytes lives in the cell of a key of that length, where cells may
/// have that size.
#[inline]
pub(crate) fn fits(key_len: usize, value_len: usize, room: usize) -> bool {
    key_len <= KEY_LEN_MAX && key_len + value_len <= room - BESIDE_BODY
}

/// Everything that makes a cell.
#[derive(Debug)]
pub(crate) struct Image<'a> {
    pub(crate) kind: Kind,
    pub(crate) encoding: Encoding,
    /// Not looked at when it is too long for a cell: the object has it.
    pub(crate) key: &'a [u8],
    pub(crate) body: Body<'a>,
    pub(crate) access: u32,
}

impl Image<'_> {
    fn head(&self, deadline: Option<Deadline>) -> Head {
        let is_long = self.key.len() > KEY_LEN_MAX;
        let size = self.body.size();
        let mut flags = if size > usize::from(u8::MAX) { WIDE } else { 0 };
        flags |= if is_long { LONG } else { 0 };
        flags |= if matches!(self.body, Body::Large(_)) {
            LARGE
        } else {
            0
        };
        flags |= deadline.map_or(0, |d| if d.tag.is_some() { TIMED } else { TIMED | FAR });
        let key_len = if is_long {
            u8::MAX
        } else {
            self.key.len() as u8
        };
        let value_len = if flags & WIDE == 0 { size as u8 } else { 0 };
        Head {
            kind: kind_byte(self.kind, self.encoding),
            flags,
            key_len,
            value_len,
        }
    }

    /// The size of a cell for this.
    pub(crate) fn size(&self, is_timed: bool) -> usize {
        let deadline = is_timed.then_some(Deadline { at: 0, tag: None });
        self.head(deadline).value_at() + self.body.size()
    }

    /// Fills a new cell.
    pub(crate) fn write(self, memory: &mut Memory, cell: Handle, deadline: Option<Deadline>) {
        let head = self.head(deadline);
        head.write(memory, cell);
        memory.atomic(cell).store(self.access, Relaxed);
        if let Some(deadline) = deadline {
            memory.fill(cell, HEAD_SIZE, &deadline.encode().to_le_bytes());
        }
        if !head.is_long() {
            memory.fill(cell, head.key_at(), self.key);
        }
        write_body(memory, cell, head, self.body);
    }
}

/// How a cell says what it holds.
#[inline]
pub(crate) const fn kind_byte(kind: Kind, encoding: Encoding) -> u8 {
    kind as u8 | (encoding as u8) << 4
}

fn write_body(memory: &mut Memory, cell: Handle, head: Head, body: Body<'_>) {
    let at = head.value_at();
    match body {
        Body::Int(n) => memory.fill(cell, at, &n.to_le_bytes()),
        Body::Large(object) => heap::put(memory, cell, at, object),
        Body::Bytes(bytes) => {
            if head.has(WIDE) {
                let len_at = head.key_at() - WIDE_SIZE;
                memory.fill(cell, len_at, &(bytes.len() as u16).to_le_bytes());
            }
            memory.fill(cell, at, bytes);
        }
    }
}

/// The size that a cell needs once its value is replaced.
pub(crate) fn size_with(memory: &Memory, cell: Handle, body: &Body<'_>, is_timed: bool) -> usize {
    let head = Head::of(memory, cell);
    let size = body.size();
    let wide = if size > usize::from(u8::MAX) {
        WIDE_SIZE
    } else {
        0
    };
    let time = if is_timed { TIME_SIZE } else { 0 };
    HEAD_SIZE + time + wide + head.key_size() + size
}

/// Replaces value and deadline of a cell that has room. An object that the cell pointed to must
/// have been taken before; if the key is LONG, the new body is an object with the same key.
pub(crate) fn rewrite(
    memory: &mut Memory,
    cell: Handle,
    (kind, encoding): (Kind, Encoding),
    body: Body<'_>,
    deadline: Option<Deadline>,
) {
    let old = Head::of(memory, cell);
    let size = body.size();
    let is_wide = size > usize::from(u8::MAX);
    let mut flags = old.flags & LONG;
    flags |= if is_wide { WIDE } else { 0 };
    flags |= if matches!(body, Body::Large(_)) {
        LARGE
    } else {
        0
    };
    flags |= deadline.map_or(0, |d| if d.tag.is_some() { TIMED } else { TIMED | FAR });
    let value_len = if is_wide { 0 } else { size as u8 };
    let head = Head {
        kind: kind_byte(kind, encoding),
        flags,
        value_len,
        ..old
    };
    if head.key_at() != old.key_at() {
        memory.shift(cell, old.key_at(), head.key_at(), old.key_size());
    }
    head.write(memory, cell);
    if let Some(deadline) = deadline {
        memory.fill(cell, HEAD_SIZE, &deadline.encode().to_le_bytes());
    }
    write_body(memory, cell, head, body);
}

/// Replaces the value of a cell by one of the same size that takes its place byte for byte, and
/// says whether it could. A deadline stays if it may; a cell that has one is left alone if not.
#[inline]
pub(crate) fn replace_alike(
    memory: &mut Memory,
    cell: Handle,
    kind: u8,
    body: &Body<'_>,
    keeps_deadline: bool,
) -> bool {
    let head = Head::of(memory, cell);
    let allowed = if keeps_deadline { TIMED | FAR } else { 0 };
    if head.flags & !allowed != 0 || usize::from(head.value_len) != body.size() {
        return false;
    }
    match body {
        Body::Int(n) => memory.fill(cell, head.value_at(), &n.to_le_bytes()),
        Body::Bytes(bytes) => memory.fill(cell, head.value_at(), bytes),
        Body::Large(_) => return false,
    }
    if head.kind != kind {
        Head { kind, ..head }.write(memory, cell);
    }
    true
}

/// Replaces the integer of a cell that holds one, and says whether it does. Its deadline stays.
#[inline]
pub(crate) fn replace_int(memory: &mut Memory, cell: Handle, number: i64) -> bool {
    let head = Head::of(memory, cell);
    let is_int = head.kind == kind_byte(Kind::String, Encoding::Int);
    if !is_int || head.flags & !(TIMED | FAR) != 0 || usize::from(head.value_len) != 8 {
        return false;
    }
    memory.fill(cell, head.value_at(), &number.to_le_bytes());
    true
}

/// Replaces the deadline of a cell that has room.
pub(crate) fn set_deadline(memory: &mut Memory, cell: Handle, deadline: Option<Deadline>) {
    let old = Head::of(memory, cell);
    let rest = size(memory, cell)
        - if old.is_timed() {
            HEAD_SIZE + TIME_SIZE
        } else {
            HEAD_SIZE
        };
    let time = deadline.map_or(0, |d| if d.tag.is_some() { TIMED } else { TIMED | FAR });
    let head = Head {
        flags: old.flags & !(TIMED | FAR) | time,
        ..old
    };
    if head.key_at() != old.key_at() {
        let wide = if old.has(WIDE) { WIDE_SIZE } else { 0 };
        memory.shift(cell, old.key_at() - wide, head.key_at() - wide, rest);
    }
    head.write(memory, cell);
    if let Some(deadline) = deadline {
        memory.fill(cell, HEAD_SIZE, &deadline.encode().to_le_bytes());
    }
}

/// Writes the contents of a cell into another that has room; an object gets one more count.
pub(crate) fn duplicate(memory: &mut Memory, from: Handle, to: Handle) {
    relocate(memory, from, to);
    let head = Head::of(memory, from);
    if head.is_large() {
        let object = heap::share(memory, from, head.value_at());
        heap::put(memory, to, head.value_at(), object);
    }
}

/// Moves the contents of a cell into another that has room, with its count of an object.
pub(crate) fn relocate(memory: &mut Memory, from: Handle, to: Handle) {
    Head::of(memory, from).write(memory, to);
    memory
        .atomic(to)
        .store(memory.atomic(from).load(Relaxed), Relaxed);
    memory.copy(
        (from, HEAD_SIZE),
        (to, HEAD_SIZE),
        size(memory, from) - HEAD_SIZE,
    );
}

/// Bytes of a cell that mean something.
pub(crate) fn size(memory: &Memory, cell: Handle) -> usize {
    let head = Head::of(memory, cell);
    head.value_at() + value_len(memory, cell, head)
}

#[inline]
fn value_len(memory: &Memory, cell: Handle, head: Head) -> usize {
    if head.has(WIDE) {
        let bytes = memory.bytes(cell, head.key_at() - WIDE_SIZE, WIDE_SIZE);
        usize::from(u16::from_le_bytes([bytes[0], bytes[1]]))
    } else {
        usize::from(head.value_len)
    }
}

/// Where the bytes of a string that is neither integer nor object begin, and how many there are.
pub(crate) fn value_range(memory: &Memory, cell: Handle) -> (usize, usize) {
    let head = Head::of(memory, cell);
    (head.value_at(), value_len(memory, cell, head))
}

/// The key.
#[inline]
pub(crate) fn key(memory: &Memory, cell: Handle) -> &[u8] {
    let head = Head::of(memory, cell);
    if head.is_long() {
        return &heap::get(memory, cell, head.value_at()).key;
    }
    memory.bytes(cell, head.key_at(), usize::from(head.key_len))
}

/// Whether the cell's key is this one.
#[inline]
pub(crate) fn has_key(memory: &Memory, cell: Handle, key: &[u8]) -> bool {
    let head = Head::of(memory, cell);
    if usize::from(head.key_len) != key.len() {
        let is_long = key.len() > KEY_LEN_MAX && head.is_long();
        return is_long && *heap::get(memory, cell, head.value_at()).key == *key;
    }
    if head.is_long() {
        return *heap::get(memory, cell, head.value_at()).key == *key;
    }
    is_same(memory.bytes(cell, head.key_at(), key.len()), key)
}

/// Whether two keys of the same length are the same.
// PERF: keys of 8 to 32 bytes are compared by words, without a call.
#[inline]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    fn ends<const N: usize>(bytes: &[u8]) -> Option<[&[u8; N]; 2]> {
        Some([bytes.first_chunk()?, bytes.last_chunk()?])
    }
    match a.len() {
        8..=16 => ends::<8>(a) == ends::<8>(b),
        17..=32 => ends::<16>(a) == ends::<16>(b),
        _ => a == b,
    }
}

/// The deadline.
#[inline]
pub(crate) fn deadline(memory: &Memory, cell: Handle) -> Option<Deadline> {
    let head = Head::of(memory, cell);
    if !head.is_timed() {
        return None;
    }
    let bytes = memory.bytes(cell, HEAD_SIZE, TIME_SIZE);
    let word = u64::from_le_bytes(bytes.try_into().expect("eight bytes were asked for"));
    Some(Deadline::decode(word, head.has(FAR)))
}

/// The value.
#[inline]
pub(crate) fn string(memory: &Memory, cell: Handle) -> StringRef<'_> {
    let head = Head::of(memory, cell);
    let at = head.value_at();
    if head.is_large() {
        return heap::get(memory, cell, at).value.view();
    }
    if head.encoding() == Encoding::Int {
        let bytes = memory.bytes(cell, at, 8);
        let n = i64::from_le_bytes(bytes.try_into().expect("eight bytes were asked for"));
        return StringRef::Int(n);
    }
    StringRef::Bytes(memory.bytes(cell, at, value_len(memory, cell, head)))
}

/// The large value of a cell that has one, for a body of another cell.
pub(crate) fn large(memory: &Memory, cell: Handle) -> Option<Arc<Heap>> {
    let head = Head::of(memory, cell);
    head.is_large()
        .then(|| heap::share(memory, cell, head.value_at()))
}

/// Takes the object out of a cell that is about to be given back or rewritten.
pub(crate) fn take_large(memory: &mut Memory, cell: Handle) -> Option<Arc<Heap>> {
    let head = Head::of(memory, cell);
    head.is_large()
        .then(|| heap::take(memory, cell, head.value_at()))
}

/// The object of a cell for writing; cloned first if anything else points to it.
pub(crate) fn large_mut(memory: &mut Memory, cell: Handle) -> Option<&mut Heap> {
    let head = Head::of(memory, cell);
    if !head.is_large() {
        return None;
    }
    Some(heap::make_mut(memory, cell, head.value_at()))
}

/// The value of an object as a buffer that may be changed.
pub(crate) fn buffer(value: &mut Large) -> &mut Vec<u8> {
    if !matches!(value, Large::Buffer(_)) {
        let bytes = match value {
            Large::Int(n) => StringRef::Int(*n).to_vec(),
            Large::Shared(bytes) => std::mem::take(bytes).into(),
            Large::Buffer(bytes) => std::mem::take(bytes),
            Large::Packed(_) | Large::Paged(_) => unreachable!("a collection is no string"),
        };
        *value = Large::Buffer(bytes);
    }
    match value {
        Large::Buffer(bytes) => bytes,
        _ => unreachable!("it was made a buffer above"),
    }
}

/// Sets how many bytes of a cell's value mean something, and its encoding; the room was checked.
/// The bytes may move inside the cell.
pub(crate) fn set_len(memory: &mut Memory, cell: Handle, len: usize, encoding: Encoding) {
    let old = Head::of(memory, cell);
    let (from, had) = value_range(memory, cell);
    let is_wide = len > usize::from(u8::MAX);
    let flags = old.flags & !WIDE | if is_wide { WIDE } else { 0 };
    let value_len = if is_wide { 0 } else { len as u8 };
    let kind = kind_byte(old.kind(), encoding);
    let head = Head {
        kind,
        flags,
        value_len,
        ..old
    };
    if head.key_at() != old.key_at() {
        memory.shift(
            cell,
            old.key_at(),
            head.key_at(),
            from - old.key_at() + had.min(len),
        );
    }
    head.write(memory, cell);
    if is_wide {
        memory.fill(cell, head.key_at() - WIDE_SIZE, &(len as u16).to_le_bytes());
    }
    if len > had {
        memory.fill_zero(cell, head.value_at() + had, len - had);
    }
}

/// Gives the value of a cell another encoding.
pub(crate) fn set_encoding(memory: &mut Memory, cell: Handle, encoding: Encoding) {
    let head = Head::of(memory, cell);
    Head {
        kind: kind_byte(head.kind(), encoding),
        ..head
    }
    .write(memory, cell);
}

/// A collection, where it lies.
#[inline]
pub(crate) fn form(memory: &Memory, cell: Handle) -> Form<'_> {
    let head = Head::of(memory, cell);
    let at = head.value_at();
    if head.is_large() {
        return heap::get(memory, cell, at).value.form();
    }
    Form::Packed(memory.bytes(cell, at, value_len(memory, cell, head)))
}

#[inline]
pub(crate) fn content(memory: &Memory, cell: Handle, head: Head) -> Content<'_> {
    match head.kind() {
        Kind::String => Content::String(string(memory, cell)),
        _ => Content::Collection(form(memory, cell)),
    }
}

/// Bytes of the object of a cell, as the engine weighs it; 0 if there is none.
#[inline]
pub(crate) fn large_weight(memory: &Memory, cell: Handle) -> u64 {
    let head = Head::of(memory, cell);
    if !head.is_large() {
        return 0;
    }
    heap::get(memory, cell, head.value_at()).weight()
}

/// The value of a cell, as a reader sees it.
#[inline]
pub(crate) fn view(
    memory: &Memory,
    cell: Handle,
    policy: AccessPolicy,
    now: Millis,
) -> ValueRef<'_> {
    let head = Head::of(memory, cell);
    ValueRef {
        kind: head.kind(),
        encoding: head.encoding(),
        deadline: deadline(memory, cell).map(|deadline| deadline.at),
        access: policy.view(memory.atomic(cell).load(Relaxed), now),
        content: content(memory, cell, head),
    }
}
