//! Items into a key that does not exist yet.
//!
//! Always true: a value that is packed stays so up to the thresholds; a larger one goes the way of
//! its elements, which gives it the encoding that they would have given it.
//! Not here: streams — `load_stream.rs`

use russet_base::num::I64Buf;
use russet_engine::{
    Db, Encoding, End, FieldTtl, HashMut, Kind, ListMut, Millis, NewValue, Packing, SetMut,
    WrongType, ZsetAdd, ZsetAdded, ZsetMut,
};
use russet_rdb::{Entry, Item, ObjectReader, Packed, Shape, Text};

use super::{Refused, load_stream};

/// Deadlines of fields are below this.
const FIELD_DEADLINE_LIMIT: Millis = 1 << 48;
/// An intset beyond this is better off as pages.
const INTSET_ADOPTED_LEN_MAX: usize = 64;

/// Loads a value to a key that does not exist.
///
/// # Errors
/// What is wrong with the value; the key does not exist then.
pub(crate) fn load(
    db: &mut Db<'_>,
    packing: &Packing,
    key: &[u8],
    mut reader: ObjectReader<'_>,
) -> Result<(), Refused> {
    let result =
        load_kind(db, packing, key, &mut reader).and_then(|()| match reader.rest().rest() {
            [] => Ok(()),
            _ => Err(Refused::Bytes(russet_rdb::Error::Trailing)),
        });
    if result.is_err() {
        db.remove(key);
    }
    result
}

fn load_kind(
    db: &mut Db<'_>,
    packing: &Packing,
    key: &[u8],
    reader: &mut ObjectReader<'_>,
) -> Result<(), Refused> {
    use russet_rdb::Kind as In;
    let mut adopted = match reader.kind() {
        In::String => return load_string(db, key, reader),
        In::Stream => return load_stream::load(db, packing, key, reader),
        _ => Adopted {
            packing,
            whole: None,
        },
    };
    let mut digits = I64Buf::new();
    match reader.kind() {
        In::List => {
            let mut list = absent(db.list_mut(key))?;
            while let Some(item) = reader.next()? {
                list_item(&mut list, &item, &mut digits)?;
            }
        }
        In::Set => {
            let mut set = absent(db.set_mut(key))?;
            while let Some(item) = reader.next()? {
                set_item(&mut set, item, &mut adopted)?;
            }
        }
        In::Zset => {
            let mut zset = absent(db.zset_mut(key))?;
            while let Some(item) = reader.next()? {
                zset_item(&mut zset, item, &mut adopted)?;
            }
        }
        _ => {
            let mut hash = absent(db.hash_mut(key))?;
            while let Some(item) = reader.next()? {
                hash_item(&mut hash, item, &mut adopted)?;
            }
        }
    }
    match adopted.whole {
        Some((kind, encoding, bytes)) => absent(db.adopt_packed(key, kind, encoding, &bytes)),
        None => Ok(()),
    }
}

/// The key does not exist, so it holds nothing else.
fn absent<T>(found: Result<T, WrongType>) -> Result<T, Refused> {
    found.map_err(|WrongType| Refused::Parts)
}

/// A collection that is taken over as it is, once nobody holds the key.
struct Adopted<'p> {
    packing: &'p Packing,
    whole: Option<(Kind, Encoding, Vec<u8>)>,
}

impl Adopted<'_> {
    fn take(&mut self, kind: Kind, encoding: Encoding, packed: Packed<'_>) {
        self.whole = Some((kind, encoding, packed.bytes.into_owned()));
    }
}

fn load_string(db: &mut Db<'_>, key: &[u8], reader: &mut ObjectReader<'_>) -> Result<(), Refused> {
    let Some(Item::Text(text)) = reader.next()? else {
        return Err(Refused::Parts);
    };
    let russet_engine::Entry::Vacant(place) = db.entry(key) else {
        return Err(Refused::Parts);
    };
    match text {
        Text::Int(n) => place.insert(NewValue::Int(n), None),
        Text::Bytes(bytes) => place.insert(NewValue::Plain(&bytes), None),
    }
    Ok(())
}

fn list_item(list: &mut ListMut<'_>, item: &Item<'_>, digits: &mut I64Buf) -> Result<(), Refused> {
    match item {
        Item::Text(text) => {
            list.push(End::Back, [text.bytes(digits)]);
        }
        Item::Packed(node) => {
            for entry in node.entries() {
                list.push(End::Back, [entry.as_bytes(digits)]);
            }
        }
        _ => return Err(Refused::Parts),
    }
    Ok(())
}

fn set_item(
    set: &mut SetMut<'_>,
    item: Item<'_>,
    adopted: &mut Adopted<'_>,
) -> Result<(), Refused> {
    let packing = adopted.packing;
    match item {
        Item::Text(text) => add_to_set(set, entry_of(&text)),
        Item::Packed(packed) if packed.shape == Shape::Intset => {
            let len_max = packing.set_intset_entries_max;
            if packed.len() <= len_max.min(INTSET_ADOPTED_LEN_MAX) {
                adopted.take(Kind::Set, Encoding::Intset, packed);
                return Ok(());
            }
            set.expect(packed.len());
            packed
                .integers()
                .try_for_each(|n| add_to_set(set, Entry::Int(n)))
        }
        Item::Packed(packed) => {
            if packed.len() <= packing.set_entries_max {
                adopted.take(Kind::Set, Encoding::Listpack, packed);
                return Ok(());
            }
            set.expect(packed.len());
            packed
                .entries()
                .try_for_each(|member| add_to_set(set, member))
        }
        _ => Err(Refused::Parts),
    }
}

fn entry_of<'t>(text: &'t Text<'_>) -> Entry<'t> {
    match text {
        Text::Int(n) => Entry::Int(*n),
        Text::Bytes(bytes) => Entry::of(bytes),
    }
}

fn add_to_set(set: &mut SetMut<'_>, member: Entry<'_>) -> Result<(), Refused> {
    match set.add_member(member) {
        true => Ok(()),
        false => Err(Refused::Twice),
    }
}

fn zset_item(
    zset: &mut ZsetMut<'_>,
    item: Item<'_>,
    adopted: &mut Adopted<'_>,
) -> Result<(), Refused> {
    let mut digits = I64Buf::new();
    match item {
        Item::Scored { member, score } => add_to_zset(zset, member.bytes(&mut digits), score),
        Item::Packed(packed) => {
            if packed.len() <= adopted.packing.zset_entries_max {
                adopted.take(Kind::Zset, Encoding::Listpack, packed);
                return Ok(());
            }
            let mut scored = packed.scored();
            scored.try_for_each(|(member, score)| {
                add_to_zset(zset, member.as_bytes(&mut digits), score)
            })
        }
        _ => Err(Refused::Parts),
    }
}

fn add_to_zset(zset: &mut ZsetMut<'_>, member: &[u8], score: f64) -> Result<(), Refused> {
    match zset.add(member, score, ZsetAdd::default()) {
        Ok(ZsetAdded::New(_)) => Ok(()),
        _ => Err(Refused::Twice),
    }
}

fn hash_item(
    hash: &mut HashMut<'_>,
    item: Item<'_>,
    adopted: &mut Adopted<'_>,
) -> Result<(), Refused> {
    let (mut a, mut b) = (I64Buf::new(), I64Buf::new());
    match item {
        Item::Field {
            name,
            value,
            deadline,
        } => set_in_hash(hash, (name.bytes(&mut a), value.bytes(&mut b)), deadline),
        Item::Packed(packed)
            if packed.shape == Shape::Hash && packed.len() <= adopted.packing.hash_entries_max =>
        {
            adopted.take(Kind::Hash, Encoding::Listpack, packed);
            Ok(())
        }
        Item::Packed(packed) => packed.fields().try_for_each(|(name, value, deadline)| {
            set_in_hash(
                hash,
                (name.as_bytes(&mut a), value.as_bytes(&mut b)),
                deadline,
            )
        }),
        _ => Err(Refused::Parts),
    }
}

fn set_in_hash(
    hash: &mut HashMut<'_>,
    (name, value): (&[u8], &[u8]),
    deadline: Option<Millis>,
) -> Result<(), Refused> {
    let ttl = match deadline {
        None => FieldTtl::Clear,
        Some(at) if (0..FIELD_DEADLINE_LIMIT).contains(&at) => FieldTtl::At(at),
        Some(_) => return Err(Refused::Parts),
    };
    match hash.set(name, value, ttl) {
        true => Ok(()),
        false => Err(Refused::Twice),
    }
}
