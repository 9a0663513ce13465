//! The machine: one instruction after another, over registers in a stack.
//!
//! Nothing of a script is on the stack of the process. Calls, metamethods, `pcall` and coroutines
//! push frames, and functions of the library that call back are written in Lua; so a run stops
//! between any two instructions, and goes on later or not at all.
//!
//! ```text
//!  run(budget) ──► run_frame: instructions of the frame on top ──► Paused
//!                    │ call              ▲ deliver: results go     Finished
//!                    ▼                   │ where the frame wants
//!                  begin_call ── native ─┘                         error ──► unwind
//! ```
//!
//! Always true: `frames` hold what runs; `out` is empty between instructions.
//! Not here: calls and results — `vm/call.rs`; errors — `vm/raise.rs`; operators —
//! `vm/operate.rs`, `vm/index.rs`

pub(crate) mod call;
mod collect;
pub(crate) mod index;
mod operate;
pub(crate) mod raise;
mod state;

use std::sync::Arc;

pub(crate) use self::state::{Flow, Invoke, Names, Native, Raise, Raised, Registered, Running, Vm};
use crate::code::{CONSTANT, Op};
use crate::heap::NoRoom;
use crate::host::ScriptHost;
use crate::thread::{Frame, LuaFrame, Pending};
use crate::value::Value;

/// Why instructions of a frame ended.
enum Exit {
    /// Another frame is on top.
    Reload,
    Paused,
    Finished,
}

/// The end of a slice of a run.
#[derive(Debug)]
pub(crate) enum Slice {
    Finished,
    Paused,
    /// An error that nothing caught.
    Failed(Raised),
}

impl Vm {
    /// Runs at most `budget` instructions.
    pub(crate) fn run(&mut self, host: &mut dyn ScriptHost, budget: u64) -> Slice {
        self.budget = budget;
        loop {
            match self.run_frame(host) {
                Ok(Exit::Reload) => {}
                Ok(Exit::Paused) => return Slice::Paused,
                Ok(Exit::Finished) => return Slice::Finished,
                Err(raise) => {
                    if let Err(raised) = self.unwind(raise, host) {
                        return Slice::Failed(raised);
                    }
                }
            }
        }
    }

    /// Takes instructions from the budget, for work that is not one.
    #[inline]
    pub(crate) const fn spend(&mut self, instructions: usize) {
        self.budget = self.budget.saturating_sub(instructions as u64);
    }

    fn run_frame(&mut self, host: &mut dyn ScriptHost) -> Result<Exit, Raise> {
        let Some(Frame::Lua(frame)) = self.thread.frames.last() else {
            return Ok(Exit::Finished);
        };
        let (proto, func, base, mut pc) =
            (Arc::clone(&frame.proto), frame.func, frame.base, frame.pc);
        let code = &proto.code[..];
        let f = &Running {
            proto: &proto,
            base,
            func,
        };
        loop {
            if self.budget == 0 {
                self.pause_at(pc);
                return Ok(Exit::Paused);
            }
            self.budget -= 1;
            let op = code[pc];
            pc += 1;
            match op {
                Op::Move { to, from } => self.set(f, to, self.reg(f, from)),
                Op::LoadK { to, k } => self.set(f, to, proto.consts[k as usize]),
                Op::LoadBool { to, value } => self.set(f, to, Value::Bool(value)),
                Op::GetUp { to, up } => self.set(f, to, self.upvalue(f, up)),
                Op::Jump { to } => pc = to as usize,
                Op::JumpIf { at, to } if self.reg(f, at).is_truthy() => pc = to as usize,
                Op::JumpIfNot { at, to } if !self.reg(f, at).is_truthy() => pc = to as usize,
                Op::JumpIf { .. } | Op::JumpIfNot { .. } => {}
                Op::ForLoop { base, to } => {
                    if self.for_loop(f, base) {
                        pc = to as usize;
                    }
                }
                Op::ForNext { base, to } => {
                    let first = self.reg(f, base + 3);
                    if !first.is_nil() {
                        self.set(f, base + 2, first);
                        pc = to as usize;
                    }
                }
                Op::ForPrep { base, to } => {
                    self.at = pc;
                    self.for_prep(f, base)?;
                    pc = to as usize;
                }
                Op::Eq { want, a, b } | Op::Lt { want, a, b } | Op::Le { want, a, b } => {
                    self.at = pc;
                    match self.compare(f, op, a, b, host)? {
                        Some(result) => pc += usize::from(result != want),
                        None => return Ok(Exit::Reload),
                    }
                }
                Op::Arith { .. } | Op::GetField { .. } | Op::GetIndex { .. } => {
                    self.at = pc;
                    if !self.frequent(f, op, host)? {
                        return Ok(Exit::Reload);
                    }
                }
                _ => {
                    self.at = pc;
                    if !self.seldom(f, op, host)? {
                        return Ok(Exit::Reload);
                    }
                }
            }
        }
    }

    /// Keeps where a paused frame goes on.
    fn pause_at(&mut self, pc: usize) {
        self.at = pc;
        self.sync();
    }

    /// Writes the place of the frame on top into it.
    pub(crate) fn sync(&mut self) {
        if let Some(Frame::Lua(frame)) = self.thread.frames.last_mut() {
            frame.pc = self.at;
        }
    }

    /// An instruction of those that loops consist of; false if another frame is on top now.
    #[inline(always)]
    fn frequent(
        &mut self,
        f: &Running<'_>,
        op: Op,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        match op {
            Op::Arith { op, to, a, b } => {
                let (a, b) = (self.rk(f, a), self.rk(f, b));
                if let (Value::Num(a), Value::Num(b)) = (a, b) {
                    self.set(f, to, Value::Num(operate::compute(op, a, b)));
                    return Ok(true);
                }
                self.arith_slowly(f, op, to, (a, b), host)
            }
            Op::GetField { to, table, k } => {
                let key = f.proto.consts[usize::from(k)];
                self.get(f, to, table, key, host)
            }
            Op::GetIndex { to, table, key } => {
                let key = self.rk(f, key);
                self.get(f, to, table, key, host)
            }
            _ => unreachable!("the caller knows which instructions these are"),
        }
    }

    /// Any other instruction; false if another frame is on top now.
    fn seldom(
        &mut self,
        f: &Running<'_>,
        op: Op,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        match op {
            Op::LoadNil { to, count } => {
                let first = f.base + usize::from(to);
                self.thread.stack[first..first + usize::from(count)].fill(Value::Nil);
            }
            Op::GetUpCell { to, up } => {
                let value = self.load(self.upvalue(f, up));
                self.set(f, to, value);
            }
            Op::SetUpCell { up, from } => self.store(self.upvalue(f, up), self.rk(f, from)),
            Op::GetCell { to, cell } => {
                let value = self.load(self.reg(f, cell));
                self.set(f, to, value);
            }
            Op::SetCell { cell, from } => self.store(self.reg(f, cell), self.rk(f, from)),
            Op::NewCell { at } => {
                let cell = self.heap.cell(self.reg(f, at))?;
                self.set(f, at, Value::Cell(cell));
                self.collect_if_due();
            }
            Op::GetGlobal { to, k } => return self.get_global(f, to, k, host),
            Op::SetGlobal { k, from } => {
                let (key, value) = (f.proto.consts[k as usize], self.rk(f, from));
                return self.put(f, Value::Table(self.globals), key, value, host);
            }
            Op::SetIndex { table, key, value } => {
                let (table, key, value) = (self.reg(f, table), self.rk(f, key), self.rk(f, value));
                return self.put(f, table, key, value, host);
            }
            Op::Method { to, object, k } => {
                let value = self.reg(f, object);
                let done = self.get(f, to, object, f.proto.consts[usize::from(k)], host)?;
                self.set(f, to + 1, value);
                return Ok(done);
            }
            Op::Call {
                base,
                args,
                results,
            } => return self.call(f, base, args, results, host),
            Op::TailCall { base, args } => return self.tail_call(f, base, args, host),
            Op::Return { first, count } => return self.return_from(f, first, count, host),
            Op::ForCall { base, count } => return self.for_call(f, base, count, host),
            Op::Not { to, from } => {
                let value = Value::Bool(!self.reg(f, from).is_truthy());
                self.set(f, to, value);
            }
            Op::Neg { to, from } => return self.negate(f, to, from, host),
            Op::Len { to, from } => self.len(f, to, from)?,
            Op::Concat { to, first, count } => {
                let first = f.base + usize::from(first);
                let to = f.base + usize::from(to);
                return self.concat(to, first, usize::from(count), host);
            }
            _ => self.construct(f, op)?,
        }
        Ok(true)
    }

    /// An instruction that makes an object, or unpacks arguments.
    fn construct(&mut self, f: &Running<'_>, op: Op) -> Result<(), Raise> {
        match op {
            Op::NewTable {
                to,
                elements,
                fields,
            } => {
                let table = self.heap.table(elements.into(), fields.into())?;
                self.set(f, to, Value::Table(table));
                self.collect_if_due();
            }
            Op::SetList {
                table,
                count,
                start,
            } => self.set_list(f, table, count, start as usize)?,
            Op::Closure { to, k } => self.closure(f, to, k as usize)?,
            Op::Vararg { to, count } => self.varargs(f, to, count)?,
            other => unreachable!("{other:?} is done before"),
        }
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn reg(&self, f: &Running<'_>, at: u8) -> Value {
        self.thread.stack[f.base + usize::from(at)]
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, f: &Running<'_>, at: u8, value: Value) {
        self.thread.stack[f.base + usize::from(at)] = value;
    }

    /// The value of an operand.
    #[inline(always)]
    pub(crate) fn rk(&self, f: &Running<'_>, operand: u16) -> Value {
        if operand & CONSTANT == 0 {
            self.thread.stack[f.base + usize::from(operand)]
        } else {
            f.proto.consts[usize::from(operand & !CONSTANT)]
        }
    }

    #[inline]
    fn upvalue(&self, f: &Running<'_>, up: u8) -> Value {
        self.heap.func(f.func).upvalues[usize::from(up)]
    }

    fn load(&self, cell: Value) -> Value {
        match cell {
            Value::Cell(cell) => self.heap.cell_value(cell),
            other => other,
        }
    }

    fn store(&mut self, cell: Value, value: Value) {
        if let Value::Cell(cell) = cell {
            self.heap.set_cell(cell, value);
        }
    }

    /// The string of these bytes, as a value.
    pub(crate) fn string(&mut self, bytes: &[u8]) -> Result<Value, NoRoom> {
        self.heap.string(bytes).map(Value::Str)
    }

    /// The frame on top, which waits for what `pending` says.
    pub(crate) fn wait_for(&mut self, pending: Pending) {
        if let Some(frame) = self.top_lua() {
            frame.pending = pending;
        }
    }

    pub(crate) fn top_lua(&mut self) -> Option<&mut LuaFrame> {
        match self.thread.frames.last_mut() {
            Some(Frame::Lua(frame)) => Some(frame),
            _ => None,
        }
    }
}
