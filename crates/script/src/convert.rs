//! Replies of commands as values of Lua.
//!
//! Always true: bytes that are no whole reply give nil, never a panic.
//! Not here: values as replies — `reply.rs`

use russet_resp::wire;

use crate::heap::NoRoom;
use crate::value::Value;
use crate::vm::Vm;

/// A reply that is read from its bytes.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The text of a reply that is an error as a whole.
    pub(crate) fn error(&self) -> Option<&'a [u8]> {
        let text = self.bytes.strip_prefix(&[wire::ERROR])?;
        Some(text.strip_suffix(wire::CRLF).unwrap_or(text))
    }

    fn line(&mut self) -> &'a [u8] {
        // Most lines have a few bytes.
        let end = self.bytes.iter().position(|byte| *byte == b'\r');
        let end = end.unwrap_or(self.bytes.len());
        let line = &self.bytes[..end];
        self.bytes = self.bytes.get(end + 2..).unwrap_or_default();
        line
    }

    /// The number that ends the line; `None` also for the length of what is absent.
    fn len(&mut self) -> Option<usize> {
        let number = russet_base::num::parse_i64(self.line())?;
        usize::try_from(number).ok()
    }

    fn blob(&mut self) -> Option<&'a [u8]> {
        let len = self.len()?;
        let blob = self.bytes.get(..len)?;
        self.bytes = self.bytes.get(len + 2..).unwrap_or_default();
        Some(blob)
    }

    /// The next value.
    pub(crate) fn value(&mut self, vm: &mut Vm, depth: u32) -> Result<Value, NoRoom> {
        let Some((&kind, rest)) = self.bytes.split_first() else {
            return Ok(Value::Nil);
        };
        if depth > DEPTH_MAX {
            self.bytes = &[];
            return Ok(Value::Nil);
        }
        self.bytes = rest;
        match kind {
            wire::BULK => match self.blob() {
                Some(blob) => vm.string(blob),
                None => Ok(Value::Bool(false)),
            },
            wire::INTEGER => {
                let number = russet_base::num::parse_i64(self.line()).unwrap_or(0);
                Ok(Value::Num(number as f64))
            }
            wire::SIMPLE => {
                let text = vm.string(self.line())?;
                vm.single_field(vm.names.ok, text)
            }
            wire::ERROR => vm.counted_error(self.line()),
            wire::ARRAY | wire::PUSH => match self.len() {
                Some(len) => self.array(vm, len, depth),
                None => Ok(Value::Bool(false)),
            },
            _ => self.value_of_resp3(kind, vm, depth),
        }
    }

    fn array(&mut self, vm: &mut Vm, len: usize, depth: u32) -> Result<Value, NoRoom> {
        // Every element takes three bytes at least.
        let table = vm.heap.table(len.min(self.bytes.len()), 0)?;
        for idx in 1..=len {
            if self.bytes.is_empty() {
                break;
            }
            let value = self.value(vm, depth + 1)?;
            vm.heap.set(table, Value::Num(idx as f64), value)?;
        }
        Ok(Value::Table(table))
    }

    fn value_of_resp3(&mut self, kind: u8, vm: &mut Vm, depth: u32) -> Result<Value, NoRoom> {
        match kind {
            // Scripts do not see attributes, but what they belong to.
            wire::ATTRIBUTE => {
                self.pairs(vm, "map", depth)?;
                self.value(vm, depth + 1)
            }
            wire::BOOLEAN => Ok(Value::Bool(self.line() == b"t")),
            wire::DOUBLE => {
                let number = crate::number::parse(self.line()).unwrap_or(0.0);
                let key = vm.heap.string(b"double")?;
                vm.single_field(key, Value::Num(number))
            }
            wire::BIG_NUMBER => {
                let digits = vm.string(self.line())?;
                let key = vm.heap.string(b"big_number")?;
                vm.single_field(key, digits)
            }
            wire::MAP => self.pairs(vm, "map", depth),
            wire::SET => self.pairs(vm, "set", depth),
            wire::VERBATIM => self.verbatim(vm),
            wire::BULK_ERROR => match self.blob() {
                Some(text) => vm.counted_error(text),
                None => Ok(Value::Nil),
            },
            _ => {
                self.line();
                Ok(Value::Nil)
            }
        }
    }

    /// A map, or a set, whose values are `true`.
    fn pairs(&mut self, vm: &mut Vm, name: &str, depth: u32) -> Result<Value, NoRoom> {
        let len = self.len().unwrap_or(0);
        let table = vm.heap.table(0, len.min(self.bytes.len()))?;
        for _ in 0..len {
            if self.bytes.is_empty() {
                break;
            }
            let key = self.value(vm, depth + 1)?;
            let value = match name {
                "map" => self.value(vm, depth + 1)?,
                _ => Value::Bool(true),
            };
            let is_nan = matches!(key, Value::Num(number) if number.is_nan());
            if !key.is_nil() && !is_nan {
                vm.heap.set(table, key, value)?;
            }
        }
        let key = vm.heap.string(name.as_bytes())?;
        vm.single_field(key, Value::Table(table))
    }

    fn verbatim(&mut self, vm: &mut Vm) -> Result<Value, NoRoom> {
        let blob = self.blob().unwrap_or_default();
        let (format, text) = blob.split_at(blob.len().min(wire::VERBATIM_PREFIX_LEN));
        let format = vm.string(format.strip_suffix(b":").unwrap_or(format))?;
        let text = vm.string(text)?;
        let table = vm.heap.table(0, 2)?;
        vm.heap.set_named(table, "format", format)?;
        vm.heap.set_named(table, "string", text)?;
        let key = vm.heap.string(b"verbatim_string")?;
        vm.single_field(key, Value::Table(table))
    }
}

impl Vm {
    /// A table with one field.
    pub(crate) fn single_field(
        &mut self,
        key: crate::value::StrRef,
        value: Value,
    ) -> Result<Value, NoRoom> {
        let table = self.heap.table(0, 1)?;
        self.heap.set(table, Value::Str(key), value)?;
        Ok(Value::Table(table))
    }
}

/// How deep replies of commands are nested, at most.
const DEPTH_MAX: u32 = 64;
