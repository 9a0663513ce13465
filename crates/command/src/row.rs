//! A command as one row of a table: everything known of it, and its handler.
//!
//! Rows are plain `const` data, built by `const fn`s and checked at compile time. Every other view
//! of a command (ACL categories, legacy key positions, COMMAND INFO and DOCS, key extraction,
//! documentation) is computed from its row.
//!
//! Always true: names are upper case; the arity agrees with the syntax; rows are in alphabetical
//! order.
//! Not here: the views — `keys.rs`, `syntax.rs`, and the node's registry.

use std::ops::Range;

/// How many arguments a command takes, its own name among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// Exactly this number.
    Exactly(u8),
    /// This number or more.
    AtLeast(u8),
}

impl Arity {
    /// Whether a request of `count` arguments fits.
    #[inline]
    pub const fn admits(self, count: usize) -> bool {
        match self {
            Self::Exactly(n) => count == n as usize,
            Self::AtLeast(n) => count >= n as usize,
        }
    }

    /// The number that COMMAND INFO shows: negative for a minimum.
    pub const fn signed(self) -> i64 {
        match self {
            Self::Exactly(n) => n as i64,
            Self::AtLeast(n) => -(n as i64),
        }
    }
}

/// Properties of a command, as a set of bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags(pub u32);

impl Flags {
    /// Nothing in particular.
    pub const NONE: Self = Self(0);
    /// May change data.
    pub const WRITE: Self = Self(1 << 0);
    /// Reads data.
    pub const READONLY: Self = Self(1 << 1);
    /// Refused when memory is short.
    pub const DENY_OOM: Self = Self(1 << 2);
    /// Administrative.
    pub const ADMIN: Self = Self(1 << 3);
    /// Publish and subscribe.
    pub const PUBSUB: Self = Self(1 << 4);
    /// Not in scripts.
    pub const NOSCRIPT: Self = Self(1 << 5);
    /// May block the client.
    pub const BLOCKING: Self = Self(1 << 6);
    /// Allowed while the data is being loaded.
    pub const LOADING: Self = Self(1 << 7);
    /// Allowed on a replica that lost its primary.
    pub const STALE: Self = Self(1 << 8);
    /// Not shown to MONITOR.
    pub const SKIP_MONITOR: Self = Self(1 << 9);
    /// Not in the slow log.
    pub const SKIP_SLOWLOG: Self = Self(1 << 10);
    /// Served by cluster nodes that import a slot.
    pub const ASKING: Self = Self(1 << 11);
    /// Constant or logarithmic time.
    pub const FAST: Self = Self(1 << 12);
    /// Needs no authentication.
    pub const NO_AUTH: Self = Self(1 << 13);
    /// May replicate though it is not a write.
    pub const MAY_REPLICATE: Self = Self(1 << 14);
    /// Only for Sentinels.
    pub const SENTINEL: Self = Self(1 << 15);
    /// Sentinels only have it.
    pub const ONLY_SENTINEL: Self = Self(1 << 16);
    /// The command asks for mandatory keys although none are declared.
    pub const NO_MANDATORY_KEYS: Self = Self(1 << 17);
    /// Refused inside MULTI.
    pub const NO_MULTI: Self = Self(1 << 18);
    /// Allowed while a script is busy.
    pub const ALLOW_BUSY: Self = Self(1 << 19);
    /// Key positions depend on more than the key specs say.
    pub const MOVABLE_KEYS: Self = Self(1 << 20);
    /// Not asynchronously loadable.
    pub const NO_ASYNC_LOADING: Self = Self(1 << 21);
    /// Dangerous beyond its flags (ACL category).
    pub const DANGEROUS: Self = Self(1 << 22);
    /// Manages connections (ACL category `@connection`).
    pub const CONNECTION: Self = Self(1 << 23);
    /// Works on keys as such (ACL category `@keyspace`).
    pub const KEYSPACE: Self = Self(1 << 24);
    /// For the server's own use and tests (doc flag `syscmd`).
    pub const SYSTEM: Self = Self(1 << 25);
    /// Reads elements of lists, sets and sorted sets alike (ACL categories of all three, not of
    /// the group).
    pub const OF_ELEMENTS: Self = Self(1 << 26);
    /// Runs at once inside MULTI, where others are queued.
    pub const UNQUEUED: Self = Self(1 << 27);
    /// For administrators without being administrative (ACL category `@admin`).
    pub const OF_ADMINS: Self = Self(1 << 30);
    /// Reads keys that the request does not name.
    pub const READS_OTHERS: Self = Self(1 << 29);
    /// Runs the commands that were queued since MULTI, and needs what any of them needs.
    pub const RUNS_QUEUED: Self = Self(1 << 28);
    /// Runs a script, and needs what the script declares.
    pub const RUNS_SCRIPT: Self = Self(1 << 31);

    /// Both sets.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set without those of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all bits of `other` are in it.
    #[inline]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is in it.
    #[inline]
    pub const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The group of a command, as COMMAND DOCS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Keys of any type.
    Generic,
    /// Strings.
    String,
    /// Lists.
    List,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// Hashes.
    Hash,
    /// Streams.
    Stream,
    /// Bits of strings.
    Bitmap,
    /// Cardinality estimates.
    Hyperloglog,
    /// Positions.
    Geo,
    /// Publish and subscribe.
    PubSub,
    /// Transactions.
    Transactions,
    /// Connections.
    Connection,
    /// The server.
    Server,
    /// Scripts and functions.
    Scripting,
    /// Cluster.
    Cluster,
    /// Sentinel.
    Sentinel,
}

/// Where the search for keys begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// At this argument.
    Index(u8),
    /// After this keyword, searched from `from` (negative: from the end, backwards).
    Keyword(&'static str, i8),
    /// Unknown.
    Unknown,
}

/// Which arguments from there on are keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Find {
    /// Up to `last` (relative to the first; negative: from the end of the request), every `step`th,
    /// of the first `1/limit` of the arguments when `limit` is 2 or more.
    Range {
        /// The last key, relative to the first, or from the end when negative.
        last: i8,
        /// The distance of keys.
        step: u8,
        /// 0 or 1: no limit; else only that fraction of the remaining arguments.
        limit: u8,
    },
    /// A count stands at `count` and keys from `first` on (both relative to the beginning).
    KeyNum {
        /// Where the count stands.
        count: u8,
        /// Where the first key stands.
        first: u8,
        /// The distance of keys.
        step: u8,
    },
    /// Unknown.
    Unknown,
}

/// The access of a command to keys, as the bits of a key spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFlags(pub u16);

impl KeyFlags {
    /// Reads only.
    pub const RO: Self = Self(1 << 0);
    /// Reads and writes.
    pub const RW: Self = Self(1 << 1);
    /// Overwrites.
    pub const OW: Self = Self(1 << 2);
    /// Removes.
    pub const RM: Self = Self(1 << 3);
    /// Returns or copies the data.
    pub const ACCESS: Self = Self(1 << 4);
    /// Changes the data, depending on it.
    pub const UPDATE: Self = Self(1 << 5);
    /// Adds without looking.
    pub const INSERT: Self = Self(1 << 6);
    /// Removes data.
    pub const DELETE: Self = Self(1 << 7);
    /// Not a key, but placed like one.
    pub const NOT_KEY: Self = Self(1 << 8);
    /// Not all keys may be found.
    pub const INCOMPLETE: Self = Self(1 << 9);
    /// The flags depend on the arguments.
    pub const VARIABLE_FLAGS: Self = Self(1 << 10);

    /// Both sets.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all bits of `other` are in it.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Where keys stand in a request, and what happens to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySpec {
    /// Where the search begins.
    pub begin: Begin,
    /// Which arguments from there on.
    pub find: Find,
    /// The access to them.
    pub flags: KeyFlags,
    /// A remark for COMMAND DOCS, or nothing.
    pub notes: &'static str,
}

impl KeySpec {
    /// One key at argument `index`.
    pub const fn one(index: u8, flags: KeyFlags) -> Self {
        Self::range(index, 0, 1, flags)
    }

    /// Keys from argument `index` to `last` (negative: from the end), every `step`th.
    pub const fn range(index: u8, last: i8, step: u8, flags: KeyFlags) -> Self {
        Self {
            begin: Begin::Index(index),
            find: Find::Range {
                last,
                step,
                limit: 0,
            },
            flags,
            notes: "",
        }
    }

    /// A count at argument `index`, keys after it.
    pub const fn counted(index: u8, flags: KeyFlags) -> Self {
        Self {
            begin: Begin::Index(index),
            find: Find::KeyNum {
                count: 0,
                first: 1,
                step: 1,
            },
            flags,
            notes: "",
        }
    }

    /// The same with a remark.
    pub const fn noted(mut self, notes: &'static str) -> Self {
        self.notes = notes;
        self
    }
}

/// Which arguments of a request are channels that access control looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// None.
    None,
    /// This one.
    One(u8),
    /// This one and all that follow.
    From(u8),
    /// This one and all that follow, which are patterns of channels.
    Patterns(u8),
}

impl Channels {
    /// Whether they are patterns.
    pub const fn are_patterns(self) -> bool {
        matches!(self, Self::Patterns(_))
    }

    /// Their positions in a request of `count` arguments.
    pub fn positions(self, count: usize) -> Range<usize> {
        match self {
            Self::None => 0..0,
            Self::One(at) => usize::from(at)..count.min(usize::from(at) + 1),
            Self::From(at) | Self::Patterns(at) => usize::from(at)..count,
        }
    }
}

/// The description of a command, whatever its handler.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Its name, in upper case; a subcommand's own name only.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arity: Arity,
    /// Its properties.
    pub flags: Flags,
    /// Where its keys stand.
    pub keys: &'static [KeySpec],
    /// Which of its arguments are channels.
    pub channels: Channels,
    /// Its arguments after the name, in the grammar of `syntax.rs`.
    pub syntax: &'static str,
    /// Since which Redis version (or Valkey: `V9.0.0`).
    pub since: &'static str,
    /// Its cost.
    pub complexity: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Version and change.
    pub history: &'static [(&'static str, &'static str)],
    /// Hints for clients, as COMMAND INFO shows them.
    pub tips: &'static [&'static str],
    /// The replacement of a deprecated command: (since, replacement).
    pub deprecated: Option<(&'static str, &'static str)>,
}

/// A row: a spec and its handler `H`.
#[derive(Debug, Clone, Copy)]
pub struct Row<H: 'static> {
    /// Its description.
    pub spec: Spec,
    /// The handler; `None` for a container whose subcommands run.
    pub run: Option<H>,
    /// The subcommands of a container, in alphabetical order.
    pub subcommands: &'static [Self],
}

impl<H: Copy> Row<H> {
    const fn new(name: &'static str, arity: Arity, flags: Flags, run: Option<H>) -> Self {
        let spec = Spec {
            name,
            arity,
            flags,
            keys: &[],
            channels: Channels::None,
            syntax: "",
            since: "",
            complexity: "",
            summary: "",
            history: &[],
            tips: &[],
            deprecated: None,
        };
        Self {
            spec,
            run,
            subcommands: &[],
        }
    }

    /// A command that may change data.
    pub const fn write(name: &'static str, arity: Arity, run: H) -> Self {
        Self::new(name, arity, Flags::WRITE, Some(run))
    }

    /// A command that reads data.
    pub const fn read(name: &'static str, arity: Arity, run: H) -> Self {
        Self::new(name, arity, Flags::READONLY, Some(run))
    }

    /// A command that does neither.
    pub const fn control(name: &'static str, arity: Arity, run: H) -> Self {
        Self::new(name, arity, Flags::NONE, Some(run))
    }

    /// A container of subcommands.
    pub const fn container(name: &'static str, subcommands: &'static [Self]) -> Self {
        let mut row = Self::new(name, Arity::AtLeast(2), Flags::NONE, None);
        row.subcommands = subcommands;
        row
    }

    /// Its arguments, in the grammar of `syntax.rs`.
    pub const fn takes(mut self, syntax: &'static str) -> Self {
        self.spec.syntax = syntax;
        self
    }

    /// Where its keys stand.
    pub const fn keys(mut self, keys: &'static [KeySpec]) -> Self {
        self.spec.keys = keys;
        self
    }

    /// Which of its arguments are channels that access control looks at.
    pub const fn channels(mut self, channels: Channels) -> Self {
        self.spec.channels = channels;
        self
    }

    /// Adds flags.
    pub const fn flags(mut self, flags: Flags) -> Self {
        self.spec.flags = self.spec.flags.with(flags);
        self
    }

    /// Constant or logarithmic time.
    pub const fn fast(self) -> Self {
        self.flags(Flags::FAST)
    }

    /// Refused when memory is short.
    pub const fn deny_oom(self) -> Self {
        self.flags(Flags::DENY_OOM)
    }

    /// Since which version.
    pub const fn since(mut self, version: &'static str) -> Self {
        self.spec.since = version;
        self
    }

    /// Its cost.
    pub const fn cost(mut self, complexity: &'static str) -> Self {
        self.spec.complexity = complexity;
        self
    }

    /// Its summary, in one sentence of our own.
    pub const fn does(mut self, summary: &'static str) -> Self {
        self.spec.summary = summary;
        self
    }

    /// Its changes, each with a version.
    pub const fn history(mut self, history: &'static [(&'static str, &'static str)]) -> Self {
        self.spec.history = history;
        self
    }

    /// Hints for clients.
    pub const fn tips(mut self, tips: &'static [&'static str]) -> Self {
        self.spec.tips = tips;
        self
    }

    /// Deprecated since a version, and what to use instead.
    pub const fn deprecated(mut self, since: &'static str, instead: &'static str) -> Self {
        self.spec.deprecated = Some((since, instead));
        self
    }
}

/// The rows of one group.
#[derive(Debug, Clone, Copy)]
pub struct Family<H: 'static> {
    /// Their group.
    pub group: Group,
    /// The rows, in alphabetical order.
    pub rows: &'static [Row<H>],
}
