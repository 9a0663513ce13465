//! DEBUG RELOAD: every value leaves memory as bytes and comes back.
//!
//! No file is written: what is looked for here is whether values survive.
//!
//! Always true: keys keep their deadlines and their access clocks.
//! Not here: values as bytes — `persist/translate.rs`

use russet_command::CommandError;
use russet_command::args::is_word;
use russet_engine::{Access, Entry, Millis, Touch};
use russet_rdb::Version;
use russet_rdb::payload::Payload;
use russet_resp::Args;

use crate::control::{ControlCtx, ControlFlow};
use crate::persist::translate;

const BAD_OPTION: CommandError =
    CommandError::text("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
const NO_FILE: CommandError = CommandError::text("ERR DEBUG RELOAD NOSAVE is not available");
const FAILED: CommandError =
    CommandError::text("ERR Error trying to load the RDB dump, check server logs.");

/// A key with its value as bytes.
struct Saved {
    db: usize,
    key: Box<[u8]>,
    object: Vec<u8>,
    version: Version,
    deadline: Option<Millis>,
    access: Access,
}

/// `DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE]`.
pub(super) fn reload(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    for option in args.skip(2).iter() {
        if is_word(option, "NOSAVE") {
            return Err(NO_FILE);
        }
        if !is_word(option, "MERGE") && !is_word(option, "NOFLUSH") {
            return Err(BAD_OPTION);
        }
    }
    let saved = save_all(cx);
    cx.core.keyspace.flush_all();
    for value in &saved {
        load_one(cx, value)?;
    }
    cx.core.dirty = 0;
    cx.ok()
}

fn save_all(cx: &mut ControlCtx<'_>) -> Vec<Saved> {
    let compress = cx.core.config.rdbcompression;
    let mut saved = Vec::new();
    for index in cx.core.keyspace.filled() {
        let mut db = cx.core.keyspace.db(index);
        let mut keys: Vec<Box<[u8]>> = Vec::with_capacity(db.len());
        db.for_each(&mut |found| keys.push(found.key.into()));
        for key in keys {
            let Some(value) = db.read(&key, Touch::No) else {
                continue;
            };
            let mut object = Vec::new();
            let Ok(version) = translate::save(&value, &mut object, compress);
            let (deadline, access) = (value.deadline(), value.access());
            saved.push(Saved {
                db: index,
                key,
                object,
                version,
                deadline,
                access,
            });
        }
    }
    saved
}

fn load_one(cx: &mut ControlCtx<'_>, saved: &Saved) -> Result<(), CommandError> {
    let mut db = cx.core.keyspace.db(saved.db);
    let payload = Payload {
        object: &saved.object,
        version: saved.version,
    };
    let (reader, input) = payload.reader().map_err(|_| FAILED)?;
    let value = translate::load(&db, reader, input).map_err(|_| FAILED)?;
    db.place(&saved.key, value, saved.deadline);
    if let Entry::Occupied(mut entry) = db.entry(&saved.key) {
        entry.set_access(saved.access);
    }
    Ok(())
}
