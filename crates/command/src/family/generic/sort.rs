//! SORT and SORT_RO: the elements of a collection in an order, themselves or by other keys.
//!
//! ```text
//!  elements ─► weights ─► sorted ─► part that LIMIT leaves ─► what GET asks for ─► reply or list
//!              (BY)
//! ```
//! Always true: nothing is stored when a weight is no number.
//! Not here: what keys hold — `russet-engine`; the order of equal weights is that of the bytes.

mod order;
mod pattern;

use russet_engine::{End, Kind, Touch};
use russet_resp::Args;

use crate::args::{Cursor, is_word};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;
use order::{Order, sorted};
use pattern::Pattern;

/// The options of SORT.
#[derive(Debug, Default)]
struct Asked<'a> {
    order: Order,
    by: Option<&'a [u8]>,
    get: Vec<&'a [u8]>,
    offset: i64,
    /// Negative: all.
    count: Option<i64>,
    store: Option<&'a [u8]>,
}

pub(super) fn sort(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let asked = asked(cx, args, true)?;
    run(cx, &args[1], asked)
}

pub(super) fn sort_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let asked = asked(cx, args, false)?;
    run(cx, &args[1], asked)
}

const BY_DENIED: CommandError =
    CommandError::text("ERR BY option of SORT denied due to insufficient ACL permissions.");
const GET_DENIED: CommandError =
    CommandError::text("ERR GET option of SORT denied due to insufficient ACL permissions.");

fn asked<'a>(cx: &Ctx<'_>, args: Args<'a>, may_store: bool) -> Result<Asked<'a>, CommandError> {
    let mut asked = Asked::default();
    let mut cursor = Cursor::new(args, 2);
    while let Some(word) = cursor.next() {
        let left = args.len() - cursor.position();
        if is_word(word, "ASC") {
            asked.order.is_descending = false;
        } else if is_word(word, "DESC") {
            asked.order.is_descending = true;
        } else if is_word(word, "ALPHA") {
            asked.order.is_alphabetical = true;
        } else if is_word(word, "LIMIT") && left >= 2 {
            asked.offset = cursor.integer();
            asked.count = Some(cursor.integer());
        } else if is_word(word, "STORE") && left >= 1 && may_store {
            asked.store = cursor.next();
        } else if is_word(word, "BY") && left >= 1 {
            asked.by = cursor.next();
            let names_keys = asked.by.is_some_and(|by| Pattern::new(by).has_star());
            if names_keys && !cx.reads_all_keys {
                cursor.fail(BY_DENIED);
                break;
            }
        } else if is_word(word, "GET") && left >= 1 && !cx.reads_all_keys {
            cursor.fail(GET_DENIED);
            break;
        } else if is_word(word, "GET") && left >= 1 {
            asked.get.extend(cursor.next());
        } else {
            cursor.fail(CommandError::Syntax);
            break;
        }
    }
    cursor.finish()?;
    Ok(asked)
}

fn run(cx: &mut Ctx<'_>, key: &[u8], mut asked: Asked<'_>) -> Result<Flow, CommandError> {
    let (kind, mut elements) = elements(cx, key)?;
    // A pattern without a star names one key for all: nothing is sorted.
    let mut by = asked.by.map(Pattern::new);
    let mut is_sorted = by.as_ref().is_none_or(Pattern::has_star);
    // COMPAT: a set has no order, so one that is stored, or that a script sees, is given one.
    let needs_order = asked.store.is_some() || cx.is_in_script;
    if !is_sorted && kind == Some(Kind::Set) && needs_order {
        (is_sorted, by, asked.order.is_alphabetical) = (true, None, true);
    }
    if is_sorted {
        elements = sorted(cx, elements, by.as_ref(), asked.order)?;
    } else if kind != Some(Kind::Set) && asked.order.is_descending {
        elements.reverse();
    }
    let (from, to) = limits(&asked, elements.len());
    let elements = &elements[from..to];
    match asked.store {
        Some(target) => store(cx, target, elements, &asked.get),
        None => reply(cx, elements, &asked.get),
    }
    Ok(Flow::Done)
}

/// The part of `len` elements that LIMIT leaves.
fn limits(asked: &Asked<'_>, len: usize) -> (usize, usize) {
    let Some(count) = asked.count else {
        return (0, len);
    };
    let from = usize::try_from(asked.offset.max(0)).map_or(len, |from| from.min(len));
    let count = usize::try_from(count).map_or(len, |count| count.min(len));
    (from, from.saturating_add(count).min(len))
}

/// The elements of a list, a set or a sorted set, in their own order.
fn elements(cx: &mut Ctx<'_>, key: &[u8]) -> Result<(Option<Kind>, Vec<Vec<u8>>), CommandError> {
    let mut db = cx.keyspace.db(cx.db);
    let Some(value) = db.read(key, Touch::Yes) else {
        cx.effects.miss(cx.db, key);
        return Ok((None, Vec::new()));
    };
    let kind = value.kind();
    let elements = match kind {
        Kind::List => value.list()?.to_vec(),
        Kind::Set => value.set()?.iter().map(|member| member.to_vec()).collect(),
        Kind::Zset => {
            let members = value.zset()?.iter();
            members.map(|scored| scored.member.to_vec()).collect()
        }
        _ => return Err(CommandError::WrongType),
    };
    Ok((Some(kind), elements))
}

fn reply(cx: &mut Ctx<'_>, elements: &[Vec<u8>], get: &[&[u8]]) {
    cx.reply.array(elements.len() * get.len().max(1));
    let patterns: Vec<Pattern<'_>> = get.iter().copied().map(Pattern::new).collect();
    for element in elements {
        if patterns.is_empty() {
            cx.reply.bulk(element);
        }
        for pattern in &patterns {
            match pattern.look_up(cx, element) {
                Some(found) => cx.reply.bulk(&found),
                None => cx.reply.null(),
            }
        }
        if cx.reply.is_over() {
            break;
        }
    }
}

fn store(cx: &mut Ctx<'_>, target: &[u8], elements: &[Vec<u8>], get: &[&[u8]]) {
    let patterns: Vec<Pattern<'_>> = get.iter().copied().map(Pattern::new).collect();
    let mut found: Vec<Vec<u8>> = Vec::new();
    for element in elements {
        if patterns.is_empty() {
            found.push(element.clone());
        }
        for pattern in &patterns {
            found.push(pattern.look_up(cx, element).unwrap_or_default());
        }
    }
    let count = found.len();
    let was_there = cx.db().remove(target);
    if count > 0 {
        let mut db = cx.keyspace.db(cx.db);
        let mut list = db.list_mut(target).expect("the key was removed");
        list.push(End::Back, found.iter().map(Vec::as_slice));
        if !was_there {
            cx.notify(NotifyClass::NEW, "new", target);
        }
        cx.notify(NotifyClass::LIST, "sortstore", target);
        cx.dirty(count as u64);
    } else if was_there {
        cx.notify(NotifyClass::GENERIC, "del", target);
        cx.dirty(1);
    }
    cx.reply.count(count);
}
