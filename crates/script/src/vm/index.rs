//! Tables as instructions see them: reads and writes, through metatables.
//!
//! Always true: a table that is read-only is never written, whichever way the write comes.
//! Not here: the table itself — `table.rs`

use std::sync::Arc;

use super::state::{Raise, Running, Vm};
use crate::ast::Source;
use crate::code::MULTI;
use crate::heap::Closure;
use crate::host::ScriptHost;
use crate::thread::Pending;
use crate::value::{StrRef, TableRef, Value};

/// The outcome of a read.
pub(crate) enum Lookup {
    Found(Value),
    /// A function is to be asked, about this object.
    Ask(Value, Value),
    /// This is no table.
    Wrong(Value),
}

impl Vm {
    /// Reads a field of any value into a register; false if a function was called.
    pub(super) fn get(
        &mut self,
        f: Running,
        to: u8,
        object: Value,
        key: Value,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        match self.lookup(object, key)? {
            Lookup::Found(value) => {
                self.set(f, to, value);
                Ok(true)
            }
            Lookup::Ask(func, object) => {
                let at = f.base + usize::from(to);
                self.call_meta(func, &[object, key], Pending::store(at, 1), host)?;
                Ok(false)
            }
            Lookup::Wrong(object) => Err(self.type_error("index", object, 0)),
        }
    }

    /// Reads a field, through metatables that are tables.
    pub(crate) fn lookup(&self, object: Value, key: Value) -> Result<Lookup, Raise> {
        let mut object = object;
        for _ in 0..LOOPS_MAX {
            if let Value::Table(table) = object {
                let value = self.heap.get(table).get(key);
                if !value.is_nil() {
                    return Ok(Lookup::Found(value));
                }
            }
            let handler = self.metamethod(object, self.names.index);
            match (handler, object) {
                (Value::Nil, Value::Table(_)) => return Ok(Lookup::Found(Value::Nil)),
                (Value::Nil, _) => return Ok(Lookup::Wrong(object)),
                (handler, _) if handler.is_function() => return Ok(Lookup::Ask(handler, object)),
                (handler, _) => object = handler,
            }
        }
        Err(Raise::run("loop in gettable"))
    }

    /// Writes a field; false if a function was called.
    pub(super) fn put(
        &mut self,
        object: Value,
        key: Value,
        value: Value,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let mut object = object;
        for _ in 0..LOOPS_MAX {
            let handler = match object {
                Value::Table(table) => {
                    let found = self.heap.get(table);
                    if found.meta.is_none() || !found.get(key).is_nil() {
                        self.raw_put(table, key, value)?;
                        self.collect_if_due();
                        return Ok(true);
                    }
                    match self.metamethod(object, self.names.newindex) {
                        Value::Nil => {
                            self.raw_put(table, key, value)?;
                            self.collect_if_due();
                            return Ok(true);
                        }
                        handler => handler,
                    }
                }
                _ => match self.metamethod(object, self.names.newindex) {
                    Value::Nil => return Err(self.type_error("index", object, 0)),
                    handler => handler,
                },
            };
            if handler.is_function() {
                self.call_meta(handler, &[object, key, value], Pending::Discard, host)?;
                return Ok(false);
            }
            object = handler;
        }
        Err(Raise::run("loop in settable"))
    }

    /// Writes a field without metatables. Nothing is collected: the caller may hold what is in no
    /// root.
    #[inline]
    pub(crate) fn raw_put(
        &mut self,
        table: TableRef,
        key: Value,
        value: Value,
    ) -> Result<(), Raise> {
        let target = self.heap.get_mut(table);
        if target.is_readonly {
            return Err(Raise::run(READONLY));
        }
        if let Some(place) = target.get_mut(key) {
            *place = value;
            return Ok(());
        }
        match key {
            Value::Nil => return Err(Raise::run("table index is nil")),
            Value::Num(number) if number.is_nan() => {
                return Err(Raise::run("table index is NaN"));
            }
            _ => {}
        }
        Ok(self.heap.set(table, key, value)?)
    }

    /// The metatable of a value.
    #[inline]
    pub(crate) fn metatable(&self, value: Value) -> Option<TableRef> {
        match value {
            Value::Table(table) => self.heap.get(table).meta,
            Value::Str(_) => self.names.string_meta,
            _ => None,
        }
    }

    /// The field of a value's metatable with this name.
    #[inline]
    pub(crate) fn metamethod(&self, value: Value, name: StrRef) -> Value {
        match self.metatable(value) {
            Some(meta) => self.heap.get(meta).get(Value::Str(name)),
            None => Value::Nil,
        }
    }

    pub(super) fn set_list(
        &mut self,
        f: Running,
        table: u8,
        count: u8,
        start: usize,
    ) -> Result<(), Raise> {
        let first = f.base + usize::from(table) + 1;
        let count = match count {
            MULTI => self.multi_top.saturating_sub(first),
            count => usize::from(count),
        };
        let Value::Table(table) = self.reg(f, table) else {
            unreachable!("the table was just made");
        };
        self.heap.reserve(table, start + count)?;
        for idx in 0..count {
            let value = self.thread.stack[first + idx];
            let key = Value::Num((start + idx + 1) as f64);
            self.heap.set(table, key, value)?;
        }
        Ok(())
    }

    pub(super) fn closure(&mut self, f: Running, to: u8, k: usize) -> Result<(), Raise> {
        let running = self.heap.func(f.func);
        let proto = Arc::clone(&running.proto.protos[k]);
        let upvalues = (proto.captures.iter())
            .map(|source| match *source {
                Source::Local(at) => self.thread.stack[f.base + usize::from(at)],
                Source::Upvalue(up) => running.upvalues[usize::from(up)],
            })
            .collect();
        let func = self.heap.closure(Closure {
            proto,
            upvalues,
            text_size: 0,
        })?;
        self.set(f, to, Value::Func(func));
        self.collect_if_due();
        Ok(())
    }

    /// Unpacks `...`, which lies below the base.
    pub(super) fn varargs(&mut self, f: Running, to: u8, count: u8) -> Result<(), Raise> {
        let extra = self.top_lua().map_or(0, |frame| frame.varargs as usize);
        let wanted = if count == MULTI {
            extra
        } else {
            usize::from(count)
        };
        let to = f.base + usize::from(to);
        self.ensure_stack(to + wanted)?;
        let from = f.base - extra;
        for idx in 0..wanted {
            let value = if idx < extra {
                self.thread.stack[from + idx]
            } else {
                Value::Nil
            };
            self.thread.stack[to + idx] = value;
        }
        if count == MULTI {
            self.multi_top = to + wanted;
        }
        Ok(())
    }
}

/// How many metatables a look-up follows.
const LOOPS_MAX: usize = 100;
/// The error of a write to a table of the libraries.
pub(crate) const READONLY: &str = "Attempt to modify a readonly table";
