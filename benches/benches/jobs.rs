//! Pauses of the loop while a task walks a snapshot of all keys into a file.
//!
//! ```text
//!  client, 8 connections ─ 16 GET and SET each ─► loop, timed turn by turn
//!                                                   │ snapshot
//!                                                   ▼
//!                            task on the pool: walk ─► requests ─► file ─► sync
//! ```
//! A pause is the CPU time of the loop's thread in one turn. There are three phases under the same
//! load: before the job, while it runs, and after it, when what the snapshot kept is freed.
//!
//! `RUSSET_BENCH_KEYS` sets the number of keys: 200,000 unless it is set. The project's target is
//! 1 ms at 10,000,000.
//!
//! Always true: the file holds every key when the job has ended.
//! Not here: pauses of single requests — `pauses.rs`

#![expect(clippy::print_stdout, reason = "pauses are printed, one call each")]

#[expect(dead_code, reason = "its tests need a harness")]
#[path = "../../crates/server/src/alloc/mod.rs"]
mod alloc;

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use russet_base::Rng;
use russet_engine::{StringRef, Walk};
use russet_io::{Disk, Failure, FileId, FileOp, ListenPlan, OpenHow, Step, Task, UnixBind};
use russet_node::{Config, Environment, Node};
use russet_reactor::log::NoLog;
use russet_reactor::{Clock, Reactor};
use russet_resp::encode_request;
use rustix::time::{ClockId, clock_gettime};

#[global_allocator]
static ALLOCATOR: alloc::CountingAllocator = alloc::CountingAllocator;

/// Connections of the client.
const CONNECTIONS: usize = 8;

/// Requests that are under way on each.
const PIPELINE: usize = 16;

/// Keys of one request while the data is built.
const CHUNK: u64 = 100;

/// How long the phases before and after the job are.
const PHASE: Duration = Duration::from_secs(5);

/// Bytes that the task appends to the file at a time.
const WRITE_SIZE: usize = 1 << 20;

const FILE: FileId = FileId(1);

fn key(n: u64) -> Vec<u8> {
    format!("key:{n:012}").into_bytes()
}

fn value(n: u64) -> Vec<u8> {
    format!("value:{n:010}").into_bytes()
}

/// Writes a snapshot to a file as requests that repeat it.
struct Copy {
    walk: Walk,
    path: String,
    /// The bytes that are written.
    offset: u64,
    keys: u64,
    is_open: bool,
    ended: SyncSender<Result<u64, Failure>>,
}

impl Task for Copy {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        match self.copy_some(disk) {
            Ok(true) => Step::More,
            Ok(false) => {
                // The receiver waits as long as the bench runs.
                let _ = self.ended.send(Ok(self.keys));
                Step::Finished(Box::new(()))
            }
            Err(failure) => {
                let _ = self.ended.send(Err(failure.clone()));
                Step::Failed(failure)
            }
        }
    }
}

impl Copy {
    /// Appends about [`WRITE_SIZE`] bytes, and says whether there is more. The last call syncs the
    /// file.
    fn copy_some(&mut self, disk: &mut dyn Disk) -> Result<bool, Failure> {
        if !self.is_open {
            self.is_open = true;
            disk.perform(FileOp::Open {
                file: FILE,
                path: self.path.clone(),
                how: OpenHow::CreateNew,
            })?;
        }
        let mut bytes = Vec::with_capacity(WRITE_SIZE + 256);
        let mut has_more = true;
        while bytes.len() < WRITE_SIZE {
            let Some(item) = self.walk.next() else {
                has_more = false;
                break;
            };
            if let Ok(StringRef::Bytes(text)) = item.value.string() {
                encode_request([b"SET", item.key, text], &mut bytes);
                self.keys += 1;
            }
        }
        let (offset, bytes) = (self.offset, Bytes::from(bytes));
        self.offset += bytes.len() as u64;
        disk.perform(FileOp::Write {
            file: FILE,
            offset,
            bytes,
        })?;
        if !has_more {
            disk.perform(FileOp::Sync(FILE))?;
            disk.perform(FileOp::Close(FILE))?;
        }
        Ok(has_more)
    }
}

/// A client that keeps requests under way on all of its connections.
struct Client {
    streams: Vec<UnixStream>,
    keys: u64,
    rng: Rng,
}

impl Client {
    fn connect(path: &Path, keys: u64) -> io::Result<Self> {
        let streams = (0..CONNECTIONS).map(|_| UnixStream::connect(path));
        Ok(Self {
            streams: streams.collect::<io::Result<_>>()?,
            keys,
            rng: Rng::new(7),
        })
    }

    /// Sets all keys, and reads the replies.
    fn fill(&mut self) -> io::Result<()> {
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
    fn load(&mut self, stops: &AtomicBool, answered: &AtomicU64) -> io::Result<()> {
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

/// The turns of a phase.
#[derive(Default)]
struct Turns {
    /// The CPU time of each, in microseconds.
    spans: Vec<f64>,
    requests: u64,
    elapsed: Duration,
}

impl Turns {
    fn print(&mut self, phase: &str) {
        self.spans.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let place = (self.spans.len() as f64 * part) as usize;
            self.spans[place.min(self.spans.len() - 1)]
        };
        println!(
            "  {phase}: worst pause {:.0} µs; 99.99 % {:.0}, 99 % {:.0}, 50 % {:.0}; \
             {} turns, {} requests in {:.2} s",
            at(1.0),
            at(0.9999),
            at(0.99),
            at(0.5),
            self.spans.len(),
            self.requests,
            self.elapsed.as_secs_f64(),
        );
    }
}

fn thread_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// Turns until a condition holds, and measures each turn.
fn turn_until(
    reactor: &mut Reactor<Node>,
    answered: &AtomicU64,
    mut is_over: impl FnMut(Duration) -> bool,
) -> io::Result<Turns> {
    let (start, requests) = (Instant::now(), answered.load(Ordering::Relaxed));
    let mut turns = Turns::default();
    turns.spans.reserve(1 << 22);
    while !is_over(start.elapsed()) {
        let before = thread_us();
        reactor.turn(Some(Duration::from_millis(10)))?;
        turns.spans.push(thread_us() - before);
    }
    turns.requests = answered.load(Ordering::Relaxed) - requests;
    turns.elapsed = start.elapsed();
    Ok(turns)
}

fn listen(path: &Path) -> io::Result<Reactor<Node>> {
    let now = Clock::new().now();
    let node = Node::new(Config::default(), Environment::new(now.mono_us), now);
    let mut reactor = Reactor::new(node, Box::new(NoLog))?;
    let plan = ListenPlan {
        unix: Some(UnixBind {
            path: path.to_string_lossy().into_owned(),
            ..UnixBind::default()
        }),
        backlog: 128,
        ..ListenPlan::default()
    };
    reactor.listen(&plan).map_err(io::Error::other)?;
    Ok(reactor)
}

/// Starts the job, which tells its end through the channel.
fn start_copy(node: &mut Node, path: &Path) -> Receiver<Result<u64, Failure>> {
    let (ended, receiver) = sync_channel(1);
    let start = thread_us();
    let walk = node.snapshot().into_walk();
    println!("  the snapshot itself: {:.0} µs", thread_us() - start);
    node.start_task(Box::new(Copy {
        walk,
        path: path.to_string_lossy().into_owned(),
        offset: 0,
        keys: 0,
        is_open: false,
        ended,
    }));
    receiver
}

fn main() -> io::Result<()> {
    alloc::tune();
    alloc::keep_spare()?;
    let set = std::env::var("RUSSET_BENCH_KEYS").ok();
    let keys = set
        .and_then(|text| text.parse().ok())
        .unwrap_or(200_000_u64);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (socket, copy) = (folder.path().join("socket"), folder.path().join("copy"));
    let mut reactor = listen(&socket)?;
    let (answered, stops, is_filled) = (
        Arc::<AtomicU64>::default(),
        Arc::<AtomicBool>::default(),
        Arc::<AtomicBool>::default(),
    );
    let load = thread::spawn({
        let (answered, stops) = (Arc::clone(&answered), Arc::clone(&stops));
        let is_filled = Arc::clone(&is_filled);
        move || {
            let mut client = Client::connect(&socket, keys)?;
            client.fill()?;
            is_filled.store(true, Ordering::Relaxed);
            client.load(&stops, &answered)
        }
    });
    turn_until(&mut reactor, &answered, |_| {
        is_filled.load(Ordering::Relaxed)
    })?;
    println!("a job that copies a snapshot of {keys} keys to a file, under load:");
    let mut before = turn_until(&mut reactor, &answered, |elapsed| elapsed > PHASE)?;
    let ended = start_copy(reactor.service_mut(), &copy);
    let mut result = None;
    let mut during = turn_until(&mut reactor, &answered, |_| {
        result = ended.try_recv().ok();
        result.is_some()
    })?;
    let mut after = turn_until(&mut reactor, &answered, |elapsed| elapsed > PHASE)?;
    let copied = result.expect("the loop ended when there was one");
    assert_eq!(copied, Ok(keys), "every key is in the file");
    before.print("before the job");
    during.print("while it runs");
    after.print("after it");
    let size = std::fs::metadata(&copy)?.len();
    println!(
        "  {size} bytes copied; {} bytes allocated",
        alloc::allocated()
    );
    stops.store(true, Ordering::Relaxed);
    // The client may wait for replies; the end of the connections is the end of its wait.
    drop(reactor);
    let _ = load.join();
    Ok(())
}
