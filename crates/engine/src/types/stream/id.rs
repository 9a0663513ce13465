//! Identifiers of entries: a moment and a number within it.
//!
//! Always true: identifiers are in the order of their moments, then of their numbers.
//! Not here: how identifiers are read and written as text — the command layer

/// The identifier of an entry of a stream.
///
/// # Examples
/// ```
/// use russet_engine::StreamId;
/// let id = StreamId::new(5, u64::MAX);
/// assert_eq!(id.next(), Some(StreamId::new(6, 0)));
/// assert_eq!(StreamId::MAX.next(), None);
/// assert_eq!(StreamId::new(6, 0).previous(), Some(id));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Milliseconds since the Unix epoch, as a rule.
    pub ms: u64,
    /// A number that tells entries of one millisecond apart.
    pub seq: u64,
}

impl StreamId {
    /// The lowest identifier, which no entry has.
    pub const MIN: Self = Self::new(0, 0);
    /// The highest identifier.
    pub const MAX: Self = Self::new(u64::MAX, u64::MAX);

    /// An identifier.
    #[must_use]
    pub const fn new(ms: u64, seq: u64) -> Self {
        Self { ms, seq }
    }

    /// Whether it is `0-0`, which stands for none.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::MIN
    }

    /// The one after it, unless it is the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(Self::new(self.ms, seq)),
            None => self.ms.checked_add(1).map(|ms| Self::new(ms, 0)),
        }
    }

    /// The one before it, unless it is the first.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(Self::new(self.ms, seq)),
            None => self.ms.checked_sub(1).map(|ms| Self::new(ms, u64::MAX)),
        }
    }
}
