//! The libraries of scripts, as tables of functions.
//!
//! Always true: a function takes its arguments from registers and leaves its results in `out`.
//! Not here: the API of the server — `api.rs`

pub(crate) mod base;
pub(crate) mod bit;
pub(crate) mod coroutine;
pub(crate) mod format;
pub(crate) mod json;
pub(crate) mod math;
pub(crate) mod msgpack;
pub(crate) mod pattern;
pub(crate) mod structure;
pub(crate) mod table;
pub(crate) mod text;

use std::borrow::Cow;

use crate::number;
use crate::value::{StrRef, TableRef, Value};
use crate::vm::{Flow, Invoke, Raise};

/// The outcome of a function of a library.
pub(crate) type Called = Result<Flow, Raise>;

/// A function and its name.
pub(crate) type Entry = (&'static str, fn(&mut Invoke<'_>) -> Called);

impl Invoke<'_> {
    /// The argument at an index that counts from one; nil if there is none.
    #[inline]
    pub(crate) fn arg(&self, idx: usize) -> Value {
        if idx > self.args.count {
            return Value::Nil;
        }
        self.vm.thread.stack[self.args.at + idx - 1]
    }

    pub(crate) const fn count(&self) -> usize {
        self.args.count
    }

    /// Adds a result.
    #[inline]
    pub(crate) fn push(&mut self, value: Value) {
        self.vm.out.push(value);
    }

    /// Ends the call with one more result.
    #[inline]
    pub(crate) fn give(&mut self, value: Value) -> Called {
        self.push(value);
        Ok(Flow::Done)
    }

    pub(crate) fn give_number(&mut self, number: f64) -> Called {
        self.give(Value::Num(number))
    }

    pub(crate) fn give_text(&mut self, text: &[u8]) -> Called {
        let value = self.vm.string(text)?;
        self.give(value)
    }

    /// The error of an argument of a wrong type.
    pub(crate) fn wrong_type(&self, idx: usize, expected: &str) -> Raise {
        let got = match idx > self.args.count {
            true => "no value",
            false => self.arg(idx).type_name(),
        };
        Raise::argument(idx, format!("{expected} expected, got {got}"))
    }

    pub(crate) fn any(&self, idx: usize) -> Result<Value, Raise> {
        if idx > self.args.count {
            return Err(Raise::argument(idx, "value expected"));
        }
        Ok(self.arg(idx))
    }

    pub(crate) fn number(&self, idx: usize) -> Result<f64, Raise> {
        let found = self.vm.to_number(self.arg(idx));
        found.ok_or_else(|| self.wrong_type(idx, "number"))
    }

    pub(crate) fn integer(&self, idx: usize) -> Result<i64, Raise> {
        self.number(idx).map(number::to_i64)
    }

    /// An integer argument, or what stands for nil and none.
    pub(crate) fn integer_or(&self, idx: usize, default: i64) -> Result<i64, Raise> {
        match self.arg(idx) {
            Value::Nil => Ok(default),
            _ => self.integer(idx),
        }
    }

    pub(crate) fn table(&self, idx: usize) -> Result<TableRef, Raise> {
        match self.arg(idx) {
            Value::Table(table) => Ok(table),
            _ => Err(self.wrong_type(idx, "table")),
        }
    }

    /// A text argument, as a string of the heap.
    pub(crate) fn string(&mut self, idx: usize) -> Result<StrRef, Raise> {
        match self.arg(idx) {
            Value::Str(text) => Ok(text),
            Value::Num(number) => {
                let mut text = Vec::new();
                number::push(number, &mut text);
                Ok(self.vm.heap.string(&text)?)
            }
            _ => Err(self.wrong_type(idx, "string")),
        }
    }

    /// The bytes of a text argument.
    pub(crate) fn bytes(&self, idx: usize) -> Result<Cow<'_, [u8]>, Raise> {
        self.vm
            .text_of(self.arg(idx))
            .ok_or_else(|| self.wrong_type(idx, "string"))
    }

    pub(crate) fn function(&self, idx: usize) -> Result<Value, Raise> {
        let value = self.arg(idx);
        if !value.is_function() {
            return Err(self.wrong_type(idx, "function"));
        }
        Ok(value)
    }

    /// Sets a field without metatables; an error has no place.
    pub(crate) fn put(&mut self, table: TableRef, key: Value, value: Value) -> Result<(), Raise> {
        self.vm
            .raw_put(table, key, value)
            .map_err(|raise| match raise {
                Raise::Run(text) => Raise::Plain(text),
                other => other,
            })
    }

    /// Calls a function of the prelude with these arguments, in the place of this one.
    pub(crate) fn call_prelude(&mut self, idx: usize, args: &[Value]) -> Called {
        let func = self.vm.prelude[idx];
        self.push(func);
        self.vm.out.extend_from_slice(args);
        Ok(Flow::Call(None))
    }
}

impl crate::vm::Vm {
    /// The bytes of a string, or of a number as text.
    pub(crate) fn text_of(&self, value: Value) -> Option<Cow<'_, [u8]>> {
        match value {
            Value::Str(text) => Some(self.heap.bytes(text).into()),
            Value::Num(number) => {
                let mut text = Vec::new();
                number::push(number, &mut text);
                Some(text.into())
            }
            _ => None,
        }
    }
}

/// The functions of the prelude, by their places in what it returns.
pub(crate) mod prelude {
    pub(crate) const GMATCH: usize = 0;
    pub(crate) const GSUB: usize = 1;
    pub(crate) const SORT: usize = 2;
    pub(crate) const FOREACH: usize = 3;
    pub(crate) const FOREACHI: usize = 4;
    pub(crate) const LOAD: usize = 5;
    pub(crate) const WRAP: usize = 6;
}
