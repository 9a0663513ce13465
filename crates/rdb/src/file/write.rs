//! Writing a file, part by part.
//!
//! ```text
//!  part ─► FileWriter ─► gathered ──64 KiB──► checksum ─► Sink
//!  item ─► Writer ─► ValueSink ┘
//! ```
//! The version is chosen before the first value is known, for it stands in the header. A value
//! that needs a newer one is refused.
//!
//! Always true: no part takes memory of its own; the sink gets bytes in order and in large pieces.
//! Not here: the items of values — `write.rs` of the crate

use russet_base::num::{self, I64Buf};
use russet_pack::crc64;
use thiserror::Error as ThisError;

use super::gather::Gather;
use super::{Key, opcode};
use crate::{ObjectType, Sink, Version, Writer};

/// Writes a file to a sink.
///
/// # Examples
/// ```
/// use russet_rdb::file::{FileWriter, Key};
/// use russet_rdb::{Item, ObjectType, Text, Version, Writer};
///
/// let mut file = FileWriter::begin(Vec::new(), Version::REDIS_7_2)?;
/// file.aux(b"redis-ver", b"7.2.0")?;
/// file.select_db(0)?;
/// file.resize_db(1, 0)?;
/// let fruit = Key::from(&b"fruit"[..]);
/// let mut value = Writer::new(file.value(&fruit));
/// value.begin(ObjectType::STRING, 1)?;
/// value.item(&Item::Text(Text::from(&b"apple"[..])))?;
/// let bytes = file.finish()?;
/// assert!(bytes.starts_with(b"REDIS0011\xfa\x09redis-ver\x057.2.0\xfe\x00\xfb\x01\x00"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileWriter<S> {
    out: Gather<S>,
    version: Version,
    /// The newest version that values may raise the file to.
    newest: Version,
    checksums: bool,
    compresses: bool,
}

/// Facts that servers write into a file about themselves.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts<'a> {
    /// The version of the server.
    pub server_version: &'a str,
    /// The Unix time in seconds at which the file is written.
    pub written_at: i64,
    /// The number of bytes of memory that the server uses.
    pub memory: u64,
    /// Whether the file is the base of an append-only file.
    pub is_aof_base: bool,
}

/// Why a part of a value was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum WriteError<E> {
    /// The sink refused.
    #[error("{0}")]
    Sink(E),
    /// The version of the file does not have this type. Nothing of the key was written.
    #[error("type {} is not part of version {}", .0.0, .1.0)]
    Unfit(ObjectType, Version),
}

impl<S> FileWriter<S> {
    /// Goes on with another sink, and returns the one before, which has all bytes but those that
    /// were gathered: a caller may lend a sink for a while.
    ///
    /// # Examples
    /// ```
    /// use russet_rdb::Version;
    /// use russet_rdb::file::FileWriter;
    ///
    /// let file = FileWriter::begin(Vec::new(), Version::REDIS_7_2)?;
    /// let (file, first) = file.replace_sink(Vec::new());
    /// let second = file.finish()?;
    /// assert!(first.is_empty() && second.starts_with(b"REDIS0011"));
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn replace_sink<T>(self, sink: T) -> (FileWriter<T>, S) {
        let (out, before) = self.out.replace_sink(sink);
        let file = FileWriter {
            out,
            version: self.version,
            newest: self.newest,
            checksums: self.checksums,
            compresses: self.compresses,
        };
        (file, before)
    }
}

impl<S: Sink> FileWriter<S> {
    /// Begins a file of that version: of Redis below [`Version::VALKEY_9`], of Valkey from it on.
    ///
    /// # Errors
    /// The sink refused.
    pub fn begin(sink: S, version: Version) -> Result<Self, S::Error> {
        let mut out = Gather::new(sink);
        out.write(&header(version))?;
        Ok(Self {
            out,
            version,
            newest: version,
            checksums: true,
            compresses: false,
        })
    }

    /// Lets values raise the version up to this one. The header cannot be changed by then: whoever
    /// allows it must end the file with [`FileWriter::finish_raised`].
    #[must_use]
    pub fn raising_to(mut self, newest: Version) -> Self {
        self.newest = newest;
        self
    }

    /// Sets whether the file ends with a checksum; otherwise it ends with zeros in its place.
    #[must_use]
    pub fn with_checksum(mut self, has_checksum: bool) -> Self {
        self.checksums = has_checksum;
        self
    }

    /// Sets whether facts and functions are compressed. Keys never are; whether values are, the
    /// [`Writer`] of the value says.
    #[must_use]
    pub fn compressing(mut self, compresses: bool) -> Self {
        self.compresses = compresses;
        self
    }

    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The number of bytes so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.out.len()
    }

    /// Whether there are no bytes, which is never the case.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sink, which has all bytes but the last ones.
    pub fn sink(&mut self) -> &mut S {
        self.out.sink()
    }

    /// Writes a fact about the file.
    ///
    /// # Errors
    /// The sink refused.
    pub fn aux(&mut self, name: &[u8], value: &[u8]) -> Result<(), S::Error> {
        self.opcode(opcode::AUX)?;
        self.string(name)?;
        self.string(value)
    }

    /// Writes the facts that every file of a server begins with.
    ///
    /// # Errors
    /// The sink refused.
    pub fn facts(&mut self, facts: &FileFacts<'_>) -> Result<(), S::Error> {
        let memory = i64::try_from(facts.memory).unwrap_or(i64::MAX);
        self.aux(b"redis-ver", facts.server_version.as_bytes())?;
        self.aux(b"redis-bits", b"64")?;
        self.aux(
            b"ctime",
            num::format_i64(facts.written_at, &mut I64Buf::new()),
        )?;
        self.aux(b"used-mem", num::format_i64(memory, &mut I64Buf::new()))?;
        self.aux(b"aof-base", if facts.is_aof_base { b"1" } else { b"0" })
    }

    /// Writes the source of a library of functions.
    ///
    /// # Errors
    /// The sink refused.
    pub fn function(&mut self, source: &[u8]) -> Result<(), S::Error> {
        self.opcode(opcode::FUNCTION)?;
        self.string(source)
    }

    /// Begins the keys of a database.
    ///
    /// # Errors
    /// The sink refused.
    pub fn select_db(&mut self, db: u64) -> Result<(), S::Error> {
        self.numbers(opcode::SELECT_DB, &[db])
    }

    /// Writes the number of keys, and of keys with a deadline, of the database that was begun.
    ///
    /// # Errors
    /// The sink refused.
    pub fn resize_db(&mut self, keys: u64, deadlines: u64) -> Result<(), S::Error> {
        self.numbers(opcode::RESIZE_DB, &[keys, deadlines])
    }

    /// Writes the number of keys, and of keys with a deadline, of a slot of a cluster.
    ///
    /// # Errors
    /// The sink refused.
    pub fn slot(&mut self, slot: u64, keys: u64, deadlines: u64) -> Result<(), S::Error> {
        self.numbers(opcode::SLOT, &[slot, keys, deadlines])
    }

    /// Returns the sink for a [`Writer`] of the value of this key. The key is written when the
    /// value begins.
    #[inline]
    pub fn value<'w>(&'w mut self, key: &'w Key<'w>) -> ValueSink<'w, S> {
        ValueSink { file: self, key }
    }

    /// Ends the file, and returns the sink, which has all of it then.
    ///
    /// # Errors
    /// The sink refused.
    pub fn finish(mut self) -> Result<S, S::Error> {
        self.opcode(opcode::END)?;
        let (version, has_checksum) = (self.version, self.checksums);
        let (sink, crc) = self.out.finish()?;
        sealed(sink, version, has_checksum.then_some(crc))
    }

    /// Ends a file of which values may have raised the version. Returns the sink and the header
    /// that must replace the first bytes of the file; the checksum is that of the file with it.
    ///
    /// # Errors
    /// The sink refused.
    ///
    /// # Examples
    /// ```
    /// use russet_rdb::file::{FileWriter, Key};
    /// use russet_rdb::{ObjectType, Version, Writer};
    ///
    /// let (begun, newest) = (Version::REDIS_7_0, Version::REDIS_7_4);
    /// let mut file = FileWriter::begin(Vec::new(), begun)?.raising_to(newest);
    /// let key = Key::from(&b"key"[..]);
    /// Writer::new(file.value(&key)).begin(ObjectType::SET_LISTPACK, 1)?;
    /// let (bytes, header) = file.finish_raised(begun)?;
    /// assert!(bytes.starts_with(b"REDIS0010"));
    /// assert_eq!(&header, b"REDIS0011");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish_raised(
        mut self,
        begun: Version,
    ) -> Result<(S, [u8; opcode::HEADER_LEN]), S::Error> {
        self.opcode(opcode::END)?;
        let (version, has_checksum) = (self.version, self.checksums);
        let (before, after) = (header(begun), header(version));
        let change: [u8; opcode::HEADER_LEN] = core::array::from_fn(|at| before[at] ^ after[at]);
        let behind = self.out.len() - opcode::HEADER_LEN as u64;
        let (sink, crc) = self.out.finish()?;
        // The checksum is linear: that of the difference, with zeros behind it, is added.
        let crc = crc ^ crc64::combine(crc64::checksum(&change), 0, behind);
        let sink = sealed(sink, version, has_checksum.then_some(crc))?;
        Ok((sink, after))
    }

    #[inline]
    fn key(&mut self, object: ObjectType, key: &Key<'_>) -> Result<(), S::Error> {
        if let Some(at) = key.deadline {
            self.opcode(opcode::DEADLINE_MS)?;
            self.out.write(&at.to_le_bytes())?;
        }
        if let Some(idle_s) = key.idle_s {
            self.numbers(opcode::IDLE, &[idle_s])?;
        }
        if let Some(frequency) = key.frequency {
            self.out.write(&[opcode::FREQUENCY, frequency])?;
        }
        self.out.write(&[object.0])?;
        Writer::new(&mut self.out).bytes(&key.name)
    }

    fn opcode(&mut self, opcode: u8) -> Result<(), S::Error> {
        self.out.write(&[opcode])
    }

    fn numbers(&mut self, opcode: u8, numbers: &[u64]) -> Result<(), S::Error> {
        self.opcode(opcode)?;
        let mut writer = Writer::new(&mut self.out);
        numbers.iter().try_for_each(|&number| writer.length(number))
    }

    fn string(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        Writer::new(&mut self.out)
            .compressing(self.compresses)
            .bytes(bytes)
    }
}

/// Writes the checksum behind the end, or zeros; nothing in versions without checksums.
fn sealed<S: Sink>(mut sink: S, version: Version, crc: Option<u64>) -> Result<S, S::Error> {
    if version >= opcode::CHECKSUM_SINCE {
        sink.write(&crc.unwrap_or(0).to_le_bytes())?;
    }
    Ok(sink)
}

/// The header of a version.
fn header(version: Version) -> [u8; opcode::HEADER_LEN] {
    let blank = match version.is_valkey() {
        true => *b"VALKEY000",
        false => *b"REDIS0000",
    };
    numbered(blank, version.0)
}

/// The header with the digits of a version at its end.
fn numbered(mut header: [u8; opcode::HEADER_LEN], mut number: u16) -> [u8; opcode::HEADER_LEN] {
    for digit in header.iter_mut().rev().take_while(|byte| **byte == b'0') {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    header
}

/// The place of a value in a file: puts the key behind the type code.
#[derive(Debug)]
pub struct ValueSink<'w, S> {
    file: &'w mut FileWriter<S>,
    key: &'w Key<'w>,
}

impl<S: Sink> Sink for ValueSink<'_, S> {
    type Error = WriteError<S::Error>;

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.file.out.write(bytes).map_err(WriteError::Sink)
    }

    #[inline]
    fn begin(&mut self, object: ObjectType) -> Result<(), Self::Error> {
        if !object.is_part_of(self.file.version) {
            let since = object.version();
            let raises = self.file.version < since && since <= self.file.newest;
            if !raises || !object.is_part_of(since) {
                return Err(WriteError::Unfit(object, self.file.version));
            }
            self.file.version = since;
        }
        self.file.key(object, self.key).map_err(WriteError::Sink)
    }

    #[inline]
    fn lend_buffer(&mut self) -> Vec<u8> {
        self.file.out.lend_buffer()
    }

    #[inline]
    fn take_back_buffer(&mut self, buffer: Vec<u8>) {
        self.file.out.take_back_buffer(buffer);
    }
}
