//! Words with other servers over connections that are kept for the next ones.
//!
//! The thread blocks: whoever asks for an exchange wants nothing to happen meanwhile. No more is
//! known of an answer than where its lines end.
//!
//! Always true: a connection is kept only after an exchange whose lines all arrived, with nothing
//! behind them; one that has something to say before it is asked is not used again.
//! Always true: what is held of an answer is bounded by the number of lines awaited.
//! Not here: which connection is used and when it goes — the service.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use russet_io::{Attempt, Exchange, Exchanged, LinkId, Phase, Source};

use crate::clock;

/// How many bytes a line may have, on average.
const LINE_LEN_MAX: usize = 1 << 10;

/// How many bytes all lines together may have beyond that.
const ANSWER_SLACK: usize = 64 << 10;

/// How much is read at a time.
const READ_SIZE: usize = 16 << 10;

/// Connections to other servers that are open between exchanges.
#[derive(Debug, Default)]
pub(crate) struct Links {
    streams: BTreeMap<LinkId, TcpStream>,
}

/// Why an attempt ended early.
struct Broken {
    phase: Phase,
    /// Whether time ran out, or nobody was found to speak to.
    is_final: bool,
}

impl Broken {
    fn of(phase: Phase, error: &io::Error) -> Self {
        Self {
            phase,
            is_final: is_late(error),
        }
    }
}

/// Lines as they arrive.
struct Lines {
    answer: Vec<u8>,
    missing: usize,
    /// Whether more arrived than was awaited.
    has_surplus: bool,
}

impl Links {
    /// Tries one attempt after the other, as far as the exchange allows.
    pub(crate) fn carry_out(&mut self, exchange: &Exchange) -> Exchanged {
        let started_ns = clock::stopwatch_ns();
        let mut end = Exchanged::broken(Phase::Connecting);
        for (index, attempt) in exchange.attempts.iter().enumerate() {
            let awaited = attempt.lines.saturating_add(exchange.lines);
            let mut lines = Lines::await_so_many(awaited);
            let result = self.attempt(exchange, attempt, &mut lines);
            let is_answered = lines.missing < exchange.lines;
            end = Exchanged {
                attempt: index,
                answer: lines.answer,
                broken: result.as_ref().err().map(|broken| broken.phase),
                is_kept: self.streams.contains_key(&attempt.link),
                took_us: 0,
            };
            let may_retry = result.is_err_and(|broken| !broken.is_final);
            if is_answered || !may_retry {
                break;
            }
        }
        end.took_us = clock::stopwatch_ns().saturating_sub(started_ns) / 1_000;
        end
    }

    /// Closes a connection.
    pub(crate) fn close(&mut self, link: LinkId) {
        self.streams.remove(&link);
    }

    fn attempt(
        &mut self,
        exchange: &Exchange,
        attempt: &Attempt,
        lines: &mut Lines,
    ) -> Result<(), Broken> {
        let timeout = Duration::from_millis(exchange.timeout_ms.max(1));
        let mut stream = match attempt.source {
            Source::New => connect(&exchange.host, exchange.port, timeout)?,
            Source::Kept => {
                let stream = self.streams.remove(&attempt.link);
                let is_lost = Broken {
                    phase: Phase::Writing,
                    is_final: false,
                };
                stream.filter(is_quiet).ok_or(is_lost)?
            }
        };
        let sent = stream
            .set_write_timeout(Some(timeout))
            .and_then(|()| stream.write_all(&attempt.opening))
            .and_then(|()| stream.write_all(&exchange.load));
        sent.map_err(|error| Broken::of(Phase::Writing, &error))?;
        let heard = lines.read(&mut stream, timeout, |stream, left| {
            stream.set_read_timeout(Some(left))
        });
        heard.map_err(|error| Broken::of(Phase::Reading, &error))?;
        if !lines.has_surplus {
            self.streams.insert(attempt.link, stream);
        }
        Ok(())
    }
}

impl Lines {
    fn await_so_many(lines: usize) -> Self {
        Self {
            answer: Vec::new(),
            missing: lines,
            has_surplus: false,
        }
    }

    /// Reads until no line is missing. Each line may take the timeout, however its bytes come: one
    /// that trickles is late as well. `limit` sets how long a read may take.
    fn read<S: Read>(
        &mut self,
        stream: &mut S,
        timeout: Duration,
        limit: impl Fn(&S, Duration) -> io::Result<()>,
    ) -> io::Result<()> {
        let awaited = self.missing;
        let (mut before, mut started_ns) = (self.missing, clock::stopwatch_ns());
        let size_max = awaited
            .saturating_mul(LINE_LEN_MAX)
            .saturating_add(ANSWER_SLACK);
        let mut buffer = [0; READ_SIZE];
        while self.missing > 0 {
            if self.missing < before {
                (before, started_ns) = (self.missing, clock::stopwatch_ns());
            }
            let spent = Duration::from_nanos(clock::stopwatch_ns().saturating_sub(started_ns));
            let left = timeout.saturating_sub(spent);
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            limit(stream, left)?;
            match stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.take(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if self.answer.len() > size_max {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        Ok(())
    }

    /// Takes bytes up to the end of the last line that is awaited.
    fn take(&mut self, bytes: &[u8]) {
        let mut end = 0;
        while self.missing > 0 && end < bytes.len() {
            match bytes[end..].iter().position(|&byte| byte == b'\n') {
                Some(at) => {
                    end += at + 1;
                    self.missing -= 1;
                }
                None => end = bytes.len(),
            }
        }
        self.answer.extend_from_slice(&bytes[..end]);
        self.has_surplus |= end < bytes.len();
    }
}

/// Connects to the first address of a host that accepts, all within one timeout.
fn connect(host: &str, port: u16, timeout: Duration) -> Result<TcpStream, Broken> {
    let unreachable = || Broken {
        phase: Phase::Connecting,
        is_final: true,
    };
    let addresses = (host, port).to_socket_addrs().map_err(|_| unreachable())?;
    let started_ns = clock::stopwatch_ns();
    let mut broken = unreachable();
    for address in addresses {
        let spent = Duration::from_nanos(clock::stopwatch_ns().saturating_sub(started_ns));
        let left = timeout.saturating_sub(spent);
        if left.is_zero() {
            return Err(unreachable());
        }
        match connect_to(&address, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => broken = of_connecting(&error),
        }
    }
    Err(broken)
}

fn connect_to(address: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, timeout)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// COMPAT: that a connection was refused is found out by writing, as in Redis.
fn of_connecting(error: &io::Error) -> Broken {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::HostUnreachable => {
            Broken {
                phase: Phase::Writing,
                is_final: false,
            }
        }
        _ => Broken {
            phase: Phase::Connecting,
            is_final: true,
        },
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Whether the other side is there and waits to be spoken to, as far as we can tell.
fn is_quiet(stream: &TcpStream) -> bool {
    let is_silent = stream.set_nonblocking(true).is_ok()
        && matches!(stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
    is_silent && stream.set_nonblocking(false).is_ok()
}

#[cfg(test)]
mod tests;
