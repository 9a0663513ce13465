//! A node without a loop: bytes in, bytes out, time by hand. For tests, fuzzing and benchmarks.
//!
//! Output is taken when somebody receives it, so a client that reads nothing is one that nobody
//! receives for.
//!
//! Always true: jobs and syncs are done at once unless they are held, and discards are dropped at
//! once unless they are kept.
//! Always true: a stall of the node lets time pass.
//! Not here: a real loop — crate `russet-reactor`; one with faults — crate `russet-sim`.

use std::collections::VecDeque;
use std::io::ErrorKind;

use russet_base::time::Now;
use russet_io::{
    Address, Admission, ConnId, Dial, Disk, Failure, FileId, FileOp, FileReply, HangUp, Job, JobId,
    Origin, Outcome, Piece, Ready, Role, Service, Step, Task, Transport,
};

use crate::{Config, Environment, Node};

/// The number of pieces that one gathering takes.
const PIECES: usize = 4;

/// The time at which a node begins unless it is given another one.
const FIRST: Now = Now {
    wall_us: 1_704_067_200_000_000,
    mono_us: 1_000_000,
};

/// A request of the node to another server.
#[derive(Debug)]
pub enum Said<'a> {
    /// It wants a connection.
    Dial(&'a Dial),
    /// It sent bytes on the connection with this number, counted from 0.
    Bytes(u32, &'a [u8]),
}

/// The reaction of another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It refuses the connection, with this kind of error.
    Refuse(ErrorKind),
    /// It says nothing, and accepts the connection if one is wanted.
    Nothing,
    /// It sends bytes.
    Bytes(Vec<u8>),
    /// It sends bytes, and closes the connection.
    Close(Vec<u8>),
}

/// Another server.
type Peer = Box<dyn FnMut(Said<'_>) -> Answer>;

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
    /// When the node wants to run again, in monotonic microseconds.
    wake_at_us: Option<u64>,
    /// How often the node runs at most when something happens.
    runs_max: usize,
    /// Work for the disk that waits, while it is held.
    held: Option<VecDeque<Held>>,
    /// Discards that wait to be dropped, while they are kept.
    discards: Option<Vec<Box<dyn Send>>>,
    peer: Peer,
    /// Where files are; without it, jobs on files do nothing.
    disk: Option<Box<dyn Disk>>,
    /// Connections to other servers, by their numbers.
    links: Vec<ConnId>,
}

/// Work for the disk.
enum Held {
    Job(JobId, Job),
    Sync(JobId, FileId),
}

/// A disk without files.
struct NoDisk;

impl Disk for NoDisk {
    fn perform(&mut self, _op: FileOp) -> Result<FileReply, Failure> {
        Err(failure(ErrorKind::Unsupported))
    }
}

fn failure(kind: ErrorKind) -> Failure {
    Failure {
        kind,
        text: kind.to_string(),
    }
}

impl Loopback {
    /// A node with this configuration, at the first second of 2024.
    pub fn new(config: Config) -> Self {
        Self::at(config, FIRST)
    }

    /// A node with this configuration, at this time.
    pub fn at(config: Config, now: Now) -> Self {
        Self::of(Node::new(config, Environment::default(), now), now)
    }

    /// A node with this configuration whose commands are timed by this clock.
    pub fn timed_by(config: Config, stopwatch: fn() -> u64) -> Self {
        let environment = Environment {
            stopwatch: Some(stopwatch),
            ..Environment::default()
        };
        Self::of(Node::new(config, environment, FIRST), FIRST)
    }

    fn of(node: Node, now: Now) -> Self {
        let ready = Ready::default();
        Self {
            node,
            ready,
            now,
            connections: 0,
            closed: Vec::new(),
            exit: None,
            wake_at_us: None,
            held: None,
            discards: None,
            peer: Box::new(|_| Answer::Refuse(ErrorKind::ConnectionRefused)),
            disk: None,
            links: Vec::new(),
            runs_max: usize::MAX,
        }
    }

    /// Lets the node run at most this often when something happens, whatever it wants: a script
    /// that never ends is left on its way.
    pub fn bound_runs(&mut self, max: usize) {
        self.runs_max = max;
    }

    /// Has files live on this disk, and starts the node: it loads what is there.
    pub fn start(&mut self, disk: Box<dyn Disk>) {
        self.disk = Some(disk);
        self.node.start();
        self.turn();
    }

    /// The time.
    pub fn now(&self) -> Now {
        self.now
    }

    /// The node.
    pub fn node(&mut self) -> &mut Node {
        &mut self.node
    }

    /// A new connection from the local machine.
    pub fn connect(&mut self) -> ConnId {
        self.connect_as(Role::Client)
    }

    /// A new connection from the local machine, for a purpose.
    pub fn connect_as(&mut self, role: Role) -> ConnId {
        let address = Address::Unix {
            path: "loopback".to_owned(),
        };
        let conn = self.new_conn();
        let origin = Origin {
            role,
            ..Origin::client(address)
        };
        if let Admission::Refuse(_) = self.node.opened(conn, &origin, self.now) {
            self.closed.push(conn);
        }
        conn
    }

    fn new_conn(&mut self) -> ConnId {
        let conn = ConnId {
            index: self.connections,
            generation: 1,
        };
        self.connections += 1;
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

    /// Drops what was kept, and gives the number of discards.
    pub fn drop_discards(&mut self) -> usize {
        self.discards
            .as_mut()
            .map_or(0, |kept| kept.drain(..).count())
    }

    /// Holds jobs and syncs from now on, as a slow disk does; bytes are still appended at once.
    pub fn hold_jobs(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Carries out the oldest job or sync that is held; false if there is none.
    pub fn carry_out_next(&mut self) -> bool {
        let next = self.held.as_mut().and_then(VecDeque::pop_front);
        next.is_some_and(|next| self.carry_out_held(next))
    }

    /// Carries out the youngest job or sync that is held; false if there is none.
    pub fn carry_out_last(&mut self) -> bool {
        let last = self.held.as_mut().and_then(VecDeque::pop_back);
        last.is_some_and(|last| self.carry_out_held(last))
    }

    /// Carries out the oldest sync that is held; false if there is none.
    pub fn carry_out_next_sync(&mut self) -> bool {
        let next = self.held.as_mut().and_then(|held| {
            let at = held.iter().position(|next| matches!(next, Held::Sync(..)));
            held.remove(at?)
        });
        next.is_some_and(|next| self.carry_out_held(next))
    }

    fn carry_out_held(&mut self, next: Held) -> bool {
        let held = self.held.take();
        match next {
            Held::Job(id, job) => drop(self.carry_out(id, job)),
            Held::Sync(id, file) => {
                if let Some(disk) = &mut self.disk {
                    let outcome = perform(&mut **disk, FileOp::Sync(file));
                    self.node.completed(id, outcome);
                }
            }
        }
        self.held = held;
        self.turn();
        true
    }

    /// Holds nothing any more, and carries out what was held.
    pub fn release_jobs(&mut self) {
        while self.carry_out_next() {}
        self.held = None;
    }

    /// In how many microseconds the node wants to run again, if nothing happens before.
    pub fn wakes_in_us(&self) -> Option<u64> {
        let at_us = self.wake_at_us?;
        Some(at_us.saturating_sub(self.now.mono_us))
    }

    /// Lets another server answer like this; without it, every connection is refused.
    pub fn on_dial(&mut self, peer: impl FnMut(Said<'_>) -> Answer + 'static) {
        self.peer = Box::new(peer);
    }

    /// The other server sends bytes unasked, or closes the connection with this number.
    pub fn link_says(&mut self, link: u32, answer: Answer) {
        let conn = self.links[link as usize];
        self.hear(conn, answer);
        self.turn();
    }

    /// The exit code, once the node asked for the end.
    pub fn exit(&self) -> Option<i32> {
        self.exit
    }

    /// Lets time pass, and the node do what it makes due.
    pub fn advance(&mut self, millis: u64) {
        self.advance_us(millis.saturating_mul(1000));
    }

    /// The same in microseconds.
    pub fn advance_us(&mut self, micros: u64) {
        self.pass(micros);
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

    /// Takes the output of a connection that may leave.
    pub fn receive_into(&mut self, conn: ConnId, replies: &mut Vec<u8>) {
        self.take_into(conn, replies, usize::MAX);
        self.forget_closed();
    }

    /// Takes at most that many bytes of the output of a connection.
    pub fn receive_some(&mut self, conn: ConnId, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.take_into(conn, &mut bytes, count);
        bytes
    }

    fn take_into(&mut self, conn: ConnId, replies: &mut Vec<u8>, mut most: usize) {
        while most > 0 {
            let mut pieces = [Piece::Bytes(&[]); PIECES];
            let filled = self.node.output(conn, &mut pieces);
            let mut count = 0;
            for piece in &pieces[..filled] {
                let bytes = piece.bytes();
                let size = bytes.len().min(most - count);
                replies.extend_from_slice(&bytes[..size]);
                count += size;
            }
            if count == 0 {
                break;
            }
            most -= count;
            self.node.taken(conn, count);
        }
    }

    /// Runs the node until it wants nothing more at this moment.
    fn turn(&mut self) {
        for _ in 0..self.runs_max {
            self.node.run(self.now);
            self.node.ready(&mut self.ready);
            let mut again = self.ready.again;
            let writes = !self.ready.append.is_empty() || !self.ready.sync.is_empty();
            if writes && let Some(disk) = &mut self.disk {
                let held = self.held.as_mut();
                again |= write_files(&mut self.node, &mut self.ready, &mut **disk, held);
            }
            let mut jobs = std::mem::take(&mut self.ready.jobs);
            for (id, job) in jobs.drain(..) {
                again |= self.carry_out(id, job);
            }
            self.ready.jobs = jobs;
            if !self.links.is_empty() {
                for conn in self.ready.flush.clone() {
                    again |= self.links.contains(&conn) && self.pass_on(conn);
                }
            }
            if !self.ready.close.is_empty() || !self.ready.kill.is_empty() {
                self.close();
            }
            self.exit = self.exit.or(self.ready.exit.map(|exit| exit.code));
            self.wake_at_us = self.ready.wake_at_us;
            self.pass(self.ready.stall_us);
            self.ready.clear();
            if !again {
                break;
            }
        }
    }

    #[cold]
    fn close(&mut self) {
        for conn in &self.ready.kill {
            self.node.hung_up(*conn, HangUp::Closed);
        }
        self.closed.append(&mut self.ready.close);
        self.closed.append(&mut self.ready.kill);
    }

    /// Does a job; says whether the node is to run again.
    fn carry_out(&mut self, id: JobId, job: Job) -> bool {
        if let Some(held) = &mut self.held
            && matches!(job, Job::Task(_) | Job::File(_))
        {
            held.push_back(Held::Job(id, job));
            return false;
        }
        let outcome = match job {
            Job::Discard(value) => {
                if let Some(kept) = &mut self.discards {
                    kept.push(value);
                }
                return false;
            }
            Job::Log { .. } | Job::Keepalive(_) | Job::Cancel(_) => return false,
            Job::Dial(dial) => return self.dial(id, &dial),
            Job::Task(task) => match &mut self.disk {
                Some(disk) => finish(task, &mut **disk),
                None => finish(task, &mut NoDisk),
            },
            Job::File(op) => match &mut self.disk {
                Some(disk) => perform(&mut **disk, op),
                None => Outcome::Done,
            },
            _ => Outcome::Done,
        };
        self.node.completed(id, outcome);
        true
    }

    fn dial(&mut self, id: JobId, dial: &Dial) -> bool {
        let answer = (self.peer)(Said::Dial(dial));
        if let Answer::Refuse(kind) = answer {
            self.node.completed(id, Outcome::Failed(failure(kind)));
            return true;
        }
        let conn = self.new_conn();
        self.links.push(conn);
        let origin = Origin {
            role: Role::Client,
            transport: Transport::Plain,
            address: Address::Unix {
                path: "loopback".to_owned(),
            },
            dialed: Some(id),
        };
        self.node.opened(conn, &origin, self.now);
        self.hear(conn, answer);
        true
    }

    /// Hands what the node sends to another server on, and its answer back.
    fn pass_on(&mut self, conn: ConnId) -> bool {
        let mut bytes = Vec::new();
        self.take_into(conn, &mut bytes, usize::MAX);
        let number = self.links.iter().position(|link| *link == conn);
        let Some(number) = number.filter(|_| !bytes.is_empty()) else {
            return false;
        };
        let answer = (self.peer)(Said::Bytes(number as u32, &bytes));
        self.hear(conn, answer);
        true
    }

    fn hear(&mut self, conn: ConnId, answer: Answer) {
        let (mut bytes, closes) = match &answer {
            Answer::Refuse(_) => (&[][..], true),
            Answer::Nothing => (&[][..], false),
            Answer::Bytes(bytes) => (&bytes[..], false),
            Answer::Close(bytes) => (&bytes[..], true),
        };
        while !bytes.is_empty() {
            let space = self.node.space(conn);
            let count = space.len().min(bytes.len());
            if count == 0 {
                break;
            }
            space[..count].copy_from_slice(&bytes[..count]);
            self.node.received(conn, count);
            bytes = &bytes[count..];
        }
        if closes {
            self.node.hung_up(conn, HangUp::Closed);
        }
    }

    fn forget_closed(&mut self) {
        for conn in &self.closed {
            self.node.hung_up(*conn, HangUp::Closed);
        }
    }
}

/// Appends to files and syncs them; says whether the node is to run again.
fn write_files(
    node: &mut Node,
    ready: &mut Ready,
    disk: &mut dyn Disk,
    held: Option<&mut VecDeque<Held>>,
) -> bool {
    for append in ready.append.drain(..) {
        let written = disk.perform(FileOp::Write {
            file: append.file,
            offset: append.offset,
            bytes: append.bytes.clone(),
        });
        if let Err(failure) = written {
            node.append_failed(append, failure);
        }
    }
    if let Some(held) = held {
        held.extend(ready.sync.drain(..).map(|(id, file)| Held::Sync(id, file)));
    }
    let has_syncs = !ready.sync.is_empty();
    for (id, file) in ready.sync.drain(..) {
        node.completed(id, perform(disk, FileOp::Sync(file)));
    }
    has_syncs
}

fn perform(disk: &mut dyn Disk, op: FileOp) -> Outcome {
    match disk.perform(op) {
        Ok(reply) => Outcome::File(reply),
        Err(failure) => Outcome::Failed(failure),
    }
}

/// Runs a task to its end.
fn finish(mut task: Box<dyn Task>, disk: &mut dyn Disk) -> Outcome {
    loop {
        match task.step(disk) {
            Step::More | Step::Pause(_) => {}
            Step::Finished(value) => return Outcome::Finished(value),
            Step::Failed(failure) => return Outcome::Failed(failure),
        }
    }
}
