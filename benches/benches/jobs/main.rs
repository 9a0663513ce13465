//! Pauses of the loop while a task walks a snapshot of all keys into a file.
//!
//! ```text
//!  client, 8 connections ─ 16 GET and SET each ─► loop, timed turn by turn
//!                                                   │ snapshot
//!                                                   ▼
//!                            task on the pool: walk ─► requests ─► file ─► sync
//! ```
//! A pause is the CPU time of the loop's thread in one turn. There are three phases under the same
//! load: before the job, while it runs, and after it, when what the snapshot kept is freed. Beside
//! the pauses stands what a client sees that sends PING a thousand times a second, and before them
//! how long the machine itself holds up a thread that only computes.
//!
//! `RUSSET_BENCH_KEYS` sets the number of keys: 200,000 unless it is set. The project's target is
//! 1 ms at 10,000,000.
//!
//! Always true: the file holds every key when the job has ended.
//! Not here: the clients — `client.rs`; measuring turns — `turns.rs`; pauses of single requests —
//! `pauses.rs`

#![expect(clippy::print_stdout, reason = "pauses are printed, one call each")]

#[expect(dead_code, reason = "its tests need a harness")]
#[path = "../../../crates/server/src/alloc/mod.rs"]
mod alloc;
mod client;
mod turns;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use russet_engine::{StringRef, Walk};
use russet_io::{Disk, Failure, FileId, FileOp, ListenPlan, OpenHow, Step, Task, UnixBind};
use russet_node::{Config, Environment, Node};
use russet_reactor::log::NoLog;
use russet_reactor::{Clock, Reactor};
use russet_resp::encode_request;

use client::{Client, Phase, Prober};
use turns::{Turns, machine_worst_us, thread_us};

#[global_allocator]
static ALLOCATOR: alloc::CountingAllocator = alloc::CountingAllocator;

/// How long the phases before and after the job are.
const PHASE: Duration = Duration::from_secs(5);

/// Bytes that the task appends to the file at a time.
const WRITE_SIZE: usize = 1 << 20;

const FILE: FileId = FileId(1);

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

/// State that the bench shares with the threads of its clients.
#[derive(Default)]
struct Shared {
    answered: AtomicU64,
    stops: AtomicBool,
    is_filled: AtomicBool,
    phase: AtomicUsize,
}

/// A thread that fills the data, then keeps requests under way.
fn start_load(socket: &Path, keys: u64, shared: &Arc<Shared>) -> JoinHandle<io::Result<()>> {
    let (socket, shared) = (socket.to_owned(), Arc::clone(shared));
    thread::spawn(move || {
        let mut client = Client::connect(&socket, keys)?;
        client.fill()?;
        shared.is_filled.store(true, Ordering::Relaxed);
        client.load(&shared.stops, &shared.answered)
    })
}

/// A thread that sends PING until the loop ends.
fn start_prober(socket: &Path, shared: &Arc<Shared>) -> JoinHandle<io::Result<Prober>> {
    let (socket, shared) = (socket.to_owned(), Arc::clone(shared));
    thread::spawn(move || {
        let mut prober = Prober::connect(&socket)?;
        prober.probe(&shared.stops, &shared.phase);
        Ok(prober)
    })
}

fn main() -> io::Result<()> {
    alloc::tune();
    alloc::keep_spare()?;
    let set = std::env::var("RUSSET_BENCH_KEYS").ok();
    let keys = set
        .and_then(|text| text.parse().ok())
        .unwrap_or(200_000_u64);
    println!("a job that copies a snapshot of {keys} keys to a file, under load:");
    println!(
        "  the machine itself holds a thread up for {:.0} µs at worst",
        machine_worst_us(PHASE)
    );
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (socket, copy) = (folder.path().join("socket"), folder.path().join("copy"));
    let mut reactor = listen(&socket)?;
    let shared = Arc::<Shared>::default();
    let load = start_load(&socket, keys, &shared);
    let prober = start_prober(&socket, &shared);
    Turns::until(&mut reactor, &shared.answered, |_| {
        shared.is_filled.load(Ordering::Relaxed)
    })?;
    let enter = |phase: Phase| shared.phase.store(phase as usize, Ordering::Relaxed);
    enter(Phase::Before);
    let before = Turns::until(&mut reactor, &shared.answered, |elapsed| elapsed > PHASE)?;
    enter(Phase::During);
    let ended = start_copy(reactor.service_mut(), &copy);
    let mut result = None;
    let during = Turns::until(&mut reactor, &shared.answered, |_| {
        result = ended.try_recv().ok();
        result.is_some()
    })?;
    enter(Phase::After);
    let after = Turns::until(&mut reactor, &shared.answered, |elapsed| elapsed > PHASE)?;
    let copied = result.expect("the loop ended when there was one");
    assert_eq!(copied, Ok(keys), "every key is in the file");
    let size = std::fs::metadata(&copy)?.len();
    println!(
        "  {size} bytes copied; {} bytes allocated",
        alloc::allocated()
    );
    shared.stops.store(true, Ordering::Relaxed);
    // Clients may wait for replies; the end of the connections is the end of their wait.
    drop(reactor);
    let _ = load.join();
    let mut prober = prober.join().expect("it does not panic")?;
    for (phase, mut turns) in [
        (Phase::Before, before),
        (Phase::During, during),
        (Phase::After, after),
    ] {
        turns.print(phase.name());
        prober.print(phase);
    }
    Ok(())
}
