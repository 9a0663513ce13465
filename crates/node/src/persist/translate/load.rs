//! Items into a value that no key has yet.
//!
//! ```text
//!  Reader ──item──► Loader ──finish──► Detached ──► Db::place, by the owner of the key
//! ```
//! Always true: loading changes no key; a value that is packed stays so up to the thresholds; a
//! larger one is built from its elements, which gives it the encoding that they would have given
//! it.
//! Not here: streams — `load_stream.rs`

use bytes::Bytes;
use russet_base::num::I64Buf;
use russet_engine::{
    Db, Detached, Encoding, Kind, Member, Millis, NewHash, NewList, NewSet, NewValue, NewZset,
    Packing,
};
use russet_rdb::{Entry, Input, Item, Next, Packed, Pieces, Reader, Shape, Text};

use super::Refused;
use super::load_stream::StreamLoader;

/// Deadlines of fields are below this.
const FIELD_DEADLINE_LIMIT: Millis = 1 << 48;
/// An intset beyond this is better off as pages.
const INTSET_ADOPTED_LEN_MAX: usize = 64;
/// Longer strings are taken over instead of copied.
const COPIED_LEN_MAX: usize = 1024;

/// Loads a value from bytes that hold it and nothing else.
///
/// # Errors
/// The value is invalid.
pub(crate) fn load(
    db: &Db<'_>,
    mut reader: Reader,
    mut input: Input<'_>,
) -> Result<Detached, Refused> {
    let mut loader = Loader::new(db, reader.kind());
    loop {
        match reader.next(&mut input)? {
            Next::Item(item) => loader.item(db, item)?,
            Next::End if input.rest().is_empty() => return loader.finish(),
            Next::End => return Err(Refused::Bytes(russet_rdb::Error::Trailing)),
            Next::More => return Err(Refused::Bytes(russet_rdb::Error::Cut)),
        }
    }
}

/// A value that is being loaded, item by item.
pub(crate) struct Loader {
    packing: Packing,
    pieces: Pieces,
    body: Body,
}

enum Body {
    String,
    List(NewList),
    Set(NewSet),
    Zset(NewZset),
    Hash(NewHash),
    Stream(Box<StreamLoader>),
    /// A value that came in one item.
    Whole(Detached),
}

impl Loader {
    /// Begins a value of that kind for this database.
    pub(crate) fn new(db: &Db<'_>, kind: russet_rdb::Kind) -> Self {
        use russet_rdb::Kind as In;
        Self {
            packing: db.packing(),
            pieces: Pieces::default(),
            body: match kind {
                In::String => Body::String,
                In::List => Body::List(db.new_list()),
                In::Set => Body::Set(db.new_set_of(1)),
                In::Zset => Body::Zset(db.new_zset()),
                In::Hash => Body::Hash(db.new_hash()),
                In::Stream => Body::Stream(Box::default()),
            },
        }
    }

    /// Takes the next item.
    ///
    /// # Errors
    /// The item contradicts those before; the loader must not be used any more.
    pub(crate) fn item(&mut self, db: &Db<'_>, item: Item<'_>) -> Result<(), Refused> {
        let Some(item) = self.pieces.join(item) else {
            return Ok(());
        };
        let whole = match &mut self.body {
            Body::String => Some(string(item)?),
            Body::List(list) => list_item(list, &item).map(|()| None)?,
            Body::Set(set) => set_item(set, item, db, &self.packing)?,
            Body::Zset(zset) => zset_item(zset, item, &self.packing)?,
            Body::Hash(hash) => hash_item(hash, item, &self.packing)?,
            Body::Stream(stream) => stream.item(item, &self.packing).map(|()| None)?,
            Body::Whole(_) => return Err(Refused::Parts),
        };
        if let Some(whole) = whole {
            self.body = Body::Whole(whole);
        }
        Ok(())
    }

    /// Returns the value.
    ///
    /// # Errors
    /// Parts of the value are missing.
    pub(crate) fn finish(self) -> Result<Detached, Refused> {
        let value = match self.body {
            Body::String => None,
            Body::List(list) => list.finish(),
            Body::Set(set) => set.finish(),
            Body::Zset(zset) => zset.finish(),
            Body::Hash(hash) => hash.finish(),
            Body::Stream(stream) => Some(Detached::stream(stream.finish()?)),
            Body::Whole(value) => Some(value),
        };
        value.ok_or(Refused::Parts)
    }
}

fn string(item: Item<'_>) -> Result<Detached, Refused> {
    let Item::Text(text) = item else {
        return Err(Refused::Parts);
    };
    Ok(Detached::string(&match text {
        Text::Bytes(bytes) if bytes.len() > COPIED_LEN_MAX => {
            NewValue::Shared(Bytes::from(bytes.into_owned()))
        }
        ref text => new_value(text),
    }))
}

/// The value of a short string.
pub(crate) fn new_value<'t>(text: &'t Text<'_>) -> NewValue<'t> {
    match text {
        Text::Int(n) => NewValue::Int(*n),
        Text::Bytes(bytes) => NewValue::Plain(bytes),
    }
}

fn list_item(list: &mut NewList, item: &Item<'_>) -> Result<(), Refused> {
    let mut digits = I64Buf::new();
    match item {
        Item::Text(text) => list.push(text.bytes(&mut digits)),
        Item::Packed(node) => {
            for entry in node.entries() {
                list.push(entry.as_bytes(&mut digits));
            }
        }
        _ => return Err(Refused::Parts),
    }
    Ok(())
}

/// A packed collection that is taken over as it is.
fn adopted(kind: Kind, encoding: Encoding, packed: Packed<'_>) -> Detached {
    Detached::packed(kind, encoding, packed.bytes.into_owned())
}

fn set_item(
    set: &mut NewSet,
    item: Item<'_>,
    db: &Db<'_>,
    packing: &Packing,
) -> Result<Option<Detached>, Refused> {
    match item {
        Item::Text(text) => add_to_set(set, entry_of(&text))?,
        Item::Packed(packed) if packed.shape == Shape::Intset => {
            let len_max = packing.set_intset_entries_max;
            if packed.len() <= len_max.min(INTSET_ADOPTED_LEN_MAX) {
                return Ok(Some(adopted(Kind::Set, Encoding::Intset, packed)));
            }
            *set = db.new_set_of(packed.len());
            packed
                .integers()
                .try_for_each(|n| add_to_set(set, Entry::Int(n)))?;
        }
        Item::Packed(packed) => {
            if packed.len() <= packing.set_entries_max {
                return Ok(Some(adopted(Kind::Set, Encoding::Listpack, packed)));
            }
            *set = db.new_set_of(packed.len());
            packed
                .entries()
                .try_for_each(|member| add_to_set(set, member))?;
        }
        _ => return Err(Refused::Parts),
    }
    Ok(None)
}

fn entry_of<'t>(text: &'t Text<'_>) -> Entry<'t> {
    match text {
        Text::Int(n) => Entry::Int(*n),
        Text::Bytes(bytes) => Entry::of(bytes),
    }
}

fn add_to_set(set: &mut NewSet, member: Member<'_>) -> Result<(), Refused> {
    match set.add(member) {
        true => Ok(()),
        false => Err(Refused::Twice),
    }
}

fn zset_item(
    zset: &mut NewZset,
    item: Item<'_>,
    packing: &Packing,
) -> Result<Option<Detached>, Refused> {
    match item {
        Item::Scored { member, score } => add_to_zset(zset, entry_of(&member), score)?,
        Item::Packed(packed) => {
            if packed.len() <= packing.zset_entries_max {
                return Ok(Some(adopted(Kind::Zset, Encoding::Listpack, packed)));
            }
            let mut scored = packed.scored();
            scored.try_for_each(|(member, score)| add_to_zset(zset, member, score))?;
        }
        _ => return Err(Refused::Parts),
    }
    Ok(None)
}

fn add_to_zset(zset: &mut NewZset, member: Member<'_>, score: f64) -> Result<(), Refused> {
    let mut is_new = true;
    zset.put(member, |old| {
        is_new = old.is_none();
        is_new.then_some(score)
    });
    match is_new {
        true => Ok(()),
        false => Err(Refused::Twice),
    }
}

fn hash_item(
    hash: &mut NewHash,
    item: Item<'_>,
    packing: &Packing,
) -> Result<Option<Detached>, Refused> {
    let (mut a, mut b) = (I64Buf::new(), I64Buf::new());
    match item {
        Item::Field {
            name,
            value,
            deadline,
        } => add_to_hash(hash, (name.bytes(&mut a), value.bytes(&mut b)), deadline)?,
        Item::Packed(packed)
            if packed.shape == Shape::Hash
                && packed.len() <= packing.hash_entries_max
                && !(is_converted(&packed) && has_longer(&packed, packing.hash_value_max)) =>
        {
            return Ok(Some(adopted(Kind::Hash, Encoding::Listpack, packed)));
        }
        Item::Packed(packed) => packed.fields().try_for_each(|(name, value, deadline)| {
            let pair = (name.as_bytes(&mut a), value.as_bytes(&mut b));
            add_to_hash(hash, pair, deadline)
        })?,
        _ => return Err(Refused::Parts),
    }
    Ok(None)
}

/// Whether it may have been a ziplist or a zipmap: others are taken as they are.
fn is_converted(packed: &Packed<'_>) -> bool {
    matches!(packed.bytes, std::borrow::Cow::Owned(_))
}

fn has_longer(packed: &Packed<'_>, len_max: usize) -> bool {
    packed.entries().any(|entry| match entry {
        Entry::Int(_) => false,
        Entry::Str(bytes) => bytes.len() > len_max,
    })
}

fn add_to_hash(
    hash: &mut NewHash,
    (name, value): (&[u8], &[u8]),
    deadline: Option<Millis>,
) -> Result<(), Refused> {
    if deadline.is_some_and(|at| !(0..FIELD_DEADLINE_LIMIT).contains(&at)) {
        return Err(Refused::Parts);
    }
    match hash.add(name, value, deadline) {
        true => Ok(()),
        false => Err(Refused::Twice),
    }
}
