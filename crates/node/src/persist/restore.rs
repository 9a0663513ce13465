//! A dump on its way into the key space, piece by piece.
//!
//! ```text
//!  bytes ─► FileReader ─┬─ Key, Item …, ValueEnd ─► Loader ─► Detached ─► Db::place
//!                       ├─ ShortString ─► some at a time, their buckets fetched ─► Db::entry
//!                       ├─ Function ─► kept as it is, for the next dump
//!                       └─ Aux, ModuleAux ─► log
//! ```
//! Always true: a key is there with its whole value, or not at all.
//! Not here: where the bytes come from — `loading.rs`; values — `translate/load.rs`

use russet_engine::{Access, Entry, KeyHash, Keyspace, Millis};
use russet_io::LogLevel;
use russet_rdb::file::{FileError, FileReader, Next, Seal, ShortString};
use russet_rdb::payload::Checksum;
use russet_rdb::{Buffer, Input};

use smallvec::SmallVec;

use super::translate::{self, Loader, Refused};

/// The treatment of special keys of a dump.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Keys whose deadline has passed are left out.
    pub skips_expired: bool,
    /// A key that is there already is replaced; otherwise it is an error.
    pub replaces: bool,
    /// The number of databases.
    pub databases: usize,
    /// No more keys than this can be in it.
    pub keys_max: u64,
    /// The wall clock.
    pub now_ms: Millis,
}

impl Rules {
    fn leaves_out(&self, deadline: Option<Millis>) -> bool {
        self.skips_expired && deadline.is_some_and(|at| at < self.now_ms)
    }
}

/// At most this number of keys without a value are named in the log.
const EMPTY_TOLD_MAX: u64 = 10;
/// Short strings that are loaded together.
const BATCH: usize = 32;

/// Why a dump cannot be loaded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Fault {
    /// Its bytes are refused.
    #[error("{0}")]
    File(#[from] FileError),
    /// A value is refused.
    #[error("the value of key '{key}' at offset {offset}: {refused}")]
    Value {
        /// The key, escaped.
        key: String,
        /// Where its value ends, or reading stopped.
        offset: u64,
        /// The reason.
        refused: Refused,
    },
    /// A key is there twice.
    #[error("RDB has duplicated key '{key}' in DB {db}")]
    Twice {
        /// The key, escaped.
        key: String,
        /// Its database.
        db: u64,
    },
    /// There are fewer databases.
    #[error(
        "Data file was created with a Redis server configured to handle more than {0} databases."
    )]
    Databases(usize),
    /// A library of functions is refused.
    #[error("Failed to load a library of functions: {0}")]
    Library(String),
}

/// How far a dump has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// More bytes are needed.
    More,
    /// It is complete.
    End,
}

/// A key whose value is being read.
struct Pending {
    db: usize,
    deadline: Option<Millis>,
    access: Option<Access>,
    /// `None` when the key is left out.
    loader: Option<Loader>,
}

/// Loads a dump.
#[derive(Default)]
pub(crate) struct Restore {
    reader: FileReader,
    /// The number of the database that was chosen last.
    db: u64,
    key: Vec<u8>,
    pending: Option<Pending>,
    /// Keys that were loaded.
    pub loaded: u64,
    /// Keys that were left out since their deadline has passed.
    pub expired: u64,
    /// Keys without a value, which were left out.
    pub empty: u64,
    /// Libraries of functions.
    pub functions: Vec<Vec<u8>>,
    /// Lines for the log.
    pub lines: Vec<(LogLevel, String)>,
}

impl Restore {
    /// Loads a dump from its beginning, and compares its checksum or not (`rdbchecksum`).
    pub(crate) fn new(has_checksum: bool) -> Self {
        let checksum = match has_checksum {
            true => Checksum::Verified,
            false => Checksum::Ignored,
        };
        Self {
            reader: FileReader::default().with_checksum(checksum),
            ..Self::default()
        }
    }

    /// Loads what the buffer holds.
    ///
    /// # Errors
    /// The dump is refused; what came before stays.
    pub(crate) fn load(
        &mut self,
        buffer: &mut Buffer,
        keyspace: &mut Keyspace,
        rules: Rules,
    ) -> Result<Reached, Fault> {
        loop {
            let mut input = buffer.input();
            let reached = self.step(&mut input, keyspace, rules);
            let rest = input.rest().len();
            buffer.keep(rest);
            if let Some(reached) = reached? {
                return Ok(reached);
            }
        }
    }

    /// The same for bytes of somebody else; gives how many were read.
    ///
    /// # Errors
    /// The dump is refused; what came before stays.
    pub(crate) fn load_input(
        &mut self,
        mut input: Input<'_>,
        keyspace: &mut Keyspace,
        rules: Rules,
    ) -> Result<(usize, Reached), Fault> {
        let size = input.rest().len();
        loop {
            if let Some(reached) = self.step(&mut input, keyspace, rules)? {
                return Ok((size - input.rest().len(), reached));
            }
        }
    }

    fn step(
        &mut self,
        input: &mut Input<'_>,
        keyspace: &mut Keyspace,
        rules: Rules,
    ) -> Result<Option<Reached>, Fault> {
        while self.strings(input, keyspace, rules)? == BATCH {}
        match self.reader.next(input) {
            Ok(next) => self.take(next, keyspace, rules),
            Err(error) => Err(error.into()),
        }
    }

    /// Loads the short strings that come next; gives how many it read.
    ///
    /// PERF: what one key waits for in memory is on its way to all of a batch meanwhile.
    fn strings(
        &mut self,
        input: &mut Input<'_>,
        keyspace: &mut Keyspace,
        rules: Rules,
    ) -> Result<usize, Fault> {
        let mut batch: SmallVec<[(KeyHash, ShortString<'_>); BATCH]> = SmallVec::new();
        while batch.len() < BATCH
            && let Some(short) = self.reader.short_string(input)
        {
            let hash = keyspace.db(known(short.db, rules)?).prefetch(short.name);
            batch.push((hash, short));
        }
        for (hash, short) in &batch {
            keyspace.db(known(short.db, rules)?).prefetch_bucket(*hash);
        }
        for (hash, short) in &batch {
            if rules.leaves_out(short.deadline) {
                self.expired += 1;
                continue;
            }
            let value = translate::new_value(&short.value);
            let mut db = keyspace.db(known(short.db, rules)?);
            match db.entry((*hash, short.name)) {
                Entry::Vacant(place) => place.insert(value, short.deadline),
                Entry::Occupied(mut entry) if rules.replaces => {
                    entry.replace(value, short.deadline);
                }
                Entry::Occupied(_) => return Err(twice(short.name, short.db)),
            }
            if let Some(access) = access(short.idle_s, short.frequency)
                && let Entry::Occupied(mut entry) = db.entry((*hash, short.name))
            {
                entry.set_access(access);
            }
            self.loaded += 1;
        }
        Ok(batch.len())
    }

    fn take(
        &mut self,
        next: Next<'_>,
        keyspace: &mut Keyspace,
        rules: Rules,
    ) -> Result<Option<Reached>, Fault> {
        match next {
            Next::Item(item) => {
                if let Some(Pending {
                    db,
                    loader: Some(loader),
                    ..
                }) = &mut self.pending
                {
                    let taken = loader.item(&keyspace.db(*db), item);
                    taken.map_err(|refused| self.refused(refused))?;
                }
            }
            Next::Key { db, kind, key, .. } => {
                let db = known(db, rules)?;
                self.key.clear();
                self.key.extend_from_slice(&key.name);
                let loads = !rules.leaves_out(key.deadline);
                self.pending = Some(Pending {
                    db,
                    deadline: key.deadline,
                    access: access(key.idle_s, key.frequency),
                    loader: loads.then(|| Loader::new(&keyspace.db(db), kind)),
                });
            }
            Next::SelectDb(db) => self.db = db,
            Next::ResizeDb { keys, .. } => {
                let keys = keys.min(rules.keys_max);
                let keys = usize::try_from(keys).unwrap_or(0);
                keyspace.db(known(self.db, rules)?).reserve(keys);
            }
            Next::ValueEnd => self.place(keyspace, rules)?,
            Next::EmptyValue => {
                self.pending = None;
                self.empty += 1;
                if self.empty <= EMPTY_TOLD_MAX {
                    let key = self.key.escape_ascii();
                    let line = format!("rdbLoadObject skipping empty key: {key}");
                    self.lines.push((LogLevel::Notice, line));
                }
            }
            Next::Function(source) => self.functions.push(source.into_owned()),
            Next::Aux { name, value } => self.aux(&name, &value, rules.now_ms),
            Next::ModuleAux(module) => {
                let line = format!("Skipping data of the module {}.", module.as_str());
                self.lines.push((LogLevel::Warning, line));
            }
            Next::More => return Ok(Some(Reached::More)),
            Next::End(seal) => {
                if seal == Seal::Disabled {
                    let line = "RDB file was saved with checksum disabled: no check performed.";
                    self.lines.push((LogLevel::Notice, line.to_owned()));
                }
                return Ok(Some(Reached::End));
            }
            _ => {}
        }
        Ok(None)
    }

    fn place(&mut self, keyspace: &mut Keyspace, rules: Rules) -> Result<(), Fault> {
        let Some(pending) = self.pending.take() else {
            return Ok(());
        };
        let Some(loader) = pending.loader else {
            self.expired += 1;
            return Ok(());
        };
        let value = loader.finish().map_err(|refused| self.refused(refused))?;
        let mut db = keyspace.db(pending.db);
        let before = db.len();
        db.place(&self.key, value, pending.deadline);
        if let Some(access) = pending.access
            && let Entry::Occupied(mut entry) = db.entry(&self.key)
        {
            entry.set_access(access);
        }
        if !rules.replaces && db.len() == before {
            return Err(twice(&self.key, pending.db as u64));
        }
        self.loaded += 1;
        Ok(())
    }

    fn refused(&self, refused: Refused) -> Fault {
        Fault::Value {
            key: self.key.escape_ascii().to_string(),
            offset: self.reader.offset(),
            refused,
        }
    }

    fn aux(&mut self, name: &[u8], value: &[u8], now_ms: Millis) {
        let text = String::from_utf8_lossy(value);
        let line = match name {
            b"redis-ver" => format!("Loading RDB produced by version {text}"),
            b"valkey-ver" => format!("Loading RDB produced by Valkey version {text}"),
            b"ctime" => {
                let age_s = (now_ms / 1000).saturating_sub(text.parse().unwrap_or(0));
                format!("RDB age {} seconds", age_s.max(0))
            }
            b"used-mem" => {
                let bytes = text.parse().unwrap_or(0.0);
                format!(
                    "RDB memory usage when created {:.2} Mb",
                    bytes / 1024.0 / 1024.0
                )
            }
            _ => return,
        };
        self.lines.push((LogLevel::Notice, line));
    }
}

/// The number of a database that there is.
fn known(db: u64, rules: Rules) -> Result<usize, Fault> {
    let db = usize::try_from(db).ok().filter(|&db| db < rules.databases);
    db.ok_or(Fault::Databases(rules.databases))
}

fn twice(key: &[u8], db: u64) -> Fault {
    let key = key.escape_ascii().to_string();
    Fault::Twice { key, db }
}

fn access(idle_s: Option<u64>, frequency: Option<u8>) -> Option<Access> {
    let is_told = idle_s.is_some() || frequency.is_some();
    is_told.then(|| Access {
        idle_s: idle_s.unwrap_or(0),
        frequency: frequency.unwrap_or(0),
    })
}
