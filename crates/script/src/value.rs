//! A value of Lua: sixteen bytes, copied freely, with handles into the heap.
//!
//! Always true: a handle is used only with the heap that made it, and only while a root reaches
//! it.
//! Not here: the objects behind the handles — `heap.rs`

/// The handle of an interned string, together with the hash that places it in tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StrRef {
    pub(crate) idx: u32,
    pub(crate) hash: u32,
}

macro_rules! handles {
    ($($(#[$docs:meta])* $name:ident,)*) => {$(
        $(#[$docs])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) struct $name(pub(crate) u32);
    )*};
}

handles! {
    /// The handle of a table.
    TableRef,
    /// The handle of a closure.
    FuncRef,
    /// The handle of a variable that closures share.
    CellRef,
    /// The handle of a coroutine.
    ThreadRef,
}

/// An index into the table of functions written in Rust.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NativeId(pub(crate) u16);

/// A value, or a shared variable in the register of a function that has one.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) enum Value {
    #[default]
    Nil,
    Bool(bool),
    Num(f64),
    Str(StrRef),
    Table(TableRef),
    Func(FuncRef),
    Native(NativeId),
    Thread(ThreadRef),
    /// The light userdata that `cjson.null` is.
    Null,
    /// Never seen by scripts.
    Cell(CellRef),
}

impl Value {
    #[inline]
    pub(crate) const fn is_nil(self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Whether a condition holds: everything does but `nil` and `false`.
    #[inline]
    pub(crate) const fn is_truthy(self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    /// The name of the type, as `type` gives it.
    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "boolean",
            Self::Num(_) => "number",
            Self::Str(_) => "string",
            Self::Table(_) => "table",
            Self::Func(_) | Self::Native(_) => "function",
            Self::Thread(_) => "thread",
            Self::Null | Self::Cell(_) => "userdata",
        }
    }

    pub(crate) const fn is_function(self) -> bool {
        matches!(self, Self::Func(_) | Self::Native(_))
    }
}

const _: () = assert!(size_of::<Value>() == 16);
