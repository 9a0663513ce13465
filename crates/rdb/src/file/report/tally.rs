//! Keys of a file by database and kind, their sizes, and the largest.
//!
//! Always true: the number of databases and of large keys that are kept is bounded.
//! Not here: lines about single parts — `mod.rs`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::version_named;
use crate::file::{Dialect, Next};
use crate::{Item, Kind, Packed, Shape, Version};

/// The keys of a file, counted.
#[derive(Clone, Debug)]
pub struct Tally {
    now_ms: i64,
    /// The family of servers that wrote the file, and the version of the format.
    pub header: Option<(Dialect, Version)>,
    /// The version of the server that wrote the file, as the file states it.
    pub server: Option<String>,
    /// The number of keys whose deadline has passed.
    pub expired: u64,
    /// The number of hashes that have fields with a deadline.
    pub hashes_with_deadlines: u64,
    /// The number of keys whose value is empty, which are discarded.
    pub empty: u64,
    /// The number of libraries of functions.
    pub functions: u64,
    /// The databases by number. Beyond the first 1024, keys are counted with the highest number.
    pub databases: BTreeMap<u64, DbTally>,
    /// The largest keys, the largest first.
    pub largest: Vec<LargeKey>,
    open: Option<Open>,
    /// Where the part begins that is read.
    part_at: u64,
    is_complete: bool,
}

/// The keys of a database, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DbTally {
    /// The number of keys with a deadline.
    pub deadlines: u64,
    kinds: [KindTally; KINDS.len()],
}

/// The keys of one kind in a database, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindTally {
    /// The number of keys.
    pub keys: u64,
    /// The number of elements in their values.
    pub elements: u64,
    /// The number of bytes of the keys and their values in the file.
    pub size: u64,
}

/// A key that is larger than most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeKey {
    /// The number of bytes of the key and its value in the file.
    pub size: u64,
    /// The number of elements of the value.
    pub elements: u64,
    /// The number of the database.
    pub db: u64,
    /// The kind of the value.
    pub kind: Kind,
    /// The first bytes of the name.
    pub name: Vec<u8>,
}

/// A key whose value is being read.
#[derive(Clone, Debug)]
struct Open {
    /// The key so far; its size is unknown.
    key: LargeKey,
    begins_at: u64,
    deadline: Option<i64>,
    has_field_deadlines: bool,
}

/// The number of databases that are told apart.
const DATABASES_MAX: usize = 1024;
/// How many of the largest keys are kept.
const LARGEST_MAX: usize = 10;
/// How many bytes of the name of a key are kept.
const NAME_KEPT_MAX: usize = 128;

/// All kinds with their names, in their order.
const KINDS: [(Kind, &str); 6] = [
    (Kind::String, "string"),
    (Kind::List, "list"),
    (Kind::Set, "set"),
    (Kind::Zset, "zset"),
    (Kind::Hash, "hash"),
    (Kind::Stream, "stream"),
];

const fn idx(kind: Kind) -> usize {
    kind as usize
}

impl DbTally {
    /// The keys of this kind.
    #[must_use]
    pub fn kind(&self, kind: Kind) -> KindTally {
        self.kinds[idx(kind)]
    }

    /// The keys of all kinds.
    #[must_use]
    pub fn total(&self) -> KindTally {
        self.kinds
            .iter()
            .fold(KindTally::default(), |sum, kind| KindTally {
                keys: sum.keys + kind.keys,
                elements: sum.elements + kind.elements,
                size: sum.size + kind.size,
            })
    }
}

impl Tally {
    pub(super) fn new(now_ms: i64) -> Self {
        Self {
            now_ms,
            header: None,
            server: None,
            expired: 0,
            hashes_with_deadlines: 0,
            empty: 0,
            functions: 0,
            databases: BTreeMap::new(),
            largest: Vec::new(),
            open: None,
            part_at: 0,
            is_complete: false,
        }
    }

    /// The number of keys.
    #[must_use]
    pub fn keys(&self) -> u64 {
        self.databases.values().map(|db| db.total().keys).sum()
    }

    /// The number of keys with a deadline.
    #[must_use]
    pub fn deadlines(&self) -> u64 {
        self.databases.values().map(|db| db.deadlines).sum()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(super) fn complete(&mut self) {
        self.is_complete = true;
    }

    /// Takes note of a part, behind which the reader is at this offset.
    pub(super) fn note(&mut self, next: &Next<'_>, at: u64) {
        match next {
            Next::Item(item) => return self.note_item(item),
            Next::Key { db, kind, key, .. } => {
                let name = &key.name[..key.name.len().min(NAME_KEPT_MAX)];
                self.open = Some(Open {
                    key: LargeKey {
                        size: 0,
                        elements: 0,
                        db: *db,
                        kind: *kind,
                        name: name.to_vec(),
                    },
                    begins_at: self.part_at,
                    deadline: key.deadline,
                    has_field_deadlines: false,
                });
                return;
            }
            Next::ValueEnd => self.note_value(at),
            Next::EmptyValue => {
                self.empty += 1;
                self.open = None;
            }
            Next::Header { dialect, version } => self.header = Some((*dialect, *version)),
            Next::Aux { name, value } if matches!(&name[..], b"redis-ver" | b"valkey-ver") => {
                let value = &value[..value.len().min(NAME_KEPT_MAX)];
                self.server = Some(value.escape_ascii().to_string());
            }
            Next::Function(_) => self.functions += 1,
            _ => {}
        }
        self.part_at = at;
    }

    fn note_item(&mut self, item: &Item<'_>) {
        let Some(open) = &mut self.open else {
            return;
        };
        open.key.elements += match item {
            Item::Text(_) | Item::Scored { .. } => 1,
            Item::Piece(piece) => u64::from(piece.left == 0),
            Item::Field { deadline, .. } => {
                open.has_field_deadlines |= deadline.is_some();
                1
            }
            Item::Packed(packed) => {
                open.has_field_deadlines |= has_deadlines(packed);
                packed.len() as u64
            }
            Item::Stream(facts) => facts.len,
            _ => 0,
        };
    }

    fn note_value(&mut self, at: u64) {
        let Some(Open {
            mut key,
            begins_at,
            deadline,
            has_field_deadlines,
        }) = self.open.take()
        else {
            return;
        };
        key.size = at - begins_at;
        let has_room = self.databases.len() < DATABASES_MAX;
        let last = self.databases.keys().next_back().copied();
        let db = match last {
            Some(last) if !has_room && !self.databases.contains_key(&key.db) => last,
            _ => key.db,
        };
        let db = self.databases.entry(db).or_default();
        let kind = &mut db.kinds[idx(key.kind)];
        kind.keys += 1;
        kind.elements = kind.elements.saturating_add(key.elements);
        kind.size += key.size;
        db.deadlines += u64::from(deadline.is_some());
        self.expired += u64::from(deadline.is_some_and(|at| at < self.now_ms));
        self.hashes_with_deadlines += u64::from(has_field_deadlines);
        self.note_size(key);
    }

    fn note_size(&mut self, key: LargeKey) {
        let place = self.largest.partition_point(|other| other.size >= key.size);
        if place < LARGEST_MAX {
            self.largest.truncate(LARGEST_MAX - 1);
            self.largest.insert(place, key);
        }
    }

    /// Appends lines.
    pub(super) fn write(&self, out: &mut String) {
        // Appending to a string cannot fail, here and below.
        // A key whose value is broken was read.
        let keys = self.keys() + u64::from(self.open.is_some());
        let _ = writeln!(out, "[info] {keys} keys read");
        let _ = writeln!(out, "[info] {} expires", self.deadlines());
        let _ = writeln!(out, "[info] {} already expired", self.expired);
        let _ = writeln!(out, "[info] {} subexpires", self.hashes_with_deadlines);
        let _ = writeln!(out, "[info] {} functions", self.functions);
        if self.empty > 0 {
            let _ = writeln!(out, "[info] {} keys with empty values, skipped", self.empty);
        }
        if let Some((dialect, version)) = self.header {
            let (named, by) = (version_named(dialect, version), self.server.as_ref());
            let by = by.map(|server| format!(", written by version {server}"));
            let _ = writeln!(out, "[info] RDB version {named}{}", by.unwrap_or_default());
        }
        for (number, db) in &self.databases {
            let KindTally { keys, size, .. } = db.total();
            let expires = db.deadlines;
            let _ = writeln!(
                out,
                "[info] db {number}: {keys} keys, {expires} expires, {size} bytes"
            );
            for (kind, name) in KINDS {
                let KindTally {
                    keys,
                    elements,
                    size,
                } = db.kind(kind);
                if keys > 0 {
                    let facts = format!("{keys} keys, {elements} elements, {size} bytes");
                    let _ = writeln!(out, "[info] db {number}, {name}: {facts}");
                }
            }
        }
        for key in &self.largest {
            let (size, elements, db) = (key.size, key.elements, key.db);
            let (name, kind) = (key.name.escape_ascii(), KINDS[idx(key.kind)].1);
            let facts = format!("{size} bytes, {elements} elements");
            let _ = writeln!(out, "[info] largest: {kind} '{name}' of db {db}: {facts}");
        }
    }
}

fn has_deadlines(packed: &Packed<'_>) -> bool {
    packed.shape == Shape::HashEx && packed.fields().any(|(_, _, deadline)| deadline.is_some())
}
