//! Reading a file, part by part, as its bytes arrive.
//!
//! ```text
//!  Header ─► Parts ◄──► Value, Module, Imports
//!              │
//!              ▼
//!            Checksum ─► Done
//! ```
//! As with a single value, each call reads one part from the window, or leaves the window as it
//! was and asks for more bytes.
//!
//! Always true: a step that stops for more bytes has changed nothing; a reader that has failed
//! fails with the same error for ever.
//! Not here: parts between values — `parts.rs`; the items of values — the crate's `read/`

mod parts;

use super::error::{Fault, FileError, KeyName, Reading};
use super::module::Skip;
use super::opcode;
use super::sum::Sum;
use super::{Dialect, Next, Seal, ShortString};
use crate::input::Stop;
use crate::payload::Checksum;
use crate::{Error, Input, Item, Limits, ObjectType, Reader, Version, read};

/// Reads a file, part by part.
///
/// It stops behind the end of the file. Asked again there, it refuses any further byte with
/// [`Error::Trailing`]; whoever expects something behind the file does not ask.
///
/// # Examples
/// ```
/// use russet_rdb::file::{FileReader, Next, Seal};
/// use russet_rdb::{Input, Item, Text};
///
/// let bytes = b"REDIS0003\xfe\x00\x00\x05fruit\x05apple\xff";
/// let (mut reader, mut input) = (FileReader::default(), Input::whole(bytes));
/// let mut found = Vec::new();
/// loop {
///     match reader.next(&mut input)? {
///         Next::Key { db, key, .. } => found.push(format!("{db} {}", key.name.escape_ascii())),
///         Next::Item(Item::Text(Text::Bytes(bytes))) => {
///             found.push(bytes.escape_ascii().to_string());
///         }
///         Next::End(seal) => break assert_eq!(seal, Seal::Absent),
///         _ => {}
///     }
/// }
/// assert_eq!(found, ["0 fruit", "apple"]);
/// # Ok::<(), russet_rdb::file::FileError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileReader {
    place: Place,
    limits: Limits,
    checksum: Checksum,
    version: Version,
    dialect: Dialect,
    /// How many bytes were read.
    offset: u64,
    /// Where the part begins that was read last, if a piece of it is left, or else the next one.
    part_at: u64,
    sum: Sum,
    db: u64,
    ahead: Ahead,
    key: Kept,
}

/// The last key, for messages.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// The first bytes of the name.
    bytes: Vec<u8>,
    /// The length of the name, if it could be read.
    len: Option<usize>,
    code: u8,
}

/// Facts that stand in front of the key that comes next.
#[derive(Clone, Copy, Debug, Default)]
struct Ahead {
    deadline: Option<i64>,
    idle_s: Option<u64>,
    frequency: Option<u8>,
}

/// The place in the file: the kind of part that comes next.
#[derive(Clone, Debug)]
enum Place {
    Header,
    /// A part, or the end.
    Parts,
    Value(Reader),
    Module(Skip),
    /// The ranges of slots of an import.
    Ranges(u64),
    Checksum,
    Done(Seal),
    Failed(Box<FileError>),
}

/// Why a step stops.
enum Halt {
    More,
    Fault(Fault),
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::More => Self::More,
            Stop::Error(error) => Self::Fault(Fault::Bytes(error)),
        }
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Fault(Fault::Bytes(error))
    }
}

/// A part that has something to say, or `None`: the next one follows at once.
type Stepped<'a> = Result<Option<Next<'a>>, Halt>;

impl Default for FileReader {
    fn default() -> Self {
        Self {
            place: Place::Header,
            limits: Limits::default(),
            checksum: Checksum::Verified,
            version: Version(0),
            dialect: Dialect::Redis,
            offset: 0,
            part_at: 0,
            sum: Sum::default(),
            db: 0,
            ahead: Ahead::default(),
            key: Kept::default(),
        }
    }
}

impl FileReader {
    /// Sets the limits: of values, and as `item_max` of keys, facts and functions.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets whether the checksum is compared.
    #[must_use]
    pub fn with_checksum(mut self, checksum: Checksum) -> Self {
        self.checksum = checksum;
        self
    }

    /// The number of bytes that were read.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads the next part.
    ///
    /// PERF: a loop over the parts of a large file matches on the result as it is. Moving the part
    /// out of it first, with `?` or `unwrap`, made reading short strings 1.5 times as slow.
    ///
    /// # Errors
    /// The file is invalid, ends too early, or holds what this program does not have.
    pub fn next<'a>(&mut self, input: &mut Input<'a>) -> Result<Next<'a>, FileError> {
        let Place::Value(reader) = &mut self.place else {
            return self.next_part(input);
        };
        let before = *input;
        let next = match reader.next(input) {
            Ok(read::Next::Item(item)) => return Ok(self.item(before, input, item)),
            // The reader may have moved on, to a part that has not arrived.
            Ok(read::Next::More) => {
                self.pass(before, input);
                return Ok(Next::More);
            }
            Ok(read::Next::End) => Next::ValueEnd,
            // All of the value was read when it turns out to be empty.
            Err(Error::Empty) => Next::EmptyValue,
            Err(error) => return Err(self.fail(Fault::Bytes(error), before)),
        };
        self.pass(before, input);
        (self.place, self.part_at) = (Place::Parts, self.offset);
        Ok(next)
    }

    /// Reads the next key with its value, if that is a string, the key is stored plainly, and both
    /// are short and in the window as a whole; otherwise changes nothing, and [`next`](Self::next)
    /// goes on.
    ///
    /// Files of many small strings are read faster in this way.
    ///
    /// # Examples
    /// ```
    /// use russet_rdb::file::{FileReader, Next};
    /// use russet_rdb::{Input, Text};
    ///
    /// let bytes = b"REDIS0003\xfe\x00\x00\x05fruit\x05apple\x00\x05count\xc0\x07\xff";
    /// let (mut reader, mut input) = (FileReader::default(), Input::whole(bytes));
    /// let mut found = Vec::new();
    /// loop {
    ///     while let Some(short) = reader.short_string(&mut input) {
    ///         found.push((short.name, short.value));
    ///     }
    ///     if matches!(reader.next(&mut input)?, Next::End(_)) {
    ///         break;
    ///     }
    /// }
    /// let (fruit, count) = (&b"fruit"[..], &b"count"[..]);
    /// assert_eq!(found, [(fruit, Text::from(&b"apple"[..])), (count, Text::Int(7))]);
    /// # Ok::<(), russet_rdb::file::FileError>(())
    /// ```
    #[inline]
    pub fn short_string<'a>(&mut self, input: &mut Input<'a>) -> Option<ShortString<'a>> {
        if !matches!(self.place, Place::Parts) {
            return None;
        }
        let before = *input;
        let Some(short) = self.whole_string(input) else {
            *input = before;
            return None;
        };
        self.ahead = Ahead::default();
        self.pass(before, input);
        self.part_at = self.offset;
        Some(short)
    }

    fn next_part<'a>(&mut self, input: &mut Input<'a>) -> Result<Next<'a>, FileError> {
        loop {
            let before = *input;
            match self.advance(input) {
                Ok(next) => {
                    self.pass(before, input);
                    self.part_at = self.offset;
                    if let Some(next) = next {
                        return Ok(next);
                    }
                }
                Err(Halt::More) => {
                    *input = before;
                    return Ok(Next::More);
                }
                Err(Halt::Fault(fault)) => return Err(self.fail(fault, before)),
            }
        }
    }

    /// Takes note of what was read from the window.
    #[inline]
    fn pass(&mut self, before: Input<'_>, after: &Input<'_>) {
        let read = before.rest().len() - after.rest().len();
        self.offset += read as u64;
        self.sum.pass(before.rest(), read);
    }

    #[inline]
    fn item<'a>(&mut self, before: Input<'_>, after: &Input<'_>, item: Item<'a>) -> Next<'a> {
        self.pass(before, after);
        let is_whole = !matches!(&item, Item::Piece(piece) if piece.left > 0);
        if is_whole {
            self.part_at = self.offset;
        }
        Next::Item(item)
    }

    fn fail(&mut self, fault: Fault, window: Input<'_>) -> FileError {
        if let Place::Failed(error) = &self.place {
            return FileError::clone(error);
        }
        let offset = match fault {
            Fault::Bytes(Error::Cut) => self.offset + window.rest().len() as u64,
            _ => self.part_at,
        };
        let is_of_key = matches!(self.place, Place::Value(_))
            || matches!(fault, Fault::Type { .. } | Fault::Module(_));
        let key = self.key.len.filter(|_| is_of_key).map(|len| KeyName {
            db: self.db,
            object: ObjectType(self.key.code),
            name: self.key.bytes.as_slice().into(),
            is_cut: len > self.key.bytes.len(),
        });
        let error = FileError {
            offset,
            reading: self.reading(fault, window.rest().first()),
            key,
            fault,
        };
        self.place = Place::Failed(Box::new(error.clone()));
        error
    }

    /// The step of reading, when this is the first byte.
    fn reading(&self, fault: Fault, first: Option<&u8>) -> Reading {
        match self.place {
            Place::Header => Reading::Header,
            Place::Value(_) => Reading::Value,
            Place::Module(_) => Reading::ModuleAux,
            Place::Ranges(_) => Reading::Length,
            Place::Checksum => Reading::Checksum,
            Place::Done(_) | Place::Failed(_) => Reading::Type,
            Place::Parts => match (first, fault) {
                (None, _) | (_, Fault::Type { .. } | Fault::KeyMetadata | Fault::Commands) => {
                    Reading::Type
                }
                (_, Fault::Module(_)) => Reading::Value,
                (Some(first), _) => opcode::reading(*first),
            },
        }
    }

    /// Reads on, outside of values. Nothing may have changed when this stops for more bytes.
    fn advance<'a>(&mut self, input: &mut Input<'a>) -> Stepped<'a> {
        match &mut self.place {
            Place::Parts => self.part(input),
            Place::Module(skip) => {
                let skip = skip.step(input)?;
                self.place = match skip {
                    Skip::End => Place::Parts,
                    skip => Place::Module(skip),
                };
                Ok(None)
            }
            Place::Ranges(0) => {
                self.place = Place::Parts;
                Ok(None)
            }
            Place::Ranges(left) => {
                let (_first, _last) = (input.length()?, input.length()?);
                *left -= 1;
                Ok(None)
            }
            Place::Header => self.header(input).map(Some),
            Place::Checksum => self.checksum(input).map(Some),
            &mut Place::Done(seal) => match input.rest() {
                [] if input.is_last() => Ok(Some(Next::End(seal))),
                [] => Err(Halt::More),
                _ => Err(Error::Trailing.into()),
            },
            Place::Failed(error) => Err(Halt::Fault(error.fault)),
            Place::Value(_) => Ok(None),
        }
    }

    fn checksum<'a>(&mut self, input: &mut Input<'a>) -> Result<Next<'a>, Halt> {
        let window = input.rest();
        let stored = u64::from_le_bytes(input.array()?);
        let computed = self.sum.of_read(window);
        let seal = match (stored, self.checksum) {
            (0, _) => Seal::Disabled,
            (_, Checksum::Ignored) => Seal::Ignored,
            _ if stored == computed => Seal::Verified,
            _ => return Err(Halt::Fault(Fault::Checksum { stored, computed })),
        };
        self.place = Place::Done(seal);
        Ok(Next::End(seal))
    }
}
