//! Clients that read nothing, or a part and then nothing, until the server closes them.
//!
//! ```text
//!  connected ─► resident: before ─► all ask, round by round ─► each is beyond its limit: closed
//!                                   └────────── peak ──────────────────────────────────┘
//! ```
//! The growth that is held against the target is the peak (`VmHWM`) of the server's own process minus
//! what was resident when all were connected and none had asked. All are open at the same time
//! until the first of them is closed, so the sum of limits counts each once. Bytes in sockets are the
//! kernel's, not the process's.
//!
//! Always true: all are closed in the end, and the server counted them.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::server::Server;

/// Bytes that memory may grow by beyond the sum of the limits.
const BEYOND_MAX: i64 = 64 << 20;

/// The length of the string that is read, in bytes.
const VALUE_LEN: usize = 10_000;

/// Elements of the list that is read, of a hundred bytes each.
const ELEMENTS: usize = 20_000;

/// Rounds after which a client should be closed long since.
const ROUNDS_MAX: usize = 2_000;

/// The behaviour of clients.
struct Case {
    what: &'static str,
    limit: u64,
    request: &'static str,
    /// Requests that each client sends in a round.
    times: usize,
    /// The round after which each client reads once, and how many bytes.
    reads: Option<(usize, usize)>,
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { what: "GET, one at a time", limit: 1 << 20, request: "GET k\r\n", times: 1, reads: None },
    Case { what: "GET, ten at a time", limit: 1 << 20, request: "GET k\r\n", times: 10, reads: None },
    Case { what: "LRANGE of 2 MB", limit: 1 << 20, request: "LRANGE l 0 -1\r\n", times: 1, reads: None },
    Case { what: "GET, ten at a time", limit: 100_000, request: "GET k\r\n", times: 10, reads: None },
    Case { what: "GET, reading for a while", limit: 1 << 20, request: "GET k\r\n", times: 10, reads: Some((10, 500_000)) },
];

/// Measures every case, and holds those that read nothing against the target.
pub(crate) fn measure(binary: &Path, clients: usize) -> io::Result<()> {
    println!("{clients} clients that read nothing until they are closed, in MiB:");
    println!("{:26}{:>10}{:>10}{:>10}", "", "limits", "growth", "beyond");
    for case in CASES {
        let growth = grow(binary, case, clients)?;
        let limits = case.limit.cast_signed() * clients as i64;
        let beyond = growth - limits;
        let mib = |bytes: i64| bytes as f64 / f64::from(1 << 20);
        println!(
            "  {:24}{:10.1}{:10.1}{:10.1}",
            case.what,
            mib(limits),
            mib(growth),
            mib(beyond)
        );
        let is_within = beyond <= BEYOND_MAX || case.reads.is_some();
        assert!(is_within, "at most {BEYOND_MAX} bytes beyond");
    }
    Ok(())
}

/// Has clients ask until all are closed; gives the growth of the server at its peak, in bytes.
fn grow(binary: &Path, case: &Case, clients: usize) -> io::Result<i64> {
    let limit = format!("normal {} 0 0", case.limit);
    let server = Server::start(binary, &["--client-output-buffer-limit", &limit])?;
    let mut operator = server.operator()?;
    operator.ask(&format!("SET k {}", "x".repeat(VALUE_LEN)))?;
    let elements = format!(" {}", "y".repeat(100)).repeat(100);
    for _ in 0..ELEMENTS / 100 {
        operator.ask(&format!("RPUSH l{elements}"))?;
    }
    let streams = (0..clients).map(|_| server.connect());
    let mut streams = streams.collect::<io::Result<Vec<_>>>()?;
    // All are accepted when a client who came later is answered.
    server.operator()?.ask("PING")?;
    server.begin_peak()?;
    let before = server.resident()?;
    let request = case.request.repeat(case.times);
    for round in 1..ROUNDS_MAX {
        // Those that are closed cannot be written to.
        streams.retain_mut(|stream| stream.write_all(request.as_bytes()).is_ok());
        operator.ask("PING")?;
        if streams.is_empty() {
            break;
        }
        if let Some((_, size)) = case.reads.filter(|reads| reads.0 == round) {
            assert_eq!(streams.len(), clients, "none is closed before it reads");
            read_some(&mut streams, size)?;
        }
    }
    let closed = operator.info("stats", "client_output_buffer_limit_disconnections")?;
    assert_eq!(closed, clients as u64, "all are closed");
    Ok(server.peak()?.cast_signed() - before.cast_signed())
}

fn read_some(streams: &mut [UnixStream], size: usize) -> io::Result<()> {
    let mut bytes = vec![0; size];
    for stream in streams {
        stream.read_exact(&mut bytes)?;
    }
    Ok(())
}
