//! A run that is watched: line by line, with its variables and calls. For SCRIPT DEBUG.
//!
//! ```text
//!  load_debug ──► start ──► step_line ──► Line: look at locals, trace, evaluate
//!                              ▲                   │
//!                              └───────────────────┘      Done ──► finish
//! ```
//! A watched run goes one instruction at a time and compares lines after each, so that a run which
//! nobody watches pays nothing.
//!
//! Always true: what is looked at does not change; a chunk that is evaluated sees globals only.
//! Not here: breakpoints, commands and their words — the node

use crate::compile::Purpose;
use crate::engine::{Engine, Script};
use crate::error::ScriptError;
use crate::heap::Closure;
use crate::host::ScriptHost;
use crate::value::Value;
use crate::vm::watch::Place;
use crate::vm::{Message, Parked, Raised, Slice, Vm};

/// Where a watched run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Before the first instruction of a line of the script, which counts from one.
    Line(u32),
    /// The budget is used up before there was another line.
    Paused,
    /// [`Engine::finish`] has its reply.
    Done,
}

/// A function of the script that runs, or waits for one that it has called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The name by which it was called; `None` for the script itself, and where there is no name.
    pub name: Option<Vec<u8>>,
    /// The line where it is.
    pub line: u32,
}

/// A local variable: its name, and its value as text.
pub type Local = (Vec<u8>, Vec<u8>);

impl Engine {
    /// Compiles a script, and keeps the names of its local variables. O(N).
    ///
    /// # Errors
    ///
    /// As [`Engine::load`].
    pub fn load_debug(&mut self, text: &[u8]) -> Result<Script, ScriptError> {
        self.load_for(text, Purpose::Debugging)
    }

    /// Runs to the next line, for at most `budget` instructions; a line is new when it is entered
    /// again by a loop. The first step of a run stops before its first line.
    pub fn step_line(&mut self, host: &mut dyn ScriptHost, budget: u64) -> Halt {
        self.vm.watch.get_or_insert_default();
        for _ in 0..budget {
            if !self.is_running() {
                return Halt::Done;
            }
            if let Some(line) = self.vm.new_line() {
                return Halt::Line(line);
            }
            self.step(host, 1);
        }
        match self.is_running() {
            true => Halt::Paused,
            false => Halt::Done,
        }
    }

    /// Whether the script has called `redis.breakpoint` since this was asked last.
    pub fn take_breakpoint(&mut self) -> bool {
        let watch = self.vm.watch.as_mut();
        watch.is_some_and(|watch| std::mem::take(&mut watch.has_breakpoint))
    }

    /// The messages of `redis.debug` since this was asked last.
    pub fn take_messages(&mut self) -> Vec<Message> {
        let watch = self.vm.watch.as_mut();
        watch.map_or_else(Vec::new, |watch| std::mem::take(&mut watch.messages))
    }

    /// The local variables of the innermost function of the script, in the order of their
    /// declarations, with those that loops hide: `(for index)`. O(N) of their values, which are cut
    /// after a mebibyte.
    #[must_use]
    pub fn locals(&self) -> Vec<Local> {
        let mut levels = self.vm.levels();
        levels.next().map_or_else(Vec::new, |level| {
            let show =
                |(name, value)| (self.vm.heap.bytes(name).to_vec(), self.vm.inspected(value));
            self.vm.locals_of(level).map(show).collect()
        })
    }

    /// The value of a local variable, of the innermost function that has one of this name, or of
    /// `KEYS` or `ARGV`, as text.
    #[must_use]
    pub fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let vm = &self.vm;
        let is_named = |(other, _): &(_, Value)| vm.heap.bytes(*other) == name;
        let local = vm
            .levels()
            .find_map(|level| vm.locals_of(level).find(is_named));
        let value = local.map(|(_, value)| value).or_else(|| {
            let (keys, args) = vm.list_names;
            let list = [keys, args]
                .into_iter()
                .find(|list| vm.heap.bytes(*list) == name)?;
            Some(vm.heap.get(vm.globals).get(Value::Str(list)))
        });
        value.map(|value| vm.inspected(value))
    }

    /// The functions of the script that run, the innermost first.
    #[must_use]
    pub fn trace(&self) -> Vec<Level> {
        let level = |idx| Level {
            name: self.vm.name_of(idx),
            line: self.vm.line_at(idx).unwrap_or_default(),
        };
        self.vm.levels().map(level).collect()
    }

    /// Runs a chunk beside the run, for at most `budget` instructions: its first value as text. An
    /// expression needs no `return`.
    ///
    /// # Errors
    ///
    /// The text of the error, of the compiler or of the chunk.
    pub fn evaluate(
        &mut self,
        code: &[u8],
        host: &mut dyn ScriptHost,
        budget: u64,
    ) -> Result<Vec<u8>, Vec<u8>> {
        let expression = [b"return ", code].concat();
        let proto = match self.compile_chunk(&expression, b"@ldb_eval", Purpose::Script) {
            Ok(proto) => proto,
            Err(_) => self.compile_chunk(code, b"@ldb_eval", Purpose::Script)?,
        };
        self.vm.park();
        let closure = Closure {
            proto,
            ..Closure::default()
        };
        let begun = self.vm.heap.closure(closure);
        let begun = begun.and_then(|func| self.enter(Value::Func(func), &[]));
        let shown = match begun {
            Err(_) => Err(NO_MEMORY.to_vec()),
            Ok(()) => match self.vm.run(host, budget) {
                Slice::Finished => {
                    let value = self.vm.out.first().copied().unwrap_or_default();
                    Ok(self.vm.inspected(value))
                }
                Slice::Failed(raised) => Err(self.vm.plain_text(raised)),
                Slice::Paused => Err(b"the chunk takes too long".to_vec()),
            },
        };
        self.vm.unpark();
        shown
    }
}

impl Vm {
    /// The line of the next instruction, if the last one was on another line of its function or
    /// behind it.
    fn new_line(&mut self) -> Option<u32> {
        let place = Place {
            depth: (self.resumers.len(), self.thread.frames.len()),
            pc: self.at_of_top(),
        };
        let top = place.depth.1.checked_sub(1)?;
        let line = self.line_at(top);
        let line_before = |pc: usize| self.line_of_instruction(top, pc.checked_sub(1)?);
        let is_new = |before: Option<Place>| match before {
            _ if place.pc == 0 => true,
            Some(before) if before.depth == place.depth => {
                place.pc <= before.pc || self.line_of_instruction(top, before.pc) != line
            }
            // The instruction before is the call that has returned.
            _ => line_before(place.pc) != line,
        };
        let is_new = is_new(self.watch.as_ref().and_then(|watch| watch.before));
        let watch = self.watch.as_mut()?;
        watch.before = Some(place);
        if std::mem::take(&mut watch.is_reported) || !is_new {
            return None;
        }
        watch.is_reported = line.is_some();
        line
    }

    /// Lets a chunk run beside a run, which waits.
    fn park(&mut self) {
        self.parked = Some(Parked {
            thread: std::mem::take(&mut self.thread),
            resumers: std::mem::take(&mut self.resumers),
            current: self.current.take(),
            multi_top: self.multi_top,
        });
    }

    /// Forgets the chunk that ran, and goes back to the run.
    fn unpark(&mut self) {
        self.clear_threads();
        let charged = std::mem::take(&mut self.thread.charged);
        // The heap may no longer count what is given back.
        let _ = self.heap.resized(charged, 0);
        if let Some(parked) = self.parked.take() {
            self.thread = parked.thread;
            self.resumers = parked.resumers;
            self.current = parked.current;
            self.multi_top = parked.multi_top;
        }
        self.error_site = None;
    }

    /// The text of an error without its code.
    fn plain_text(&mut self, raised: Raised) -> Vec<u8> {
        match self.plain_error(raised.0) {
            Value::Str(text) => self.heap.bytes(text).to_vec(),
            other => self.inspected(other),
        }
    }
}

const NO_MEMORY: &[u8] = b"not enough memory";
