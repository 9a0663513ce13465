//! Why bytes are not a file that can be loaded.
//!
//! Always true: an error says where in the file, and at which key.
//! Not here: what is wrong inside a value — the crate's `Error`

use std::fmt;

use thiserror::Error as ThisError;

use super::module::ModuleName;
use crate::{Error, ObjectType, Version};

/// Why a file cannot be loaded, and where.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[error("offset {offset}{}: {fault}", AtKey(key.as_ref()))]
pub struct FileError {
    /// The number of bytes in front of the part that is wrong, or of all bytes if they end early.
    pub offset: u64,
    /// The step of reading at which the error was found.
    pub reading: Reading,
    /// The key whose value is wrong, if it is a value.
    pub key: Option<KeyName>,
    /// The reason.
    pub fault: Fault,
}

/// The step of reading at which an error was found.
// COMPAT: the words are those of tools that check files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The header.
    Header,
    /// An opcode, a type code, or what follows the end.
    Type,
    /// A deadline, or another fact about a key.
    Deadline,
    /// A number of a database or of a slot, or sizes of it.
    Length,
    /// A fact about the file.
    Aux,
    /// Data of a module that belong to no key.
    ModuleAux,
    /// A library of functions.
    Function,
    /// The name of a key.
    Key,
    /// The value of a key.
    Value,
    /// The checksum.
    Checksum,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "start",
            Self::Type => "read-type",
            Self::Deadline => "read-expire",
            Self::Length => "read-len",
            Self::Aux => "read-aux",
            Self::ModuleAux => "read-module-aux",
            Self::Function => "read-functions",
            Self::Key => "read-key",
            Self::Value => "read-object-value",
            Self::Checksum => "check-sum",
        })
    }
}

/// The reason why a file cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Fault {
    /// The file does not begin as an RDB file does.
    #[error("not an RDB file: it begins with neither REDIS nor VALKEY and a number")]
    Magic,
    /// The version is newer than all that are known, or was never used.
    #[error("RDB version {} is unknown", .0.0)]
    Version(Version),
    /// The bytes are invalid.
    #[error("{0}")]
    Bytes(Error),
    /// The value is of a type that this program does not have.
    #[error("a value of type {} ({name}), which is not supported", object.0)]
    Type {
        /// The type code.
        object: ObjectType,
        /// The name of the type.
        name: &'static str,
    },
    /// The value belongs to a module.
    #[error("a value of the module type '{0}', which is not loaded")]
    Module(ModuleName),
    /// The key has metadata of modules.
    #[error("metadata of modules in front of a key, which are not supported")]
    KeyMetadata,
    /// A library of functions is in the format of a release candidate.
    #[error("a library of functions in the format of a release candidate of Redis 7.0")]
    FunctionEarly,
    /// Commands stand among the keys.
    #[error("commands among the keys, as Valkey saves without fork, which are not supported")]
    Commands,
    /// The checksum at the end does not match the bytes before it.
    #[error("the checksum does not match: {stored:016x} is stored, {computed:016x} computed")]
    Checksum {
        /// The checksum at the end of the file.
        stored: u64,
        /// The checksum of the bytes before it.
        computed: u64,
    },
}

/// A key, for messages: its number of bytes may have been cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// The number of the database.
    pub db: u64,
    /// The type code of the value.
    pub object: ObjectType,
    /// The first bytes of the name.
    pub name: Box<[u8]>,
    /// Whether bytes of the name were cut.
    pub is_cut: bool,
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.is_cut { "…" } else { "" };
        let name = self.name.escape_ascii();
        write!(f, "key \"{name}{more}\" of database {}", self.db)
    }
}

/// A key in the middle of a message.
struct AtKey<'a>(Option<&'a KeyName>);

impl fmt::Display for AtKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(key) => write!(f, ", {key}"),
            None => Ok(()),
        }
    }
}
