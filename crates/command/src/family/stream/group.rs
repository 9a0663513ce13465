//! XGROUP: groups of consumers come, go and are moved.
//!
//! Always true: options are read before the key is looked up, the identifier after it.
//! Not here: reading for a group — `read_group.rs`

use russet_engine::{Stream, StreamGroup, StreamId, StreamMut};
use russet_resp::Args;

use super::{id, text};
use crate::args::{Cursor, integer};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;
use crate::help;

/// The options behind the identifier.
#[derive(Debug, Default)]
struct Options {
    makes_stream: bool,
    entries_read: Option<u64>,
}

impl Options {
    fn read(args: Args<'_>, allows_mkstream: bool) -> Result<Self, CommandError> {
        let mut options = Self::default();
        let mut cursor = Cursor::new(args, 5);
        while cursor.has_more() {
            if let Some(count) = cursor.eat_valued("ENTRIESREAD") {
                options.entries_read = match integer(count)? {
                    -1 => None,
                    count => Some(u64::try_from(count).map_err(|_| text::ENTRIES_READ)?),
                };
            } else if allows_mkstream && cursor.eat("MKSTREAM") {
                options.makes_stream = true;
            } else {
                return Err(text::bad_subcommand("XGROUP", &args[1]));
            }
        }
        Ok(options)
    }

    /// No group has read more than was added.
    fn entries_read(&self, stream: Option<&Stream>) -> Option<u64> {
        let added = stream.map_or(0, Stream::entries_added);
        self.entries_read.map(|read| read.min(added))
    }
}

/// Refuses more arguments than the options have, once each. COMPAT: an option may stand twice as
/// long as there are no more than that.
fn check_len(args: Args<'_>, len_max: usize) -> Result<(), CommandError> {
    match args.len() > len_max {
        true => Err(text::bad_subcommand("XGROUP", &args[1])),
        false => Ok(()),
    }
}

const CREATE_LEN_MAX: usize = 8;
const SETID_LEN_MAX: usize = 7;

/// `XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD count]`.
pub(super) fn create(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name) = (&args[2], &args[3]);
    let options = Options::read(args, true)?;
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut(key)?;
    let is_new = target.get().is_none();
    if is_new && !options.makes_stream {
        return Err(text::GROUP_NEEDS_KEY);
    }
    check_len(args, CREATE_LEN_MAX)?;
    let last_id = match &args[4] {
        b"$" => target.get().map_or(StreamId::MIN, Stream::last_id),
        id => id::parse(id)?,
    };
    if target
        .get()
        .is_some_and(|stream| stream.group(name).is_some())
    {
        return Err(text::GROUP_EXISTS);
    }
    let read = options.entries_read(target.get());
    let create = |stream: &mut Stream| stream.create_group(name, last_id, read);
    match is_new {
        true => target.edit(create),
        false => target.edit_quietly(create),
    };
    cx.reply.ok();
    cx.dirty(1);
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.notify(NotifyClass::STREAM, "xgroup-create", key);
    Ok(Flow::Done)
}

/// `XGROUP SETID key group id|$ [ENTRIESREAD count]`.
pub(super) fn set_id(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name) = (&args[2], &args[3]);
    let options = Options::read(args, false)?;
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut(key)?;
    let stream = group_of(&target, key, name)?;
    check_len(args, SETID_LEN_MAX)?;
    let last_id = match &args[4] {
        b"$" => stream.last_id(),
        id => id::parse_any(id, 0)?,
    };
    let read = options.entries_read(Some(stream));
    let set = |group: &mut StreamGroup| {
        group.last_id = last_id;
        group.entries_read = read;
    };
    target.edit_quietly(|stream| stream.change_group(name, set));
    cx.reply.ok();
    cx.dirty(1);
    cx.notify(NotifyClass::STREAM, "xgroup-setid", key);
    Ok(Flow::Done)
}

/// `XGROUP DESTROY key group`.
pub(super) fn destroy(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name) = (&args[2], &args[3]);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut(key)?;
    let stream = target.get().ok_or(text::GROUP_NEEDS_KEY)?;
    if stream.group(name).is_none() {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    target.edit(|stream| stream.remove_group(name));
    cx.reply.integer(1);
    cx.dirty(1);
    cx.notify(NotifyClass::STREAM, "xgroup-destroy", key);
    Ok(Flow::Done)
}

/// `XGROUP CREATECONSUMER key group consumer`.
pub(super) fn create_consumer(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name, consumer) = (&args[2], &args[3], &args[4]);
    let now = cx.now();
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut(key)?;
    let group = group_of(&target, key, name)?.group(name);
    if group.is_some_and(|group| group.consumer_id(consumer).is_some()) {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let create = |group: &mut StreamGroup| group.create_consumer(consumer, now).1;
    target.edit_quietly(|stream| stream.change_group(name, create));
    cx.reply.integer(1);
    cx.dirty(1);
    cx.notify(NotifyClass::STREAM, "xgroup-createconsumer", key);
    Ok(Flow::Done)
}

/// `XGROUP DELCONSUMER key group consumer`.
pub(super) fn remove_consumer(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name, consumer) = (&args[2], &args[3], &args[4]);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut(key)?;
    let group = group_of(&target, key, name)?.group(name);
    if group.is_none_or(|group| group.consumer_id(consumer).is_none()) {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let remove = |group: &mut StreamGroup| group.remove_consumer(consumer);
    let removed = target.edit_quietly(|stream| stream.change_group(name, remove));
    cx.reply.count(removed.flatten().unwrap_or(0));
    cx.dirty(1);
    cx.notify(NotifyClass::STREAM, "xgroup-delconsumer", key);
    Ok(Flow::Done)
}

/// The stream, which must have the group.
fn group_of<'t>(
    target: &'t StreamMut<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<&'t Stream, CommandError> {
    let stream = target.get().ok_or(text::GROUP_NEEDS_KEY)?;
    match stream.group(name) {
        Some(_) => Ok(stream),
        None => Err(text::no_group_of_key(key, name)),
    }
}

/// `XGROUP HELP`.
pub(super) fn help(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    help::write(&mut cx.reply, "XGROUP", HELP);
    Ok(Flow::Done)
}

const HELP: &[&str] = &[
    "CREATE <key> <groupname> <id|$> [option]",
    "    Creates a group that reads from behind an entry. Options are:",
    "    * MKSTREAM",
    "      Creates the stream without entries if it is not there.",
    "    * ENTRIESREAD entries_read",
    "      How many entries the group has read (for internal use).",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Creates a consumer in the group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Removes a consumer with all that it has not acknowledged.",
    "DESTROY <key> <groupname>",
    "    Removes the group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
    "    Moves the group to behind an entry.",
];
