//! Operators: arithmetic, comparison, length, concatenation, and counting loops.
//!
//! Always true: a string is a number where arithmetic asks for one, and the reverse for
//! concatenation.
//! Not here: tables — `vm/index.rs`

use super::state::{Raise, Running, Vm};
use crate::code::{Arith, Op};
use crate::host::ScriptHost;
use crate::number;
use crate::thread::Pending;
use crate::value::{StrRef, Value};

impl Vm {
    /// The number that a value is or can be read as.
    #[inline]
    pub(crate) fn to_number(&self, value: Value) -> Option<f64> {
        match value {
            Value::Num(number) => Some(number),
            Value::Str(text) => number::parse(self.heap.bytes(text)),
            _ => None,
        }
    }

    /// Computes with any values; false if a function was called.
    pub(super) fn arith(
        &mut self,
        f: Running,
        op: Arith,
        to: u8,
        (a, b): (u16, u16),
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let (a, b) = (self.rk(f, a), self.rk(f, b));
        if let (Some(x), Some(y)) = (self.to_number(a), self.to_number(b)) {
            self.set(f, to, Value::Num(op.of(x, y)));
            return Ok(true);
        }
        let handler = self.binary_handler(a, b, self.names.arith[op as usize]);
        if handler.is_nil() {
            let (wrong, slot) = if self.to_number(a).is_some() {
                (b, 1)
            } else {
                (a, 0)
            };
            return Err(self.type_error("perform arithmetic on", wrong, slot));
        }
        let at = f.base + usize::from(to);
        self.call_meta(handler, &[a, b], Pending::store(at, 1), host)?;
        Ok(false)
    }

    fn binary_handler(&self, a: Value, b: Value, name: StrRef) -> Value {
        match self.metamethod(a, name) {
            Value::Nil => self.metamethod(b, name),
            handler => handler,
        }
    }

    pub(super) fn negate(
        &mut self,
        f: Running,
        to: u8,
        from: u8,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let value = self.reg(f, from);
        if let Some(number) = self.to_number(value) {
            self.set(f, to, Value::Num(-number));
            return Ok(true);
        }
        let handler = self.metamethod(value, self.names.unm);
        if handler.is_nil() {
            return Err(self.type_error("perform arithmetic on", value, 0));
        }
        let at = f.base + usize::from(to);
        self.call_meta(handler, &[value, value], Pending::store(at, 1), host)?;
        Ok(false)
    }

    pub(super) fn len(&mut self, f: Running, to: u8, from: u8) -> Result<(), Raise> {
        let len = match self.reg(f, from) {
            Value::Table(table) => self.heap.get(table).len(),
            Value::Str(text) => self.heap.bytes(text).len(),
            other => return Err(self.type_error("get length of", other, 0)),
        };
        self.set(f, to, Value::Num(len as f64));
        Ok(())
    }

    /// Compares any values, and does or passes the next jump; false if a function was called.
    pub(super) fn compare(
        &mut self,
        op: Op,
        a: Value,
        b: Value,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let result = match (op, a, b) {
            (Op::Eq { .. }, Value::Table(x), Value::Table(y)) if x != y => {
                self.equal_tables(op, a, b, host)?
            }
            (Op::Eq { .. }, _, _) => Some(a == b),
            _ => self.order(op, a, b, host)?,
        };
        if let Some(result) = result {
            self.at += usize::from(result != wanted(op));
        }
        Ok(result.is_some())
    }

    fn equal_tables(
        &mut self,
        op: Op,
        a: Value,
        b: Value,
        host: &mut dyn ScriptHost,
    ) -> Result<Option<bool>, Raise> {
        let handler = self.same_handler(a, b, self.names.eq);
        if handler.is_nil() {
            return Ok(Some(false));
        }
        self.ask(op, false, handler, [a, b], host)
    }

    /// The function that both values have under a name.
    fn same_handler(&self, a: Value, b: Value, name: StrRef) -> Value {
        let handler = self.metamethod(a, name);
        if handler == self.metamethod(b, name) {
            handler
        } else {
            Value::Nil
        }
    }

    fn order(
        &mut self,
        op: Op,
        a: Value,
        b: Value,
        host: &mut dyn ScriptHost,
    ) -> Result<Option<bool>, Raise> {
        let is_less = matches!(op, Op::Lt { .. });
        if let (Value::Str(x), Value::Str(y)) = (a, b) {
            let ordering = self.heap.bytes(x).cmp(self.heap.bytes(y));
            return Ok(Some(if is_less {
                ordering.is_lt()
            } else {
                ordering.is_le()
            }));
        }
        let same = std::mem::discriminant(&a) == std::mem::discriminant(&b);
        if same {
            let name = if is_less {
                self.names.lt
            } else {
                self.names.le
            };
            let handler = self.same_handler(a, b, name);
            if !handler.is_nil() {
                return self.ask(op, false, handler, [a, b], host);
            }
            let handler = self.same_handler(a, b, self.names.lt);
            if !is_less && !handler.is_nil() {
                // a <= b is not (b < a) where only `__lt` is given.
                return self.ask(op, true, handler, [b, a], host);
            }
        }
        Err(Self::order_error(a, b))
    }

    pub(crate) fn order_error(a: Value, b: Value) -> Raise {
        let (a, b) = (a.type_name(), b.type_name());
        Raise::run(if a == b {
            format!("attempt to compare two {a} values")
        } else {
            format!("attempt to compare {a} with {b}")
        })
    }

    /// Calls a handler of a comparison; `negate` turns its answer round.
    fn ask(
        &mut self,
        op: Op,
        negate: bool,
        handler: Value,
        operands: [Value; 2],
        host: &mut dyn ScriptHost,
    ) -> Result<Option<bool>, Raise> {
        let pending = Pending::Compare {
            want: wanted(op),
            negate,
        };
        self.call_meta(handler, &operands, pending, host)?;
        Ok(None)
    }

    /// Joins values in a row, from the last to the first; false if a function was called.
    pub(super) fn concat(
        &mut self,
        to: usize,
        first: usize,
        count: usize,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let mut count = count;
        while count > 1 {
            let texts = (first..first + count).rev();
            let joined = texts
                .take_while(|at| self.is_text(self.thread.stack[*at]))
                .count();
            if joined < 2 {
                return self.concat_slowly(to, first, count, host);
            }
            let start = first + count - joined;
            let text = self.join(start, joined)?;
            let work = self.heap.take_work();
            self.spend(work);
            self.thread.stack[start] = text;
            count -= joined - 1;
        }
        self.thread.stack[to] = self.thread.stack[first];
        self.collect_if_due();
        Ok(true)
    }

    fn is_text(&self, value: Value) -> bool {
        matches!(value, Value::Str(_) | Value::Num(_))
    }

    fn join(&mut self, start: usize, count: usize) -> Result<Value, Raise> {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let mut fits = true;
        for value in &self.thread.stack[start..start + count] {
            match value {
                Value::Str(part) => {
                    let bytes = self.heap.bytes(*part);
                    fits = fits && self.heap.check(text.len() + bytes.len()).is_ok();
                    if fits {
                        text.extend_from_slice(bytes);
                    }
                }
                Value::Num(part) => number::push(*part, &mut text),
                _ => {}
            }
        }
        let made = if fits {
            self.string(&text)
        } else {
            Err(crate::heap::NoRoom::Memory)
        };
        self.spend(text.len() / 64);
        self.keep_scratch(text);
        Ok(made?)
    }

    /// Gives a buffer back, unless it has grown large.
    pub(crate) fn keep_scratch(&mut self, text: Vec<u8>) {
        if text.capacity() <= SCRATCH_MAX {
            self.scratch = text;
        }
    }

    fn concat_slowly(
        &mut self,
        to: usize,
        first: usize,
        count: usize,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let at = first + count - 2;
        let (a, b) = (self.thread.stack[at], self.thread.stack[at + 1]);
        let handler = self.binary_handler(a, b, self.names.concat);
        if handler.is_nil() {
            let (wrong, offset) = if self.is_text(a) { (b, 1) } else { (a, 0) };
            let slot = (count - 2 + offset) as u8;
            return Err(self.type_error("concatenate", wrong, slot));
        }
        let pending = Pending::Concat {
            to: to as u32,
            first: first as u32,
            count: (count - 1) as u8,
        };
        self.call_meta(handler, &[a, b], pending, host)?;
        Ok(false)
    }

    /// Checks the three numbers of a loop, and goes one step back.
    pub(super) fn for_prep(&mut self, f: Running, base: u8) -> Result<(), Raise> {
        let mut numbers = [0.0; 3];
        for (idx, what) in ["initial value", "limit", "step"].into_iter().enumerate() {
            let value = self.reg(f, base + idx as u8);
            let Some(number) = self.to_number(value) else {
                return Err(Raise::run(format!("'for' {what} must be a number")));
            };
            numbers[idx] = number;
            self.set(f, base + idx as u8, Value::Num(number));
        }
        self.set(f, base, Value::Num(numbers[0] - numbers[2]));
        Ok(())
    }
}

const fn wanted(op: Op) -> bool {
    match op {
        Op::Eq { want, .. } | Op::Lt { want, .. } | Op::Le { want, .. } => want,
        _ => false,
    }
}

/// The largest buffer that is kept between texts, in bytes.
const SCRATCH_MAX: usize = 1 << 20;
