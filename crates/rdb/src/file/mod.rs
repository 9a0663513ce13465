//! Whole files: a header, facts about the file, databases with their keys and values, a checksum.
//!
//! ```text
//!  FileReader   Header  ( Aux │ Function │ ModuleAux │ SelectDb │ ResizeDb │ Slot │ SlotImport
//!                       │ Key  Item …  ValueEnd or EmptyValue ) …  End
//!  FileWriter   begin     aux   function               select_db  resize_db   slot
//!                         key ─► ValueSink ◄─ Writer                          finish
//! ```
//! A value inside a file has the items that it has everywhere; only its key stands between the
//! type code and the rest.
//!
//! Always true: both sides keep a bounded part of a file in memory, whatever the file holds.
//! Not here: values — `read/`, `write.rs`; files of the operating system — their owner

mod error;
mod gather;
mod module;
pub(crate) mod opcode;
mod read;
mod report;
mod sum;
mod write;

use std::borrow::Cow;

use crate::{Item, Kind, ObjectType, Text, Version};

pub use error::{Fault, FileError, KeyName, Reading};
pub use module::ModuleName;
pub use read::FileReader;
pub use report::{DbTally, KindTally, LargeKey, Report, Tally};
pub use write::{FileFacts, FileWriter, ValueSink, WriteError};

/// The family of servers that wrote a file. They number versions and types independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Redis, and Valkey before version 9: the file begins with `REDIS`.
    Redis,
    /// Valkey from version 9 on: the file begins with `VALKEY`.
    Valkey,
}

/// A key whose value is a short string: see [`FileReader::short_string`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortString<'a> {
    /// The number of the database.
    pub db: u64,
    /// The name of the key.
    pub name: &'a [u8],
    /// The Unix time in milliseconds at which the key expires.
    pub deadline: Option<i64>,
    /// The number of seconds since the last access, under a policy that evicts by it.
    pub idle_s: Option<u64>,
    /// The logarithmic access counter, under a policy that evicts by it.
    pub frequency: Option<u8>,
    /// The value.
    pub value: Text<'a>,
}

/// A key and what a file says of it besides its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key<'a> {
    /// The name of the key.
    pub name: Cow<'a, [u8]>,
    /// The Unix time in milliseconds at which the key expires.
    pub deadline: Option<i64>,
    /// The number of seconds since the last access, under a policy that evicts by it.
    pub idle_s: Option<u64>,
    /// The logarithmic access counter, under a policy that evicts by it.
    pub frequency: Option<u8>,
}

impl<'a> From<&'a [u8]> for Key<'a> {
    /// A key of which nothing but the name is known.
    fn from(name: &'a [u8]) -> Self {
        Self {
            name: Cow::Borrowed(name),
            ..Self::default()
        }
    }
}

/// The result of one step of a [`FileReader`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Next<'a> {
    /// The header, which comes first.
    Header {
        /// The family of servers that wrote the file.
        dialect: Dialect,
        /// The version of the format.
        version: Version,
    },
    /// A fact about the file or the server that wrote it.
    Aux {
        /// The name of the fact.
        name: Cow<'a, [u8]>,
        /// The value of the fact.
        value: Cow<'a, [u8]>,
    },
    /// The number of the database of the keys that follow; 0 at first.
    SelectDb(u64),
    /// The size of the database, as a hint.
    ResizeDb {
        /// The number of keys.
        keys: u64,
        /// The number of keys with a deadline.
        deadlines: u64,
    },
    /// The size of a slot of a cluster, as a hint.
    Slot {
        /// The number of the slot.
        slot: u64,
        /// The number of keys.
        keys: u64,
        /// The number of keys with a deadline.
        deadlines: u64,
    },
    /// The source of a library of functions.
    Function(Cow<'a, [u8]>),
    /// Data of a module that belong to no key, which are skipped.
    ModuleAux(ModuleName),
    /// The state of an unfinished import of slots, which is skipped.
    SlotImport,
    /// A key, whose value follows.
    Key {
        /// The number of the database.
        db: u64,
        /// The type code of the value.
        object: ObjectType,
        /// The kind of the value.
        kind: Kind,
        /// The key.
        key: Key<'a>,
    },
    /// A part of the value of the last [`Key`](Self::Key).
    Item(Item<'a>),
    /// The value of the last [`Key`](Self::Key) is complete.
    ValueEnd,
    /// The value of the last [`Key`](Self::Key) is complete and has no elements: the key is to be
    /// discarded. Old servers could write such a key.
    EmptyValue,
    /// The next part does not end in the window: the bytes that were not read must be given again,
    /// with more behind them.
    More,
    /// The file is complete.
    End(Seal),
}

impl Next<'_> {
    /// The same part, independent of the bytes that it was read from.
    #[must_use]
    pub fn into_owned(self) -> Next<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Self::Header { dialect, version } => Next::Header { dialect, version },
            Self::Aux { name, value } => Next::Aux {
                name: owned(name),
                value: owned(value),
            },
            Self::SelectDb(db) => Next::SelectDb(db),
            Self::ResizeDb { keys, deadlines } => Next::ResizeDb { keys, deadlines },
            Self::Slot {
                slot,
                keys,
                deadlines,
            } => Next::Slot {
                slot,
                keys,
                deadlines,
            },
            Self::Function(source) => Next::Function(owned(source)),
            Self::ModuleAux(module) => Next::ModuleAux(module),
            Self::SlotImport => Next::SlotImport,
            Self::Key {
                db,
                object,
                kind,
                key,
            } => Next::Key {
                db,
                object,
                kind,
                key: Key {
                    name: owned(key.name),
                    ..key
                },
            },
            Self::Item(item) => Next::Item(item.into_owned()),
            Self::ValueEnd => Next::ValueEnd,
            Self::EmptyValue => Next::EmptyValue,
            Self::More => Next::More,
            Self::End(seal) => Next::End(seal),
        }
    }
}

/// How the end of a file vouches for the bytes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seal {
    /// By a checksum that matched.
    Verified,
    /// The writer was told to write no checksum.
    Disabled,
    /// The version is older than checksums.
    Absent,
    /// By a checksum that was not compared, as was asked of the reader.
    Ignored,
}
