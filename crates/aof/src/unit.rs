//! Parts of a file: units, and annotations between them.
//!
//! Always true: a unit is whole; of a transaction nothing is seen before its EXEC has been.
//! Not here: how units are found — `reader.rs`

use russet_resp::{Args, Frame, Span};

/// One command outside of transactions, or one whole transaction.
#[derive(Clone, Copy)]
pub struct Unit<'a> {
    pub(crate) start: u64,
    pub(crate) group: &'a [u8],
    pub(crate) spans: &'a [Span],
    pub(crate) frames: &'a [Frame],
}

impl<'a> Unit<'a> {
    /// The offset of its first byte in the file.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// The offset behind its last byte.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start + self.bytes().len() as u64
    }

    /// Its bytes, MULTI and EXEC included.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        let (Some(first), Some(last)) = (self.frames.first(), self.frames.last()) else {
            return &[];
        };
        let (_, from) = self.group.split_at(first.start());
        let (bytes, _) = from.split_at(last.end() - first.start());
        bytes
    }

    /// Its commands in order, without MULTI and EXEC.
    pub fn commands(&self) -> impl ExactSizeIterator<Item = Args<'a>> + use<'a> {
        let inner = match self.frames {
            [_multi, inner @ .., _exec] => inner,
            alone => alone,
        };
        let (group, spans) = (self.group, self.spans);
        inner.iter().map(move |frame| frame.args(group, spans, &[]))
    }
}

impl std::fmt::Debug for Unit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.bytes().escape_ascii().to_string();
        write!(f, "Unit({}..{}, {text:?})", self.start(), self.end())
    }
}

/// A line between commands that begins with `#`, check lines aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotation<'a> {
    pub(crate) start: u64,
    pub(crate) line: &'a [u8],
}

impl<'a> Annotation<'a> {
    /// The offset of its first byte in the file.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// The line with its end.
    #[must_use]
    pub const fn line(&self) -> &'a [u8] {
        self.line
    }
}
