//! Errors of scripts: how they are worded, and what catches them.
//!
//! Always true: an error is a value as soon as it leaves the instruction that raised it.
//! Not here: what an uncaught error becomes — `reply.rs`

use std::sync::Arc;

use super::state::{Raise, Raised, Vm};
use crate::code::{NameKind, Op, Proto, shown_name};
use crate::heap::NoRoom;
use crate::host::ScriptHost;
use crate::reply::ERROR_IS_COUNTED;
use crate::thread::{Frame, LuaFrame, Protection, Status};
use crate::value::{StrRef, Value};

impl Vm {
    /// Gives an error to the innermost call that catches errors.
    pub(super) fn unwind(&mut self, raise: Raise, host: &mut dyn ScriptHost) -> Result<(), Raised> {
        let mut raise = raise;
        loop {
            self.note_site();
            let value = self.error_value(raise);
            self.out.clear();
            match self.catch(value, host) {
                Ok(Some(raised)) => return Err(raised),
                Ok(None) => return Ok(()),
                Err(next) => raise = next,
            }
        }
    }

    /// The error that ends a run between two instructions, which nothing catches.
    pub(crate) fn kill(&mut self, text: &str) -> Raised {
        self.note_site();
        let text = self.string(text.as_bytes());
        Raised(text.unwrap_or(Value::Str(self.names.no_memory)))
    }

    /// Remembers where an error was raised.
    fn note_site(&mut self) {
        let mut frames = self.thread.frames.iter().enumerate().rev();
        let site = frames.find_map(|(idx, frame)| match frame {
            Frame::Lua(frame) if !self.proto(frame).is_library => Some((idx, frame)),
            _ => None,
        });
        self.error_site = site.map(|(idx, frame)| {
            let line = self.line_of(idx, frame);
            (Arc::clone(&self.proto(frame).chunk), line)
        });
    }

    fn proto(&self, frame: &LuaFrame) -> &Arc<Proto> {
        &self.heap.func(frame.func).proto
    }

    /// The line at which a frame is.
    fn line_of(&self, idx: usize, frame: &LuaFrame) -> u32 {
        let is_top = idx + 1 == self.thread.frames.len();
        let next = if is_top { self.at } else { frame.pc as usize };
        let lines = &self.proto(frame).lines;
        lines[next.saturating_sub(1).min(lines.len() - 1)]
    }

    /// The place of the function that lies `level` calls below: `script:line: `, or nothing.
    pub(crate) fn place(&self, level: usize) -> Vec<u8> {
        let Some(idx) = self.thread.frames.len().checked_sub(level) else {
            return Vec::new();
        };
        match self.thread.frames.get(idx) {
            Some(Frame::Lua(frame)) if !self.proto(frame).is_library => {
                let mut place = shown_name(&self.proto(frame).chunk);
                place.extend_from_slice(format!(":{}: ", self.line_of(idx, frame)).as_bytes());
                place
            }
            _ => Vec::new(),
        }
    }

    /// How many calls below the caller of a function written in Rust is: one, or two from a
    /// library.
    fn caller_level(&self) -> usize {
        match self.thread.frames.last() {
            Some(Frame::Lua(frame)) if self.proto(frame).is_library => 2,
            _ => 1,
        }
    }

    fn error_value(&mut self, raise: Raise) -> Value {
        let made = match raise {
            Raise::Value(value) => return value,
            Raise::Run(text) => self.placed(1, &text),
            Raise::Plain(text) => self.string(text.as_bytes()),
            Raise::Message(text) => self.placed(self.caller_level(), &text),
            Raise::Argument { idx, text } => {
                let text = self.argument_text(idx, &text);
                self.placed(self.caller_level(), &text)
            }
            Raise::Reply(text) => self.error_table(&text),
            Raise::Command(text) => self.counted_error(&text),
            Raise::Room(NoRoom::Table) => self.placed(1, "table overflow"),
            Raise::Room(NoRoom::Memory) => Err(NoRoom::Memory),
        };
        made.unwrap_or(Value::Str(self.names.no_memory))
    }

    fn placed(&mut self, level: usize, text: &str) -> Result<Value, NoRoom> {
        let mut message = self.place(level);
        message.extend_from_slice(text.as_bytes());
        self.string(&message)
    }

    /// A table with a field `err`, as replies of commands that fail.
    pub(crate) fn error_table(&mut self, text: &[u8]) -> Result<Value, NoRoom> {
        let text = self.string(text)?;
        let table = self.heap.table(0, 1)?;
        let err = Value::Str(self.names.err);
        self.heap.set(table, err, text)?;
        Ok(Value::Table(table))
    }

    /// The same of a command that failed, which the node has counted.
    pub(crate) fn counted_error(&mut self, text: &[u8]) -> Result<Value, NoRoom> {
        let error = self.error_table(text)?;
        if let Value::Table(table) = error {
            let is_counted = Value::Bool(true);
            self.heap.set_named(table, ERROR_IS_COUNTED, is_counted)?;
        }
        Ok(error)
    }

    fn argument_text(&self, idx: usize, text: &str) -> String {
        let level = self.caller_level();
        let caller = self.thread.frames.len().checked_sub(level);
        let (kind, name) = caller.and_then(|idx| self.called_name(idx)).unzip();
        let name = self.shown_name(name.flatten());
        let is_method = kind == Some(NameKind::Method);
        match (is_method, idx) {
            (true, 1) => format!("calling '{name}' on bad self ({text})"),
            (true, _) => format!("bad argument #{} to '{name}' ({text})", idx - 1),
            (false, _) => format!("bad argument #{idx} to '{name}' ({text})"),
        }
    }

    /// The name by which a frame calls a function.
    pub(crate) fn called_name(&self, idx: usize) -> Option<(NameKind, Option<StrRef>)> {
        let Some(Frame::Lua(frame)) = self.thread.frames.get(idx) else {
            return None;
        };
        let is_top = idx + 1 == self.thread.frames.len();
        let at = if is_top { self.at } else { frame.pc as usize };
        let at = at.checked_sub(1)?;
        let proto = self.proto(frame);
        match proto.code.get(at)? {
            Op::Call { .. } | Op::TailCall { .. } => proto.operand_name(at, 0),
            _ => None,
        }
    }

    fn shown_name(&self, name: Option<StrRef>) -> String {
        let bytes = name.map_or(&b"?"[..], |name| self.heap.bytes(name));
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The error of an operation on a value of a wrong type, which names the operand.
    #[cold]
    pub(crate) fn type_error(&self, operation: &str, value: Value, slot: u8) -> Raise {
        let kind = value.type_name();
        let named = match self.thread.frames.last() {
            Some(Frame::Lua(frame)) if !self.proto(frame).is_library => self
                .proto(frame)
                .operand_name(self.at.saturating_sub(1), slot),
            _ => None,
        };
        Raise::run(match named {
            Some((name_kind, name)) => {
                let name = self.shown_name(name);
                format!(
                    "attempt to {operation} {} '{name}' (a {kind} value)",
                    name_kind.text()
                )
            }
            None => format!("attempt to {operation} a {kind} value"),
        })
    }

    /// Ends frames up to the one that catches errors; gives the error back if there is none.
    fn catch(&mut self, value: Value, host: &mut dyn ScriptHost) -> Result<Option<Raised>, Raise> {
        loop {
            match self.thread.frames.pop() {
                Some(Frame::Lua(_)) => {}
                Some(Frame::Protect(protect)) => {
                    match protect.kind {
                        Protection::Pcall => {
                            let value = self.plain_error(value);
                            self.out.extend([Value::Bool(false), value]);
                            self.deliver(host)?;
                        }
                        Protection::Handler => {
                            let text = self.string(b"error in error handling")?;
                            self.out.extend([Value::Bool(false), text]);
                            self.deliver(host)?;
                        }
                        Protection::Xpcall(handler) => {
                            self.thread
                                .frames
                                .push(Frame::Protect(crate::thread::Protect {
                                    kind: Protection::Handler,
                                    at: protect.at,
                                }));
                            self.out.extend([handler, value]);
                            let (at, count) = self.place_out(protect.at)?;
                            self.begin(at, count, host)?;
                        }
                    }
                    return Ok(None);
                }
                None if self.resumers.is_empty() => return Ok(Some(Raised(value))),
                None => {
                    let is_wrap = self.leave_coroutine(Status::Dead);
                    if !is_wrap {
                        self.out.extend([Value::Bool(false), value]);
                        self.deliver(host)?;
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// An error as `pcall` gives it: the text of a failed command, anything else as it is.
    pub(crate) fn plain_error(&self, value: Value) -> Value {
        if let Value::Table(table) = value
            && let text @ (Value::Str(_) | Value::Num(_)) =
                self.heap.get(table).get(Value::Str(self.names.err))
        {
            return text;
        }
        value
    }
}
