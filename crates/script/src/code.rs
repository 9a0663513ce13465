//! Instructions, and the functions that they make up.
//!
//! An instruction is eight bytes. Operands are registers of the frame, relative to its base; an
//! operand called `rk` is a register, or a constant if its highest bit is set.
//!
//! Always true: the compiler emits only registers below `stack` and only constants that exist.
//! Not here: what instructions do — `vm.rs`

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use crate::ast::Source;
use crate::number;
use crate::value::{StrRef, Value};

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Move {
        to: u8,
        from: u8,
    },
    LoadK {
        to: u8,
        k: u32,
    },
    LoadNil {
        to: u8,
        count: u8,
    },
    LoadBool {
        to: u8,
        value: bool,
    },
    GetUp {
        to: u8,
        up: u8,
    },
    GetUpCell {
        to: u8,
        up: u8,
    },
    SetUpCell {
        up: u8,
        from: u16,
    },
    GetCell {
        to: u8,
        cell: u8,
    },
    SetCell {
        cell: u8,
        from: u16,
    },
    /// Makes a shared variable of a register's value.
    NewCell {
        at: u8,
    },
    GetGlobal {
        to: u8,
        k: u32,
    },
    SetGlobal {
        k: u32,
        from: u16,
    },
    GetField {
        to: u8,
        table: u8,
        k: u16,
    },
    GetIndex {
        to: u8,
        table: u8,
        key: u16,
    },
    SetIndex {
        table: u8,
        key: u16,
        value: u16,
    },
    /// Loads a method, and its object after it.
    Method {
        to: u8,
        object: u8,
        k: u16,
    },
    NewTable {
        to: u8,
        elements: u16,
        fields: u16,
    },
    /// Stores the registers after the table's at indices after `start`.
    SetList {
        table: u8,
        count: u8,
        start: u32,
    },
    Add {
        to: u8,
        a: u16,
        b: u16,
    },
    Sub {
        to: u8,
        a: u16,
        b: u16,
    },
    Mul {
        to: u8,
        a: u16,
        b: u16,
    },
    Div {
        to: u8,
        a: u16,
        b: u16,
    },
    Mod {
        to: u8,
        a: u16,
        b: u16,
    },
    Pow {
        to: u8,
        a: u16,
        b: u16,
    },
    Neg {
        to: u8,
        from: u8,
    },
    Not {
        to: u8,
        from: u8,
    },
    Len {
        to: u8,
        from: u8,
    },
    Concat {
        to: u8,
        first: u8,
        count: u8,
    },
    Jump {
        to: u32,
    },
    JumpIf {
        at: u8,
        to: u32,
    },
    JumpIfNot {
        at: u8,
        to: u32,
    },
    /// A comparison does the jump after it if its result is the wanted one, else skips it.
    Eq {
        want: bool,
        a: u16,
        b: u16,
    },
    Lt {
        want: bool,
        a: u16,
        b: u16,
    },
    Le {
        want: bool,
        a: u16,
        b: u16,
    },
    Call {
        base: u8,
        args: u8,
        results: u8,
    },
    TailCall {
        base: u8,
        args: u8,
    },
    Return {
        first: u8,
        count: u8,
    },
    ForPrep {
        base: u8,
        to: u32,
    },
    ForLoop {
        base: u8,
        to: u32,
    },
    ForCall {
        base: u8,
        count: u8,
    },
    /// Goes on with a loop over an iterator unless its first value is nil.
    ForNext {
        base: u8,
        to: u32,
    },
    Closure {
        to: u8,
        k: u32,
    },
    Vararg {
        to: u8,
        count: u8,
    },
}

/// An arithmetic operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
}

impl Arith {
    /// The result with two numbers.
    #[inline(always)]
    pub(crate) fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Mod => number::modulo(a, b),
            Self::Pow => a.powf(b),
        }
    }

    /// The instruction that does it.
    pub(crate) const fn op(self, to: u8, a: u16, b: u16) -> Op {
        match self {
            Self::Add => Op::Add { to, a, b },
            Self::Sub => Op::Sub { to, a, b },
            Self::Mul => Op::Mul { to, a, b },
            Self::Div => Op::Div { to, a, b },
            Self::Mod => Op::Mod { to, a, b },
            Self::Pow => Op::Pow { to, a, b },
        }
    }
}

/// A count of values that is known only when they are there.
pub(crate) const MULTI: u8 = u8::MAX;
/// The bit that makes an operand a constant.
pub(crate) const CONSTANT: u16 = 1 << 15;

/// A compiled function.
#[derive(Default, Debug)]
pub(crate) struct Proto {
    pub(crate) code: Box<[Op]>,
    pub(crate) consts: Box<[Value]>,
    pub(crate) protos: Box<[Arc<Self>]>,
    /// The line of each instruction.
    pub(crate) lines: Box<[u32]>,
    /// The names of operands, for errors; in the order of instructions.
    pub(crate) names: Box<[OperandName]>,
    pub(crate) captures: Box<[Source]>,
    /// The local variables, where they are kept for a debugger; in the order of declarations.
    pub(crate) locals: Box<[LocalName]>,
    pub(crate) params: u8,
    pub(crate) is_vararg: bool,
    pub(crate) has_arg_table: bool,
    /// How many registers it uses.
    pub(crate) stack: u8,
    /// The name of the script.
    pub(crate) chunk: Arc<[u8]>,
    /// Whether it is a part of the libraries: errors then name the line of its caller.
    pub(crate) is_library: bool,
    /// The collection in which the constants were marked.
    pub(crate) marked: AtomicU32,
}

/// A local variable, as a debugger sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalName {
    pub(crate) name: StrRef,
    pub(crate) register: u8,
    /// The first instruction that sees it, and the first that does not any more.
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// The name of an operand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OperandName {
    pub(crate) at: u32,
    /// Which operand of the instruction.
    pub(crate) slot: u8,
    pub(crate) kind: NameKind,
    /// `None` for a field whose key is no constant name.
    pub(crate) name: Option<StrRef>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NameKind {
    Local,
    Upvalue,
    Global,
    Field,
    Method,
}

impl NameKind {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Upvalue => "upvalue",
            Self::Global => "global",
            Self::Field => "field",
            Self::Method => "method",
        }
    }
}

impl Proto {
    /// All strings that the function needs: constants, and names for errors.
    pub(crate) fn strings(&self) -> impl Iterator<Item = Value> + '_ {
        let names = self
            .names
            .iter()
            .filter_map(|operand| operand.name.map(Value::Str));
        let locals = self.locals.iter().map(|local| Value::Str(local.name));
        self.consts.iter().copied().chain(names).chain(locals)
    }

    /// The name of an operand of the instruction at `at`.
    pub(crate) fn operand_name(&self, at: usize, slot: u8) -> Option<(NameKind, Option<StrRef>)> {
        let first = self
            .names
            .partition_point(|operand| (operand.at as usize) < at);
        self.names[first..]
            .iter()
            .take_while(|operand| operand.at as usize == at)
            .find(|operand| operand.slot == slot)
            .map(|operand| (operand.kind, operand.name))
    }

    /// The memory in bytes, functions within included.
    pub(crate) fn size(&self) -> usize {
        let inner: usize = self.protos.iter().map(|proto| proto.size()).sum();
        size_of::<Self>()
            + self.code.len() * (size_of::<Op>() + size_of::<u32>())
            + self.consts.len() * size_of::<Value>()
            + self.names.len() * size_of::<OperandName>()
            + self.locals.len() * size_of::<LocalName>()
            + inner
    }
}

/// The name of a chunk in messages.
pub(crate) fn shown_name(chunk: &[u8]) -> Vec<u8> {
    match chunk.split_first() {
        Some((b'@' | b'=', name)) => name[..name.len().min(CHUNK_NAME_MAX - 1)].to_vec(),
        _ => {
            let line = chunk.split(|byte| matches!(byte, b'\n' | b'\r')).next();
            let line = line.unwrap_or_default();
            let room = CHUNK_NAME_MAX - "[string \"...\"]".len() - 1;
            let mut shown = b"[string \"".to_vec();
            shown.extend_from_slice(&line[..line.len().min(room)]);
            if line.len() < chunk.len() || line.len() > room {
                shown.extend_from_slice(b"...");
            }
            shown.extend_from_slice(b"\"]");
            shown
        }
    }
}

/// The size of a chunk's name in messages, with its end.
const CHUNK_NAME_MAX: usize = 78;

const _: () = assert!(size_of::<Op>() == 8);
