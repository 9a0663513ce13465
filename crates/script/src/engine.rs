//! A machine with its libraries, as the node uses it: load, start, step, finish.
//!
//! ```text
//!  load(text) ──► Script        start(script, keys, args)
//!                                  │
//!                                  ▼         Paused: serve others, or abort
//!                               step(host, budget) ──► Done ──► finish(reply)
//! ```
//!
//! Always true: one run at a time; when it is over, nothing of it is reachable.
//! Not here: libraries of FUNCTION — `register.rs`

use std::sync::Arc;

use russet_resp::{Args, Reply};

use crate::code::Proto;
use crate::compile::{self, Purpose, Unit};
use crate::config::Config;
use crate::error::ScriptError;
use crate::heap::{Closure, NoRoom};
use crate::host::ScriptHost;
use crate::sha1;
use crate::shebang::{self, Flags};
use crate::thread::WINDOW;
use crate::value::Value;
use crate::vm::{Raised, Slice, Vm};

/// A compiled script. It lives as long as somebody holds it.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) proto: Arc<Proto>,
    sha: [u8; 40],
    flags: Option<Flags>,
}

impl Script {
    /// The SHA-1 of its text, in hexadecimal digits.
    #[must_use]
    pub const fn sha(&self) -> &[u8; 40] {
        &self.sha
    }

    /// Its flags; `None` for a script without a shebang.
    #[must_use]
    pub const fn flags(&self) -> Option<Flags> {
        self.flags
    }

    /// The memory that it takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.proto.size()
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its budget is used up; another step goes on.
    Paused,
    /// [`Engine::finish`] has its reply.
    Done,
}

/// The errors that a reply holds, as a whole or within.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// How many there are.
    pub count: usize,
    /// The lines of those that no command of the script had replied: nobody has counted them.
    pub new: Vec<Vec<u8>>,
}

/// The SHA-1 that names a script, in hexadecimal digits.
#[must_use]
pub fn script_sha(text: &[u8]) -> [u8; 40] {
    sha1::hex(text)
}

/// A machine for scripts, or for libraries of functions.
pub struct Engine {
    pub(crate) vm: Vm,
    state: State,
    /// The script or function of the run, as errors name it.
    name: Vec<u8>,
}

enum State {
    Idle,
    Running,
    Finished,
    Failed(Raised),
}

impl Engine {
    /// A machine for EVAL.
    ///
    /// # Panics
    ///
    /// When `memory_max` is too small for the libraries, some hundred kilobytes.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            vm: Vm::new(config).expect("the limit of memory allows the libraries"),
            state: State::Idle,
            name: Vec::new(),
        }
    }

    /// Compiles a script. O(N).
    ///
    /// # Errors
    ///
    /// When its first line or its syntax is invalid, or memory is short.
    pub fn load(&mut self, text: &[u8]) -> Result<Script, ScriptError> {
        self.load_for(text, Purpose::Script)
    }

    /// Compiles a script that is run or debugged.
    pub(crate) fn load_for(
        &mut self,
        text: &[u8],
        purpose: Purpose,
    ) -> Result<Script, ScriptError> {
        let flags = shebang::parse(text)?;
        let compiled = self.compile_chunk(text, b"@user_script", purpose);
        let proto = compiled.map_err(|error| {
            let error = String::from_utf8_lossy(&error);
            let text = format!("Error compiling script (new function): {error}");
            ScriptError::Syntax(text)
        })?;
        Ok(Script {
            proto,
            sha: sha1::hex(text),
            flags,
        })
    }

    /// Compiles a text whose first line may be a shebang.
    pub(crate) fn compile_chunk(
        &mut self,
        text: &[u8],
        chunk: &[u8],
        purpose: Purpose,
    ) -> Result<Arc<Proto>, Vec<u8>> {
        // The rest keeps the numbers of its lines.
        let source = match shebang::line_of(text) {
            Some(line) => &text[line.len()..],
            None => text,
        };
        let unit = Unit {
            source,
            chunk,
            purpose,
        };
        let compiled = compile::compile(&unit, &mut self.vm.heap, &mut self.vm.drafts);
        let proto = compiled.map_err(|error| error.0)?;
        self.vm.heap.pin(&proto);
        self.vm.protos.push(Arc::clone(&proto));
        Ok(proto)
    }

    /// Begins a run of a script.
    ///
    /// # Errors
    ///
    /// When memory is short.
    pub fn start(
        &mut self,
        script: &Script,
        keys: Args<'_>,
        args: Args<'_>,
    ) -> Result<(), ScriptError> {
        self.reset(script.sha());
        self.start_script(script, keys, args)
            .map_err(|_| ScriptError::Memory)
    }

    fn start_script(
        &mut self,
        script: &Script,
        keys: Args<'_>,
        args: Args<'_>,
    ) -> Result<(), NoRoom> {
        let keys = self.list(keys)?;
        let args = self.list(args)?;
        let globals = self.vm.globals;
        let (keys_name, args_name) = self.vm.list_names;
        self.vm.heap.set(globals, Value::Str(keys_name), keys)?;
        self.vm.heap.set(globals, Value::Str(args_name), args)?;
        let func = self.vm.heap.closure(Closure {
            proto: Arc::clone(&script.proto),
            ..Closure::default()
        })?;
        self.enter(Value::Func(func), &[])
    }

    /// Lets a function of Lua be what runs next.
    pub(crate) fn enter(&mut self, func: Value, args: &[Value]) -> Result<(), NoRoom> {
        let Value::Func(entered) = func else {
            return Err(NoRoom::Memory);
        };
        self.vm
            .ensure_stack(args.len() + 1)
            .map_err(|_| NoRoom::Memory)?;
        self.vm.thread.stack[0] = func;
        self.vm.thread.stack[1..=args.len()].copy_from_slice(args);
        let begun = self.vm.enter(entered, 0, args.len());
        begun.map_err(|_| NoRoom::Memory)?;
        self.state = State::Running;
        Ok(())
    }

    /// A table of arguments.
    pub(crate) fn list(&mut self, args: Args<'_>) -> Result<Value, NoRoom> {
        let table = self.vm.heap.table(args.len(), 0)?;
        for (idx, arg) in args.iter().enumerate() {
            let value = self.vm.string(arg)?;
            self.vm
                .heap
                .set(table, Value::Num((idx + 1) as f64), value)?;
        }
        Ok(Value::Table(table))
    }

    /// Runs at most `budget` instructions of what was started; work that is no instruction counts
    /// by its size. A step of 100,000 takes about a millisecond.
    pub fn step(&mut self, host: &mut dyn ScriptHost, budget: u64) -> Progress {
        if let State::Running = self.state {
            self.state = match self.vm.run(host, budget) {
                Slice::Paused => return Progress::Paused,
                Slice::Finished => State::Finished,
                Slice::Failed(raised) => State::Failed(raised),
            };
        }
        Progress::Done
    }

    /// Runs to the end, however long it takes, and writes the reply.
    pub fn run(&mut self, host: &mut dyn ScriptHost, reply: &mut Reply<'_>) {
        while self.step(host, SLICE) == Progress::Paused {}
        self.finish(reply);
    }

    /// Writes the reply of a run that is done; nothing if none is. Nothing of the run remains.
    pub fn finish(&mut self, reply: &mut Reply<'_>) -> Errors {
        self.vm.errors = Errors::default();
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Finished => {
                let value = self.vm.out.first().copied().unwrap_or_default();
                self.vm.write_reply(value, reply);
            }
            State::Failed(raised) => {
                let name = std::mem::take(&mut self.name);
                self.vm.write_error(raised, &name, reply);
                self.name = name;
            }
            other => self.state = other,
        }
        self.vm.clear_run();
        std::mem::take(&mut self.vm.errors)
    }

    /// Ends a run with an error that nothing in the script catches, raised where the run is; for
    /// [`Self::finish`] to write. A run that is done stays as it is.
    pub fn kill(&mut self, error: &str) {
        if let State::Running = self.state {
            let raised = self.vm.kill(error);
            self.state = State::Failed(raised);
        }
    }

    /// The name that errors give the script or function which runs or ran last.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The text of the error that ended a run.
    pub(crate) fn take_error(&mut self) -> Option<Vec<u8>> {
        let state = std::mem::replace(&mut self.state, State::Idle);
        let text = match state {
            State::Failed(raised) => Some(self.vm.error_text(raised)),
            _ => None,
        };
        self.vm.clear_run();
        text
    }

    /// Ends a run without a reply, whatever it was doing: nothing in a script can prevent it.
    pub fn abort(&mut self) {
        self.state = State::Idle;
        self.vm.clear_run();
    }

    /// Whether a run has begun and is not done.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }

    /// The memory of all that scripts hold, in bytes.
    #[must_use]
    pub const fn memory(&self) -> usize {
        self.vm.heap.used()
    }

    /// Changes the most memory of all scripts together, in bytes.
    pub const fn set_memory_max(&mut self, memory_max: usize) {
        self.vm.heap.set_limit(memory_max);
    }

    /// Forgets what the last run left, and takes the name of the next.
    pub(crate) fn reset(&mut self, name: &[u8]) {
        self.vm.clear_run();
        self.vm.settings = self.vm.settings.next();
        self.name.clear();
        self.name.extend_from_slice(name);
    }
}

/// How many instructions run between two looks at the host.
const SLICE: u64 = 100_000;

impl Vm {
    /// Drops the coroutines of a run, and its values on their way.
    pub(crate) fn clear_threads(&mut self) {
        for resumer in std::mem::take(&mut self.resumers) {
            let _ = self.heap.resized(resumer.thread.charged, 0);
        }
        self.current = None;
        self.out.clear();
    }

    /// Drops all that a run holds.
    pub(crate) fn clear_run(&mut self) {
        self.clear_threads();
        self.watch = None;
        self.thread.frames.clear();
        self.thread.stack.truncate(STACK_KEPT);
        let used = std::mem::take(&mut self.thread.used);
        let used = used.min(self.thread.stack.len());
        self.thread.stack[..used].fill(Value::Nil);
        let kept = self.thread.stack.len() * size_of::<Value>();
        // The heap may no longer count what is given back.
        let _ = self.heap.resized(self.thread.charged, kept);
        self.thread.charged = kept;
        self.thread.stack.shrink_to(STACK_KEPT);
        self.error_site = None;
        if self.heap.is_littered() {
            self.collect();
            self.heap.note_rest();
        }
    }
}

/// How many registers stay between runs.
const STACK_KEPT: usize = 256 + WINDOW;
