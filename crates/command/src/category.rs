//! The ACL categories of a command: its group's, and those that its flags imply.
//!
//! Always true: names come out in Redis's order; every category has a name.
//! Not here: who may run what — the node's access control.

use crate::row::{Flags, Group, Spec};

/// A set of ACL categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Categories(u32);

impl Categories {
    /// None.
    pub const NONE: Self = Self(0);
    /// Works on keys as such.
    pub const KEYSPACE: Self = Self(1 << 0);
    /// Reads values.
    pub const READ: Self = Self(1 << 1);
    /// Writes values.
    pub const WRITE: Self = Self(1 << 2);
    /// Sets.
    pub const SET: Self = Self(1 << 3);
    /// Sorted sets.
    pub const SORTED_SET: Self = Self(1 << 4);
    /// Lists.
    pub const LIST: Self = Self(1 << 5);
    /// Hashes.
    pub const HASH: Self = Self(1 << 6);
    /// Strings.
    pub const STRING: Self = Self(1 << 7);
    /// Bitmaps.
    pub const BITMAP: Self = Self(1 << 8);
    /// Cardinality estimates.
    pub const HYPERLOGLOG: Self = Self(1 << 9);
    /// Positions.
    pub const GEO: Self = Self(1 << 10);
    /// Streams.
    pub const STREAM: Self = Self(1 << 11);
    /// Publish and subscribe.
    pub const PUBSUB: Self = Self(1 << 12);
    /// Administration.
    pub const ADMIN: Self = Self(1 << 13);
    /// Constant or logarithmic time.
    pub const FAST: Self = Self(1 << 14);
    /// Everything that is not fast.
    pub const SLOW: Self = Self(1 << 15);
    /// May block.
    pub const BLOCKING: Self = Self(1 << 16);
    /// May do harm.
    pub const DANGEROUS: Self = Self(1 << 17);
    /// Connections.
    pub const CONNECTION: Self = Self(1 << 18);
    /// Transactions.
    pub const TRANSACTION: Self = Self(1 << 19);
    /// Scripts and functions.
    pub const SCRIPTING: Self = Self(1 << 20);

    /// Every category with its name, in the order in which replies list them.
    pub const NAMES: &'static [(Self, &'static str)] = &[
        (Self::KEYSPACE, "keyspace"),
        (Self::READ, "read"),
        (Self::WRITE, "write"),
        (Self::SET, "set"),
        (Self::SORTED_SET, "sortedset"),
        (Self::LIST, "list"),
        (Self::HASH, "hash"),
        (Self::STRING, "string"),
        (Self::BITMAP, "bitmap"),
        (Self::HYPERLOGLOG, "hyperloglog"),
        (Self::GEO, "geo"),
        (Self::STREAM, "stream"),
        (Self::PUBSUB, "pubsub"),
        (Self::ADMIN, "admin"),
        (Self::FAST, "fast"),
        (Self::SLOW, "slow"),
        (Self::BLOCKING, "blocking"),
        (Self::DANGEROUS, "dangerous"),
        (Self::CONNECTION, "connection"),
        (Self::TRANSACTION, "transaction"),
        (Self::SCRIPTING, "scripting"),
    ];

    /// Both sets.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are in it.
    #[inline]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The category with this name, in any case.
    pub fn by_name(name: &[u8]) -> Option<Self> {
        let alike = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
        Self::NAMES
            .iter()
            .find(|(_, known)| alike(known))
            .map(|(category, _)| *category)
    }

    /// The names of those in the set, in the order of replies.
    pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        let inside = move |(category, _): &&(Self, _)| self.has(*category);
        Self::NAMES.iter().filter(inside).map(|(_, name)| *name)
    }
}

/// The categories of a command. A mere container of subcommands has none of its group.
pub(crate) fn categories(group: Group, spec: &Spec, is_mere_container: bool) -> Categories {
    let mut set = match is_mere_container {
        true => Categories::NONE,
        false => of_group(group, spec.flags),
    };
    let implied = [
        (Flags::WRITE, Categories::WRITE),
        (Flags::ADMIN, Categories::ADMIN.with(Categories::DANGEROUS)),
        (
            Flags::OF_ADMINS,
            Categories::ADMIN.with(Categories::DANGEROUS),
        ),
        (Flags::PUBSUB, Categories::PUBSUB),
        (Flags::BLOCKING, Categories::BLOCKING),
        (Flags::DANGEROUS, Categories::DANGEROUS),
        (Flags::CONNECTION, Categories::CONNECTION),
        (Flags::KEYSPACE, Categories::KEYSPACE),
    ];
    for (flag, category) in implied {
        if spec.flags.has(flag) {
            set = set.with(category);
        }
    }
    // A script that only reads is no read of a value.
    if spec.flags.has(Flags::READONLY) && !set.has(Categories::SCRIPTING) {
        set = set.with(Categories::READ);
    }
    set.with(if spec.flags.has(Flags::FAST) {
        Categories::FAST
    } else {
        Categories::SLOW
    })
}

/// The category of a group. A generic command about connections (WAIT) is not one about keys.
fn of_group(group: Group, flags: Flags) -> Categories {
    match group {
        Group::Generic if flags.has(Flags::CONNECTION) => Categories::NONE,
        Group::Generic if flags.has(Flags::OF_ELEMENTS) => Categories::SET
            .with(Categories::SORTED_SET)
            .with(Categories::LIST),
        Group::Generic => Categories::KEYSPACE,
        Group::String => Categories::STRING,
        Group::List => Categories::LIST,
        Group::Set => Categories::SET,
        Group::SortedSet => Categories::SORTED_SET,
        Group::Hash => Categories::HASH,
        Group::Stream => Categories::STREAM,
        Group::Bitmap => Categories::BITMAP,
        Group::Hyperloglog => Categories::HYPERLOGLOG,
        Group::Geo => Categories::GEO,
        Group::Transactions => Categories::TRANSACTION,
        Group::Connection => Categories::CONNECTION,
        Group::Scripting => Categories::SCRIPTING,
        // PUBLISH and SUBSCRIBE have a flag of their own; HELP has not.
        Group::PubSub | Group::Server | Group::Cluster | Group::Sentinel => Categories::NONE,
    }
}
