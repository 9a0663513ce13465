//! The instructions that loops consist of, over the registers of one frame.
//!
//! The registers are an array of fixed length, so that an operand of eight bits needs no check. A
//! number is read and written as such, not as a whole value: the processor cannot forward two
//! writes to one load.
//!
//! Always true: an instruction is done here as a whole, or leaves everything as it was.
//! Not here: what is rare, calls, and makes objects — `vm.rs`

use crate::code::{Arith, CONSTANT, Op};
use crate::heap::Objects;
use crate::table::Table;
use crate::thread::WINDOW;
use crate::value::{TableRef, Value};

/// The registers of the frame on top, and what its instructions use besides.
pub(super) struct Window<'v> {
    pub(super) registers: &'v mut [Value; WINDOW],
    pub(super) consts: &'v [Value],
    pub(super) upvalues: &'v [Value],
    pub(super) objects: Objects<'v>,
    pub(super) globals: TableRef,
}

impl Window<'_> {
    #[inline(always)]
    fn reg(&self, at: u8) -> &Value {
        &self.registers[usize::from(at)]
    }

    /// The value of an operand.
    #[inline(always)]
    fn rk(&self, operand: u16) -> &Value {
        if operand & CONSTANT == 0 {
            &self.registers[usize::from(operand as u8)]
        } else {
            &self.consts[usize::from(operand & !CONSTANT)]
        }
    }

    #[inline(always)]
    fn set(&mut self, to: u8, value: Value) -> bool {
        self.registers[usize::from(to)] = value;
        true
    }

    /// Does an instruction; false if it is none of those here, or its operands are unusual.
    #[inline(always)]
    pub(super) fn step(&mut self, code: &[Op], op: &Op, pc: &mut usize) -> bool {
        match *op {
            Op::Move { to, from } => self.set(to, copied(self.reg(from))),
            Op::LoadK { to, k } => self.set(to, copied(&self.consts[k as usize])),
            Op::LoadBool { to, value } => self.set(to, Value::Bool(value)),
            Op::GetUp { to, up } => self.set(to, copied(self.upvalue(up))),
            Op::GetUpCell { to, up } => self.load(to, *self.upvalue(up)),
            Op::SetUpCell { up, from } => self.store(*self.upvalue(up), from),
            Op::GetCell { to, cell } => self.load(to, *self.reg(cell)),
            Op::SetCell { cell, from } => self.store(*self.reg(cell), from),
            Op::Jump { to } => jump(pc, to),
            Op::JumpIf { at, to } if self.reg(at).is_truthy() => jump(pc, to),
            Op::JumpIfNot { at, to } if !self.reg(at).is_truthy() => jump(pc, to),
            Op::JumpIf { .. } | Op::JumpIfNot { .. } => true,
            Op::Lt { want, a, b } => match self.numbers(a, b) {
                Some((a, b)) => branch(code, pc, (a < b) == want),
                None => false,
            },
            Op::Le { want, a, b } => match self.numbers(a, b) {
                Some((a, b)) => branch(code, pc, (a <= b) == want),
                None => false,
            },
            Op::Eq { want, a, b } => self.equal(code, pc, want, (a, b)),
            Op::ForLoop { base, to } => self.for_loop(base, pc, to),
            Op::ForNext { base, to } => match copied(self.reg(base.wrapping_add(3))) {
                Value::Nil => true,
                first => self.set(base.wrapping_add(2), first) && jump(pc, to),
            },
            Op::Add { to, a, b } => self.arith(Arith::Add, to, a, b),
            Op::Sub { to, a, b } => self.arith(Arith::Sub, to, a, b),
            Op::Mul { to, a, b } => self.arith(Arith::Mul, to, a, b),
            Op::Div { to, a, b } => self.arith(Arith::Div, to, a, b),
            Op::Mod { to, a, b } => self.arith(Arith::Mod, to, a, b),
            Op::GetGlobal { to, k } => self.field(to, self.globals, k),
            Op::GetField { to, table, k } => match *self.reg(table) {
                Value::Table(table) => self.field(to, table, k.into()),
                _ => false,
            },
            Op::GetIndex { to, table, key } => self.index(to, table, key),
            Op::SetIndex { table, key, value } => self.set_index(table, key, value),
            Op::Len { to, from } => match *self.reg(from) {
                Value::Table(table) => {
                    let len = self.objects.table(table).len();
                    self.set(to, Value::Num(len as f64))
                }
                _ => false,
            },
            Op::Not { to, from } => self.set(to, Value::Bool(!self.reg(from).is_truthy())),
            Op::LoadNil { to, count } => self.load_nil(to, count),
            Op::Neg { to, from } => match *self.reg(from) {
                Value::Num(number) => self.set(to, Value::Num(-number)),
                _ => false,
            },
            // All are named, so that the table of jumps has no bounds to check.
            Op::NewCell { .. }
            | Op::SetGlobal { .. }
            | Op::Method { .. }
            | Op::NewTable { .. }
            | Op::SetList { .. }
            | Op::Pow { .. }
            | Op::Concat { .. }
            | Op::Call { .. }
            | Op::TailCall { .. }
            | Op::Return { .. }
            | Op::ForPrep { .. }
            | Op::ForCall { .. }
            | Op::Closure { .. }
            | Op::Vararg { .. } => false,
        }
    }

    fn load_nil(&mut self, to: u8, count: u8) -> bool {
        let first = usize::from(to);
        self.registers[first..first + usize::from(count)].fill(Value::Nil);
        true
    }

    /// The values of two operands that are numbers.
    #[inline(always)]
    fn numbers(&self, a: u16, b: u16) -> Option<(f64, f64)> {
        match (self.rk(a), self.rk(b)) {
            (Value::Num(a), Value::Num(b)) => Some((*a, *b)),
            _ => None,
        }
    }

    #[inline(always)]
    fn equal(&self, code: &[Op], pc: &mut usize, want: bool, (a, b): (u16, u16)) -> bool {
        match (self.rk(a), self.rk(b)) {
            (Value::Num(a), Value::Num(b)) => branch(code, pc, (a == b) == want),
            (Value::Table(_), Value::Table(_)) => false,
            (a, b) => branch(code, pc, (a == b) == want),
        }
    }

    #[inline(always)]
    fn arith(&mut self, op: Arith, to: u8, a: u16, b: u16) -> bool {
        match self.numbers(a, b) {
            Some((a, b)) => self.set(to, Value::Num(op.of(a, b))),
            None => false,
        }
    }

    #[inline(always)]
    fn upvalue(&self, up: u8) -> &Value {
        &self.upvalues[usize::from(up)]
    }

    #[inline(always)]
    fn load(&mut self, to: u8, cell: Value) -> bool {
        match cell {
            Value::Cell(cell) => {
                let value = copied(self.objects.cell(cell));
                self.set(to, value)
            }
            _ => false,
        }
    }

    #[inline(always)]
    fn store(&mut self, cell: Value, from: u16) -> bool {
        let Value::Cell(cell) = cell else {
            return false;
        };
        let value = copied(self.rk(from));
        *self.objects.cell(cell) = value;
        true
    }

    /// Goes one step on, and back to the first instruction of the loop unless it is over.
    #[inline(always)]
    fn for_loop(&mut self, base: u8, pc: &mut usize, to: u32) -> bool {
        let (limit, step) = (base.wrapping_add(1), base.wrapping_add(2));
        let (Value::Num(idx), Value::Num(limit), Value::Num(step)) =
            (self.reg(base), self.reg(limit), self.reg(step))
        else {
            unreachable!("checked when the loop began");
        };
        let idx = idx + step;
        let goes_on = if *step > 0.0 {
            idx <= *limit
        } else {
            *limit <= idx
        };
        if goes_on {
            self.set(base, Value::Num(idx));
            self.set(base.wrapping_add(3), Value::Num(idx));
            jump(pc, to);
        }
        true
    }

    /// Reads the field that a constant string names.
    #[inline(always)]
    fn field(&mut self, to: u8, table: TableRef, k: u32) -> bool {
        let Value::Str(name) = self.consts[k as usize] else {
            return false;
        };
        let table = self.objects.table(table);
        let value = table.get_named(name);
        let found = found(table, value);
        found.is_some_and(|value| self.set(to, value))
    }

    #[inline(always)]
    fn index(&mut self, to: u8, table: u8, key: u16) -> bool {
        let Value::Table(table) = *self.reg(table) else {
            return false;
        };
        let key = copied(self.rk(key));
        let table = self.objects.table(table);
        let found = found(table, table.find(&key));
        found.is_some_and(|value| self.set(to, value))
    }

    /// Writes a field that is there.
    #[inline(always)]
    fn set_index(&mut self, table: u8, key: u16, value: u16) -> bool {
        let Value::Table(table) = *self.reg(table) else {
            return false;
        };
        let key = copied(self.rk(key));
        let value = copied(self.rk(value));
        let table = self.objects.table(table);
        if table.is_readonly || table.meta.is_some() {
            return false;
        }
        match table.get_mut(key) {
            Some(place) => {
                *place = value;
                true
            }
            None => false,
        }
    }
}

/// The result of a read, unless metatables have a say.
#[inline(always)]
fn found(table: &Table, value: Option<&Value>) -> Option<Value> {
    match value.map(copied) {
        None | Some(Value::Nil) if table.meta.is_some() => None,
        None => Some(Value::Nil),
        value => value,
    }
}

/// A copy of a value. PERF: a number that was just written would be late as a whole value: a loop
/// over additions took twice the time.
#[inline(always)]
fn copied(value: &Value) -> Value {
    match value {
        Value::Num(number) => Value::Num(*number),
        other => *other,
    }
}

#[inline(always)]
fn jump(pc: &mut usize, to: u32) -> bool {
    *pc = to as usize;
    true
}

/// Does the jump that follows a comparison, or passes it.
#[inline(always)]
fn branch(code: &[Op], pc: &mut usize, does_jump: bool) -> bool {
    match code.get(*pc) {
        Some(Op::Jump { to }) if does_jump => *pc = *to as usize,
        _ => *pc += 1,
    }
    true
}
