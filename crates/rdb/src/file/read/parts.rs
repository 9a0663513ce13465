//! The parts of a file: header, facts, databases, keys.
//!
//! Always true: a part that stops for more bytes has changed nothing.
//! Not here: what follows a key, and the end — `mod.rs`

use super::{Ahead, FileReader, Halt, Place, Stepped};
use crate::file::error::Fault;
use crate::file::module::{ModuleName, Skip};
use crate::file::{Dialect, Key, Next, Seal, ShortString, opcode};
use crate::input::Stop;
use crate::string::Raw;
use crate::{Error, Input, ObjectType, Reader, Version};

/// The deadline of a key that has none, as some servers spell it.
const NO_DEADLINE: i64 = -1;
/// How much of a key is kept for messages.
const KEY_KEPT_MAX: usize = 128;
/// The longest key that is read only to be named in a message.
const KEY_NAMED_MAX: u64 = 64 << 10;

impl FileReader {
    pub(super) fn header<'a>(&mut self, input: &mut Input<'a>) -> Result<Next<'a>, Halt> {
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

    pub(super) fn part<'a>(&mut self, input: &mut Input<'a>) -> Stepped<'a> {
        let len_max = self.limits.item_max;
        Ok(Some(match input.byte()? {
            opcode::DEADLINE_MS => {
                self.ahead.deadline = Some(input.millis()?).filter(|&at| at != NO_DEADLINE);
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
        // Nothing may follow: a bit of the version that is wrong would take the checksum's place.
        self.place = Place::Done(Seal::Absent);
        Ok(None)
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

    /// A key and a string that are both here, if nothing about them is unusual.
    pub(super) fn whole_string<'a>(&self, input: &mut Input<'a>) -> Option<ShortString<'a>> {
        let mut ahead = self.ahead;
        loop {
            match input.byte().ok()? {
                opcode::DEADLINE_MS => {
                    ahead.deadline = Some(input.millis().ok()?).filter(|&at| at != NO_DEADLINE);
                }
                opcode::IDLE => ahead.idle_s = Some(input.length().ok()?),
                opcode::FREQUENCY => ahead.frequency = Some(input.byte().ok()?),
                code if ObjectType(code) == ObjectType::STRING => break,
                _ => return None,
            }
        }
        let len_max = self.limits.text_max.min(self.limits.item_max);
        let Raw::Bytes(name) = input.string(len_max).ok()? else {
            return None;
        };
        // Bytes that cannot be decompressed are told of by the way that reads item by item.
        let value = input.string(len_max).ok()?.text().ok()?;
        let Ahead {
            deadline,
            idle_s,
            frequency,
        } = ahead;
        Some(ShortString {
            db: self.db,
            name,
            deadline,
            idle_s,
            frequency,
            value,
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
}
