//! One connection that speaks HTTP.
//!
//! ```text
//!           first byte           head whole            response taken
//!   Idle ──────────────► Reading ───────────► Answering ─────────────► Idle
//!     ▲                     │ refused             │ the last one
//!     │                     └────────► Answering ─┴──────────────────► Closing
//!     └ the buffer is given back                  5 s from Reading or Answering: too late
//! ```
//! | state | bytes | request | taken whole | too late after |
//! |---|---|---|---|---|
//! | Idle | → Reading | – | – | 5 s before the first request, 2 min later |
//! | Reading | stay | → Answering | – | 5 s |
//! | Answering | not read | – | → Idle, Reading, Closing | 5 s |
//! | Closing | not read | – | – | 5 s |
//!
//! Always true: while a response waits nothing is read, so that requests cannot pile up. The bytes
//! that are written depend on the bytes that were read, not on how they were split.
//! Not here: several of them — `connections.rs`.

use bytes::Bytes;
use russet_io::Piece;

use super::head::{self, HEAD_SIZE_MAX, Method, Refusal, Request};
use super::response::{Response, Status};

/// How long a request may take to arrive, and a response to be taken, in microseconds.
pub(crate) const PATIENCE_US: u64 = 5_000_000;

/// How long a connection is kept between requests, in microseconds: longer than scrapers wait.
pub(crate) const KEPT_US: u64 = 120_000_000;

/// The size of the first buffer for a head, in bytes: most fit.
const BUFFER_SIZE: usize = 1 << 10;

/// The condition of a connection.
#[derive(Debug)]
enum State {
    /// Nothing of a request has come.
    Idle { has_served: bool },
    /// A part of a request has come.
    Reading,
    /// A response is on its way.
    Answering(Answer),
    /// The last response has left.
    Closing,
}

/// A response on its way.
#[derive(Debug)]
struct Answer {
    head: String,
    body: Bytes,
    /// Bytes that were taken, of head and body together.
    taken: usize,
    is_last: bool,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Session {
    state: State,
    /// When the state began, in monotonic microseconds.
    since_us: u64,
    /// Bytes received: `input[..filled]`.
    input: Vec<u8>,
    filled: usize,
    /// Whether its reading was refused and is to be resumed.
    is_paused: bool,
}

impl Session {
    /// A connection that has just come.
    pub(crate) fn new(now_us: u64) -> Self {
        Self {
            state: State::Idle { has_served: false },
            since_us: now_us,
            input: Vec::new(),
            filled: 0,
            is_paused: false,
        }
    }

    /// Where to read bytes into; empty while a response waits.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if !matches!(self.state, State::Idle { .. } | State::Reading) {
            self.is_paused = true;
            return &mut [];
        }
        if self.filled == self.input.len() {
            let longer = (self.filled * 2).clamp(BUFFER_SIZE, HEAD_SIZE_MAX);
            self.input.resize(longer, 0);
        }
        &mut self.input[self.filled..]
    }

    /// Bytes were read into the space.
    pub(crate) fn received(&mut self, count: usize, now_us: u64) {
        self.filled += count;
        if matches!(self.state, State::Idle { .. }) {
            self.enter(State::Reading, now_us);
        }
    }

    /// The request that has come whole, if there is one and the last response was taken.
    ///
    /// # Errors
    /// Why it is refused. The connection must be answered that.
    pub(crate) fn next_request(&mut self) -> Result<Option<Request>, Refusal> {
        if !matches!(self.state, State::Reading) {
            return Ok(None);
        }
        let Some((request, size)) = head::read(&self.input[..self.filled])? else {
            return match self.filled == HEAD_SIZE_MAX {
                true => Err(Refusal::TooLarge),
                false => Ok(None),
            };
        };
        self.input.copy_within(size..self.filled, 0);
        self.filled -= size;
        Ok(Some(request))
    }

    /// Answers a request; says whether the connection ends with that.
    pub(crate) fn answer(&mut self, request: &Request, response: Response, now_us: u64) -> bool {
        let head = response.head(Some(request));
        let body = match request.method {
            Method::Head => Bytes::new(),
            _ => response.body,
        };
        self.write(head, body, !request.is_kept, now_us)
    }

    /// Answers that a request is refused, with which the connection ends.
    pub(crate) fn refuse(&mut self, refusal: Refusal, now_us: u64) {
        let response = Response::bare(Status::from(refusal));
        self.filled = 0;
        self.write(response.head(None), response.body, true, now_us);
    }

    fn write(&mut self, head: String, body: Bytes, is_last: bool, now_us: u64) -> bool {
        let answer = Answer {
            head,
            body,
            taken: 0,
            is_last,
        };
        self.enter(State::Answering(answer), now_us);
        is_last
    }

    /// Fills `pieces` with output, and says how many it filled.
    pub(crate) fn pieces<'s>(&'s self, pieces: &mut [Piece<'s>]) -> usize {
        let State::Answering(answer) = &self.state else {
            return 0;
        };
        let (head, body) = (answer.head.as_bytes(), &answer.body[..]);
        let skipped = answer.taken.min(head.len());
        let parts = [&head[skipped..], &body[answer.taken - skipped..]];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let mut count = 0;
        for (piece, part) in pieces.iter_mut().zip(parts) {
            *piece = Piece::Bytes(part);
            count += 1;
        }
        count
    }

    /// Output was taken; says whether there may be a request to answer next.
    pub(crate) fn taken(&mut self, count: usize, now_us: u64) -> bool {
        let State::Answering(answer) = &mut self.state else {
            return false;
        };
        answer.taken += count;
        if answer.taken < answer.head.len() + answer.body.len() {
            return false;
        }
        if answer.is_last {
            self.enter(State::Closing, now_us);
        } else if self.filled > 0 {
            self.enter(State::Reading, now_us);
        } else {
            self.input = Vec::new();
            self.enter(State::Idle { has_served: true }, now_us);
        }
        self.filled > 0
    }

    /// Whether its reading, which was refused, may go on; said once.
    pub(crate) fn resumes(&mut self) -> bool {
        let may_read = matches!(self.state, State::Idle { .. } | State::Reading);
        may_read && std::mem::take(&mut self.is_paused)
    }

    /// When it has taken too long, in monotonic microseconds.
    pub(crate) fn ends_at_us(&self) -> u64 {
        let patience_us = match self.state {
            State::Idle { has_served: true } => KEPT_US,
            _ => PATIENCE_US,
        };
        self.since_us.saturating_add(patience_us)
    }

    /// Whether a part of a request has come, and since when the rest of it has not, in monotonic
    /// microseconds; `None` once it has.
    pub(crate) fn lacks_request(&self) -> Option<(bool, u64)> {
        match self.state {
            State::Idle { .. } => Some((false, self.since_us)),
            State::Reading => Some((true, self.since_us)),
            State::Answering(_) | State::Closing => None,
        }
    }

    /// Whether more may follow the response that is on its way.
    pub(crate) fn has_more(&self) -> bool {
        self.filled > 0 || self.is_paused
    }

    /// The body that it holds, and since when.
    pub(crate) fn body(&self) -> Option<(&Bytes, u64)> {
        match &self.state {
            State::Answering(answer) if !answer.body.is_empty() => {
                Some((&answer.body, self.since_us))
            }
            _ => None,
        }
    }

    /// The memory of its buffers, in bytes, but for the body, which others may share.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        let head = match &self.state {
            State::Answering(answer) => answer.head.capacity(),
            _ => 0,
        };
        self.input.capacity() + head
    }

    fn enter(&mut self, state: State, now_us: u64) {
        self.state = state;
        self.since_us = now_us;
    }
}
