//! Lines, names, and values as text, as a debugger sees them.
//!
//! Always true: nothing changes; a value's text is bounded in depth and size.
//! Not here: how a run is stepped — `debug.rs`; values as scripts print them — `library/base.rs`

use russet_base::quote::quote_into;

use crate::code::Proto;
use crate::number;
use crate::thread::{Frame, LuaFrame};
use crate::value::{StrRef, TableRef, Value};
use crate::vm::Vm;

impl Vm {
    /// The frames of the script, by their places, the innermost first.
    pub(crate) fn levels(&self) -> impl Iterator<Item = usize> + '_ {
        let all = (0..self.thread.frames.len()).rev();
        all.filter(|idx| self.frame_of_script(*idx).is_some())
    }

    fn frame_of_script(&self, idx: usize) -> Option<(&LuaFrame, &Proto)> {
        let Some(Frame::Lua(frame)) = self.thread.frames.get(idx) else {
            return None;
        };
        let proto = &*self.heap.func(frame.func).proto;
        (*proto.chunk == *b"@user_script").then_some((frame, proto))
    }

    /// The next instruction of the frame on top.
    pub(crate) fn at_of_top(&self) -> usize {
        match self.thread.frames.last() {
            Some(Frame::Lua(frame)) => frame.pc as usize,
            _ => 0,
        }
    }

    /// The line of an instruction of a frame of the script.
    pub(crate) fn line_of_instruction(&self, idx: usize, pc: usize) -> Option<u32> {
        let (_, proto) = self.frame_of_script(idx)?;
        proto.lines.get(pc).copied()
    }

    /// The line where a frame of the script is: of its next instruction, or of its call.
    pub(crate) fn line_at(&self, idx: usize) -> Option<u32> {
        let (frame, _) = self.frame_of_script(idx)?;
        let is_top = idx + 1 == self.thread.frames.len();
        let pc = (frame.pc as usize).saturating_sub(usize::from(!is_top));
        self.line_of_instruction(idx, pc)
    }

    /// The line of the script that calls a function written in Rust.
    pub(crate) fn caller_line(&self) -> u32 {
        let line = self.levels().next().and_then(|idx| {
            let is_top = idx + 1 == self.thread.frames.len();
            let (frame, _) = self.frame_of_script(idx)?;
            let next = if is_top { self.at } else { frame.pc as usize };
            self.line_of_instruction(idx, next.saturating_sub(1))
        });
        line.unwrap_or_default()
    }

    /// The name by which the function of a frame was called.
    pub(crate) fn name_of(&self, idx: usize) -> Option<Vec<u8>> {
        let caller = idx.checked_sub(1)?;
        self.frame_of_script(caller)?;
        let (_, name) = self.called_name(caller)?;
        name.map(|name| self.heap.bytes(name).to_vec())
    }

    /// The local variables of a frame of the script that are in sight, in the order of their
    /// declarations.
    pub(crate) fn locals_of(&self, idx: usize) -> impl Iterator<Item = (StrRef, Value)> + '_ {
        let frame = self.frame_of_script(idx);
        let locals = frame.into_iter().flat_map(|(frame, proto)| {
            let locals = proto.locals.iter();
            let is_in_sight = |from: u32, to: u32| (from..to).contains(&frame.pc);
            let seen = locals.filter(move |local| is_in_sight(local.from, local.to));
            seen.map(|local| {
                (
                    local.name,
                    frame.base as usize + usize::from(local.register),
                )
            })
        });
        locals.map(|(name, at)| {
            let value = self.thread.stack.get(at).copied().unwrap_or_default();
            (name, self.shared_value(value))
        })
    }

    /// A value, or that of the variable which functions share.
    fn shared_value(&self, value: Value) -> Value {
        match value {
            Value::Cell(cell) => self.heap.cell_value(cell),
            other => other,
        }
    }

    /// A value as text: tables with what is in them.
    pub(crate) fn inspected(&self, value: Value) -> Vec<u8> {
        let mut out = Vec::new();
        self.inspect(value, 0, &mut out);
        out
    }

    fn inspect(&self, value: Value, depth: usize, out: &mut Vec<u8>) {
        if out.len() > TEXT_MAX {
            return;
        }
        let address = |kind: &str, idx: u32| format!("\"{kind}@0x{idx:012x}\"").into_bytes();
        match value {
            Value::Str(text) => quote_into(self.heap.bytes(text), out),
            Value::Num(number) => number::push_general(number, DIGITS, out),
            Value::Nil | Value::Bool(_) => out.extend_from_slice(&self.shown(value)),
            Value::Table(_) if depth >= DEPTH_MAX => {
                out.extend_from_slice(b"<max recursion level reached! Nested table?>");
            }
            Value::Table(table) => self.inspect_table(table, depth + 1, out),
            Value::Func(func) => out.extend_from_slice(&address("function", func.0)),
            Value::Native(id) => {
                let idx = u32::MAX - u32::from(id.0);
                out.extend_from_slice(&address("function", idx));
            }
            Value::Thread(thread) => out.extend_from_slice(&address("thread", thread.0)),
            Value::Null | Value::Cell(_) => out.extend_from_slice(b"\"light-userdata@(nil)\""),
        }
    }

    fn inspect_table(&self, table: TableRef, depth: usize, out: &mut Vec<u8>) {
        let entries = || {
            let mut at = 0;
            std::iter::from_fn(move || {
                let (next, key, value) = self.heap.get(table).entry_from(at)?;
                at = next;
                Some((key, value))
            })
        };
        let is_list = entries()
            .zip(1_u32..)
            .all(|((key, _), idx)| key == Value::Num(idx.into()));
        out.push(b'{');
        for (nth, (key, value)) in entries().enumerate() {
            if out.len() > TEXT_MAX {
                break;
            }
            if nth > 0 {
                out.extend_from_slice(b"; ");
            }
            if !is_list {
                out.push(b'[');
                self.inspect(key, depth, out);
                out.extend_from_slice(b"]=");
            }
            self.inspect(value, depth, out);
        }
        out.push(b'}');
    }
}

/// How many digits a number has.
const DIGITS: usize = 6;
/// How deep tables are shown within each other.
const DEPTH_MAX: usize = 10;
/// Where a text is cut, in bytes.
const TEXT_MAX: usize = 1 << 20;
