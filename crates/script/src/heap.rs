//! The objects of scripts: arenas of each kind, a limit of memory, and a collector that marks and
//! sweeps.
//!
//! Handles are indices, so a cycle is no leak and freeing needs no `unsafe`. The collector runs
//! only between instructions, when every live value is in a register, a frame or a table:
//! functions written in Rust need no roots.
//!
//! Always true: `used` is the sum of the sizes of all objects; equal strings have equal handles.
//! Not here: the roots — `vm.rs`

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ahash::RandomState;
use hashbrown::HashTable;

use crate::code::Proto;
use crate::table::{Table, TooLarge};
use crate::thread::Thread;
use crate::value::{CellRef, FuncRef, StrRef, TableRef, ThreadRef, Value};

/// The heap of a machine.
pub(crate) struct Heap {
    strings: Arena<Text>,
    names: HashTable<u32>,
    hasher: RandomState,
    tables: Arena<Table>,
    closures: Arena<Closure>,
    cells: Arena<Value>,
    threads: Arena<Thread>,
    used: usize,
    limit: usize,
    /// The use at which a collection is due.
    threshold: usize,
    gray: Vec<Value>,
    /// The use after the last collection between two runs.
    resting: usize,
    /// Instructions that making objects is worth, since it was asked last.
    work: usize,
    /// The number of the current collection, so that a function's constants are marked once.
    epoch: u32,
}

/// A function of Lua with the variables that it shares.
#[derive(Default)]
pub(crate) struct Closure {
    pub(crate) proto: Arc<Proto>,
    pub(crate) upvalues: Box<[Value]>,
    /// The memory of the compiled text, where it was compiled for this function.
    pub(crate) text_size: usize,
}

#[derive(Default)]
struct Text {
    bytes: Box<[u8]>,
    hash: u32,
    /// How often scripts that are kept name it.
    pins: u32,
}

/// Why an object cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// The limit of the script's memory is reached.
    Memory,
    /// A table has too many keys.
    Table,
}

impl From<TooLarge> for NoRoom {
    fn from(_: TooLarge) -> Self {
        Self::Table
    }
}

/// The objects that instructions write while the code that they are part of is borrowed.
pub(crate) struct Objects<'h> {
    tables: &'h mut Arena<Table>,
    cells: &'h mut Arena<Value>,
}

impl Objects<'_> {
    /// A table whose existing fields may be written.
    #[inline(always)]
    pub(crate) fn table(&mut self, table: TableRef) -> &mut Table {
        self.tables.get_mut(table.0)
    }

    #[inline(always)]
    pub(crate) fn cell(&mut self, cell: CellRef) -> &mut Value {
        self.cells.get_mut(cell.0)
    }
}

struct Arena<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

struct Slot<T> {
    item: T,
    is_live: bool,
    is_marked: bool,
}

impl<T: Default> Arena<T> {
    const fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    fn add(&mut self, item: T) -> u32 {
        let slot = Slot {
            item,
            is_live: true,
            is_marked: false,
        };
        if let Some(idx) = self.free.pop() {
            self.slots[idx as usize] = slot;
            return idx;
        }
        self.slots.push(slot);
        u32::try_from(self.slots.len() - 1).expect("the limit of memory comes first")
    }

    #[inline]
    fn get(&self, idx: u32) -> &T {
        &self.slots[idx as usize].item
    }

    #[inline]
    fn get_mut(&mut self, idx: u32) -> &mut T {
        &mut self.slots[idx as usize].item
    }

    /// Marks an object; whether it was unmarked before.
    fn mark(&mut self, idx: u32) -> bool {
        !std::mem::replace(&mut self.slots[idx as usize].is_marked, true)
    }

    /// Frees what is unmarked and not kept; `drop_item` sees it once more. Places behind the last
    /// object go, so that a script which had many leaves no work for those that follow.
    fn sweep(&mut self, is_kept: fn(&T) -> bool, mut drop_item: impl FnMut(u32, &T)) {
        let mut end = 0;
        for (idx, slot) in self.slots.iter_mut().enumerate() {
            let is_marked = std::mem::take(&mut slot.is_marked);
            if !is_marked && slot.is_live && !is_kept(&slot.item) {
                drop_item(idx as u32, &slot.item);
                slot.item = T::default();
                slot.is_live = false;
            }
            if slot.is_live {
                end = idx + 1;
            }
        }
        self.slots.truncate(end);
        self.free.clear();
        // The first places are taken first.
        let places = self.slots.iter().enumerate().rev();
        let free = places.filter(|(_, slot)| !slot.is_live);
        self.free.extend(free.map(|(idx, _)| idx as u32));
        if self.slots.capacity() > 4 * end + ROOM_KEPT {
            self.slots.shrink_to(2 * end);
            self.free.shrink_to(2 * end);
        }
    }
}

impl Heap {
    /// An empty heap that refuses more than `limit` bytes.
    pub(crate) fn new(seed: u64, limit: usize) -> Self {
        let mut rng = russet_base::Rng::new(seed);
        Self {
            strings: Arena::new(),
            names: HashTable::new(),
            hasher: RandomState::with_seeds(rng.u64(), rng.u64(), rng.u64(), rng.u64()),
            tables: Arena::new(),
            closures: Arena::new(),
            cells: Arena::new(),
            threads: Arena::new(),
            used: 0,
            limit,
            threshold: THRESHOLD_MIN,
            gray: Vec::new(),
            work: 0,
            resting: 0,
            epoch: 0,
        }
    }

    /// The memory of all objects, in bytes.
    #[inline]
    pub(crate) const fn used(&self) -> usize {
        self.used
    }

    pub(crate) const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Refuses what would exceed the limit.
    pub(crate) const fn check(&self, bytes: usize) -> Result<(), NoRoom> {
        if self.used.saturating_add(bytes) > self.limit {
            return Err(NoRoom::Memory);
        }
        Ok(())
    }

    /// Counts bytes that an object is about to take.
    #[inline]
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.check(bytes)?;
        self.used += bytes;
        self.work += bytes / INSTRUCTION_BYTES;
        Ok(())
    }

    /// The instructions that making objects was worth since this was asked last.
    #[inline]
    pub(crate) const fn take_work(&mut self) -> usize {
        std::mem::replace(&mut self.work, 0)
    }

    #[inline]
    pub(crate) const fn wants_collection(&self) -> bool {
        self.used > self.threshold
    }

    /// Whether a run has left so much behind that it is to be freed, however much the run itself
    /// needed.
    pub(crate) const fn is_littered(&self) -> bool {
        self.used > self.resting + growth(self.resting) || self.used > self.limit / 8 * 7
    }

    /// Nothing runs, and what no script reaches was just freed.
    pub(crate) const fn note_rest(&mut self) {
        self.resting = self.used;
    }

    /// The string of these bytes. O(N).
    pub(crate) fn string(&mut self, bytes: &[u8]) -> Result<StrRef, NoRoom> {
        let keyed = self.hasher.hash_one(bytes);
        let is_same = |idx: &u32| &*self.strings.get(*idx).bytes == bytes;
        if let Some(idx) = self.names.find(keyed, is_same) {
            let hash = self.strings.get(*idx).hash;
            return Ok(StrRef { idx: *idx, hash });
        }
        self.charge(bytes.len() + TEXT_SIZE)?;
        let hash = table_hash(bytes);
        let idx = self.strings.add(Text {
            bytes: bytes.into(),
            hash,
            pins: 0,
        });
        let (strings, hasher) = (&self.strings, &self.hasher);
        self.names
            .insert_unique(keyed, idx, |idx| hasher.hash_one(&*strings.get(*idx).bytes));
        Ok(StrRef { idx, hash })
    }

    #[inline]
    pub(crate) fn bytes(&self, text: StrRef) -> &[u8] {
        &self.strings.get(text.idx).bytes
    }

    /// A new table with room for `elements` and `fields`.
    pub(crate) fn table(&mut self, elements: usize, fields: usize) -> Result<TableRef, NoRoom> {
        self.check(
            elements
                .saturating_mul(16)
                .saturating_add(fields.saturating_mul(40)),
        )?;
        let table = Table::with_sizes(elements, fields);
        self.charge(table.size() + TABLE_SIZE)?;
        Ok(TableRef(self.tables.add(table)))
    }

    #[inline]
    pub(crate) fn get(&self, table: TableRef) -> &Table {
        self.tables.get(table.0)
    }

    /// A table whose existing fields are written; [`Heap::set`] adds fields.
    #[inline]
    pub(crate) fn get_mut(&mut self, table: TableRef) -> &mut Table {
        self.tables.get_mut(table.0)
    }

    /// Sets a field, with a key that is neither nil nor NaN.
    #[inline]
    pub(crate) fn set(&mut self, table: TableRef, key: Value, value: Value) -> Result<(), NoRoom> {
        let table = self.tables.get_mut(table.0);
        let before = table.size();
        table.set(key, value)?;
        let after = table.size();
        if after == before {
            return Ok(());
        }
        self.resized(before, after)
    }

    /// Grows the array part of a table.
    pub(crate) fn reserve(&mut self, table: TableRef, elements: usize) -> Result<(), NoRoom> {
        self.check(elements.saturating_mul(16))?;
        let table = self.tables.get_mut(table.0);
        let before = table.size();
        table.reserve_elements(elements)?;
        let after = table.size();
        self.resized(before, after)
    }

    /// Counts an object that has another size than before.
    pub(crate) fn resized(&mut self, before: usize, after: usize) -> Result<(), NoRoom> {
        self.used = self.used.saturating_sub(before) + after;
        if after > before {
            self.work += (after - before) / INSTRUCTION_BYTES;
            self.check(0)
        } else {
            Ok(())
        }
    }

    /// A field by its name, for tables of libraries.
    pub(crate) fn set_named(
        &mut self,
        table: TableRef,
        name: &str,
        value: Value,
    ) -> Result<(), NoRoom> {
        let key = self.string(name.as_bytes())?;
        self.set(table, Value::Str(key), value)
    }

    pub(crate) fn closure(&mut self, closure: Closure) -> Result<FuncRef, NoRoom> {
        self.charge(closure.size())?;
        Ok(FuncRef(self.closures.add(closure)))
    }

    #[inline]
    pub(crate) fn func(&self, func: FuncRef) -> &Closure {
        self.closures.get(func.0)
    }

    /// A function together with the objects that its instructions write.
    #[inline]
    pub(crate) fn open(&mut self, func: FuncRef) -> (&Closure, Objects<'_>) {
        let objects = Objects {
            tables: &mut self.tables,
            cells: &mut self.cells,
        };
        (self.closures.get(func.0), objects)
    }

    #[inline]
    pub(crate) fn cell(&mut self, value: Value) -> Result<CellRef, NoRoom> {
        self.charge(CELL_SIZE)?;
        Ok(CellRef(self.cells.add(value)))
    }

    pub(crate) fn cell_value(&self, cell: CellRef) -> Value {
        *self.cells.get(cell.0)
    }

    pub(crate) fn thread(&mut self, thread: Thread) -> Result<ThreadRef, NoRoom> {
        self.charge(thread.size())?;
        Ok(ThreadRef(self.threads.add(thread)))
    }

    pub(crate) fn coroutine(&self, thread: ThreadRef) -> &Thread {
        self.threads.get(thread.0)
    }

    pub(crate) fn coroutine_mut(&mut self, thread: ThreadRef) -> &mut Thread {
        self.threads.get_mut(thread.0)
    }

    /// Begins a collection: what is not marked until [`Heap::end_collection`] is freed there.
    pub(crate) fn begin_collection(&mut self) {
        // Neither a pinned function nor a new one was marked in it.
        self.epoch = (self.epoch % (PINNED - 1)) + 1;
    }

    /// Marks an object as reachable.
    pub(crate) fn mark(&mut self, value: Value) {
        let is_new = match value {
            Value::Str(text) => {
                self.strings.mark(text.idx);
                return;
            }
            Value::Table(table) => self.tables.mark(table.0),
            Value::Func(func) => self.closures.mark(func.0),
            Value::Cell(cell) => self.cells.mark(cell.0),
            Value::Thread(thread) => self.threads.mark(thread.0),
            Value::Nil | Value::Bool(_) | Value::Num(_) | Value::Native(_) | Value::Null => return,
        };
        if is_new {
            self.gray.push(value);
        }
    }

    /// Keeps the constants of a script, and of the functions within it, without marking them in
    /// each collection.
    pub(crate) fn pin(&mut self, proto: &Proto) {
        self.change_pins(proto, PINNED, |pins| pins + 1);
    }

    /// Ends what [`Heap::pin`] began.
    pub(crate) fn unpin(&mut self, proto: &Proto) {
        self.change_pins(proto, 0, |pins| pins - 1);
    }

    fn change_pins(&mut self, proto: &Proto, marked: u32, change: fn(u32) -> u32) {
        proto.marked.store(marked, Ordering::Relaxed);
        for value in proto.strings() {
            if let Value::Str(text) = value {
                let text = self.strings.get_mut(text.idx);
                text.pins = change(text.pins);
            }
        }
        for inner in &proto.protos {
            self.change_pins(inner, marked, change);
        }
    }

    /// Marks the constants of a function and of those within it.
    fn mark_proto(&mut self, proto: &Proto) {
        if [self.epoch, PINNED].contains(&proto.marked.load(Ordering::Relaxed)) {
            return;
        }
        proto.marked.store(self.epoch, Ordering::Relaxed);
        for value in proto.strings() {
            self.mark(value);
        }
        for inner in &proto.protos {
            self.mark_proto(inner);
        }
    }

    /// Marks all that marked objects reach.
    fn propagate(&mut self) {
        while let Some(value) = self.gray.pop() {
            let mut found = Vec::new();
            match value {
                Value::Table(table) => {
                    let table = self.tables.get(table.0);
                    found.extend(table.meta.map(Value::Table));
                    table.each_value(|value| {
                        if !matches!(value, Value::Nil | Value::Bool(_) | Value::Num(_)) {
                            found.push(value);
                        }
                    });
                }
                Value::Func(func) => {
                    let closure = self.closures.get(func.0);
                    found.extend_from_slice(&closure.upvalues);
                    let proto = Arc::clone(&closure.proto);
                    self.mark_proto(&proto);
                }
                Value::Cell(cell) => found.push(*self.cells.get(cell.0)),
                Value::Thread(thread) => self.mark_thread(thread),
                _ => {}
            }
            found.into_iter().for_each(|value| self.mark(value));
        }
    }

    fn mark_thread(&mut self, thread: ThreadRef) {
        let taken = std::mem::take(self.threads.get_mut(thread.0));
        taken.each_value(|value| self.mark(value));
        *self.threads.get_mut(thread.0) = taken;
    }

    /// Frees all that was not marked. O(N) of the heap.
    pub(crate) fn end_collection(&mut self) {
        self.propagate();
        let mut freed = 0;
        let (names, hasher) = (&mut self.names, &self.hasher);
        let is_pinned = |text: &Text| text.pins > 0;
        self.strings.sweep(is_pinned, |idx, text| {
            freed += text.bytes.len() + TEXT_SIZE;
            if let Ok(entry) = names.find_entry(hasher.hash_one(&*text.bytes), |at| *at == idx) {
                entry.remove();
            }
        });
        self.tables
            .sweep(|_| false, |_, table| freed += table.size() + TABLE_SIZE);
        self.closures
            .sweep(|_| false, |_, closure| freed += closure.size());
        self.cells.sweep(|_| false, |_, _| freed += CELL_SIZE);
        self.threads
            .sweep(|_| false, |_, thread| freed += thread.size());
        self.used = self.used.saturating_sub(freed);
        let room = self.limit.saturating_sub(self.used) / 2;
        self.threshold = self.used + growth(self.used).min(room);
    }
}

/// By how many bytes a heap of this size grows before a collection is due.
const fn growth(used: usize) -> usize {
    if used < SMALL_MAX {
        THRESHOLD_MIN
    } else {
        used
    }
}

impl Closure {
    fn size(&self) -> usize {
        CLOSURE_SIZE + size_of_val(&*self.upvalues) + self.text_size
    }
}

/// The hash of Lua 5.1, which looks at no more than 32 bytes: it gives `pairs` its order.
fn table_hash(bytes: &[u8]) -> u32 {
    let len = bytes.len();
    let step = (len >> 5) + 1;
    let mut hash = len as u32;
    let mut at = len;
    while at >= step {
        let mixed = (hash << 5)
            .wrapping_add(hash >> 2)
            .wrapping_add(u32::from(bytes[at - 1]));
        hash ^= mixed;
        at -= step;
    }
    hash
}

/// The mark of a function whose constants are pinned.
const PINNED: u32 = u32::MAX;
/// The size of one object of each kind besides its contents, in bytes.
const TEXT_SIZE: usize = size_of::<Slot<Text>>() + 16;
const TABLE_SIZE: usize = size_of::<Slot<Table>>();
const CLOSURE_SIZE: usize = size_of::<Slot<Closure>>();
const CELL_SIZE: usize = size_of::<Slot<Value>>();
/// The bytes of objects that are made in the time of an instruction.
const INSTRUCTION_BYTES: usize = 8;
/// Room for this many objects stays, whatever their number.
const ROOM_KEPT: usize = 1 << 12;
/// The least use of memory between two collections, in bytes.
const THRESHOLD_MIN: usize = 40 << 10;
/// Up to this size a heap grows by no more than that.
const SMALL_MAX: usize = 128 << 10;
