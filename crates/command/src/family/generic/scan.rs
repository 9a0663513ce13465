//! KEYS, SCAN, RANDOMKEY: finding keys without knowing their names.
//!
//! Always true: no key is shown whose deadline has passed.
//! Not here: what a cursor means — the engine's `Db::scan`.

use russet_engine::{ExpiryMode, Kind, ScannedKey};
use russet_resp::Args;
use smallvec::SmallVec;

use crate::args::is_word;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::family::walk::{self, Page, Pattern};

pub(super) fn keys(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let pattern = Pattern(&args[1]);
    let mut len = 0;
    let list = cx.reply.begin_array();
    cx.keyspace.db(cx.db).for_each(&mut |found| {
        if pattern.matches(found.key) {
            cx.reply.bulk(found.key);
            len += 1;
        }
    });
    cx.reply.end_array(list, len);
    Ok(Flow::Done)
}

pub(super) fn scan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = walk::cursor(&args[1])?;
    let wish = Wish::read(args)?;
    let mut db = cx.keyspace.db(cx.db);
    let count = wish.page.count.min(db.len().max(1));
    walk::write(&mut cx.reply, |keys| {
        let mut len = 0;
        let next = db.scan(cursor, count, &mut |found| {
            if wish.admits(&found) {
                keys.bulk(found.key);
                len += 1;
            }
        });
        (next, len)
    });
    Ok(Flow::Done)
}

pub(super) fn randomkey(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    // A key that has expired goes when it is looked at, so each round finds one or removes one,
    // unless those that expired are kept.
    let mut draws = match cx.keyspace.expiry_mode() {
        ExpiryMode::Remove => usize::MAX,
        ExpiryMode::KeepForReads | ExpiryMode::Ignore => KEPT_DRAWS_MAX,
    };
    while draws > 0 {
        let mut db = cx.keyspace.db(cx.db);
        let Some(key) = db.random_key() else {
            break;
        };
        let key: SmallVec<[u8; 64]> = SmallVec::from_slice(key);
        if db.contains(&key) {
            cx.reply.bulk(&key);
            return Ok(Flow::Done);
        }
        draws -= 1;
    }
    cx.reply.null();
    Ok(Flow::Done)
}

/// How often RANDOMKEY draws while expired keys are kept, so that all of them may have expired.
const KEPT_DRAWS_MAX: usize = 100;

/// Which type of values a SCAN wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WantedKind {
    Any,
    Only(Kind),
    /// COMPAT: a type that nobody knows is no error, but nothing is of it.
    Unknown,
}

/// The options of a SCAN.
struct Wish<'a> {
    page: Page<'a>,
    kind: WantedKind,
}

impl<'a> Wish<'a> {
    fn read(args: Args<'a>) -> Result<Self, CommandError> {
        let mut kind = WantedKind::Any;
        let page = Page::read(args, 2, |rest| {
            let name = rest.eat_valued("TYPE");
            kind = name.map_or(kind, kind_by_name);
            name.is_some()
        })?;
        Ok(Self { page, kind })
    }

    fn admits(&self, found: &ScannedKey<'_>) -> bool {
        let kind = match self.kind {
            WantedKind::Any => true,
            WantedKind::Only(kind) => found.kind == kind,
            WantedKind::Unknown => false,
        };
        kind && self.page.pattern.matches(found.key)
    }
}

fn kind_by_name(name: &[u8]) -> WantedKind {
    [
        Kind::String,
        Kind::List,
        Kind::Set,
        Kind::Zset,
        Kind::Hash,
        Kind::Stream,
    ]
    .into_iter()
    .find(|kind| is_word(name, kind.name()))
    .map_or(WantedKind::Unknown, WantedKind::Only)
}
