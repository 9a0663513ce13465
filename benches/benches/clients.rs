//! Memory of clients that receive: a thousand that read nothing, ten thousand with a message each.
//!
//! ```text
//!  1,000 connections ─ GETs of 10 kB, nothing read ─► loop ─ beyond 1 MiB of output ─► closed
//!  10,000 sessions without sockets ◄─ deliver: one message each
//! ```
//! `RUSSET_BENCH_CLIENTS` sets the number of those that read nothing: 1,000 unless it is set. The
//! project's target: memory grows by no more than the sum of their limits and 64 MiB.
//!
//! Always true: all that read nothing are closed, and the server counted them.
//! Not here: how a limit closes a client — tests of `russet-node`

#![expect(clippy::print_stdout, reason = "figures are printed, one call each")]

#[expect(dead_code, reason = "its tests need a harness")]
#[path = "../../crates/server/src/alloc/mod.rs"]
mod alloc;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use russet_io::{ConnId, ListenPlan, UnixBind};
use russet_node::loopback::Loopback;
use russet_node::{Config, Environment, Node};
use russet_reactor::log::NoLog;
use russet_reactor::{Clock, Reactor};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[global_allocator]
static ALLOCATOR: alloc::CountingAllocator = alloc::CountingAllocator;

/// The bytes of output that close a client.
const LIMIT: u64 = 1 << 20;

/// Bytes that memory may grow by beyond the sum of the limits.
const BEYOND_MAX: u64 = 64 << 20;

/// The length of the value that is read, in bytes.
const VALUE_LEN: usize = 10_000;

/// Requests that each client sends at a time.
const REQUESTS: usize = 10;

/// How often they send at most: four times as much as the limit, for sockets hold some.
const ROUNDS: usize = 40;

/// Sessions that receive a message.
const RECEIVERS: usize = 10_000;

/// A number of kilobytes from the status of this process, as bytes.
fn status(field: &str) -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|rest| rest.trim_matches([':', '\t', ' ', 'k', 'B']).parse().ok());
    let kilobytes: u64 = number.ok_or(io::ErrorKind::InvalidData)?;
    Ok(kilobytes << 10)
}

/// Allows as many open files as the system does.
fn raise_open_files() -> io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// A client that reads its replies, to set up and to ask.
struct Operator(BufReader<UnixStream>);

impl Operator {
    fn connect(path: &Path) -> io::Result<Self> {
        UnixStream::connect(path).map(|stream| Self(BufReader::new(stream)))
    }

    /// Sends a request whose reply is a line.
    fn ask(&mut self, request: &str) -> io::Result<String> {
        self.0.get_mut().write_all(request.as_bytes())?;
        self.0.get_mut().write_all(b"\r\n")?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line)
    }

    /// The clients that were closed because they read too little.
    fn closed(&mut self) -> io::Result<u64> {
        let head = self.ask("INFO stats")?;
        let len = head.trim_start_matches('$').trim_end().parse();
        let mut text = vec![0; len.map_or(0, |len: usize| len + 2)];
        self.0.read_exact(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let field = "client_output_buffer_limit_disconnections:";
        let line = text.lines().find_map(|line| line.strip_prefix(field));
        let number = line.and_then(|number| number.trim().parse().ok());
        Ok(number.ok_or(io::ErrorKind::InvalidData)?)
    }
}

/// The effect of clients that read nothing on the server.
struct Damage {
    closed: u64,
    /// Bytes that were resident at most, beyond those before the clients asked for anything.
    growth: u64,
}

/// Has clients ask until all are closed.
fn read_nothing(path: &Path, clients: usize) -> io::Result<Damage> {
    let mut operator = Operator::connect(path)?;
    operator.ask("CONFIG SET client-output-buffer-limit \"normal 1mb 0 0\"")?;
    operator.ask(&format!("SET k {}", "x".repeat(VALUE_LEN)))?;
    let streams = (0..clients).map(|_| UnixStream::connect(path));
    let mut streams = streams.collect::<io::Result<Vec<_>>>()?;
    // All are accepted when the operator, who came first, is answered behind the last of them.
    Operator::connect(path)?.ask("PING")?;
    // The peak begins anew.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = status("VmRSS")?;
    let request = b"GET k\r\n".repeat(REQUESTS);
    for _ in 0..ROUNDS {
        // Those that are closed cannot be written to.
        streams.retain_mut(|stream| stream.write_all(&request).is_ok());
        operator.ask("PING")?;
    }
    Ok(Damage {
        closed: operator.closed()?,
        growth: status("VmHWM")?.saturating_sub(before),
    })
}

fn listen(path: &Path) -> io::Result<Reactor<Node>> {
    let now = Clock::new().now();
    let node = Node::new(Config::default(), Environment::default(), now);
    let mut reactor = Reactor::new(node, Box::new(NoLog))?;
    let plan = ListenPlan {
        unix: Some(UnixBind {
            path: path.to_string_lossy().into_owned(),
            ..UnixBind::default()
        }),
        backlog: 511,
        ..ListenPlan::default()
    };
    reactor.listen(&plan).map_err(io::Error::other)?;
    Ok(reactor)
}

/// Clients that read nothing, against a real loop.
fn unread(socket: PathBuf, clients: usize) -> io::Result<()> {
    let mut reactor = listen(&socket)?;
    let load = thread::spawn(move || read_nothing(&socket, clients));
    while !load.is_finished() {
        reactor.turn(Some(Duration::from_millis(10)))?;
    }
    let damage = load.join().expect("the client does not panic")?;
    let limits = LIMIT * clients as u64;
    println!("{clients} clients that read nothing, each limited to {LIMIT} bytes of output:");
    println!("  closed: {}", damage.closed);
    println!("  sum of the limits: {limits} bytes");
    println!(
        "  growth of the resident set: {} bytes, {} beyond the limits (target: {BEYOND_MAX} at most)",
        damage.growth,
        damage.growth.cast_signed() - limits.cast_signed(),
    );
    assert_eq!(damage.closed, clients as u64, "all are closed");
    Ok(())
}

/// Sessions that have a message each, without sockets.
fn receiving() -> io::Result<()> {
    println!("{RECEIVERS} sessions that receive one message of 100 bytes, a session:");
    let mut loopback = Loopback::new(Config::default());
    let (mut allocated, mut resident) = (alloc::allocated(), status("VmRSS")?);
    let mut print = |when: &str| -> io::Result<()> {
        let now = (alloc::allocated(), status("VmRSS")?);
        let each =
            |now: u64, before: u64| (now.cast_signed() - before.cast_signed()) / RECEIVERS as i64;
        println!(
            "  {when}: {} bytes allocated, {} resident",
            each(now.0, allocated),
            each(now.1, resident)
        );
        (allocated, resident) = now;
        Ok(())
    };
    let conns: Vec<ConnId> = (0..RECEIVERS).map(|_| loopback.connect()).collect();
    print("connected")?;
    let message = Bytes::from(vec![b'm'; 100]);
    for conn in &conns {
        assert!(loopback.node().deliver(*conn, &message), "it is connected");
    }
    print("the message waits, in addition")?;
    let mut taken = Vec::new();
    for conn in &conns {
        taken.clear();
        loopback.receive_into(*conn, &mut taken);
        assert_eq!(taken, message, "the message arrives");
    }
    print("the message was taken, in addition")?;
    Ok(())
}

fn main() -> io::Result<()> {
    alloc::tune();
    alloc::keep_spare()?;
    raise_open_files()?;
    let set = std::env::var("RUSSET_BENCH_CLIENTS").ok();
    let clients = set.and_then(|text| text.parse().ok()).unwrap_or(1_000);
    // First, while the allocator has no free memory that would hide a growth.
    let folder = tempfile::tempdir()?;
    unread(folder.path().join("socket"), clients)?;
    receiving()
}
