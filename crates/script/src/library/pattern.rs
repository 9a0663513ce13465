//! Patterns: a matcher with backtracking, bounded in depth and steps.
//!
//! Always true: a match takes at most [`STEPS_MAX`] steps and a multiple of the text, then it is
//! refused; its depth follows the pattern, never the text.
//! Not here: the functions of `string` — `text.rs`

use crate::vm::Raise;

/// A match in progress.
pub(crate) struct Matcher<'a> {
    text: &'a [u8],
    pattern: &'a [u8],
    captures: Vec<Capture>,
    depth: u32,
    steps: usize,
}

#[derive(Clone, Copy)]
struct Capture {
    start: usize,
    len: Len,
}

#[derive(Clone, Copy, PartialEq)]
enum Len {
    Open,
    /// The capture is a place, not a text.
    Position,
    Closed(usize),
}

/// The value of a capture.
pub(crate) enum Captured<'a> {
    Text(&'a [u8]),
    /// A place that counts from one.
    Position(usize),
}

type Matched = Result<Option<usize>, Raise>;

impl<'a> Matcher<'a> {
    /// A matcher of a pattern without its `^`. As in C, the pattern ends at its first zero byte.
    pub(crate) fn new(text: &'a [u8], pattern: &'a [u8]) -> Self {
        let end = memchr::memchr(0, pattern).unwrap_or(pattern.len());
        Self {
            text,
            pattern: &pattern[..end],
            captures: Vec::new(),
            depth: 0,
            steps: STEPS_MAX + text.len().saturating_mul(STEPS_PER_BYTE),
        }
    }

    /// The end of a match that begins here.
    pub(crate) fn at(&mut self, start: usize) -> Matched {
        self.captures.clear();
        self.depth = 0;
        self.go(start, 0)
    }

    /// The steps that are left.
    pub(crate) const fn steps(&self) -> usize {
        self.steps
    }

    /// How many values a match gives: its captures, or its whole.
    pub(crate) fn count(&self) -> usize {
        self.captures.len()
    }

    /// A capture of the last match; the whole match where there is none.
    pub(crate) fn capture(
        &self,
        idx: usize,
        start: usize,
        end: usize,
    ) -> Result<Captured<'a>, Raise> {
        let Some(capture) = self.captures.get(idx) else {
            if idx > 0 {
                return Err(Raise::message("invalid capture index"));
            }
            return Ok(Captured::Text(&self.text[start..end]));
        };
        match capture.len {
            Len::Position => Ok(Captured::Position(capture.start + 1)),
            Len::Open => Err(Raise::message("unfinished capture")),
            Len::Closed(len) => Ok(Captured::Text(&self.text[capture.start..][..len])),
        }
    }

    /// The whole match.
    pub(crate) fn whole(&self, start: usize, end: usize) -> Captured<'a> {
        Captured::Text(&self.text[start..end])
    }

    fn step(&mut self) -> Result<(), Raise> {
        self.steps = self.steps.saturating_sub(1);
        if self.steps == 0 {
            return Err(Raise::message("pattern is too complex for this text"));
        }
        Ok(())
    }

    /// Matches the rest of the pattern from `p` on, against the text from `s` on.
    fn go(&mut self, s: usize, p: usize) -> Matched {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Raise::message("pattern too complex"));
        }
        let found = self.rest(s, p);
        self.depth -= 1;
        found
    }

    fn rest(&mut self, s: usize, p: usize) -> Matched {
        let (mut s, mut p) = (s, p);
        loop {
            self.step()?;
            let Some(&byte) = self.pattern.get(p) else {
                return Ok(Some(s));
            };
            let next = self.pattern.get(p + 1).copied();
            match (byte, next) {
                (b'(', Some(b')')) => return self.open(s, p + 2, Len::Position),
                (b'(', _) => return self.open(s, p + 1, Len::Open),
                (b')', _) => return self.close(s, p + 1),
                (b'$', None) => return Ok((s == self.text.len()).then_some(s)),
                (b'%', Some(b'b')) => match self.balance(s, p + 2)? {
                    Some(end) => (s, p) = (end, p + 4),
                    None => return Ok(None),
                },
                (b'%', Some(b'f')) => match self.frontier(s, p + 2)? {
                    Some(end) => p = end,
                    None => return Ok(None),
                },
                (b'%', Some(digit @ b'0'..=b'9')) => match self.repeat(s, digit)? {
                    Some(end) => (s, p) = (end, p + 2),
                    None => return Ok(None),
                },
                _ => {
                    let end = self.class_end(p)?;
                    match self.pattern.get(end) {
                        Some(b'?') => {
                            if self.is_single(s, p, end)
                                && let found @ Some(_) = self.go(s + 1, end + 1)?
                            {
                                return Ok(found);
                            }
                            p = end + 1;
                        }
                        Some(b'*') => return self.expand(s, p, end, 0),
                        Some(b'+') => return self.expand(s, p, end, 1),
                        Some(b'-') => return self.expand_least(s, p, end),
                        _ if self.is_single(s, p, end) => (s, p) = (s + 1, end),
                        _ => return Ok(None),
                    }
                }
            }
        }
    }

    /// As many repetitions as possible, then fewer.
    fn expand(&mut self, s: usize, p: usize, end: usize, least: usize) -> Matched {
        let mut count = 0;
        while self.is_single(s + count, p, end) {
            self.step()?;
            count += 1;
        }
        while count >= least {
            if let found @ Some(_) = self.go(s + count, end + 1)? {
                return Ok(found);
            }
            if count == 0 {
                break;
            }
            count -= 1;
        }
        Ok(None)
    }

    /// As few repetitions as possible, then more.
    fn expand_least(&mut self, s: usize, p: usize, end: usize) -> Matched {
        let mut s = s;
        loop {
            if let found @ Some(_) = self.go(s, end + 1)? {
                return Ok(found);
            }
            if !self.is_single(s, p, end) {
                return Ok(None);
            }
            s += 1;
        }
    }

    fn open(&mut self, s: usize, p: usize, len: Len) -> Matched {
        if self.captures.len() >= CAPTURES_MAX {
            return Err(Raise::message("too many captures"));
        }
        self.captures.push(Capture { start: s, len });
        let found = self.go(s, p)?;
        if found.is_none() {
            self.captures.pop();
        }
        Ok(found)
    }

    fn close(&mut self, s: usize, p: usize) -> Matched {
        let is_open = |capture: &Capture| capture.len == Len::Open;
        let Some(idx) = self.captures.iter().rposition(is_open) else {
            return Err(Raise::message("invalid pattern capture"));
        };
        self.captures[idx].len = Len::Closed(s - self.captures[idx].start);
        let found = self.go(s, p)?;
        if found.is_none() {
            self.captures[idx].len = Len::Open;
        }
        Ok(found)
    }

    fn balance(&mut self, s: usize, p: usize) -> Matched {
        let (Some(&open), Some(&close)) = (self.pattern.get(p), self.pattern.get(p + 1)) else {
            return Err(Raise::message("unbalanced pattern"));
        };
        if self.text.get(s) != Some(&open) {
            return Ok(None);
        }
        let mut depth = 1;
        for (idx, byte) in self.text.iter().enumerate().skip(s + 1) {
            self.step()?;
            if *byte == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some(idx + 1));
                }
            } else if *byte == open {
                depth += 1;
            }
        }
        Ok(None)
    }

    /// The end of the set after `%f`, if the text crosses into it here.
    fn frontier(&mut self, s: usize, p: usize) -> Matched {
        if self.pattern.get(p) != Some(&b'[') {
            return Err(Raise::message("missing '[' after '%f' in pattern"));
        }
        let end = self.class_end(p)?;
        let before = s.checked_sub(1).map_or(0, |at| self.text[at]);
        let here = self.text.get(s).copied().unwrap_or(0);
        let crosses = !self.in_set(before, p, end - 1) && self.in_set(here, p, end - 1);
        Ok(crosses.then_some(end))
    }

    /// The end of what a capture holds, if it is repeated here.
    fn repeat(&mut self, s: usize, digit: u8) -> Matched {
        let capture = usize::from(digit).checked_sub(usize::from(b'1'));
        let capture = capture.and_then(|idx| self.captures.get(idx));
        let Some(Capture {
            start,
            len: Len::Closed(len),
        }) = capture.copied()
        else {
            return Err(Raise::message("invalid capture index"));
        };
        self.steps = self.steps.saturating_sub(len);
        let held = &self.text[start..][..len];
        Ok(self.text[s..].starts_with(held).then_some(s + len))
    }

    /// Where the class that begins at `p` ends.
    fn class_end(&self, p: usize) -> Result<usize, Raise> {
        match self.pattern[p] {
            b'%' if p + 1 >= self.pattern.len() => {
                Err(Raise::message("malformed pattern (ends with '%')"))
            }
            b'%' => Ok(p + 2),
            b'[' => {
                let mut at = p + 1;
                if self.pattern.get(at) == Some(&b'^') {
                    at += 1;
                }
                // The first byte belongs to the set, even a bracket.
                loop {
                    match self.pattern.get(at) {
                        None => {
                            return Err(Raise::message("malformed pattern (missing ']')"));
                        }
                        Some(b'%') => at += 2,
                        Some(_) => at += 1,
                    }
                    if self.pattern.get(at) == Some(&b']') {
                        return Ok(at + 1);
                    }
                }
            }
            _ => Ok(p + 1),
        }
    }

    /// Whether the byte at `s` is of the class from `p` to `end`.
    fn is_single(&self, s: usize, p: usize, end: usize) -> bool {
        let Some(&byte) = self.text.get(s) else {
            return false;
        };
        match self.pattern[p] {
            b'.' => true,
            b'%' => is_of_class(byte, self.pattern[p + 1]),
            b'[' => self.in_set(byte, p, end - 1),
            literal => literal == byte,
        }
    }

    /// Whether a byte is in the set between the brackets at `p` and `end`.
    fn in_set(&self, byte: u8, p: usize, end: usize) -> bool {
        let mut at = p + 1;
        let is_inverted = self.pattern.get(at) == Some(&b'^');
        if is_inverted {
            at += 1;
        }
        while at < end {
            let here = self.pattern[at];
            if here == b'%' {
                at += 1;
                if is_of_class(byte, self.pattern[at]) {
                    return !is_inverted;
                }
            } else if self.pattern.get(at + 1) == Some(&b'-') && at + 2 < end {
                if (here..=self.pattern[at + 2]).contains(&byte) {
                    return !is_inverted;
                }
                at += 2;
            } else if here == byte {
                return !is_inverted;
            }
            at += 1;
        }
        is_inverted
    }
}

/// Whether a byte is of a class, which is a literal if it is no letter.
fn is_of_class(byte: u8, class: u8) -> bool {
    let is_in = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => crate::number::is_space(byte),
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return class == byte,
    };
    is_in != class.is_ascii_uppercase()
}

/// The most captures of a pattern.
const CAPTURES_MAX: usize = 32;
/// How deep parts of a pattern may depend on each other.
const DEPTH_MAX: u32 = 200;
/// The steps of a match, besides those for each byte of the text: about ten milliseconds.
pub(crate) const STEPS_MAX: usize = 1_000_000;
const STEPS_PER_BYTE: usize = 50;
