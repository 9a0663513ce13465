//! Reading a value, item by item.
//!
//! Always true: each call reads as much as one item needs; after an error there are no more items.
//! Not here: streams — `stream.rs`; whether packed parts are right — `check.rs`

mod stream;

use self::stream::StreamReader;
use crate::check::{self, Written};
use crate::item::{Item, Shape};
use crate::payload::Payload;
use crate::wire::{Kind, NODE_PACKED, NODE_PLAIN, ObjectType, Version};
use crate::{Error, Input, Text};

/// Reads a value, item by item.
#[derive(Clone, Debug)]
pub struct ObjectReader<'a> {
    input: Input<'a>,
    kind: Kind,
    step: Step,
}

/// What comes next.
#[derive(Clone, Debug)]
enum Step {
    String,
    Packed(Written, Shape),
    Texts(u64),
    Scored(u64, ScoreForm),
    Fields(u64, FieldForm),
    /// Nodes of a list, and whether one had elements.
    Nodes(u64, NodeForm, bool),
    Stream(StreamReader),
    Done,
}

#[derive(Clone, Copy, Debug)]
enum ScoreForm {
    Text,
    Binary,
}

#[derive(Clone, Copy, Debug)]
enum FieldForm {
    /// Name and value.
    Pair,
    /// How long after `least` the field goes (plus one; 0: never), then name and value.
    Relative { least: i64 },
    /// The deadline, then name and value.
    Leading,
    /// Name and value, then the deadline (-1: never).
    Trailing,
}

#[derive(Clone, Copy, Debug)]
enum NodeForm {
    Ziplist,
    Listpack,
}

impl<'a> ObjectReader<'a> {
    /// Reads the value of a payload.
    ///
    /// # Errors
    /// The type is not known, or the bytes end too early.
    pub fn of_payload(payload: Payload<'a>) -> Result<Self, Error> {
        let mut input = Input::new(payload.object);
        let object = ObjectType(input.byte()?);
        Self::new(object, payload.version, input)
    }

    /// Reads a value of this type at the front of the input.
    ///
    /// # Errors
    /// The type is not known, or the bytes end too early.
    pub fn new(object: ObjectType, version: Version, mut input: Input<'a>) -> Result<Self, Error> {
        let kind = object.kind(version).ok_or(Error::UnknownType(object))?;
        let step = first_step(object, version, &mut input)?;
        Ok(Self { input, kind, step })
    }

    /// What the value is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The next item; `None` behind the last one.
    ///
    /// # Errors
    /// The bytes are not a value of this type.
    #[expect(clippy::should_implement_trait, reason = "it can fail")]
    pub fn next(&mut self) -> Result<Option<Item<'a>>, Error> {
        let found = self.step();
        if !matches!(found, Ok(Some(_))) {
            self.step = Step::Done;
        }
        found
    }

    /// What follows the value, once all of it was read.
    #[must_use]
    pub fn rest(self) -> Input<'a> {
        self.input
    }

    fn step(&mut self) -> Result<Option<Item<'a>>, Error> {
        let input = &mut self.input;
        Ok(Some(match &mut self.step {
            Step::Done | Step::Texts(0) | Step::Scored(0, _) | Step::Fields(0, _) => {
                return Ok(None);
            }
            Step::Nodes(0, _, false) => return Err(Error::Empty),
            Step::Nodes(0, ..) => return Ok(None),
            Step::Nodes(left, form, has_any) => return next_node(input, left, *form, has_any),
            Step::Stream(stream) => return stream.next(input),
            Step::String => {
                let text = input.text()?;
                self.step = Step::Done;
                Item::Text(text)
            }
            &mut Step::Packed(written, shape) => {
                self.step = Step::Done;
                Item::Packed(check::packed(input, written, shape)?)
            }
            Step::Texts(left) => {
                *left -= 1;
                Item::Text(input.text()?)
            }
            Step::Scored(left, form) => {
                *left -= 1;
                scored(input, *form)?
            }
            Step::Fields(left, form) => {
                *left -= 1;
                field(input, *form)?
            }
        }))
    }
}

fn first_step(object: ObjectType, version: Version, input: &mut Input<'_>) -> Result<Step, Error> {
    use Written::{Intset, Listpack, Ziplist, Zipmap};
    Ok(match object {
        ObjectType::STRING => Step::String,
        ObjectType::LIST | ObjectType::SET => Step::Texts(count(input)?),
        ObjectType::ZSET => Step::Scored(count(input)?, ScoreForm::Text),
        ObjectType::ZSET_2 => Step::Scored(count(input)?, ScoreForm::Binary),
        ObjectType::HASH => Step::Fields(count(input)?, FieldForm::Pair),
        ObjectType::HASH_METADATA_EARLY => {
            let form = match version {
                Version::VALKEY_9 => FieldForm::Trailing,
                _ => FieldForm::Leading,
            };
            Step::Fields(count(input)?, form)
        }
        ObjectType::HASH_METADATA => {
            let least = input.millis()?;
            Step::Fields(count(input)?, FieldForm::Relative { least })
        }
        ObjectType::LIST_QUICKLIST => Step::Nodes(count(input)?, NodeForm::Ziplist, false),
        ObjectType::LIST_QUICKLIST_2 => Step::Nodes(count(input)?, NodeForm::Listpack, false),
        ObjectType::LIST_ZIPLIST => Step::Nodes(1, NodeForm::Ziplist, false),
        ObjectType::SET_INTSET => Step::Packed(Intset, Shape::Intset),
        ObjectType::SET_LISTPACK => Step::Packed(Listpack, Shape::Set),
        ObjectType::ZSET_ZIPLIST => Step::Packed(Ziplist, Shape::Zset),
        ObjectType::ZSET_LISTPACK => Step::Packed(Listpack, Shape::Zset),
        ObjectType::HASH_ZIPMAP => Step::Packed(Zipmap, Shape::Hash),
        ObjectType::HASH_ZIPLIST => Step::Packed(Ziplist, Shape::Hash),
        ObjectType::HASH_LISTPACK => Step::Packed(Listpack, Shape::Hash),
        ObjectType::HASH_LISTPACK_EX_EARLY => Step::Packed(Listpack, Shape::HashEx),
        ObjectType::HASH_LISTPACK_EX => {
            input.millis()?;
            Step::Packed(Listpack, Shape::HashEx)
        }
        ObjectType::STREAM
        | ObjectType::STREAM_2
        | ObjectType::STREAM_3
        | ObjectType::STREAM_4
        | ObjectType::STREAM_5 => Step::Stream(StreamReader::new(object, input)?),
        unknown => return Err(Error::UnknownType(unknown)),
    })
}

/// How many elements a collection has, which is not none.
fn count(input: &mut Input<'_>) -> Result<u64, Error> {
    match input.length()? {
        0 => Err(Error::Empty),
        count => Ok(count),
    }
}

fn scored<'a>(input: &mut Input<'a>, form: ScoreForm) -> Result<Item<'a>, Error> {
    let member = input.text()?;
    let score = match form {
        ScoreForm::Text => input.double_as_text()?,
        ScoreForm::Binary => input.double()?,
    };
    if score.is_nan() {
        return Err(Error::Number);
    }
    Ok(Item::Scored { member, score })
}

fn field<'a>(input: &mut Input<'a>, form: FieldForm) -> Result<Item<'a>, Error> {
    let at_front = match form {
        FieldForm::Pair | FieldForm::Trailing => None,
        FieldForm::Leading | FieldForm::Relative { .. } => Some(input.length()?),
    };
    let (name, value) = (input.text()?, input.text()?);
    let deadline = match (form, at_front) {
        (FieldForm::Trailing, _) => Some(input.millis()?).filter(|&at| at != -1),
        (_, None | Some(0)) => None,
        (FieldForm::Relative { least }, Some(after)) => Some(later(least, after)?),
        (_, Some(at)) => Some(i64::try_from(at).map_err(|_| Error::Number)?),
    };
    if deadline.is_some_and(|at| at < 0) {
        return Err(Error::Number);
    }
    Ok(Item::Field {
        name,
        value,
        deadline,
    })
}

fn later(least: i64, after: u64) -> Result<i64, Error> {
    let after = i64::try_from(after - 1).map_err(|_| Error::Number)?;
    least.checked_add(after).ok_or(Error::Number)
}

/// A node that is one long element.
fn plain_node<'a>(input: &mut Input<'a>) -> Result<Item<'a>, Error> {
    match input.text()? {
        Text::Bytes(bytes) if bytes.is_empty() => Err(Error::Form),
        text => Ok(Item::Text(text)),
    }
}

/// The next node that has elements.
fn next_node<'a>(
    input: &mut Input<'a>,
    left: &mut u64,
    form: NodeForm,
    has_any: &mut bool,
) -> Result<Option<Item<'a>>, Error> {
    while *left > 0 {
        *left -= 1;
        let packed = match form {
            NodeForm::Ziplist => check::packed(input, Written::Ziplist, Shape::List)?,
            NodeForm::Listpack => match input.length()? {
                NODE_PLAIN => {
                    *has_any = true;
                    return plain_node(input).map(Some);
                }
                NODE_PACKED => check::packed(input, Written::Listpack, Shape::List)?,
                _ => return Err(Error::Form),
            },
        };
        if !russet_pack::listpack::Listpack::new(&packed.bytes).is_empty() {
            *has_any = true;
            return Ok(Some(Item::Packed(packed)));
        }
    }
    if *has_any {
        Ok(None)
    } else {
        Err(Error::Empty)
    }
}
