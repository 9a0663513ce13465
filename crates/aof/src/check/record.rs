//! Records as `redis-check-aof` reads them: line by line, string by string.
//!
//! ```text
//!  record     #… line                     │ *<n> line, n × ( $<len> line, len + 2 bytes )
//!  lines      of at most 1,023 bytes      │ of at most 127 bytes; numbers as C's strtol reads them
//! ```
//! It is more tolerant than a server in numbers and counts, and exact in what it says about the
//! rest. Its texts, offsets and count of lines are kept, since tools and tests look for them.
//!
//! Always true: at most one line is held; strings pass by, but for what may be a name.
//! Not here: checksums, and what a server refuses — `reader.rs`

use super::{Problem, Unexpected};
use crate::check_line::{ANNOTATION, ANNOTATION_SIZE_MAX, TIMESTAMP};
use crate::number::leading_number;

/// The records of a file, read one after the other.
#[derive(Debug)]
pub(super) struct Records {
    place: Place,
    /// The offset of the next byte, of the record it belongs to, and of what was read last in it.
    at: u64,
    record_start: u64,
    read_start: u64,
    /// The end of the last record outside of transactions.
    ok_up_to: u64,
    line_number: u64,
    /// The line so far, or the beginning of a string; and the last two bytes of a string.
    held: Vec<u8>,
    tail: [u8; 2],
    /// Strings of the command that are still to come, and whether the next is its name.
    strings_left: i64,
    is_name: bool,
    is_multi: bool,
}

/// The part of a record to which the next byte belongs.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// The beginning of a record.
    Record,
    /// The line of an annotation.
    Annotation,
    /// The line with the number of strings.
    Count,
    /// The line with the length of a string.
    Length,
    /// A string and its end, of which this much is missing.
    Text { size: u64, missing: u64 },
}

/// The result of one step.
#[derive(Debug)]
pub(super) enum Step {
    /// All bytes were taken; the record goes on.
    More,
    /// A command has ended.
    Whole,
    /// An annotation has ended.
    Annotation,
    /// The file is invalid.
    Problem(Problem),
}

impl Records {
    pub(super) const fn new(start: u64, line_number: u64) -> Self {
        Self {
            place: Place::Record,
            at: start,
            record_start: start,
            read_start: start,
            ok_up_to: start,
            line_number,
            held: Vec::new(),
            tail: [0; 2],
            strings_left: 0,
            is_name: false,
            is_multi: false,
        }
    }

    pub(super) const fn ok_up_to(&self) -> u64 {
        self.ok_up_to
    }

    pub(super) const fn line(&self) -> u64 {
        self.line_number
    }

    pub(super) const fn record_start(&self) -> u64 {
        self.record_start
    }

    /// The second in the annotation that has just ended: `None` for any other annotation, and for
    /// the second itself when it is not a number.
    pub(super) fn timestamp(&self) -> Option<Option<i64>> {
        let text = self.held.strip_prefix(TIMESTAMP)?;
        let (secs, rest) = leading_number(text);
        Some(rest.starts_with(b"\r").then_some(secs))
    }

    /// Takes bytes up to the end of a record.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Step {
        while let Some(&first) = bytes.first() {
            let step = match self.place {
                Place::Record => self.begin(first),
                Place::Annotation => {
                    if !self.take_line(bytes, ANNOTATION_SIZE_MAX) {
                        return Step::More;
                    }
                    self.whole();
                    Ok(Some(Step::Annotation))
                }
                Place::Count | Place::Length => {
                    if !self.take_line(bytes, LINE_SIZE_MAX) {
                        return Step::More;
                    }
                    self.number()
                }
                Place::Text { size, missing } => self.text(bytes, size, missing),
            };
            match step {
                Ok(None) => {}
                Ok(Some(step)) => return step,
                Err(problem) => return Step::Problem(problem),
            }
        }
        Step::More
    }

    /// Whether the file ends at the end of a record, as far as the tool sees.
    pub(super) const fn is_at_end(&self) -> bool {
        matches!(self.place, Place::Record)
    }

    /// The fault of a file that ends here. Of one that ends where a string should begin the
    /// tool says nothing.
    pub(super) fn end(&mut self) -> Option<Problem> {
        let is_multi = self.is_multi;
        let no_exec = |offset| is_multi.then_some((offset, Unexpected::NoExec));
        let found = match self.place {
            Place::Record => no_exec(self.read_start),
            Place::Annotation => {
                self.whole();
                no_exec(self.read_start)
            }
            Place::Length if self.held.is_empty() => {
                let read_start = self.at;
                no_exec(read_start)
            }
            Place::Count | Place::Length => match self.number() {
                Err(problem) => return Some(problem),
                Ok(_) => no_exec(self.read_start),
            },
            Place::Text { size, missing } => {
                let got = size - missing;
                let expected = size;
                Some((self.read_start, Unexpected::Bytes { expected, got }))
            }
        };
        found.map(|(offset, what)| Problem::At { offset, what })
    }

    fn begin(&mut self, first: u8) -> Result<Option<Step>, Problem> {
        self.record_start = self.at;
        self.read_start = self.at;
        self.held.clear();
        self.place = match first {
            ANNOTATION => Place::Annotation,
            b'*' => Place::Count,
            _ => return Err(Problem::Format),
        };
        Ok(None)
    }

    /// Notes that the record has ended.
    fn whole(&mut self) {
        self.place = Place::Record;
        if !self.is_multi {
            self.ok_up_to = self.at;
        }
    }

    /// Takes bytes up to the end of a line, or as many as the tool reads at once. False when there
    /// are too few.
    fn take_line(&mut self, bytes: &mut &[u8], size_max: usize) -> bool {
        let room = size_max - self.held.len();
        let window = &bytes[..bytes.len().min(room)];
        let end = window.iter().position(|&byte| byte == b'\n');
        let len = end.map_or(window.len(), |at| at + 1);
        self.held.extend_from_slice(&window[..len]);
        *bytes = &bytes[len..];
        self.at += len as u64;
        end.is_some() || self.held.len() == size_max
    }

    /// Reads the number in the line that is held.
    fn number(&mut self) -> Result<Option<Step>, Problem> {
        let expected = match self.place {
            Place::Count => b'*',
            _ => b'$',
        };
        let line = core::mem::take(&mut self.held);
        let got = line.first().copied().unwrap_or(0);
        if got != expected {
            return Err(self.problem(Unexpected::Prefix { expected, got }));
        }
        let (number, rest) = leading_number(&line[1..]);
        self.line_end([rest.first(), rest.get(1)])?;
        if expected == b'*' {
            self.strings_left = number;
            self.is_name = true;
            return Ok(self.next_string());
        }
        if !(0..i64::MAX - 1).contains(&number) {
            return Err(self.problem(Unexpected::Length(number)));
        }
        let size = number.unsigned_abs() + 2;
        self.read_start = self.at;
        self.place = Place::Text {
            size,
            missing: size,
        };
        Ok(None)
    }

    /// Goes on with the next string of the command, or ends it.
    fn next_string(&mut self) -> Option<Step> {
        if self.strings_left > 0 {
            self.read_start = self.at;
            self.place = Place::Length;
            return None;
        }
        self.whole();
        Some(Step::Whole)
    }

    /// Takes bytes of a string, and looks at its end when it is there.
    fn text(
        &mut self,
        bytes: &mut &[u8],
        size: u64,
        missing: u64,
    ) -> Result<Option<Step>, Problem> {
        let len = usize::try_from(missing).unwrap_or(usize::MAX);
        let (taken, rest) = bytes.split_at(len.min(bytes.len()));
        *bytes = rest;
        self.at += taken.len() as u64;
        let room = NAME_SIZE_MAX - self.held.len();
        self.held.extend_from_slice(&taken[..room.min(taken.len())]);
        self.tail = match taken {
            [.., a, b] => [*a, *b],
            [b] => [self.tail[1], *b],
            [] => self.tail,
        };
        let missing = missing - taken.len() as u64;
        if missing > 0 {
            self.place = Place::Text { size, missing };
            return Ok(None);
        }
        let tail = self.tail;
        self.line_end([tail.first(), tail.get(1)])?;
        let mut name = core::mem::take(&mut self.held);
        name.truncate(usize::try_from(size - 2).unwrap_or(usize::MAX));
        if core::mem::take(&mut self.is_name) {
            self.named(&name)?;
        }
        self.strings_left -= 1;
        Ok(self.next_string())
    }

    /// Notes that the command has this name, of which a zero byte is the end.
    fn named(&mut self, name: &[u8]) -> Result<(), Problem> {
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let what = match () {
            () if name.eq_ignore_ascii_case(b"multi") => match self.is_multi {
                true => Some(Unexpected::Multi),
                false => {
                    self.is_multi = true;
                    None
                }
            },
            () if name.eq_ignore_ascii_case(b"exec") => match self.is_multi {
                true => {
                    self.is_multi = false;
                    None
                }
                false => Some(Unexpected::Exec),
            },
            () => None,
        };
        what.map_or(Ok(()), |what| Err(self.problem(what)))
    }

    /// Counts the end of a line, which must be CR LF.
    fn line_end(&mut self, end: [Option<&u8>; 2]) -> Result<(), Problem> {
        let end = end.map(|byte| byte.copied().unwrap_or(0));
        if end != *b"\r\n" {
            return Err(self.problem(Unexpected::LineEnd(end)));
        }
        self.line_number += 1;
        Ok(())
    }

    const fn problem(&self, what: Unexpected) -> Problem {
        Problem::At {
            offset: self.read_start,
            what,
        }
    }
}

/// The most bytes that are read at once as the line of a number.
const LINE_SIZE_MAX: usize = 127;
/// As much of a name as tells whether it is MULTI or EXEC.
const NAME_SIZE_MAX: usize = 8;
