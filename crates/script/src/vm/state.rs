//! The parts of a machine, and the types by which functions written in Rust speak with it.
//!
//! Always true: a run's parts are in `thread`, `resumers`, `current` and `out`; the rest outlives
//! it.
//! Not here: how it is made — `build.rs`; how it runs — `vm.rs`

use std::sync::Arc;

use russet_resp::ArgBuf;

use super::watch::Watch;
use crate::code::Proto;
use crate::compile::Drafts;
use crate::engine::Errors;
use crate::heap::{Heap, NoRoom};
use crate::host::ScriptHost;
use crate::settings::Settings;
use crate::shebang::Flags;
use crate::thread::{Protection, Thread};
use crate::value::{FuncRef, StrRef, TableRef, ThreadRef, Value};

/// A machine: its heap, its libraries, and the run that is in it.
pub(crate) struct Vm {
    pub(crate) heap: Heap,
    pub(crate) thread: Thread,
    /// The threads that wait for the coroutine that runs.
    pub(crate) resumers: Vec<Resumer>,
    pub(crate) current: Option<ThreadRef>,
    /// Results on their way.
    pub(crate) out: Vec<Value>,
    /// The next instruction of the frame on top.
    pub(crate) at: usize,
    /// Past the last of values whose number was not known.
    pub(crate) multi_top: usize,
    pub(crate) budget: u64,
    pub(crate) globals: TableRef,
    pub(crate) natives: Vec<Native>,
    pub(crate) names: Names,
    /// The compiled scripts that are kept.
    pub(crate) protos: Vec<Arc<Proto>>,
    pub(crate) drafts: Drafts,
    pub(crate) settings: Settings,
    /// The script and line of the newest error.
    pub(crate) error_site: Option<(Arc<[u8]>, u32)>,
    /// Bytes of a reply or of a text in the making.
    pub(crate) scratch: Vec<u8>,
    /// The command that a script calls.
    pub(crate) command: ArgBuf,
    /// The functions of the prelude.
    pub(crate) prelude: Vec<Value>,
    /// `next`, which `pairs` gives.
    pub(crate) next: Value,
    /// The iterator that `ipairs` gives.
    pub(crate) ipairs_next: Value,
    /// `KEYS` and `ARGV`.
    pub(crate) list_names: (StrRef, StrRef),
    /// The functions of libraries; nil in places that are free.
    pub(crate) callbacks: Vec<Value>,
    /// The functions that the library being loaded has registered.
    pub(crate) registered: Vec<Registered>,
    /// The globals of libraries that are being loaded.
    pub(crate) loading_globals: TableRef,
    /// A run that waits while another chunk runs.
    pub(crate) parked: Option<Parked>,
    /// The notes of a debugger about the run; nothing if none watches.
    pub(crate) watch: Option<Watch>,
    /// The errors of the reply that is written.
    pub(crate) errors: Errors,
}

/// Strings that the machine itself needs.
pub(crate) struct Names {
    pub(crate) index: StrRef,
    pub(crate) newindex: StrRef,
    pub(crate) call: StrRef,
    pub(crate) eq: StrRef,
    pub(crate) lt: StrRef,
    pub(crate) le: StrRef,
    pub(crate) concat: StrRef,
    pub(crate) unm: StrRef,
    /// The names of arithmetic, in the order of the operations.
    pub(crate) arith: [StrRef; 6],
    pub(crate) tostring: StrRef,
    pub(crate) metatable: StrRef,
    pub(crate) n: StrRef,
    pub(crate) err: StrRef,
    pub(crate) ok: StrRef,
    pub(crate) no_memory: StrRef,
    /// The metatable of strings.
    pub(crate) string_meta: Option<TableRef>,
}

/// The frame whose instructions run.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    pub(crate) base: usize,
    pub(crate) func: FuncRef,
}

/// A function written in Rust.
#[derive(Clone, Copy)]
pub(crate) struct Native {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Invoke<'_>) -> Result<Flow, Raise>,
}

/// The call of such a function.
pub(crate) struct Invoke<'a> {
    pub(crate) vm: &'a mut Vm,
    pub(crate) host: &'a mut dyn ScriptHost,
    pub(crate) args: Args,
}

/// Where the arguments of a call lie.
#[derive(Clone, Copy)]
pub(crate) struct Args {
    pub(crate) at: usize,
    pub(crate) count: usize,
}

/// How a call of such a function goes on.
pub(crate) enum Flow {
    /// Its results are in `out`.
    Done,
    /// The function and arguments in `out` are called, and their results are its own.
    Call(Option<Protection>),
    /// A coroutine goes on with the values in `out`; `is_wrap` leaves out the `true` before its
    /// results.
    Resume { thread: ThreadRef, is_wrap: bool },
    /// The coroutine stops with the values in `out`.
    Yield,
}

/// The threads of a run that waits.
pub(crate) struct Parked {
    pub(crate) thread: Thread,
    pub(crate) resumers: Vec<Resumer>,
    pub(crate) current: Option<ThreadRef>,
    pub(crate) multi_top: usize,
}

/// A thread that waits for a coroutine.
pub(crate) struct Resumer {
    pub(crate) thread: Thread,
    pub(crate) current: Option<ThreadRef>,
    pub(crate) is_wrap: bool,
}

/// An error that was raised.
#[derive(Debug)]
pub(crate) enum Raise {
    /// With any value.
    Value(Value),
    /// By an instruction: the place comes before the text, unless it is one of the libraries.
    Run(String),
    /// Without a place.
    Plain(String),
    /// By a function written in Rust: the place of its caller comes before the text.
    Message(String),
    /// About an argument of such a function, which counts from one.
    Argument {
        idx: usize,
        text: String,
    },
    /// A table whose field `err` has this text.
    Reply(Vec<u8>),
    /// The same of a command that failed, which the node has counted.
    Command(Vec<u8>),
    Room(NoRoom),
}

/// The value of an error that nothing caught.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Raised(pub(crate) Value);

impl From<NoRoom> for Raise {
    fn from(room: NoRoom) -> Self {
        Self::Room(room)
    }
}

impl Raise {
    pub(crate) fn run(text: impl Into<String>) -> Self {
        Self::Run(text.into())
    }

    pub(crate) fn message(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }

    pub(crate) fn argument(idx: usize, text: impl Into<String>) -> Self {
        Self::Argument {
            idx,
            text: text.into(),
        }
    }

    /// The error of a walk from a key that is not there.
    pub(crate) fn invalid_key() -> Self {
        Self::Plain("invalid key to 'next'".into())
    }

    pub(crate) fn reply(text: impl Into<Vec<u8>>) -> Self {
        Self::Reply(text.into())
    }
}

/// A function that a library registers.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) name: Vec<u8>,
    pub(crate) description: Option<Vec<u8>>,
    pub(crate) flags: Flags,
    pub(crate) callback: Value,
}
