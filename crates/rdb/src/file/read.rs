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
//! Not here: the items of values — `read/`

use super::error::{Fault, FileError, KeyName};
use super::module::{ModuleName, Skip};
use super::opcode;
use super::sum::Sum;
use super::{Dialect, Key, Next, Seal};
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

/// What was said of the key that comes next.
#[derive(Clone, Copy, Debug, Default)]
struct Ahead {
    deadline: Option<i64>,
    idle_s: Option<u64>,
    frequency: Option<u8>,
}

/// What comes next in the file.
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

/// How much of a key is kept for messages.
const KEY_KEPT_MAX: usize = 128;
/// The longest key that is read only to be named in a message.
const KEY_NAMED_MAX: u64 = 64 << 10;

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
    /// # Errors
    /// The file is invalid, ends too early, or holds what this program does not have.
    pub fn next<'a>(&mut self, input: &mut Input<'a>) -> Result<Next<'a>, FileError> {
        loop {
            let before = *input;
            match self.advance(input) {
                Ok(next) => {
                    let read = before.rest().len() - input.rest().len();
                    self.offset += read as u64;
                    self.sum.pass(before.rest(), read);
                    match next {
                        Some(Next::More) => return Ok(Next::More),
                        Some(Next::Item(Item::Piece(piece))) if piece.left > 0 => {
                            return Ok(Next::Item(Item::Piece(piece)));
                        }
                        _ => self.part_at = self.offset,
                    }
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
        let error = FileError { offset, key, fault };
        self.place = Place::Failed(Box::new(error.clone()));
        error
    }

    /// Reads on. Nothing may have changed when this stops for more bytes.
    fn advance<'a>(&mut self, input: &mut Input<'a>) -> Stepped<'a> {
        match &mut self.place {
            Place::Value(reader) => {
                let next = match reader.next(input) {
                    Ok(read::Next::Item(item)) => return Ok(Some(Next::Item(item))),
                    // The reader may have moved on, to a part that has not arrived.
                    Ok(read::Next::More) => return Ok(Some(Next::More)),
                    Ok(read::Next::End) => Next::ValueEnd,
                    // All of the value was read when it turns out to be empty.
                    Err(Error::Empty) => Next::EmptyValue,
                    Err(error) => return Err(error.into()),
                };
                self.place = Place::Parts;
                Ok(Some(next))
            }
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
        }
    }

    fn header<'a>(&mut self, input: &mut Input<'a>) -> Result<Next<'a>, Halt> {
        let seen = input.rest();
        let begins = |magic: &[u8]| seen.iter().zip(magic).all(|(byte, magic)| byte == magic);
        let (dialect, digits_at) = match () {
            () if begins(opcode::MAGIC_REDIS) => (Dialect::Redis, opcode::MAGIC_REDIS.len()),
            () if begins(opcode::MAGIC_VALKEY) => (Dialect::Valkey, opcode::MAGIC_VALKEY.len()),
            () => return Err(Halt::Fault(Fault::Magic)),
        };
        let header = input.take(opcode::HEADER_LEN as u64)?;
        let mut version = 0;
        for digit in &header[digits_at..] {
            if !digit.is_ascii_digit() {
                return Err(Halt::Fault(Fault::Magic));
            }
            version = version * 10 + u16::from(digit - b'0');
        }
        let version = Version(version);
        let is_known = match dialect {
            Dialect::Redis => (Version(1)..=opcode::FILE_REDIS_NEWEST).contains(&version),
            Dialect::Valkey => (Version::VALKEY_9..=opcode::FILE_VALKEY_NEWEST).contains(&version),
        };
        if !is_known {
            return Err(Halt::Fault(Fault::Version(version)));
        }
        (self.version, self.dialect, self.place) = (version, dialect, Place::Parts);
        Ok(Next::Header { dialect, version })
    }

    fn part<'a>(&mut self, input: &mut Input<'a>) -> Stepped<'a> {
        let len_max = self.limits.item_max;
        Ok(Some(match input.byte()? {
            opcode::DEADLINE_MS => {
                // COMPAT: -1 is how servers spell that there is none.
                self.ahead.deadline = Some(input.millis()?).filter(|&at| at != -1);
                return Ok(None);
            }
            opcode::DEADLINE_S => {
                let at = i64::from(i32::from_le_bytes(input.array()?));
                self.ahead.deadline = Some(at * 1000);
                return Ok(None);
            }
            opcode::IDLE => {
                self.ahead.idle_s = Some(input.length()?);
                return Ok(None);
            }
            opcode::FREQUENCY => {
                self.ahead.frequency = Some(input.byte()?);
                return Ok(None);
            }
            opcode::AUX => {
                let (name, value) = (input.string(len_max)?, input.string(len_max)?);
                Next::Aux {
                    name: name.bytes()?,
                    value: value.bytes()?,
                }
            }
            opcode::SELECT_DB => {
                self.db = input.length()?;
                Next::SelectDb(self.db)
            }
            opcode::RESIZE_DB => Next::ResizeDb {
                keys: input.length()?,
                deadlines: input.length()?,
            },
            opcode::SLOT => Next::Slot {
                slot: input.length()?,
                keys: input.length()?,
                deadlines: input.length()?,
            },
            opcode::FUNCTION => Next::Function(input.string(len_max)?.bytes()?),
            opcode::END => return self.end(),
            code => return self.rare_part(code, input).map(Some),
        }))
    }

    fn end<'a>(&mut self) -> Stepped<'a> {
        if self.version >= opcode::CHECKSUM_SINCE {
            self.place = Place::Checksum;
            return Ok(None);
        }
        self.place = Place::Done(Seal::Absent);
        Ok(Some(Next::End(Seal::Absent)))
    }

    /// A key, or what few files have.
    fn rare_part<'a>(&mut self, code: u8, input: &mut Input<'a>) -> Result<Next<'a>, Halt> {
        match (code, self.dialect) {
            (opcode::FUNCTION_EARLY, _) => Err(Halt::Fault(Fault::FunctionEarly)),
            (opcode::MODULE_AUX, _) => {
                let (id, form) = (input.length()?, input.length()?);
                let _when = input.length()?;
                if form != opcode::MODULE_UINT {
                    return Err(Error::Form.into());
                }
                self.place = Place::Module(Skip::Part);
                Ok(Next::ModuleAux(ModuleName::of(id)))
            }
            (opcode::SLOT_IMPORT_OR_KEY_METADATA, Dialect::Valkey) => {
                let _job = input.string(self.limits.item_max)?;
                self.place = Place::Ranges(input.length()?);
                Ok(Next::SlotImport)
            }
            (opcode::SLOT_IMPORT_OR_KEY_METADATA, Dialect::Redis) => {
                Err(Halt::Fault(Fault::KeyMetadata))
            }
            (opcode::UPDATE, Dialect::Valkey) => Err(Halt::Fault(Fault::Commands)),
            _ => self.key(ObjectType(code), input),
        }
    }

    fn key<'a>(&mut self, object: ObjectType, input: &mut Input<'a>) -> Result<Next<'a>, Halt> {
        let Ok(reader) = Reader::new(object, self.version) else {
            return Err(self.foreign(object, input));
        };
        let name = input.string(self.limits.item_max)?.bytes()?;
        self.keep_key(object, Some(&name));
        let kind = reader.kind();
        self.place = Place::Value(reader.with_limits(self.limits));
        let Ahead {
            deadline,
            idle_s,
            frequency,
        } = std::mem::take(&mut self.ahead);
        let key = Key {
            name,
            deadline,
            idle_s,
            frequency,
        };
        Ok(Next::Key {
            db: self.db,
            object,
            kind,
            key,
        })
    }

    fn keep_key(&mut self, object: ObjectType, name: Option<&[u8]>) {
        let kept = name.unwrap_or_default();
        let kept = &kept[..kept.len().min(KEY_KEPT_MAX)];
        self.key.bytes.clear();
        self.key.bytes.extend_from_slice(kept);
        (self.key.len, self.key.code) = (name.map(<[u8]>::len), object.0);
    }

    /// The reason why a type is refused; reads the key, to name it.
    fn foreign(&mut self, object: ObjectType, input: &mut Input<'_>) -> Halt {
        let len_max = self.limits.item_max.min(KEY_NAMED_MAX);
        let name = match input.string(len_max) {
            Err(Stop::More) => return Halt::More,
            Err(Stop::Error(_)) => None,
            Ok(name) => name.bytes().ok(),
        };
        let module = match (object, &name) {
            (ObjectType::MODULE, Some(_)) => match input.length() {
                Err(Stop::More) => return Halt::More,
                id => id.ok().map(ModuleName::of),
            },
            _ => None,
        };
        self.keep_key(object, name.as_deref());
        Halt::Fault(match module {
            Some(module) => Fault::Module(module),
            None => Fault::Type {
                object,
                name: object.foreign_name(self.version),
            },
        })
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
