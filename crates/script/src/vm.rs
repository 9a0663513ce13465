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
mod quick;
pub(crate) mod raise;
mod state;
pub(crate) mod watch;

use self::quick::Window;
pub(crate) use self::state::{
    Flow, Invoke, Names, Native, Parked, Raise, Raised, Registered, Running, Vm,
};
pub use self::watch::Message;
use crate::code::{Arith, CONSTANT, Op};
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

    #[inline(always)]
    fn run_frame(&mut self, host: &mut dyn ScriptHost) -> Result<Exit, Raise> {
        let Some(Frame::Lua(frame)) = self.thread.frames.last() else {
            return Ok(Exit::Finished);
        };
        let f = Running {
            base: frame.base as usize,
            func: frame.func,
        };
        self.at = frame.pc as usize;
        loop {
            let Some(op) = self.run_quickly(f) else {
                self.sync();
                return Ok(Exit::Paused);
            };
            let is_on_top = match op {
                Op::Call {
                    base,
                    args,
                    results,
                } => self.call(f, base, args, results, host)?,
                Op::Return { first, count } => self.return_from(f, first, count, host)?,
                _ => self.run_slowly(f, op, host)?,
            };
            if !is_on_top {
                return Ok(Exit::Reload);
            }
        }
    }

    /// Runs instructions up to one that is not quick, which is next; `None` where the budget ends.
    #[inline(always)]
    fn run_quickly(&mut self, f: Running) -> Option<Op> {
        let registers = self.thread.stack[f.base..].first_chunk_mut();
        let (closure, objects) = self.heap.open(f.func);
        let mut window = Window {
            registers: registers.expect("a stack ends with a window that nobody uses"),
            consts: &closure.proto.consts,
            upvalues: &closure.upvalues,
            objects,
            globals: self.globals,
        };
        let code = &closure.proto.code[..];
        let mut at = self.at;
        let mut left = self.budget;
        let slow = loop {
            if left == 0 {
                break None;
            }
            left -= 1;
            let op = &code[at];
            at += 1;
            if !window.step(code, op, &mut at) {
                break Some(*op);
            }
        };
        self.budget = left;
        self.at = at;
        slow
    }

    /// Writes the place of the frame on top into it.
    pub(crate) fn sync(&mut self) {
        if let Some(Frame::Lua(frame)) = self.thread.frames.last_mut() {
            frame.pc = self.at as u32;
        }
    }

    /// Any instruction that neither calls nor returns; false if another frame is on top now.
    #[inline(never)]
    fn run_slowly(&mut self, f: Running, op: Op, host: &mut dyn ScriptHost) -> Result<bool, Raise> {
        match op {
            Op::TailCall { base, args } => self.tail_call(f, base, args, host),
            Op::ForCall { base, count } => self.for_call(f, base, count, host),
            Op::Concat { to, first, count } => {
                let first = f.base + usize::from(first);
                let to = f.base + usize::from(to);
                self.concat(to, first, usize::from(count), host)
            }
            Op::SetIndex { table, key, value } => {
                let (table, key, value) = (self.reg(f, table), self.rk(f, key), self.rk(f, value));
                self.put(table, key, value, host)
            }
            Op::SetGlobal { k, from } => {
                let (key, value) = (self.constant(f, k as usize), self.rk(f, from));
                self.put(Value::Table(self.globals), key, value, host)
            }
            Op::GetGlobal { to, k } => {
                let object = Value::Table(self.globals);
                self.get(f, to, object, self.constant(f, k as usize), host)
            }
            Op::GetField { to, table, k } => {
                let key = self.constant(f, usize::from(k));
                self.get(f, to, self.reg(f, table), key, host)
            }
            Op::GetIndex { to, table, key } => {
                self.get(f, to, self.reg(f, table), self.rk(f, key), host)
            }
            Op::Method { to, object, k } => {
                let object = self.reg(f, object);
                let done = self.get(f, to, object, self.constant(f, usize::from(k)), host)?;
                self.set(f, to + 1, object);
                Ok(done)
            }
            Op::Add { to, a, b } => self.arith(f, Arith::Add, to, (a, b), host),
            Op::Sub { to, a, b } => self.arith(f, Arith::Sub, to, (a, b), host),
            Op::Mul { to, a, b } => self.arith(f, Arith::Mul, to, (a, b), host),
            Op::Div { to, a, b } => self.arith(f, Arith::Div, to, (a, b), host),
            Op::Mod { to, a, b } => self.arith(f, Arith::Mod, to, (a, b), host),
            Op::Pow { to, a, b } => self.arith(f, Arith::Pow, to, (a, b), host),
            Op::Neg { to, from } => self.negate(f, to, from, host),
            Op::Eq { a, b, .. } | Op::Lt { a, b, .. } | Op::Le { a, b, .. } => {
                self.compare(op, self.rk(f, a), self.rk(f, b), host)
            }
            _ => self.construct(f, op).map(|()| true),
        }
    }

    /// An instruction that calls nothing.
    fn construct(&mut self, f: Running, op: Op) -> Result<(), Raise> {
        match op {
            Op::NewCell { at } => {
                let cell = self.heap.cell(self.reg(f, at))?;
                self.set(f, at, Value::Cell(cell));
                self.collect_if_due();
            }
            Op::Len { to, from } => self.len(f, to, from)?,
            Op::ForPrep { base, to } => {
                self.for_prep(f, base)?;
                self.at = to as usize;
            }
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
    pub(crate) fn reg(&self, f: Running, at: u8) -> Value {
        self.thread.stack[f.base + usize::from(at)]
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, f: Running, at: u8, value: Value) {
        self.thread.stack[f.base + usize::from(at)] = value;
    }

    /// The value of an operand.
    #[inline(always)]
    pub(crate) fn rk(&self, f: Running, operand: u16) -> Value {
        if operand & CONSTANT == 0 {
            self.thread.stack[f.base + usize::from(operand)]
        } else {
            self.constant(f, usize::from(operand & !CONSTANT))
        }
    }

    fn constant(&self, f: Running, k: usize) -> Value {
        self.heap.func(f.func).proto.consts[k]
    }

    /// The string of these bytes, as a value.
    pub(crate) fn string(&mut self, bytes: &[u8]) -> Result<Value, NoRoom> {
        self.heap.string(bytes).map(Value::Str)
    }

    /// Lets the frame on top wait for results.
    pub(crate) fn wait_for(&mut self, pending: Pending) {
        let pc = self.at as u32;
        if let Some(frame) = self.top_lua() {
            frame.pc = pc;
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
