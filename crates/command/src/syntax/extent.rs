//! How many arguments a syntax asks for, counted at compile time.
//!
//! Every word outside brackets is one argument, whether token or parameter; a choice asks for its
//! shortest alternative. That is all a row's arity has to agree with.
//!
//! Always true: usable in constants; a malformed notation is a compile error there.

/// The least and the most arguments that a syntax takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The least.
    pub min: usize,
    /// Whether more than the least are possible.
    pub open: bool,
}

/// The counts of one sequence, and its end.
struct Counted {
    extent: Extent,
    end: usize,
}

impl Extent {
    /// Counts a syntax.
    ///
    /// # Panics
    /// When brackets do not match.
    pub const fn of(syntax: &str) -> Self {
        let counted = alternatives(syntax.as_bytes(), 0);
        assert!(
            counted.end == syntax.len(),
            "a bracket in a syntax closes nothing"
        );
        counted.extent
    }
}

/// Counts sequences separated by `|` up to a closing bracket or the end.
const fn alternatives(text: &[u8], start: usize) -> Counted {
    let mut counted = sequence(text, start);
    while counted.end < text.len() && text[counted.end] == b'|' {
        let next = sequence(text, counted.end + 1);
        let differ = next.extent.min != counted.extent.min;
        let open = counted.extent.open || next.extent.open || differ;
        let fewer = next.extent.min < counted.extent.min;
        let min = if fewer {
            next.extent.min
        } else {
            counted.extent.min
        };
        counted = Counted {
            extent: Extent { min, open },
            end: next.end,
        };
    }
    counted
}

/// Counts items up to `|`, a closing bracket or the end.
const fn sequence(text: &[u8], start: usize) -> Counted {
    let mut extent = Extent {
        min: 0,
        open: false,
    };
    let mut at = start;
    while at < text.len() {
        match text[at] {
            b'|' | b']' | b'>' | b')' => break,
            b' ' => at += 1,
            b'[' => {
                at = closed(text, alternatives(text, at + 1).end, b']');
                extent.open = true;
            }
            b'<' | b'(' => {
                let closer = if text[at] == b'<' { b'>' } else { b')' };
                let inner = alternatives(text, at + 1);
                at = closed(text, inner.end, closer);
                extent.min += inner.extent.min;
                extent.open |= inner.extent.open;
            }
            b'.' => {
                at = word_end(text, at);
                extent.open = true;
            }
            _ => {
                at = word_end(text, at);
                extent.min += 1;
            }
        }
    }
    Counted { extent, end: at }
}

/// The place after a closing bracket and its suffix.
const fn closed(text: &[u8], at: usize, closer: u8) -> usize {
    assert!(
        at < text.len() && text[at] == closer,
        "a bracket in a syntax is not closed"
    );
    word_end(text, at + 1)
}

/// The end of the word or suffix that starts here.
const fn word_end(text: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut quoted = false;
    while at < text.len() {
        match text[at] {
            b'"' => quoted = !quoted,
            b' ' | b'|' | b'[' | b']' | b'<' | b'>' | b'(' | b')' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    at
}
