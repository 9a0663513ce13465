//! Sessions that received something and are idle: messages without sockets, replies of a server.
//!
//! ```text
//!  10,000 sessions without sockets ◄─ deliver: one message each ─► taken
//!  10,000 connections ─ PING ─► the server's process ─► +PONG, then idle
//! ```
//! Always true: every session got all of what was sent to it.

use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use russet_io::ConnId;
use russet_node::Config;
use russet_node::loopback::Loopback;

use crate::alloc;
use crate::server::Server;

/// Sessions that receive.
const RECEIVERS: usize = 10_000;

/// Bytes of a message.
const MESSAGE_LEN: usize = 80;

/// Bytes that a session may take, table entries included.
const BYTES_MAX: i64 = 1 << 10;

/// Time in which a server gives spare buffers back that nobody needs.
const REST: Duration = Duration::from_secs(2);

/// The growth of a number, for each session.
fn each(now: u64, before: u64) -> i64 {
    (now.cast_signed() - before.cast_signed()) / RECEIVERS as i64
}

/// Measures messages that the node pushes.
pub(crate) fn pushed() -> io::Result<()> {
    println!(
        "{RECEIVERS} sessions that receive a message of {MESSAGE_LEN} bytes, bytes a session:"
    );
    let mut loopback = Loopback::new(Config::default());
    let before = alloc::allocated();
    let check = |when: &str| {
        let bytes = each(alloc::allocated(), before);
        println!("  {when}: {bytes} allocated");
        assert!(bytes <= BYTES_MAX, "{BYTES_MAX} bytes at most");
    };
    let conns: Vec<ConnId> = (0..RECEIVERS).map(|_| loopback.connect()).collect();
    check("connected");
    let message = Bytes::from(vec![b'm'; MESSAGE_LEN]);
    for conn in &conns {
        assert!(loopback.node().deliver(*conn, &message), "it is connected");
    }
    check("the message waits");
    let mut taken = Vec::new();
    for conn in &conns {
        taken.clear();
        loopback.receive_into(*conn, &mut taken);
        assert_eq!(taken, message, "the message arrives");
    }
    check("the message was taken");
    Ok(())
}

/// Measures connections of a server that were answered and are idle.
pub(crate) fn answered(binary: &Path) -> io::Result<()> {
    println!("{RECEIVERS} connections that were answered and are idle, bytes a connection:");
    let server = Server::start(binary, &[])?;
    let mut operator = server.operator()?;
    let before = (operator.info("memory", "used_memory")?, server.resident()?);
    let streams = (0..RECEIVERS).map(|_| server.connect());
    let mut streams = streams.collect::<io::Result<Vec<_>>>()?;
    for stream in &mut streams {
        stream.write_all(b"PING\r\n")?;
    }
    for stream in &mut streams {
        let mut reply = [0; 7];
        stream.read_exact(&mut reply)?;
        assert_eq!(&reply, b"+PONG\r\n", "it is answered");
    }
    thread::sleep(REST);
    let now = (operator.info("memory", "used_memory")?, server.resident()?);
    let (allocated, resident) = (each(now.0, before.0), each(now.1, before.1));
    println!("  idle: {allocated} allocated, {resident} resident");
    assert!(allocated <= BYTES_MAX, "{BYTES_MAX} bytes at most");
    Ok(())
}
