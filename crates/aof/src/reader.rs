//! The reader of a file: bytes in, whole and checked units out.
//!
//! ```text
//!  feed(bytes) ─► │ given out │ ready: whole, checked │ group so far │ ◄─ decoded up to here
//!                             │                       └ waits for EXEC, and for its last unit
//!  next() ─────────────────── Unit, Annotation … More, or End
//! ```
//! Reading stops at any byte and goes on when more are fed. A group is held back until all of it
//! has been read and its checksum matches; a unit that is in no group is given out when it is
//! whole.
//!
//! Always true: any split of the file gives the same as the whole.
//! Always true: memory grows with what was fed and not yet given out, never with a declared length.
//! Always true: what lies before [`Reader::whole`] was given out, and nothing behind it was.
//! Not here: the check lines themselves — `check_line.rs`; which file is read — `plan/`

mod preamble;

use russet_pack::crc64;
use russet_resp::{Decoded, Frame, Limits, RequestDecoder, Span};

use crate::check_line::{self, ANNOTATION, ANNOTATION_SIZE_MAX, Check, Line};
use crate::error::{Error, Missing};
use crate::unit::{Annotation, Unit};

/// How the units of a file are expected to be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Not at all: check lines are skipped as other annotations are.
    Plain,
    /// By check lines with this number of the file. Units without any are those that another server
    /// has appended: [`Reader::unchecked`] counts them.
    Checked {
        /// The number of the file in the manifest.
        seq: i64,
    },
    /// The manifest is not at hand: by check lines where there are any.
    Unknown,
}

/// The next part of a file.
#[derive(Debug, Clone, Copy)]
pub enum Next<'a> {
    /// A unit.
    Unit(Unit<'a>),
    /// An annotation that is no check line.
    Annotation(Annotation<'a>),
    /// The file begins with a dump: hand [`Reader::preamble`] to a reader of RDB, tell
    /// [`Reader::read_preamble`] how much of it was read, feed more, and call
    /// [`Reader::end_preamble`] behind its last byte.
    Preamble,
    /// More bytes are needed: [`Reader::feed`] them, or say [`Reader::end`].
    More,
    /// The end of the file; all of it is valid.
    End,
}

/// Reads one file of an append-only file.
///
/// # Examples
/// ```
/// use russet_aof::{Expect, Next, Reader};
///
/// let mut reader = Reader::new(Expect::Plain);
/// reader.feed(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$5\r\nMUL");
/// let mut names = Vec::new();
/// loop {
///     match reader.next()? {
///         Next::Unit(unit) => names.extend(unit.commands().map(|args| args[0].to_vec())),
///         Next::More if names.len() == 1 => {
///             reader.feed(b"TI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n");
///         }
///         Next::More => reader.end(),
///         Next::End => break,
///         Next::Annotation(_) | Next::Preamble => {}
///     }
/// }
/// assert_eq!(names, [&b"SELECT"[..], b"INCR"]);
/// # Ok::<(), russet_aof::Error>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    expect: Expect,
    stage: Stage,
    is_last: bool,
    /// Bytes that were fed, without those that were given out long ago.
    buffer: Vec<u8>,
    /// The offset in the file of the buffer's first byte.
    buffer_start: u64,
    /// Where the group begins in the buffer. Places of frames and marks count from here.
    group: usize,
    /// The next byte to decode, counted from the group's first.
    at: usize,
    decoder: RequestDecoder,
    spans: Vec<Span>,
    frames: Vec<Frame>,
    marks: Vec<Mark>,
    /// How many of the marks were given out, and how many may be.
    given: usize,
    ready: usize,
    /// The frame of the MULTI of a transaction that has no EXEC yet.
    multi: Option<usize>,
    /// The check line whose units are being read.
    open: Option<Open>,
    whole: u64,
    groups: u64,
    unchecked: u64,
}

/// A group of which not all units were read.
#[derive(Debug, Clone, Copy)]
struct Open {
    check: Check,
    /// The line as it was read.
    line: Line,
    /// The offset behind its last unit.
    end: u64,
    /// The checksum of its units so far.
    crc: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing is known of the file.
    Beginning,
    /// It begins with a dump, which others read.
    Preamble,
    /// Units are read.
    Open,
    Failed(Error),
}

/// A part of the group that is given out.
#[derive(Debug, Clone, Copy)]
enum Mark {
    /// The unit that consists of these frames.
    Unit { first: usize, end: usize },
    /// The annotation between these places.
    Annotation { start: usize, end: usize },
}

/// Why reading stops inside the bytes that were fed.
enum Stop {
    More,
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Reader {
    /// A reader at the beginning of a file.
    #[must_use]
    pub fn new(expect: Expect) -> Self {
        Self {
            expect,
            stage: Stage::Beginning,
            is_last: false,
            buffer: Vec::new(),
            buffer_start: 0,
            group: 0,
            at: 0,
            decoder: RequestDecoder::new(),
            spans: Vec::new(),
            frames: Vec::new(),
            marks: Vec::new(),
            given: 0,
            ready: 0,
            multi: None,
            open: None,
            whole: 0,
            groups: 0,
            unchecked: 0,
        }
    }

    /// A reader at an offset where units begin: behind a dump that others have read, or at the end
    /// of a check line.
    #[must_use]
    pub fn at(expect: Expect, offset: u64) -> Self {
        let stage = match offset {
            0 => Stage::Beginning,
            _ => Stage::Open,
        };
        Self {
            stage,
            buffer_start: offset,
            whole: offset,
            ..Self::new(expect)
        }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        // PERF: what was given out is cut off only when that moves less than it frees.
        if self.group > self.buffer.len() / 2 {
            self.buffer.drain(..self.group);
            self.buffer_start += self.group as u64;
            self.group = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Notes that the file ends with the bytes that were fed.
    pub fn end(&mut self) {
        self.is_last = true;
    }

    /// Whether the bytes that were fed are all there are.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.is_last
    }

    /// The offset up to which all was given out and is valid. A file that is cut here reads without
    /// an error.
    #[must_use]
    pub const fn whole(&self) -> u64 {
        self.whole
    }

    /// The number of check lines that were verified.
    #[must_use]
    pub const fn groups(&self) -> u64 {
        self.groups
    }

    /// The number of units that no check line covers.
    #[must_use]
    pub const fn unchecked(&self) -> u64 {
        self.unchecked
    }

    /// The memory of the bytes that are held and of what was decoded of them.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.buffer.capacity()
            + self.spans.capacity() * size_of::<Span>()
            + self.frames.capacity() * size_of::<Frame>()
            + self.marks.capacity() * size_of::<Mark>()
            + self.decoder.memory()
    }

    /// The next part of the file.
    ///
    /// # Errors
    /// When the file is invalid from [`Reader::whole`] on, or ends too early. The reader gives the
    /// same error ever after.
    #[expect(
        clippy::should_implement_trait,
        reason = "what is given out borrows the reader"
    )]
    pub fn next(&mut self) -> Result<Next<'_>, Error> {
        loop {
            if self.given < self.ready {
                return Ok(self.give());
            }
            if self.at > 0 && self.given == self.marks.len() && self.multi.is_none() {
                self.begin_group();
            }
            match self.stage {
                Stage::Failed(error) => return Err(error),
                Stage::Preamble => return Ok(Next::Preamble),
                Stage::Beginning | Stage::Open => {}
            }
            match self.step() {
                Ok(()) => {}
                Err(Stop::Error(error)) => self.stage = Stage::Failed(error),
                Err(Stop::More) if !self.is_last => return Ok(Next::More),
                Err(Stop::More) => {
                    let Some(missing) = self.missing() else {
                        return Ok(Next::End);
                    };
                    let at = self.fed();
                    self.stage = Stage::Failed(Error::Truncated { at, missing });
                }
            }
        }
    }

    /// Gives out the next mark.
    fn give(&mut self) -> Next<'_> {
        let mark = self.marks[self.given];
        self.given += 1;
        let (group, group_start) = (&self.buffer[self.group..], self.group_start());
        match mark {
            Mark::Unit { first, end } => {
                let frames = &self.frames[first..end];
                let start = frames.first().map_or(0, Frame::start) as u64;
                Next::Unit(Unit {
                    start: group_start + start,
                    group,
                    spans: &self.spans,
                    frames,
                })
            }
            Mark::Annotation { start, end } => Next::Annotation(Annotation {
                start: group_start + start as u64,
                line: &group[start..end],
            }),
        }
    }

    /// Forgets the group that was given out.
    fn begin_group(&mut self) {
        self.group += self.at;
        self.at = 0;
        self.spans.clear();
        self.frames.clear();
        self.marks.clear();
        self.given = 0;
        self.ready = 0;
    }

    const fn group_start(&self) -> u64 {
        self.buffer_start + self.group as u64
    }

    /// The offset in the file of the next byte to decode.
    const fn offset(&self) -> u64 {
        self.group_start() + self.at as u64
    }

    /// The offset behind the last byte that was fed.
    const fn fed(&self) -> u64 {
        self.buffer_start + self.buffer.len() as u64
    }

    /// The part that the file lacks if it ends here.
    const fn missing(&self) -> Option<Missing> {
        match () {
            () if self.open.is_some() => Some(Missing::Group),
            () if self.offset() < self.fed() => Some(Missing::Bytes),
            () if self.multi.is_some() => Some(Missing::Exec),
            () => None,
        }
    }

    /// The bytes from the group's first on that may be read now: up to the last of an open group.
    fn window(&self) -> &[u8] {
        let bytes = &self.buffer[self.group..];
        let end = self.open.map_or(u64::MAX, |open| open.end);
        let len = usize::try_from(end - self.group_start()).unwrap_or(usize::MAX);
        &bytes[..len.min(bytes.len())]
    }

    /// The stop of a line or command that does not end in the window.
    const fn beyond(&self) -> Stop {
        match self.open {
            Some(open) if open.end <= self.fed() => Stop::Error(open.mismatch()),
            _ => Stop::More,
        }
    }

    /// Reads one line or one command.
    fn step(&mut self) -> Result<(), Stop> {
        if self.stage == Stage::Beginning && self.has_preamble()? {
            self.stage = Stage::Preamble;
            return Ok(());
        }
        if let Some(open) = self.open
            && open.end == self.offset()
        {
            return Ok(self.verify(open)?);
        }
        match self.window().get(self.at) {
            None => Err(Stop::More),
            Some(&ANNOTATION) => self.annotation(),
            Some(&russet_resp::wire::ARRAY) => self.command(),
            Some(_) => Err(Error::Format { at: self.offset() }.into()),
        }
    }

    fn annotation(&mut self) -> Result<(), Stop> {
        let (start, at) = (self.at, self.offset());
        let rest = &self.window()[start..];
        let line = &rest[..rest.len().min(ANNOTATION_SIZE_MAX)];
        let Some(len) = line.iter().position(|&byte| byte == b'\n') else {
            return Err(match line.len() < ANNOTATION_SIZE_MAX {
                true => self.beyond(),
                false => Error::Format { at }.into(),
            });
        };
        let line = &line[..len + 1];
        if self.expect != Expect::Plain
            && let Some(check) = Check::parse(line)
        {
            let line = Line::new(line);
            return Ok(self.begin_checked(check, line)?);
        }
        let is_strict = matches!(self.expect, Expect::Checked { .. });
        if is_strict && !matches!(check_line::timestamp(line), Some(Ok(_))) {
            return Err(Error::CheckLine { at }.into());
        }
        let end = start + line.len();
        self.pass(end);
        self.marks.push(Mark::Annotation { start, end });
        self.release();
        Ok(())
    }

    /// Begins the group of a check line.
    fn begin_checked(&mut self, check: Check, line: Line) -> Result<(), Error> {
        let at = self.offset();
        if self.open.is_some() || self.multi.is_some() {
            return Err(Error::CheckLine { at });
        }
        let is_of_file = match self.expect {
            Expect::Checked { seq } => seq == check.seq,
            Expect::Plain | Expect::Unknown => true,
        };
        if !is_of_file || check.start != at || check.synced > at {
            return Err(Error::Misplaced { at });
        }
        if self.expect == Expect::Unknown {
            self.expect = Expect::Checked { seq: check.seq };
        }
        self.at += line.as_bytes().len();
        let end = self.offset().checked_add(check.len);
        self.open = Some(Open {
            check,
            line,
            end: end.ok_or(Error::CheckLine { at })?,
            crc: 0,
        });
        Ok(())
    }

    /// Compares the units of a group with its check line.
    fn verify(&mut self, open: Open) -> Result<(), Error> {
        if self.multi.is_some() || open.check.line(open.crc) != open.line {
            return Err(open.mismatch());
        }
        self.open = None;
        self.groups += 1;
        self.release();
        Ok(())
    }

    fn command(&mut self) -> Result<(), Stop> {
        let at = self.offset();
        let window = self.window().len();
        let group = &self.buffer[self.group..][..window];
        // Files have no empty requests, which the decoder would skip.
        match group.get(self.at + 1) {
            None => return Err(self.beyond()),
            Some(b'0' | b'-') => return Err(Error::Format { at }.into()),
            Some(_) => {}
        }
        let decoded =
            self.decoder
                .decode(group, self.at, &LIMITS, &mut self.spans, &mut Vec::new());
        let frame = match decoded {
            Ok(Decoded::Frame(frame)) => frame,
            Ok(Decoded::Incomplete { .. } | Decoded::Bulk { .. }) => return Err(self.beyond()),
            Err(why) => return Err(Error::Command { at, why }.into()),
        };
        let args = frame.args(group, &self.spans, &[]);
        let name = args.get(0).unwrap_or_default();
        let (is_multi, is_exec) = (
            name.eq_ignore_ascii_case(b"MULTI"),
            name.eq_ignore_ascii_case(b"EXEC"),
        );
        if is_multi && self.multi.is_some() || is_exec && self.multi.is_none() {
            return Err(Error::Order { at }.into());
        }
        self.pass(frame.end());
        let place = self.frames.len();
        self.frames.push(frame);
        if is_multi {
            self.multi = Some(place);
        }
        if is_exec || self.multi.is_none() {
            let first = self.multi.take().unwrap_or(place);
            let end = place + 1;
            self.marks.push(Mark::Unit { first, end });
            self.unchecked += u64::from(self.open.is_none());
            self.release();
        }
        Ok(())
    }

    /// Moves on to a place in the group.
    fn pass(&mut self, end: usize) {
        if let Some(open) = &mut self.open {
            let bytes = &self.buffer[self.group..][self.at..end];
            open.crc = crc64::update(open.crc, bytes);
        }
        self.at = end;
    }

    /// Lets the marks so far be given out, unless they are of a group that is not complete.
    const fn release(&mut self) {
        if self.open.is_none() {
            self.ready = self.marks.len();
            if self.multi.is_none() {
                self.whole = self.offset();
            }
        }
    }
}

impl Open {
    const fn mismatch(&self) -> Error {
        Error::Checksum {
            start: self.check.start,
            end: self.end,
        }
    }
}

/// Limits of commands in a file: what was written once is read again, and every byte stays in
/// place.
const LIMITS: Limits = Limits {
    line_len_max: 64,
    ..Limits::PRIMARY
};

#[cfg(test)]
mod tests;
