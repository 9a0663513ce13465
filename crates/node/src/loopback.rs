//! A node without a loop: bytes in, bytes out, time by hand. For tests, fuzzing and benchmarks.
//!
//! Always true: jobs succeed at once, and discards are dropped at once unless they are kept.
//! Always true: a stall of the node lets time pass.
//! Not here: a real loop — crate `russet-reactor`.

use std::io::IoSlice;

use russet_base::time::Now;
use russet_io::{
    Admission, ConnId, Exchange, Exchanged, HangUp, Job, Origin, Outcome, Phase, Ready, Service,
};

use crate::{Config, Environment, Node};

/// How many slices one gathering takes.
const SLICES: usize = 16;

/// Another server, as exchanges see it.
type Peer = Box<dyn FnMut(&Exchange) -> Exchanged>;

/// Drives a node by calls.
///
/// # Examples
/// ```
/// let mut server = russet_node::loopback::Loopback::new(Default::default());
/// let client = server.connect();
/// assert_eq!(server.call(client, b"SET k v\r\nGET k\r\n"), b"+OK\r\n$1\r\nv\r\n");
/// ```
pub struct Loopback {
    node: Node,
    ready: Ready,
    now: Now,
    connections: u32,
    closed: Vec<ConnId>,
    exit: Option<i32>,
    /// What waits to be dropped, while it is kept.
    discards: Option<Vec<Box<dyn Send>>>,
    /// Who answers exchanges.
    peer: Peer,
}

impl Loopback {
    /// A node with this configuration, at the first second of 2024.
    pub fn new(config: Config) -> Self {
        let now = Now {
            wall_us: 1_704_067_200_000_000,
            mono_us: 1_000_000,
        };
        let node = Node::new(config, Environment::default(), now);
        let ready = Ready::default();
        Self {
            node,
            ready,
            now,
            connections: 0,
            closed: Vec::new(),
            exit: None,
            discards: None,
            peer: Box::new(|_| Exchanged::broken(Phase::Writing)),
        }
    }

    /// The node.
    pub fn node(&mut self) -> &mut Node {
        &mut self.node
    }

    /// A new connection from the local machine.
    pub fn connect(&mut self) -> ConnId {
        let origin = Origin::Unix {
            path: "loopback".to_owned(),
        };
        let conn = ConnId {
            index: self.connections,
            generation: 1,
        };
        self.connections += 1;
        if let Admission::Refuse(_) = self.node.opened(conn, &origin, self.now) {
            self.closed.push(conn);
        }
        conn
    }

    /// The peer closes its end.
    pub fn hang_up(&mut self, conn: ConnId) {
        self.node.hung_up(conn, HangUp::Closed);
        self.closed.push(conn);
    }

    /// Whether the node closed this connection.
    pub fn is_closed(&self, conn: ConnId) -> bool {
        self.closed.contains(&conn)
    }

    /// Keeps what the node discards instead of dropping it, as another thread would drop it later.
    pub fn keep_discards(&mut self) {
        self.discards.get_or_insert_default();
    }

    /// Drops what was kept; says how many times something was discarded.
    pub fn drop_discards(&mut self) -> usize {
        self.discards
            .as_mut()
            .map_or(0, |kept| kept.drain(..).count())
    }

    /// Lets exchanges with other servers end like this; without it, all of them refuse connections.
    pub fn on_exchange(&mut self, peer: impl FnMut(&Exchange) -> Exchanged + 'static) {
        self.peer = Box::new(peer);
    }

    /// The exit code, once the node asked for the end.
    pub fn exit(&self) -> Option<i32> {
        self.exit
    }

    /// Lets time pass, and the node do what it makes due.
    pub fn advance(&mut self, millis: u64) {
        self.pass(millis.saturating_mul(1000));
        self.turn();
    }

    fn pass(&mut self, micros: u64) {
        self.now.mono_us = self.now.mono_us.saturating_add(micros);
        self.now.wall_us = self.now.wall_us.saturating_add_unsigned(micros);
    }

    /// Sends bytes and returns the replies to them.
    pub fn call(&mut self, conn: ConnId, bytes: &[u8]) -> Vec<u8> {
        let mut replies = Vec::new();
        self.send(conn, bytes);
        self.receive_into(conn, &mut replies);
        replies
    }

    /// Sends bytes; what they cause is done when this returns.
    pub fn send(&mut self, conn: ConnId, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_closed(conn) {
            let space = self.node.space(conn);
            let count = space.len().min(bytes.len());
            if count == 0 {
                return;
            }
            space[..count].copy_from_slice(&bytes[..count]);
            self.node.received(conn, count);
            bytes = &bytes[count..];
            self.turn();
        }
    }

    /// Takes the output of a connection.
    pub fn receive_into(&mut self, conn: ConnId, replies: &mut Vec<u8>) {
        loop {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let filled = self.node.output(conn, &mut slices);
            let mut count = 0;
            for slice in &slices[..filled] {
                replies.extend_from_slice(slice);
                count += slice.len();
            }
            if count == 0 {
                break;
            }
            self.node.written(conn, count);
        }
        self.forget_closed();
    }

    /// Runs the node until it wants nothing more at this moment.
    fn turn(&mut self) {
        loop {
            self.node.run(self.now);
            while let Some(exchange) = self.node.poll_exchange() {
                let end = (self.peer)(&exchange);
                self.node.exchanged(end);
            }
            self.node.ready(&mut self.ready);
            let mut again = self.ready.again;
            for (id, job) in self.ready.jobs.drain(..) {
                match job {
                    Job::Discard(value) => {
                        if let Some(kept) = &mut self.discards {
                            kept.push(value);
                        }
                    }
                    Job::Log { .. } | Job::Keepalive(_) | Job::DropLink(_) => {}
                    _ => {
                        self.node.completed(id, Outcome::Done);
                        again = true;
                    }
                }
            }
            self.closed.append(&mut self.ready.close);
            self.closed.append(&mut self.ready.kill);
            self.exit = self.exit.or(self.ready.exit);
            self.pass(self.ready.stall_us);
            self.ready.clear();
            if !again {
                break;
            }
        }
    }

    fn forget_closed(&mut self) {
        for conn in &self.closed {
            self.node.hung_up(*conn, HangUp::Closed);
        }
    }
}
