//! Output that waits while an append is late, and the threads that wait for the disk.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use russet_io::{
    Admission, Append, Disk, Exit, FileOp, Job, OpenHow, Origin, Piece, Step, Task, TcpBind,
};

use super::*;
use crate::log::NoLog;
use crate::order::Errand;
use crate::pool::sync::witness;

const FILE: FileId = FileId(1);

/// A service that sends all its clients the same.
#[derive(Default)]
struct Teller {
    conns: Vec<ConnId>,
    output: Vec<u8>,
    path: PathBuf,
    /// The file's contents whenever output was taken.
    seen: Vec<Vec<u8>>,
    done: usize,
    failed: usize,
    next: Ready,
}

impl Service for Teller {
    fn opened(&mut self, conn: ConnId, _: &Origin, _: Now) -> Admission {
        self.conns.push(conn);
        Admission::Accept
    }

    fn space(&mut self, _: ConnId) -> &mut [u8] {
        &mut []
    }

    fn received(&mut self, _: ConnId, _: usize) {}

    fn hung_up(&mut self, conn: ConnId, _: HangUp) {
        self.conns.retain(|other| *other != conn);
    }

    fn run(&mut self, _: Now) {}

    fn ready(&mut self, ready: &mut Ready) {
        *ready = mem::take(&mut self.next);
    }

    fn output<'s>(&'s self, _: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        pieces[0] = Piece::Bytes(&self.output);
        usize::from(!self.output.is_empty())
    }

    fn taken(&mut self, _: ConnId, count: usize) {
        self.seen.push(std::fs::read(&self.path).unwrap());
        self.output.drain(..count);
    }

    fn completed(&mut self, _: JobId, outcome: Outcome) {
        match outcome.failure() {
            None => self.done += 1,
            Some(_) => self.failed += 1,
        }
    }

    fn append_failed(&mut self, _: Append, _: Failure) {
        self.failed += 1;
    }
}

impl Teller {
    fn append(&mut self, offset: u64, bytes: &'static [u8]) {
        self.next.append.push(Append {
            file: FILE,
            offset,
            bytes: bytes.into(),
        });
    }

    fn say(&mut self, text: &[u8]) {
        self.output.extend_from_slice(text);
        self.next.flush.extend(self.conns.first());
    }
}

/// A loop with one client and an open file.
fn start(path: &Path) -> (Reactor<Teller>, TcpStream) {
    let teller = Teller {
        path: path.to_owned(),
        ..Teller::default()
    };
    let mut reactor = Reactor::new(teller, Box::new(NoLog)).unwrap();
    let bind = TcpBind {
        host: "127.0.0.1".to_owned(),
        ..TcpBind::default()
    };
    let plan = ListenPlan {
        tcp: vec![bind],
        backlog: 8,
        ..ListenPlan::default()
    };
    reactor.listen(&plan).unwrap();
    let client = TcpStream::connect(reactor.addresses()[0]).unwrap();
    client.set_nonblocking(true).unwrap();
    let open = FileOp::Open {
        file: FILE,
        path: path.to_str().unwrap().to_owned(),
        how: OpenHow::Append,
    };
    let jobs = &mut reactor.service_mut().next.jobs;
    jobs.push((JobId(1), Job::File(open)));
    turn_until(&mut reactor, |t| t.done == 1 && t.conns.len() == 1);
    (reactor, client)
}

fn turn(reactor: &mut Reactor<Teller>) -> Option<i32> {
    reactor.turn(Some(Duration::from_millis(1))).unwrap()
}

fn turn_until(reactor: &mut Reactor<Teller>, is_met: impl Fn(&Teller) -> bool) {
    for _ in 0..20_000 {
        if is_met(reactor.service()) {
            return;
        }
        assert_eq!(turn(reactor), None);
    }
    panic!("the awaited state never came");
}

/// Makes the loop believe that the file is being synced.
fn pretend_to_sync(reactor: &mut Reactor<Teller>) {
    reactor.order.enter(FILE, Errand::Sync(JobId(99)));
    assert!(reactor.order.start(FILE).is_some());
}

#[test]
fn output_waits_for_an_append_that_the_pool_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (mut reactor, mut client) = start(&path);
    pretend_to_sync(&mut reactor);
    let teller = reactor.service_mut();
    teller.append(0, b"abc");
    teller.say(b"first");
    turn(&mut reactor);
    // The loop has not heard of the write, whether it was made or not.
    assert!(!reactor.may_output());
    assert!(reactor.service().seen.is_empty());
    turn_until(&mut reactor, |teller| !teller.seen.is_empty());
    assert_eq!(reactor.service().seen, [b"abc"]);
    let mut answer = [0; 5];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"first");
    // The next append is late as well, for the sync is still under way.
    let teller = reactor.service_mut();
    teller.append(3, b"def");
    teller.say(b"second");
    turn(&mut reactor);
    assert_eq!(reactor.service().seen.len(), 1);
    turn_until(&mut reactor, |teller| teller.seen.len() == 2);
    assert_eq!(reactor.service().seen[1], b"abcdef");
}

#[test]
fn closing_waits_for_a_late_append_and_killing_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    for is_killed in [true, false] {
        let (mut reactor, mut client) = start(&path);
        pretend_to_sync(&mut reactor);
        let teller = reactor.service_mut();
        teller.append(0, b"abc");
        teller.say(b"bye");
        let conn = teller.conns[0];
        match is_killed {
            true => teller.next.kill.push(conn),
            false => teller.next.close.push(conn),
        }
        turn(&mut reactor);
        assert_eq!(reactor.connection_count(), usize::from(!is_killed));
        turn_until(&mut reactor, |teller| teller.conns.is_empty());
        client.set_nonblocking(false).unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, if is_killed { &b""[..] } else { b"bye" });
    }
}

#[test]
fn a_late_append_that_fails_is_told_and_output_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (mut reactor, _client) = start(&path);
    pretend_to_sync(&mut reactor);
    reactor.pool.files().perform(FileOp::Close(FILE)).unwrap();
    let teller = reactor.service_mut();
    teller.append(0, b"abc");
    teller.append(3, b"def");
    teller.next.sync.push((JobId(5), FILE));
    teller.say(b"text");
    turn(&mut reactor);
    assert!(!reactor.may_output());
    turn_until(&mut reactor, |teller| !teller.seen.is_empty());
    let teller = reactor.service();
    assert_eq!((teller.failed, teller.done), (3, 1));
}

#[test]
fn an_exit_waits_for_a_late_append_whatever_time_the_output_has() {
    for flush_within_us in [20_000_000, 0] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut reactor, mut client) = start(&path);
        pretend_to_sync(&mut reactor);
        let teller = reactor.service_mut();
        teller.append(0, b"abc");
        teller.say(b"bye");
        teller.next.exit = Some(Exit {
            code: 4,
            flush_within_us,
        });
        assert_eq!(turn(&mut reactor), Some(4));
        assert_eq!(reactor.service().seen, [b"abc"]);
        let mut answer = [0; 3];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"bye");
    }
}

/// Syncs a file from a task.
struct Syncer;

impl Task for Syncer {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        match disk.perform(FileOp::Sync(FILE)) {
            Ok(_) => Step::Finished(Box::new(())),
            Err(failure) => Step::Failed(failure),
        }
    }
}

#[test]
fn no_file_is_synced_on_the_thread_of_the_loop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let config = folder.path().join("russet.conf");
    let (mut reactor, mut client) = start(&path);
    let teller = reactor.service_mut();
    let replace = FileOp::Replace {
        path: config.to_str().unwrap().to_owned(),
        contents: b"port 0".to_vec(),
    };
    let dir = folder.path().to_str().unwrap().to_owned();
    teller.next.sync.push((JobId(2), FILE));
    teller.append(0, b"abc");
    teller.say(b"text");
    let jobs = [
        Job::File(FileOp::Sync(FILE)),
        Job::File(FileOp::SyncDir(dir)),
        Job::File(replace),
        Job::Task(Box::new(Syncer)),
    ];
    teller.next.jobs = (3..).map(JobId).zip(jobs).collect();
    turn_until(&mut reactor, |teller| teller.done == 6);
    assert_eq!(reactor.service().failed, 0);
    let waited = witness::threads(folder.path());
    let own = thread::current().id();
    assert!(
        waited.iter().all(|(_, thread)| *thread != own),
        "{waited:?}"
    );
    let count = |name: &str| {
        let names = waited.iter().filter_map(|(path, _)| path.file_name());
        names
            .filter(|file| file.to_string_lossy().starts_with(name))
            .count()
    };
    assert_eq!((count("journal"), count("russet.conf-")), (3, 1));
    // The directory for itself and for the configuration.
    assert_eq!(waited.len(), 6);
    let read = client.read(&mut [0; 4]);
    assert_ne!(
        read.map_err(|error| error.kind()),
        Err(ErrorKind::WouldBlock)
    );
}
