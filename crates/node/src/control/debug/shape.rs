//! DEBUG HTSTATS, HTSTATS-KEY, LISTPACK and SDSLEN: how data lies in memory.
//!
//! Always true: tables here never rehash, and each element has a place of its own: no chain is
//! longer than one.
//! Not here: DEBUG OBJECT — `debug.rs`.

use std::fmt::Write;

use russet_base::num::parse_i64;
use russet_command::CommandError;
use russet_command::args::is_word;
use russet_engine::{Encoding, Kind, Touch, ValueRef};
use russet_io::LogLevel;
use russet_resp::Args;

use crate::control::{ControlCtx, ControlFlow};

const NOT_A_TABLE: CommandError = CommandError::text(
    "ERR The value stored at the specified key is not represented using an hash table",
);
const NOT_A_STRING: CommandError = CommandError::text("ERR Not an sds encoded string.");
const NOT_PACKED: CommandError = CommandError::text("ERR Not a listpack encoded object.");

/// The size of a collection in elements.
fn len_of(value: &ValueRef<'_>) -> usize {
    let len = match value.kind() {
        Kind::Set => value.set().map(|set| set.len()),
        Kind::Hash => value.hash().map(|hash| hash.len()),
        Kind::Zset => value.zset().map(|zset| zset.len()),
        Kind::List => value.list().map(|list| list.len()),
        Kind::String | Kind::Stream => Ok(0),
    };
    len.unwrap_or(0)
}

/// `HTSTATS-KEY key [full]`.
pub(super) fn table(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let mut db = cx.core.keyspace.db(cx.session.db);
    let value = db.read(&args[2], Touch::No);
    let value = value.ok_or(CommandError::NoSuchKey)?;
    if !matches!(value.encoding(), Encoding::Hashtable | Encoding::Skiplist) {
        return Err(NOT_A_TABLE);
    }
    let mut text = String::new();
    push_table(&mut text, len_of(&value), wants_all(args));
    cx.reply().verbatim("txt", text.as_bytes());
    Ok(ControlFlow::Done)
}

/// Whether a request ends with the word `full`.
fn wants_all(args: Args<'_>) -> bool {
    args.get(3).is_some_and(|word| is_word(word, "full"))
}

/// Appends what there is to say of a table of so many elements.
fn push_table(text: &mut String, len: usize, has_chains: bool) {
    let _ = write!(
        text,
        "Hash table 0 stats (main hash table):\n table size: {len}\n number of elements: {len}\n"
    );
    if has_chains {
        let _ = write!(
            text,
            " different slots: {len}\n max chain length: 1\n \
             avg chain length (counted): 1.00\n avg chain length (computed): 1.00\n \
             Chain length distribution:\n   1: {len} (100.00%)\n"
        );
    }
}

/// `HTSTATS dbid [full]`.
pub(super) fn tables(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let index = parse_i64(&args[2]).ok_or(CommandError::NotInteger)?;
    let index = usize::try_from(index).ok();
    let index = index.filter(|index| *index < cx.core.config.databases as usize);
    let index = index.ok_or(CommandError::text("ERR Out of range database"))?;
    let db = cx.core.keyspace.db(index);
    let mut text = "[Dictionary HT]\n".to_owned();
    push_table(&mut text, db.len(), wants_all(args));
    text.push_str("[Expires HT]\n");
    push_table(&mut text, db.volatile_len(), wants_all(args));
    cx.reply().verbatim("txt", text.as_bytes());
    Ok(ControlFlow::Done)
}

/// `SDSLEN key`.
pub(super) fn string(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let key = &args[2];
    let mut db = cx.core.keyspace.db(cx.session.db);
    let value = db.read(key, Touch::No);
    let value = value.ok_or(CommandError::NoSuchKey)?;
    if !matches!(value.encoding(), Encoding::Raw | Encoding::Embstr) {
        return Err(NOT_A_STRING);
    }
    let len = value.string().map_or(0, |string| string.len());
    // COMPAT: there are no headers, and what is kept in advance belongs to the allocator.
    let text = format!(
        "key_sds_len:{0}, key_sds_avail:0, key_zmalloc: {0}, val_sds_len:{len}, val_sds_avail:0, \
         val_zmalloc: {len}",
        key.len()
    );
    cx.reply().simple(&text);
    Ok(ControlFlow::Done)
}

/// `LISTPACK key`.
pub(super) fn packed(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let key = &args[2];
    let mut db = cx.core.keyspace.db(cx.session.db);
    let value = db.read(key, Touch::No);
    let value = value.ok_or(CommandError::NoSuchKey)?;
    let encoding = value.encoding();
    if !matches!(encoding, Encoding::Listpack | Encoding::ListpackEx) {
        return Err(NOT_PACKED);
    }
    let text = format!(
        "DEBUG LISTPACK {}: {} with {} elements",
        key.escape_ascii(),
        encoding.name(),
        len_of(&value),
    );
    cx.core.outbox.log(LogLevel::Warning, text);
    // COMPAT: Redis says that it prints to its standard output.
    cx.reply().simple("Listpack structure written to the log");
    Ok(ControlFlow::Done)
}
