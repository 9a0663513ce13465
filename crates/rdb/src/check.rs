//! Validation of packed parts, as a whole.
//!
//! Parts of older types, ziplists and zipmaps, become listpacks here, so that callers never see
//! them.
//!
//! Always true: the result is a listpack in canonical form or an intset, without duplicates.
//! Not here: blocks of streams — `stream.rs`

use std::borrow::Cow;

use russet_base::num;
use russet_pack::Malformed;
use russet_pack::intset::Intset;
use russet_pack::listpack::{self, Builder, Entry, Listpack};
use russet_pack::ziplist::Ziplist;
use russet_pack::zipmap::Zipmap;

use crate::error::{Error, Part};
use crate::item::Packed;
use crate::shape::Shape;
use crate::string::Raw;

/// The format in which a packed part was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Listpack,
    Ziplist,
    Zipmap,
    Intset,
}

impl Written {
    fn part(self, shape: Shape) -> Part {
        match self {
            Self::Listpack => Part::Listpack(shape),
            Self::Ziplist => Part::Ziplist(shape),
            Self::Zipmap => Part::Zipmap,
            Self::Intset => Part::Intset,
        }
    }
}

/// Checks the string that holds a packed part.
pub(crate) fn packed(string: Raw<'_>, written: Written, shape: Shape) -> Result<Packed<'_>, Error> {
    let bytes = string.bytes()?;
    let part = written.part(shape);
    let bytes = as_listpack(bytes, written).map_err(|why| Error::Packed { part, why })?;
    if shape != Shape::Intset {
        elements(Listpack::new(&bytes), shape, part)?;
    } else if Intset::new(&bytes).is_empty() {
        return Err(Error::Empty);
    }
    Ok(Packed { shape, bytes })
}

fn as_listpack(bytes: Cow<'_, [u8]>, written: Written) -> Result<Cow<'_, [u8]>, Malformed> {
    Ok(match written {
        Written::Listpack => canonical(bytes)?,
        Written::Ziplist => Cow::Owned(of_ziplist(&bytes)?),
        Written::Zipmap => Cow::Owned(of_zipmap(&bytes)?),
        Written::Intset => {
            Intset::validate(&bytes)?;
            bytes
        }
    })
}

/// Checks a listpack, and rewrites it if entries are not in the one form they should be in.
pub(crate) fn canonical(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>, Malformed> {
    let list = Listpack::validate(&bytes)?;
    if list.is_canonical() {
        return Ok(bytes);
    }
    Ok(Cow::Owned(listpack::canonical(list)))
}

fn of_ziplist(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut builder = Builder::with_capacity(bytes.len());
    Ziplist::validate(bytes)?
        .iter()
        .for_each(|entry| builder.push_entry(entry));
    Ok(builder.finish())
}

fn of_zipmap(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut builder = Builder::with_capacity(bytes.len());
    for (field, value) in Zipmap::validate(bytes)?.iter() {
        builder.push(field);
        builder.push(value);
    }
    Ok(builder.finish())
}

/// Checks that the elements go together.
fn elements(list: Listpack<'_>, shape: Shape, part: Part) -> Result<(), Error> {
    let (each, is_right) = match shape {
        Shape::List | Shape::Intset => return Ok(()),
        Shape::Set => (1, true),
        Shape::Zset => (2, is_scored(list)),
        Shape::Hash => (2, true),
        Shape::HashEx => (3, has_deadlines(list)),
    };
    if list.is_empty() {
        // COMPAT: an empty zipmap counts as a broken one.
        let is_zipmap = part == Part::Zipmap;
        return Err(if is_zipmap {
            Error::Elements { part }
        } else {
            Error::Empty
        });
    }
    if !list.len().is_multiple_of(each) {
        return Err(Error::Elements { part });
    }
    if repeats(list, each) {
        return Err(Error::Repeated { part });
    }
    if is_right {
        Ok(())
    } else {
        Err(Error::Elements { part })
    }
}

/// Whether one of every `each` entries is there twice.
fn repeats(list: Listpack<'_>, each: usize) -> bool {
    let mut entries: Vec<Entry<'_>> = list.iter().step_by(each).collect();
    entries.sort_unstable();
    entries.windows(2).any(|pair| pair[0] == pair[1])
}

/// The score that an entry spells.
pub(crate) fn score(entry: Entry<'_>) -> Option<f64> {
    let score = match entry {
        Entry::Int(n) => n as f64,
        Entry::Str(text) => num::parse_f64(text)?,
    };
    (!score.is_nan()).then_some(score)
}

/// Whether scores follow members, in ascending order.
fn is_scored(list: Listpack<'_>) -> bool {
    let mut before: Option<(f64, Entry<'_>)> = None;
    let mut entries = list.iter();
    while let Some(member) = entries.next() {
        let Some(score) = entries.next().and_then(score) else {
            return false;
        };
        let ascends = before.is_none_or(|(below, other)| {
            below < score || (below == score && other.cmp_text(&member).is_lt())
        });
        if !ascends {
            return false;
        }
        before = Some((score, member));
    }
    true
}

/// Whether a deadline follows every field and value.
fn has_deadlines(list: Listpack<'_>) -> bool {
    list.iter()
        .skip(2)
        .step_by(3)
        .all(|entry| matches!(entry, Entry::Int(0..)))
}
