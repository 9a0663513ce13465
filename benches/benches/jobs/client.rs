//! Clients of the loop: one that keeps it busy, and one that asks how it is.
//!
//! Not here: what is measured of the loop itself — `turns.rs`.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use russet_base::Rng;
use russet_resp::encode_request;

use crate::turns::Spans;

/// Connections of the client.
const CONNECTIONS: usize = 8;

/// Requests that are under way on each.
const PIPELINE: usize = 16;

/// Keys of one request while the data is built.
const CHUNK: u64 = 100;

/// How often the prober asks.
const PROBE_PERIOD: Duration = Duration::from_millis(1);

fn key(n: u64) -> Vec<u8> {
    format!("key:{n:012}").into_bytes()
}

fn value(n: u64) -> Vec<u8> {
    format!("value:{n:010}").into_bytes()
}

/// A client that keeps requests under way on all of its connections.
pub(crate) struct Client {
    streams: Vec<UnixStream>,
    keys: u64,
    rng: Rng,
}

impl Client {
    pub(crate) fn connect(path: &Path, keys: u64) -> io::Result<Self> {
        let streams = (0..CONNECTIONS).map(|_| UnixStream::connect(path));
        Ok(Self {
            streams: streams.collect::<io::Result<_>>()?,
            keys,
            rng: Rng::new(7),
        })
    }

    /// Sets all keys, and reads the replies.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        for start in (0..self.keys).step_by(CHUNK as usize) {
            bytes.clear();
            let numbers = start..self.keys.min(start + CHUNK);
            let pairs = numbers.flat_map(|n| [key(n), value(n)]);
            let words: Vec<Vec<u8>> = std::iter::once(b"MSET".to_vec()).chain(pairs).collect();
            encode_request(&words, &mut bytes);
            self.streams[0].write_all(&bytes)?;
            self.streams[0].read_exact(&mut [0; 5])?;
        }
        Ok(())
    }

    /// Asks and reads until it is told to stop.
    pub(crate) fn load(&mut self, stops: &AtomicBool, answered: &AtomicU64) -> io::Result<()> {
        let mut replies = vec![0; 4096];
        let mut expected = [0; CONNECTIONS];
        for (stream, size) in self.streams.iter_mut().zip(&mut expected) {
            *size = ask(stream, &mut self.rng, self.keys)?;
        }
        while !stops.load(Ordering::Relaxed) {
            for (stream, size) in self.streams.iter_mut().zip(&mut expected) {
                stream.read_exact(&mut replies[..*size])?;
                answered.fetch_add(PIPELINE as u64, Ordering::Relaxed);
                *size = ask(stream, &mut self.rng, self.keys)?;
            }
        }
        Ok(())
    }
}

/// Sends a pipeline, and says how many bytes answer it.
fn ask(stream: &mut UnixStream, rng: &mut Rng, keys: u64) -> io::Result<usize> {
    let mut bytes = Vec::with_capacity(2048);
    for _ in 0..PIPELINE / 2 {
        encode_request([b"GET".to_vec(), key(rng.below(keys))], &mut bytes);
        let n = rng.below(keys);
        encode_request([b"SET".to_vec(), key(n), value(n)], &mut bytes);
    }
    stream.write_all(&bytes)?;
    // `$16`, a value and `+OK`.
    Ok(PIPELINE / 2 * (5 + 18 + 5))
}

/// The time before, during and after the job.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Phase {
    Before = 1,
    During = 2,
    After = 3,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Before => "before the job",
            Self::During => "while it runs",
            Self::After => "after it",
        }
    }
}

/// A client that sends PING once a millisecond, and notes how long each reply takes.
pub(crate) struct Prober {
    stream: UnixStream,
    /// The waits of each phase, and first those while the data is built.
    waits: [Spans; 4],
}

impl Prober {
    pub(crate) fn connect(path: &Path) -> io::Result<Self> {
        Ok(Self {
            stream: UnixStream::connect(path)?,
            waits: Default::default(),
        })
    }

    /// Asks until it is told to stop, or nobody answers.
    pub(crate) fn probe(&mut self, stops: &AtomicBool, phase: &AtomicUsize) {
        while !stops.load(Ordering::Relaxed) {
            let start = Instant::now();
            let sent = self.stream.write_all(b"PING\r\n");
            let answered = self.stream.read_exact(&mut [0; 7]);
            if sent.and(answered).is_err() {
                return;
            }
            let wait = start.elapsed();
            self.waits[phase.load(Ordering::Relaxed)].add(wait.as_secs_f64() * 1e6);
            thread::sleep(PROBE_PERIOD.saturating_sub(wait));
        }
    }

    pub(crate) fn print(&mut self, phase: Phase) {
        let waits = &mut self.waits[phase as usize];
        println!("    wall clock of PING: {}", waits.describe());
    }
}
