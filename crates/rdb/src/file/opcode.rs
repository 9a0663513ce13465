//! The numbers of the format of files.
//!
//! ```text
//!  file    "REDIS" version: 4 digits │ part … │ END │ CRC-64 of all before: u64 LE
//!          "VALKEY" version: 3 digits
//!
//!  part    AUX string string              FUNCTION string
//!          SELECT_DB length               RESIZE_DB length length
//!          SLOT length length length      MODULE_AUX length UINT length  value … EOF
//!          [ DEADLINE_MS i64 LE │ DEADLINE_S i32 LE ] [ IDLE length │ FREQUENCY u8 ]
//!          type code: u8 │ key: string │ value
//! ```
//!
//! Always true: no number is both an opcode and the code of a type.
//! Not here: lengths, strings and type codes — `wire.rs`

use super::error::Reading;
use crate::Version;

/// Compressed commands among the keys, of Valkey 9.2.
pub(super) const UPDATE: u8 = 242;
/// The state of an import of slots with Valkey, metadata of modules with Redis.
pub(super) const SLOT_IMPORT_OR_KEY_METADATA: u8 = 243;
pub(super) const SLOT: u8 = 244;
pub(crate) const FUNCTION: u8 = 245;
/// A library of functions as release candidates of Redis 7.0 wrote it.
pub(crate) const FUNCTION_EARLY: u8 = 246;
pub(super) const MODULE_AUX: u8 = 247;
pub(super) const IDLE: u8 = 248;
pub(super) const FREQUENCY: u8 = 249;
pub(super) const AUX: u8 = 250;
pub(super) const RESIZE_DB: u8 = 251;
pub(super) const DEADLINE_MS: u8 = 252;
pub(super) const DEADLINE_S: u8 = 253;
pub(super) const SELECT_DB: u8 = 254;
pub(super) const END: u8 = 255;

/// The parts that values of modules consist of.
pub(super) const MODULE_EOF: u64 = 0;
pub(super) const MODULE_INT: u64 = 1;
pub(super) const MODULE_UINT: u64 = 2;
pub(super) const MODULE_FLOAT: u64 = 3;
pub(super) const MODULE_DOUBLE: u64 = 4;
pub(super) const MODULE_STRING: u64 = 5;

pub(super) const MAGIC_REDIS: &[u8] = b"REDIS";
pub(super) const MAGIC_VALKEY: &[u8] = b"VALKEY";
/// The length of the header, in both dialects.
pub(super) const HEADER_LEN: usize = 9;

/// From this version on, files end with a checksum.
pub(super) const CHECKSUM_SINCE: Version = Version(5);
/// The newest version of Redis whose files are read. Types that it added are refused one by one.
pub(super) const FILE_REDIS_NEWEST: Version = Version(16);
/// The newest version of Valkey whose files are read.
pub(super) const FILE_VALKEY_NEWEST: Version = Version(81);

/// The step of reading that follows this opcode.
pub(super) const fn reading(opcode: u8) -> Reading {
    match opcode {
        DEADLINE_MS | DEADLINE_S | IDLE | FREQUENCY => Reading::Deadline,
        SLOT_IMPORT_OR_KEY_METADATA | SLOT | RESIZE_DB | SELECT_DB => Reading::Length,
        AUX => Reading::Aux,
        MODULE_AUX => Reading::ModuleAux,
        FUNCTION | FUNCTION_EARLY => Reading::Function,
        _ => Reading::Key,
    }
}
