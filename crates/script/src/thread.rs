//! A line of execution: registers and frames, of the script or of a coroutine.
//!
//! Always true: from the base of a frame of Lua on, `stack` has a window of registers.
//! Not here: what runs it — `vm.rs`

use crate::value::{FuncRef, Value};

/// A line of execution.
#[derive(Default)]
pub(crate) struct Thread {
    /// The registers, and a window more than anything uses.
    pub(crate) stack: Vec<Value>,
    /// How many registers may be in use; those above are nil.
    pub(crate) used: usize,
    pub(crate) frames: Vec<Frame>,
    pub(crate) status: Status,
    /// The bytes of the stack that the heap has counted.
    pub(crate) charged: usize,
}

const _: () = assert!(size_of::<Frame>() <= 40);

/// The registers that the instructions of a function can name.
pub(crate) const WINDOW: usize = 256;

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
    /// The first register that the call took: what a tail call reuses.
    pub(crate) floor: u32,
    pub(crate) base: u32,
    /// The next instruction; behind while the frame runs.
    pub(crate) pc: u32,
    /// How many arguments lie below the base for `...`.
    pub(crate) varargs: u32,
    /// The use of the results of the call that it waits for.
    pub(crate) pending: Pending,
}

/// The use of results.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pending {
    /// They go into `want` registers.
    Store {
        at: u32,
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
        to: u32,
        first: u32,
        count: u8,
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

impl Pending {
    /// `want` results into registers from `at` on.
    pub(crate) const fn store(at: usize, want: u8) -> Self {
        let at = at as u32;
        Self::Store { at, want }
    }
}

impl Thread {
    /// A coroutine of a function.
    pub(crate) fn new(func: Value) -> Self {
        Self {
            stack: vec![func],
            used: 1,
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
        self.stack[..self.used]
            .iter()
            .for_each(|value| visit(*value));
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
