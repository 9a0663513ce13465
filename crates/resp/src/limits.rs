//! Limits on the memory that a peer may claim.
//!
//! A declared size is never a reason to allocate; limits only decide which declarations are
//! refused at once. The defaults are those of Redis.
//!
//! Always true: limits change nothing about well-formed input below them.
//! Not here: the query buffer's total limit — the session owns the buffer.

/// Limits of a request, chosen anew for each call of the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest bulk accepted (`proto-max-bulk-len`).
    pub bulk_len_max: u64,
    /// The most arguments that a request may declare.
    pub args_max: u32,
    /// The longest inline request, and the longest line that declares a length.
    pub line_len_max: usize,
    /// From this length on, an argument that is not complete in the input is read into a buffer
    /// of its own.
    pub big_arg_len: usize,
    /// Whether the stricter limits for strangers apply.
    pub peer: Peer,
}

/// How far a peer is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Authenticated, or authentication is not required.
    Known,
    /// Not authenticated yet: at most [`Limits::STRANGER_ARGS_MAX`] arguments of at most
    /// [`Limits::STRANGER_BULK_LEN_MAX`] bytes.
    Stranger,
}

impl Limits {
    /// The most arguments before authentication.
    pub const STRANGER_ARGS_MAX: u32 = 10;
    /// The longest argument before authentication.
    pub const STRANGER_BULK_LEN_MAX: u64 = 16 << 10;

    /// The limits of a client of whom nothing special is known.
    pub const DEFAULT: Self = Self {
        bulk_len_max: 512 << 20,
        args_max: i32::MAX.unsigned_abs(),
        line_len_max: 64 << 10,
        big_arg_len: 32 << 10,
        peer: Peer::Known,
    };

    /// The limits for a replication stream: the primary has checked sizes, and every request
    /// stays in the input, where its bytes can be passed on verbatim.
    pub const PRIMARY: Self = Self {
        bulk_len_max: u64::MAX,
        big_arg_len: usize::MAX,
        ..Self::DEFAULT
    };

    /// The same limits for a peer that has not authenticated.
    #[must_use]
    pub const fn for_stranger(self) -> Self {
        Self {
            peer: Peer::Stranger,
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Limits of a reply that a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLimits {
    /// The deepest nesting of aggregates. The type bounds what dropping a value may recurse.
    pub depth_max: u8,
    /// The longest string, verbatim text, bulk error, or sum of a streamed string's chunks.
    pub bulk_len_max: u64,
    /// The most elements that one aggregate may declare or stream.
    pub elements_max: u64,
    /// The longest line: simple strings, errors, numbers and lengths.
    pub line_len_max: usize,
}

impl ReplyLimits {
    /// Limits wide enough for every reply of a real server.
    pub const DEFAULT: Self = Self {
        depth_max: 128,
        bulk_len_max: 512 << 20,
        elements_max: 1 << 32,
        line_len_max: 1 << 20,
    };
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
