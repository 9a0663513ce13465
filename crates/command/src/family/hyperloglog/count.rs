//! Adding, counting, merging: PFADD, PFCOUNT, PFMERGE.
//!
//! Always true: all sources are checked before anything is written.

use russet_engine::{
    DenseMut, Entry, NewValue, Registers, Sketch, SketchRef, StringRef, Touch, store_count,
};
use russet_resp::Args;

use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `PFADD key [element ...]`.
pub(super) fn pfadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, elements) = (&args[1], args.skip(2));
    let sparse_len_max = cx.keyspace.packing().hll_sparse_bytes_max;
    let hash = cx.hash_of_first(key);
    let changes = match cx.keyspace.db(cx.db).entry((hash, key)) {
        Entry::Occupied(mut entry) => {
            let view = sketch_of(entry.string()?)?;
            if view.is_dense() {
                entry.edit_string(0, |bytes| {
                    let changes = add_dense(bytes, elements);
                    (changes, changes > 0)
                })?
            } else {
                let mut sketch = Sketch::copied(view);
                let changes = add_all(&mut sketch, elements, sparse_len_max)?;
                if changes > 0 {
                    sketch.mark_stale();
                    entry.set(NewValue::Raw(sketch.bytes()));
                }
                changes
            }
        }
        Entry::Vacant(entry) => {
            let mut sketch = Sketch::new();
            let changes = add_all(&mut sketch, elements, sparse_len_max)?;
            sketch.mark_stale();
            entry.insert(NewValue::Raw(sketch.bytes()), None);
            cx.notify(NotifyClass::NEW, "new", key);
            changes + 1
        }
    };
    if changes > 0 {
        cx.dirty(changes);
        cx.notify(NotifyClass::STRING, "pfadd", key);
    }
    cx.reply.integer(i64::from(changes > 0));
    Ok(Flow::Done)
}

/// `PFCOUNT key [key ...]`: of one key, the count is stored until something is added.
pub(super) fn pfcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() > 2 {
        let mut all = Registers::new();
        merge_all(cx, args.skip(1), &mut all)?;
        let count = all.count().map_err(|_| CommandError::HllCorrupted)?;
        reply_count(cx, count);
        return Ok(Flow::Done);
    }
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(value) = db.read((hash, key), Touch::Yes) else {
        cx.reply.integer(0);
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let view = sketch_of(value.string()?)?;
    if let Some(count) = view.stored_count() {
        reply_count(cx, count);
        return Ok(Flow::Done);
    }
    let count = view.count().map_err(|_| CommandError::HllCorrupted)?;
    if let Entry::Occupied(mut entry) = db.entry((hash, key)) {
        store_count(entry.string_mut(0)?, count);
    }
    cx.dirty(1);
    reply_count(cx, count);
    Ok(Flow::Done)
}

/// `PFMERGE destkey [sourcekey ...]`.
pub(super) fn pfmerge(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let sparse_len_max = cx.keyspace.packing().hll_sparse_bytes_max;
    let mut all = Registers::new();
    let any_dense = merge_all(cx, args.skip(1), &mut all)?;
    let merged = |mut sketch: Sketch| {
        if any_dense {
            sketch.make_dense()?;
        }
        sketch.raise_all(&all, sparse_len_max)?;
        sketch.mark_stale();
        Ok::<_, russet_engine::CorruptedSketch>(sketch)
    };
    match cx.keyspace.db(cx.db).entry(key) {
        Entry::Occupied(mut entry) => {
            let sketch = Sketch::copied(sketch_of(entry.string()?)?);
            let sketch = merged(sketch).map_err(|_| CommandError::HllCorrupted)?;
            entry.set(NewValue::Raw(sketch.bytes()));
        }
        Entry::Vacant(entry) => {
            let sketch = merged(Sketch::new()).map_err(|_| CommandError::HllCorrupted)?;
            entry.insert(NewValue::Raw(sketch.bytes()), None);
            cx.notify(NotifyClass::NEW, "new", key);
        }
    }
    cx.dirty(1);
    // COMPAT: a merge is an event like adding.
    cx.notify(NotifyClass::STRING, "pfadd", key);
    cx.reply.ok();
    Ok(Flow::Done)
}

/// The HyperLogLog in a string.
pub(super) fn sketch_of(value: StringRef<'_>) -> Result<SketchRef<'_>, CommandError> {
    match value {
        StringRef::Int(_) => None,
        StringRef::Bytes(bytes) => SketchRef::of(bytes),
        StringRef::Shared(bytes) => SketchRef::of(bytes),
    }
    .ok_or(CommandError::HllType)
}

fn add_all(
    sketch: &mut Sketch,
    elements: Args<'_>,
    sparse_len_max: usize,
) -> Result<u64, CommandError> {
    let mut changes = 0;
    for element in elements {
        let is_changed = sketch.add(element, sparse_len_max);
        changes += u64::from(is_changed.map_err(|_| CommandError::HllCorrupted)?);
    }
    Ok(changes)
}

fn add_dense(bytes: &mut [u8], elements: Args<'_>) -> u64 {
    let Some(mut sketch) = DenseMut::of(bytes) else {
        return 0;
    };
    let changes = elements
        .iter()
        .filter(|element| sketch.add(element))
        .count();
    if changes > 0 {
        sketch.mark_stale();
    }
    changes as u64
}

/// Merges the HyperLogLogs of some keys; says whether any of them is dense.
fn merge_all(cx: &mut Ctx<'_>, keys: Args<'_>, all: &mut Registers) -> Result<bool, CommandError> {
    let mut any_dense = false;
    for key in keys {
        let mut db = cx.keyspace.db(cx.db);
        let Some(value) = db.read(key, Touch::Yes) else {
            cx.miss(key);
            continue;
        };
        let view = sketch_of(value.string()?)?;
        any_dense |= view.is_dense();
        all.merge(view).map_err(|_| CommandError::HllCorrupted)?;
    }
    Ok(any_dense)
}

fn reply_count(cx: &mut Ctx<'_>, count: u64) {
    cx.reply.integer(count.cast_signed());
}
