//! HIMPORT: many hashes of the same fields, whose names a client sends only once.
//!
//! ```text
//!  HIMPORT PREPARE u name age     ─► the session keeps  u = [ name age ]
//!  HIMPORT SET k u Ann 30         ─► k is the hash  name: Ann, age: 30 (journal: DEL k · HSET k …)
//! ```
//! Always true: the journal says which fields were set, so who repeats it needs no fieldset.
//! Always true: a request that is refused has changed nothing.
//! Not here: what a session keeps — `fieldsets.rs`; all other commands of hashes — crate
//! `russet-command`.

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::row::KeyFlags;
use russet_command::{CommandError, Effects, Family, Group, KeySpec, NotifyClass};
use russet_engine::{FieldTtl, Kind};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::fieldsets::{Fieldsets, Refusal};

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Hash,
    rows: &[Row::container("HIMPORT", SUBCOMMANDS)
        .since("8.10.0")
        .cost("Depends on subcommand.")
        .does("Creates many hashes of the same fields.")],
};
const _: () = FAMILY.check();

const ON_ALL_SHARDS: &[&str] = &["request_policy:all_shards"];
const COUNT_COST: &str = "O(N) where N is the number of fieldsets of the connection.";

const SUBCOMMANDS: &[Row] = &[
    Row::control("DISCARD", Exactly(3), discard)
        .takes("fieldset-name")
        .since("8.10.0")
        .cost(COUNT_COST)
        .does("Forgets a fieldset of the connection.")
        .tips(ON_ALL_SHARDS),
    Row::control("DISCARDALL", Exactly(2), discard_all)
        .since("8.10.0")
        .cost(COUNT_COST)
        .does("Forgets all fieldsets of the connection.")
        .tips(ON_ALL_SHARDS),
    Row::control("PREPARE", AtLeast(4), prepare)
        .takes("fieldset-name field [field ...]")
        .deny_oom()
        .since("8.10.0")
        .cost("O(N*log(N)) where N is the number of fields.")
        .does("Declares a fieldset: names of fields that later hashes have.")
        .tips(ON_ALL_SHARDS),
    Row::write("SET", AtLeast(5), set)
        .takes("key fieldset-name value [value ...]")
        .keys(&[KeySpec::one(2, KeyFlags::OW.with(KeyFlags::UPDATE))])
        .deny_oom()
        .since("8.10.0")
        .cost("O(N) where N is the number of fields.")
        .does("Creates a hash, or replaces one, from a fieldset and a value for each field."),
];

const FIELD_TWICE: CommandError = CommandError::text("ERR duplicate field name in fieldset");
const NO_FIELDSET: CommandError = CommandError::text("ERR no such fieldset");
const VALUES_MISMATCH: CommandError =
    CommandError::text("ERR value count does not match fieldset field count");
const TOO_MANY: CommandError = CommandError::text("ERR too many fieldsets on this connection");
const TOO_LARGE: CommandError =
    CommandError::text("ERR fieldsets on this connection take too much memory");

/// `HIMPORT PREPARE fieldset-name field [field …]`.
fn prepare(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let fieldsets = cx.session.fieldsets.get_or_insert_default();
    let prepared = fieldsets.prepare(&args[2], args.skip(3));
    prepared.map_err(|refusal| match refusal {
        Refusal::FieldTwice => FIELD_TWICE,
        Refusal::TooMany => TOO_MANY,
        Refusal::TooLarge => TOO_LARGE,
    })?;
    cx.ok()
}

/// `HIMPORT SET key fieldset-name value [value …]`.
fn set(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (key, values, index) = (&args[2], args.skip(4), cx.session.db);
    let mut db = cx.core.keyspace.db(index);
    let is_new = match db.kind(key) {
        None => true,
        Some(Kind::Hash) => false,
        Some(_) => return Err(CommandError::WrongType),
    };
    let fieldsets = cx.session.fieldsets.as_deref();
    let fields = fieldsets.and_then(|fieldsets| fieldsets.find(&args[3]));
    let fields = fields.ok_or(NO_FIELDSET)?;
    if fields.len() != values.len() {
        return Err(VALUES_MISMATCH);
    }
    // With the hash its deadlines go: that of the key and those of its fields.
    if !is_new {
        db.remove(key);
    }
    let pairs = (0..fields.len()).map(|at| (&fields[at], &values[at]));
    db.hash_mut(key)?.set_all(pairs, FieldTtl::Clear);
    let effects = &mut cx.core.effects;
    effects.dirty += fields.len() as u64;
    match is_new {
        true => effects.notify(NotifyClass::NEW, "new", index, key),
        false => effects.propagate_as(&[b"DEL", key]),
    }
    record_pairs(effects, key, fields, values);
    effects.notify(NotifyClass::HASH, "hset", index, key);
    cx.ok()
}

/// The journal holds what needs no fieldset.
fn record_pairs(effects: &mut Effects, key: &[u8], fields: Args<'_>, values: Args<'_>) {
    if !effects.recording {
        return;
    }
    let mut request: Vec<&[u8]> = Vec::with_capacity(2 + 2 * fields.len());
    request.extend([&b"HSET"[..], key]);
    let pairs = fields.iter().zip(values.iter());
    request.extend(pairs.flat_map(|(field, value)| [field, value]));
    effects.propagate_as(&request);
}

/// `HIMPORT DISCARD fieldset-name`.
fn discard(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let fieldsets = cx.session.fieldsets.as_deref_mut();
    let was_there = fieldsets.is_some_and(|fieldsets| fieldsets.discard(&args[2]));
    cx.reply().integer(i64::from(was_there));
    Ok(ControlFlow::Done)
}

/// `HIMPORT DISCARDALL`.
fn discard_all(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let fieldsets = cx.session.fieldsets.take();
    let count = fieldsets.as_deref().map_or(0, Fieldsets::len);
    cx.reply().count(count);
    Ok(ControlFlow::Done)
}
