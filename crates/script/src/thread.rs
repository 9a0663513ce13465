//! A line of execution: registers and frames, of the script or of a coroutine.
//!
//! Always true: a frame of Lua has all its registers in `stack`.
//! Not here: what runs it — `vm.rs`

use std::sync::Arc;

use crate::code::Proto;
use crate::value::{FuncRef, Value};

/// A line of execution.
#[derive(Default)]
pub(crate) struct Thread {
    pub(crate) stack: Vec<Value>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) status: Status,
    /// The bytes of the stack that the heap has counted.
    pub(crate) charged: usize,
}

/// How far a coroutine is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Status {
    /// Not begun: its function is the only value of the stack.
    New,
    Suspended,
    Running,
    /// It has resumed another one.
    Normal,
    #[default]
    Dead,
}

pub(crate) enum Frame {
    Lua(LuaFrame),
    Protect(Protect),
}

/// A function of Lua that runs, or waits for a call.
pub(crate) struct LuaFrame {
    pub(crate) func: FuncRef,
    pub(crate) proto: Arc<Proto>,
    /// The first register that the call took: what a tail call reuses.
    pub(crate) floor: usize,
    pub(crate) base: usize,
    /// The next instruction; behind while the frame runs.
    pub(crate) pc: usize,
    /// How many arguments lie below the base for `...`.
    pub(crate) varargs: usize,
    /// The use of the results of the call that it waits for.
    pub(crate) pending: Pending,
}

/// The use of results.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pending {
    /// They go into `want` registers.
    Store {
        at: usize,
        want: u8,
    },
    Discard,
    /// The first decides whether the jump that follows is done.
    Compare {
        want: bool,
        negate: bool,
    },
    /// The first is an operand of a concatenation that goes on.
    Concat {
        to: usize,
        first: usize,
        count: usize,
    },
}

/// A call that errors do not pass.
#[derive(Clone, Copy)]
pub(crate) struct Protect {
    pub(crate) kind: Protection,
    /// Where the called function lay.
    pub(crate) at: usize,
}

#[derive(Clone, Copy)]
pub(crate) enum Protection {
    Pcall,
    Xpcall(Value),
    /// A handler of errors runs: its results follow `false`.
    Handler,
}

impl Thread {
    /// A coroutine of a function.
    pub(crate) fn new(func: Value) -> Self {
        Self {
            stack: vec![func],
            frames: Vec::new(),
            status: Status::New,
            charged: 0,
        }
    }

    pub(crate) const fn size(&self) -> usize {
        size_of::<Self>() + self.charged
    }

    /// All that the thread holds.
    pub(crate) fn each_value(&self, mut visit: impl FnMut(Value)) {
        self.stack.iter().for_each(|value| visit(*value));
        for frame in &self.frames {
            match frame {
                Frame::Lua(frame) => visit(Value::Func(frame.func)),
                Frame::Protect(Protect {
                    kind: Protection::Xpcall(handler),
                    ..
                }) => visit(*handler),
                Frame::Protect(_) => {}
            }
        }
    }
}
