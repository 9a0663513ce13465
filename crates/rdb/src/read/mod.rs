//! Reading a value, item by item, as its bytes arrive.
//!
//! Each call reads one item from the window, or leaves the window as it was and asks for more
//! bytes. So a reader keeps only where it is, never the bytes of an item; long strings are the
//! exception, which leave in pieces as they arrive.
//!
//! Always true: what an item needs is decoded only when all of it is in the window; after an error
//! there are no more items.
//! Not here: streams — `stream.rs`; whether packed parts are valid — `check.rs`

mod stream;

use self::stream::StreamReader;
use crate::check::{self, Written};
use crate::input::Stop;
use crate::item::Item;
use crate::limits::Limits;
use crate::shape::Shape;
use crate::string::{Element, Long};
use crate::wire::{Kind, NODE_PACKED, NODE_PLAIN, ObjectType, Version};
use crate::{Error, Input, Text};

/// Reads a value, item by item.
///
/// The bytes begin behind the type code and may end anywhere; what follows the value is left
/// alone. In a payload of `DUMP`, [`Payload::reader`](crate::payload::Payload::reader) makes the
/// reader.
///
/// # Examples
/// A sorted set whose bytes arrive in two parts:
/// ```
/// use russet_rdb::{Input, Item, Next, ObjectType, Reader, Text, Version};
///
/// let bytes = b"\x02\x05apple\x011\x04pear\x032.5and what follows";
/// let mut reader = Reader::new(ObjectType::ZSET, Version::REDIS_7_0)?;
/// let apple = Item::Scored { member: Text::from(&b"apple"[..]), score: 1.0 };
/// let pear = Item::Scored { member: Text::from(&b"pear"[..]), score: 2.5 };
///
/// let mut input = Input::partial(&bytes[..12]);
/// assert_eq!(reader.next(&mut input)?, Next::Item(apple));
/// assert_eq!(reader.next(&mut input)?, Next::More);
/// // "\x04pe" was not used, so the next window begins with it.
/// let mut input = Input::partial(&bytes[12 - input.rest().len()..]);
/// assert_eq!(reader.next(&mut input)?, Next::Item(pear));
/// assert_eq!(reader.next(&mut input)?, Next::End);
/// assert_eq!(input.rest(), b"and what follows");
/// # Ok::<(), russet_rdb::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    object: ObjectType,
    version: Version,
    kind: Kind,
    limits: Limits,
    step: Step,
    /// The string of which pieces are left.
    long: Option<Long>,
}

/// The result of one step of a [`Reader`].
#[derive(Clone, Debug, PartialEq)]
pub enum Next<'a> {
    /// An item.
    Item(Item<'a>),
    /// The next item does not end in the window: the bytes that were not read must be given again,
    /// with more behind them.
    More,
    /// The value is complete.
    End,
}

/// The part of a value that comes next.
#[derive(Clone, Debug)]
enum Step {
    /// The part in front of the first item.
    Begin,
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
    /// The time from `least` to the deadline (plus one; 0: no deadline), then name and value.
    Relative { least: i64 },
    /// The deadline, then name and value.
    Leading,
    /// Name and value, then the deadline (-1: none).
    Trailing,
}

#[derive(Clone, Copy, Debug)]
enum NodeForm {
    Ziplist,
    Listpack,
}

/// A step: an item, the end of the value, or something that had no item.
enum Stepped<'a> {
    Item(Item<'a>),
    Again,
    End,
}

impl Reader {
    /// Reads a value of this type, as that version writes it.
    ///
    /// # Errors
    /// [`Error::UnknownType`].
    pub fn new(object: ObjectType, version: Version) -> Result<Self, Error> {
        Ok(Self {
            object,
            version,
            kind: object.kind(version).ok_or(Error::UnknownType(object))?,
            limits: Limits::default(),
            step: Step::Begin,
            long: None,
        })
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The kind of the value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Reads the next item.
    ///
    /// # Errors
    /// The value is invalid, or ends too early: there are no more items then. After
    /// [`Error::Empty`] the window begins with what follows the value.
    pub fn next<'a>(&mut self, input: &mut Input<'a>) -> Result<Next<'a>, Error> {
        loop {
            let before = *input;
            match self.advance(input) {
                Ok(Stepped::Item(item)) => return Ok(Next::Item(item)),
                Ok(Stepped::End) => return Ok(Next::End),
                Ok(Stepped::Again) => {}
                Err(Stop::More) => {
                    *input = before;
                    return Ok(Next::More);
                }
                Err(Stop::Error(error)) => {
                    (self.step, self.long) = (Step::Done, None);
                    return Err(error);
                }
            }
        }
    }

    /// Reads on. Nothing of the reader may have changed when this stops for more bytes.
    fn advance<'a>(&mut self, input: &mut Input<'a>) -> Result<Stepped<'a>, Stop> {
        if let Some(long) = &mut self.long {
            let piece = long.next(input)?;
            if piece.left == 0 {
                self.long = None;
            }
            return Ok(Stepped::Item(Item::Piece(piece)));
        }
        let limits = self.limits;
        match &mut self.step {
            Step::Begin => {
                self.step = first_step(self.object, self.version, input)?;
                Ok(Stepped::Again)
            }
            Step::Done | Step::Texts(0) | Step::Scored(0, _) | Step::Fields(0, _) => {
                Ok(Stepped::End)
            }
            Step::Nodes(left, form, has_any) => {
                let element = match next_node(input, limits, *left, *form, *has_any)? {
                    Node::End => return Ok(Stepped::End),
                    Node::Empty => {
                        *left -= 1;
                        return Ok(Stepped::Again);
                    }
                    Node::Packed(item) => {
                        (*left, *has_any) = (*left - 1, true);
                        return Ok(Stepped::Item(item));
                    }
                    Node::Plain(element) => element,
                };
                (*left, *has_any) = (*left - 1, true);
                Ok(self.element(element))
            }
            Step::Stream(stream) => {
                let item = stream.next(input, limits)?;
                Ok(item.map_or(Stepped::End, Stepped::Item))
            }
            Step::String => {
                let element = input.element(limits)?;
                self.step = Step::Done;
                Ok(self.element(element))
            }
            &mut Step::Packed(written, shape) => {
                let packed = check::packed(input.string(limits.item_max)?, written, shape)?;
                self.step = Step::Done;
                Ok(Stepped::Item(Item::Packed(packed)))
            }
            Step::Texts(left) => {
                let element = input.element(limits)?;
                *left -= 1;
                Ok(self.element(element))
            }
            Step::Scored(left, form) => {
                let item = scored(input, limits, *form)?;
                *left -= 1;
                Ok(Stepped::Item(item))
            }
            Step::Fields(left, form) => {
                let item = field(input, limits, *form)?;
                *left -= 1;
                Ok(Stepped::Item(item))
            }
        }
    }

    fn element<'a>(&mut self, element: Element<'a>) -> Stepped<'a> {
        match element {
            Element::Whole(text) => Stepped::Item(Item::Text(text)),
            Element::Long(long) => {
                self.long = Some(long);
                Stepped::Again
            }
        }
    }
}

fn first_step(object: ObjectType, version: Version, input: &mut Input<'_>) -> Result<Step, Stop> {
    use Written::{Intset, Listpack, Ziplist, Zipmap};
    Ok(match object {
        ObjectType::STRING => Step::String,
        ObjectType::LIST | ObjectType::SET => Step::Texts(count(input)?),
        ObjectType::ZSET => Step::Scored(count(input)?, ScoreForm::Text),
        ObjectType::ZSET_2 => Step::Scored(count(input)?, ScoreForm::Binary),
        ObjectType::HASH => Step::Fields(count(input)?, FieldForm::Pair),
        ObjectType::HASH_METADATA_EARLY => {
            let form = match version.is_valkey() {
                true => FieldForm::Trailing,
                false => FieldForm::Leading,
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
        unknown => return Err(Error::UnknownType(unknown).into()),
    })
}

/// How many elements a collection has, which must have some.
fn count(input: &mut Input<'_>) -> Result<u64, Stop> {
    match input.length()? {
        0 => Err(Error::Empty.into()),
        count => Ok(count),
    }
}

fn scored<'a>(input: &mut Input<'a>, limits: Limits, form: ScoreForm) -> Result<Item<'a>, Stop> {
    let member = input.string(limits.item_max)?;
    let score = match form {
        ScoreForm::Text => input.double_as_text()?,
        ScoreForm::Binary => input.double()?,
    };
    if score.is_nan() {
        return Err(Error::Number.into());
    }
    let member = member.text()?;
    Ok(Item::Scored { member, score })
}

fn field<'a>(input: &mut Input<'a>, limits: Limits, form: FieldForm) -> Result<Item<'a>, Stop> {
    let at_front = match form {
        FieldForm::Pair | FieldForm::Trailing => None,
        FieldForm::Leading | FieldForm::Relative { .. } => Some(input.length()?),
    };
    let name = input.string(limits.item_max)?;
    let value = input.string(limits.item_max)?;
    let deadline = match (form, at_front) {
        (FieldForm::Trailing, _) => Some(input.millis()?).filter(|&at| at != -1),
        (_, None | Some(0)) => None,
        (FieldForm::Relative { least }, Some(after)) => Some(later(least, after)?),
        (_, Some(at)) => Some(i64::try_from(at).map_err(|_| Error::Number)?),
    };
    if deadline.is_some_and(|at| at < 0) {
        return Err(Error::Number.into());
    }
    Ok(Item::Field {
        name: name.text()?,
        value: value.text()?,
        deadline,
    })
}

fn later(least: i64, after: u64) -> Result<i64, Error> {
    let after = i64::try_from(after - 1).map_err(|_| Error::Number)?;
    least.checked_add(after).ok_or(Error::Number)
}

/// The contents of a node of a list.
enum Node<'a> {
    /// One element that is stored by itself.
    Plain(Element<'a>),
    Packed(Item<'a>),
    Empty,
    /// There is no further node.
    End,
}

fn next_node<'a>(
    input: &mut Input<'a>,
    limits: Limits,
    left: u64,
    form: NodeForm,
    has_any: bool,
) -> Result<Node<'a>, Stop> {
    if left == 0 {
        return match has_any {
            true => Ok(Node::End),
            false => Err(Error::Empty.into()),
        };
    }
    let written = match form {
        NodeForm::Ziplist => Written::Ziplist,
        NodeForm::Listpack => match input.length()? {
            NODE_PLAIN => return plain_node(input, limits),
            NODE_PACKED => Written::Listpack,
            _ => return Err(Error::Form.into()),
        },
    };
    let packed = check::packed(input.string(limits.item_max)?, written, Shape::List)?;
    let list = russet_pack::listpack::Listpack::new(&packed.bytes);
    Ok(match list.is_empty() {
        true => Node::Empty,
        false => Node::Packed(Item::Packed(packed)),
    })
}

fn plain_node<'a>(input: &mut Input<'a>, limits: Limits) -> Result<Node<'a>, Stop> {
    match input.element(limits)? {
        Element::Whole(Text::Bytes(bytes)) if bytes.is_empty() => Err(Error::Form.into()),
        element => Ok(Node::Plain(element)),
    }
}
