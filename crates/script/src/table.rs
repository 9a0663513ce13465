//! A table of Lua: an array part, and a hash part whose order is that of Lua 5.1.
//!
//! Scripts see the order of `pairs`, and the border that `#` finds in an array with holes. Both
//! follow from how the parts are sized and where a key is placed, so both are placed as the
//! reference does.
//!
//! ```text
//!  array   [1] [2] [3] [4]           more than half of it is in use when it is sized
//!  nodes   key value next            chains within the nodes; a free node is sought from the end
//! ```
//!
//! Always true: the nodes are a power of two, or none; every key is on the chain of its place.
//! Not here: metamethods and the limit of memory — `vm/index.rs`, `heap.rs`

use crate::value::{StrRef, TableRef, Value};

/// A table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    array: Vec<Value>,
    nodes: Vec<Node>,
    /// Nodes from here on are not free.
    free_end: u32,
    /// Whether scripts may not write to it.
    pub(crate) is_readonly: bool,
    pub(crate) meta: Option<TableRef>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    key: Value,
    value: Value,
    next: u32,
}

/// Why a key cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// The end of a chain.
const NO_NODE: u32 = u32::MAX;
/// The largest part of a table, in elements.
const PART_MAX: usize = 1 << 26;
const FREE_NODE: Node = Node {
    key: Value::Nil,
    value: Value::Nil,
    next: NO_NODE,
};

impl Table {
    /// A table with room for `elements` and `fields`.
    pub(crate) fn with_sizes(elements: usize, fields: usize) -> Self {
        let mut table = Self {
            array: vec![Value::Nil; elements.min(PART_MAX)],
            ..Self::default()
        };
        table.set_nodes(fields.min(PART_MAX));
        table
    }

    /// The memory in bytes, without the handle.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.array.capacity() * size_of::<Value>() + self.nodes.capacity() * size_of::<Node>()
    }

    #[inline]
    pub(crate) fn get(&self, key: Value) -> Value {
        self.find(&key).copied().unwrap_or_default()
    }

    /// The value of a key that is there, be it nil.
    #[inline]
    pub(crate) fn find(&self, key: &Value) -> Option<&Value> {
        if let Value::Num(number) = key
            && let Some(place) = self.array_place(*number)
        {
            return self.array.get(place);
        }
        let at = self.find_node(*key)?;
        Some(&self.nodes[at].value)
    }

    /// The value of a field that is there, be it nil.
    #[inline]
    pub(crate) fn get_named(&self, name: StrRef) -> Option<&Value> {
        let at = self.find_name(name)?;
        Some(&self.nodes[at].value)
    }

    #[inline]
    fn find_name(&self, name: StrRef) -> Option<usize> {
        let mut at = name.hash as usize & self.nodes.len().wrapping_sub(1);
        loop {
            let node = self.nodes.get(at)?;
            if matches!(node.key, Value::Str(key) if key.idx == name.idx) {
                return Some(at);
            }
            at = node.next as usize;
        }
    }

    /// The element at an index that counts from one.
    #[inline]
    pub(crate) fn get_idx(&self, idx: usize) -> Value {
        match self.array.get(idx.wrapping_sub(1)) {
            Some(value) => *value,
            None => self.get(Value::Num(idx as f64)),
        }
    }

    /// The place of a key that is there, be its value nil.
    #[inline]
    pub(crate) fn get_mut(&mut self, key: Value) -> Option<&mut Value> {
        if let Value::Num(number) = key
            && let Some(place) = self.array_place(number)
        {
            return Some(&mut self.array[place]);
        }
        let at = self.find_node(key)?;
        Some(&mut self.nodes[at].value)
    }

    /// Sets a key, which is neither nil nor NaN.
    pub(crate) fn set(&mut self, key: Value, value: Value) -> Result<(), TooLarge> {
        match self.get_mut(key) {
            Some(place) => *place = value,
            None if value.is_nil() => {}
            None => self.add(key, value)?,
        }
        Ok(())
    }

    /// Adds a key that is absent, in the part that is for it.
    fn insert(&mut self, key: Value, value: Value) -> Result<(), TooLarge> {
        if let Value::Num(number) = key
            && let Some(place) = self.array_place(number)
        {
            self.array[place] = value;
            return Ok(());
        }
        self.add(key, value)
    }

    #[inline]
    fn array_place(&self, number: f64) -> Option<usize> {
        let idx = number as i32;
        let place = (idx as usize).wrapping_sub(1);
        (f64::from(idx) == number && place < self.array.len()).then_some(place)
    }

    #[inline]
    fn find_node(&self, key: Value) -> Option<usize> {
        if let Value::Str(name) = key {
            return self.find_name(name);
        }
        if self.nodes.is_empty() {
            return None;
        }
        let mut at = self.place_of(key);
        loop {
            let node = self.nodes.get(at)?;
            if node.key == key {
                return Some(at);
            }
            at = node.next as usize;
        }
    }

    /// The node where the chain of a key begins.
    #[inline]
    fn place_of(&self, key: Value) -> usize {
        let mask = self.nodes.len() - 1;
        let odd = |bits: u32| bits as usize % (mask | 1);
        match key {
            Value::Str(text) => text.hash as usize & mask,
            Value::Bool(value) => usize::from(value) & mask,
            Value::Num(0.0) | Value::Nil => 0,
            Value::Num(number) => {
                let bits = number.to_bits();
                odd((bits as u32).wrapping_add((bits >> 32) as u32))
            }
            Value::Table(TableRef(idx)) => odd(idx.wrapping_mul(64)),
            Value::Func(func) => odd(func.0.wrapping_mul(40)),
            Value::Native(id) => odd(u32::from(id.0).wrapping_mul(16)),
            Value::Thread(thread) => odd(thread.0),
            Value::Cell(cell) => odd(cell.0),
            Value::Null => 0,
        }
    }

    /// Adds a key that is absent to the nodes.
    fn add(&mut self, key: Value, value: Value) -> Result<(), TooLarge> {
        if self.nodes.is_empty() {
            self.resize_for(key)?;
            return self.insert(key, value);
        }
        let mut place = self.place_of(key);
        if !self.nodes[place].value.is_nil() {
            let Some(free) = self.take_free() else {
                self.resize_for(key)?;
                return self.insert(key, value);
            };
            let other = self.place_of(self.nodes[place].key);
            if other == place {
                self.nodes[free].next = self.nodes[place].next;
                self.nodes[place].next = free as u32;
                place = free;
            } else {
                self.move_node(other, place, free);
            }
        }
        self.nodes[place].key = key;
        self.nodes[place].value = value;
        Ok(())
    }

    /// Moves a node out of a place that is not the first of its chain.
    fn move_node(&mut self, chain: usize, from: usize, to: usize) {
        let mut before = chain;
        while self.nodes[before].next as usize != from {
            before = self.nodes[before].next as usize;
        }
        self.nodes[before].next = to as u32;
        self.nodes[to] = self.nodes[from];
        self.nodes[from] = FREE_NODE;
    }

    fn take_free(&mut self) -> Option<usize> {
        while self.free_end > 0 {
            self.free_end -= 1;
            if self.nodes[self.free_end as usize].key.is_nil() {
                return Some(self.free_end as usize);
            }
        }
        None
    }

    /// Chooses the sizes of both parts anew, with one more key.
    fn resize_for(&mut self, key: Value) -> Result<(), TooLarge> {
        let mut counts = [0_usize; 32];
        let mut integers = 0;
        let mut total = 1;
        for (idx, value) in self.array.iter().enumerate() {
            if !value.is_nil() {
                counts[log2_ceil(idx + 1)] += 1;
                integers += 1;
                total += 1;
            }
        }
        let mut count_key = |key: Value| {
            if let Some(idx) = array_idx(key) {
                counts[log2_ceil(idx)] += 1;
                integers += 1;
            }
        };
        for node in self.nodes.iter().filter(|node| !node.value.is_nil()) {
            count_key(node.key);
            total += 1;
        }
        count_key(key);
        let (elements, in_array) = best_array(&counts, integers);
        self.resize(elements, total - in_array)
    }

    /// Gives both parts a size, and every value its place.
    pub(crate) fn resize(&mut self, elements: usize, fields: usize) -> Result<(), TooLarge> {
        if elements > PART_MAX || fields > PART_MAX {
            return Err(TooLarge);
        }
        let kept = self.array.len().min(elements);
        let cut: Vec<Value> = self.array.drain(kept..).collect();
        self.array.reserve_exact(elements - kept);
        self.array.resize(elements, Value::Nil);
        let nodes = std::mem::take(&mut self.nodes);
        self.set_nodes(fields);
        for (idx, value) in cut
            .into_iter()
            .enumerate()
            .filter(|(_, value)| !value.is_nil())
        {
            self.insert(Value::Num((kept + idx + 1) as f64), value)?;
        }
        for node in nodes.into_iter().rev().filter(|node| !node.value.is_nil()) {
            self.insert(node.key, node.value)?;
        }
        Ok(())
    }

    /// Grows the array part to hold this many `elements`.
    pub(crate) fn reserve_elements(&mut self, elements: usize) -> Result<(), TooLarge> {
        if elements <= self.array.len() {
            return Ok(());
        }
        self.resize(elements, self.nodes.len())
    }

    fn set_nodes(&mut self, fields: usize) {
        let len = if fields == 0 {
            0
        } else {
            fields.next_power_of_two()
        };
        self.nodes = vec![FREE_NODE; len];
        self.free_end = len as u32;
    }

    /// A border: an index with a value whose successor has none; 0 if the first element is nil.
    /// O(log N).
    pub(crate) fn len(&self) -> usize {
        let array = self.array.len();
        if array > 0 && self.array[array - 1].is_nil() {
            let (mut low, mut high) = (0, array);
            while high - low > 1 {
                let middle = usize::midpoint(low, high);
                match self.array[middle - 1].is_nil() {
                    true => high = middle,
                    false => low = middle,
                }
            }
            return low;
        }
        if self.nodes.is_empty() {
            array
        } else {
            self.border_in_nodes(array)
        }
    }

    fn border_in_nodes(&self, array: usize) -> usize {
        let (mut low, mut high) = (array, array + 1);
        while !self.get_idx(high).is_nil() {
            low = high;
            high *= 2;
        }
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            match self.get_idx(middle).is_nil() {
                true => high = middle,
                false => low = middle,
            }
        }
        low
    }

    /// The entry after this key, or the first after nil; `Err` for a key that is not there.
    pub(crate) fn next(&self, key: Value) -> Result<Option<(Value, Value)>, ()> {
        let start = match key {
            Value::Nil => 0,
            Value::Num(number) if self.array_place(number).is_some() => number as usize,
            _ => self.array.len() + self.find_node(key).ok_or(())? + 1,
        };
        Ok(self.entry_from(start).map(|(_, key, value)| (key, value)))
    }

    /// The first entry at this position or after it, with the position after it. For walks that do
    /// not change the table; they begin with 0.
    pub(crate) fn entry_from(&self, start: usize) -> Option<(usize, Value, Value)> {
        let array = self.array.len();
        if start < array
            && let Some(found) = self.array[start..].iter().position(|value| !value.is_nil())
        {
            let idx = start + found;
            return Some((idx + 1, Value::Num((idx + 1) as f64), self.array[idx]));
        }
        let from = start.saturating_sub(array);
        let nodes = self.nodes.get(from..)?;
        let found = nodes.iter().position(|node| !node.value.is_nil())?;
        let node = nodes[found];
        Some((array + from + found + 1, node.key, node.value))
    }

    /// All values that the table holds, and the keys of those that are there.
    pub(crate) fn each_value(&self, mut visit: impl FnMut(Value)) {
        self.array.iter().for_each(|value| visit(*value));
        for node in self.nodes.iter().filter(|node| !node.value.is_nil()) {
            visit(node.key);
            visit(node.value);
        }
    }
}

/// The index that a key is, if it may be in an array part.
fn array_idx(key: Value) -> Option<usize> {
    let Value::Num(number) = key else { return None };
    let idx = number as usize;
    (idx as f64 == number && (1..=PART_MAX).contains(&idx)).then_some(idx)
}

/// The least power of two that is not below a number, as its exponent.
fn log2_ceil(number: usize) -> usize {
    number.next_power_of_two().trailing_zeros() as usize
}

/// The largest size of which more than half is used, and how many elements it takes.
fn best_array(counts: &[usize; 32], integers: usize) -> (usize, usize) {
    let (mut best, mut taken, mut seen) = (0, 0, 0);
    let mut size = 1;
    for count in counts {
        if size / 2 >= integers {
            break;
        }
        seen += count;
        if *count > 0 && seen > size / 2 {
            best = size;
            taken = seen;
        }
        if seen == integers {
            break;
        }
        size *= 2;
    }
    (best, taken)
}
