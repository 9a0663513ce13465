//! A parsed script: statements and expressions whose names are already variables.
//!
//! Always true: a local is an index into the locals of its function, an upvalue one into its
//! upvalues; no expression is nested deeper than the parser allows, so walks may recurse.
//! Not here: how it is made — `parse.rs`; what is made of it — `compile.rs`

use crate::value::StrRef;

/// A function, also the script as a whole.
pub(crate) struct Function {
    pub(crate) params: u8,
    pub(crate) is_vararg: bool,
    /// Whether the last parameter is the table `arg` of functions that do not use `...`.
    pub(crate) has_arg_table: bool,
    pub(crate) locals: Vec<LocalVar>,
    pub(crate) upvalues: Vec<Upvalue>,
    pub(crate) body: Block,
    pub(crate) line: u32,
    /// The line of its last word.
    pub(crate) end_line: u32,
}

/// A local variable.
pub(crate) struct LocalVar {
    pub(crate) name: StrRef,
    /// Whether a function within uses it.
    pub(crate) is_captured: bool,
    /// Whether it gets another value after its first.
    pub(crate) is_assigned: bool,
}

/// A variable of an enclosing function.
pub(crate) struct Upvalue {
    pub(crate) name: StrRef,
    pub(crate) from: Source,
}

/// Where a function finds a variable when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// A local of the function around it.
    Local(u16),
    /// An upvalue of the function around it.
    Upvalue(u8),
}

/// Statements, with the line where each begins.
pub(crate) type Block = Vec<(u32, Stat)>;

pub(crate) enum Stat {
    Local {
        first: u16,
        count: u16,
        exprs: Vec<Expr>,
        line: u32,
    },
    Assign {
        targets: Vec<Expr>,
        exprs: Vec<Expr>,
        line: u32,
    },
    Call(Expr),
    Do(Block),
    While(Expr, Block),
    /// With the line of `until`.
    Repeat(Block, Expr, u32),
    If(Vec<Arm>, Option<Block>),
    NumericFor(Box<NumericFor>),
    GenericFor {
        first: u16,
        count: u16,
        exprs: Vec<Expr>,
        body: Block,
        line: u32,
    },
    LocalFunction(u16, Box<Function>),
    Return(Vec<Expr>, u32),
    Break,
}

/// A condition, and what is done if it is the first that holds.
pub(crate) struct Arm {
    pub(crate) condition: Expr,
    pub(crate) body: Block,
    pub(crate) line: u32,
}

pub(crate) struct NumericFor {
    pub(crate) var: u16,
    pub(crate) start: Expr,
    pub(crate) limit: Expr,
    pub(crate) step: Option<Expr>,
    pub(crate) body: Block,
    pub(crate) line: u32,
}

pub(crate) enum Expr {
    Nil,
    Bool(bool),
    Num(f64),
    Str(StrRef),
    Vararg,
    Function(Box<Function>),
    Local(u16),
    Upvalue(u8),
    Global(StrRef, u32),
    Index(Box<Pair>),
    Call(Box<Call>),
    Binary(Binary, Box<Pair>),
    And(Box<Pair>),
    Or(Box<Pair>),
    Unary(Unary, Box<Self>, u32),
    Table(Box<Constructor>),
    /// A call or `...` in parentheses: one value.
    Paren(Box<Self>),
}

/// Two operands, or a table and its key.
pub(crate) struct Pair {
    pub(crate) left: Expr,
    pub(crate) right: Expr,
    pub(crate) line: u32,
}

pub(crate) struct Call {
    pub(crate) func: Expr,
    /// The name after a colon.
    pub(crate) method: Option<StrRef>,
    pub(crate) args: Vec<Expr>,
    pub(crate) line: u32,
}

pub(crate) struct Constructor {
    pub(crate) items: Vec<Item>,
    pub(crate) line: u32,
}

pub(crate) enum Item {
    Positional(Expr),
    Field(Expr, Expr),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Concat,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unary {
    Minus,
    Not,
    Len,
}

impl Expr {
    /// Whether it may give any number of values.
    pub(crate) const fn is_multi(&self) -> bool {
        matches!(self, Self::Call(_) | Self::Vararg)
    }
}
