//! Jobs and their completions.

use std::io::ErrorKind;
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::thread::{self, ThreadId};

use russet_io::{
    Disk, FileId, FileOp, FileReply, Job, JobId, LogLevel, OpenHow, Outcome, Script, Step, Task,
};

use crate::echo::{Call, World, plan, tcp};

fn outcome(world: &mut World, job: Job) -> Outcome {
    world.echo().job(7, job);
    world.turn_until(|echo| !echo.outcomes.is_empty());
    let mut outcomes = std::mem::take(&mut world.echo().outcomes);
    let (id, outcome) = outcomes.remove(0);
    assert_eq!((id, outcomes.len()), (JobId(7), 0));
    outcome
}

fn file(world: &mut World, op: FileOp) -> FileReply {
    match outcome(world, Job::File(op)) {
        Outcome::File(reply) => reply,
        other => panic!("{other:?}"),
    }
}

fn failure(outcome: &Outcome) -> (ErrorKind, &str) {
    let failure = outcome.failure().unwrap_or_else(|| panic!("{outcome:?}"));
    (failure.kind, &failure.text)
}

#[test]
fn a_file_is_replaced_and_the_completion_comes_before_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("russet.conf");
    let mut world = World::silent();
    let op = FileOp::Replace {
        path: path.to_str().unwrap().to_owned(),
        contents: b"port 0\n".to_vec(),
    };
    assert_eq!(file(&mut world, op), FileReply::Done);
    assert_eq!(std::fs::read(path).unwrap(), b"port 0\n");
    let expect = [Call::Completed(JobId(7)), Call::Run];
    assert!(world.echo().calls.ends_with(&expect));
}

#[test]
fn a_file_is_written_read_and_closed_by_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a").to_str().unwrap().to_owned();
    let mut world = World::silent();
    let id = FileId(3);
    let open = FileOp::Open {
        file: id,
        path,
        how: OpenHow::Append,
    };
    assert_eq!(file(&mut world, open), FileReply::Opened { size: 0 });
    let write = FileOp::Write {
        file: id,
        offset: 1,
        bytes: b"abc".as_slice().into(),
    };
    file(&mut world, write);
    file(&mut world, FileOp::Sync(id));
    let read = FileOp::Read {
        file: id,
        offset: 0,
        len: 100,
    };
    let expect = FileReply::Bytes(b"\0abc".to_vec());
    assert_eq!(file(&mut world, read), expect);
    file(&mut world, FileOp::Close(id));
    let outcome = outcome(&mut world, Job::File(FileOp::Sync(id)));
    let expect = (ErrorKind::InvalidInput, "Bad file descriptor");
    assert_eq!(failure(&outcome), expect);
}

#[test]
fn a_failed_job_says_what_the_system_said() {
    let mut world = World::silent();
    let expect = (ErrorKind::NotFound, "No such file or directory");
    let replace = FileOp::Replace {
        path: "/nonexistent/russet.conf".to_owned(),
        contents: vec![],
    };
    for op in [replace, FileOp::ChangeDir("/nonexistent".to_owned())] {
        assert_eq!(failure(&outcome(&mut world, Job::File(op))), expect);
    }
}

#[test]
fn listening_moves_to_another_port() {
    let mut world = World::listening();
    let before = world.port();
    let job = Job::Listen(plan(vec![tcp("127.0.0.1", 0), tcp("127.0.0.1", 0)]));
    assert!(matches!(outcome(&mut world, job), Outcome::Done));
    assert_eq!(world.reactor.addresses().len(), 2);
    world.connect();
    let job = Job::Listen(plan(vec![tcp("127.0.0.1", before)]));
    assert!(matches!(outcome(&mut world, job), Outcome::Done));
    assert_eq!(world.port(), before);
    let job = Job::Listen(plan(vec![tcp("192.0.2.1", before)]));
    let failed = outcome(&mut world, job);
    assert_eq!(failure(&failed).0, ErrorKind::AddrNotAvailable);
    assert_eq!(world.port(), before);
}

#[test]
fn a_log_file_that_cannot_be_opened_is_a_log_line() {
    let mut world = World::silent();
    let job = Job::Log {
        file: "/forbidden".to_owned(),
        level: Some(LogLevel::Debug),
    };
    world.echo().job(1, job);
    world.turn();
    let expect = "Can't open the log file: Permission denied";
    assert_eq!(*world.lines.0.lock().unwrap(), [expect]);
    assert!(world.echo().outcomes.is_empty());
}

#[test]
fn a_discarded_value_is_dropped_elsewhere() {
    struct Bell(mpsc::Sender<ThreadId>);
    impl Drop for Bell {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }
    let (ring, heard) = mpsc::channel();
    let mut world = World::silent();
    world.echo().job(1, Job::Discard(Box::new(Bell(ring))));
    world.turn();
    assert_ne!(heard.recv().unwrap(), thread::current().id());
    assert!(world.echo().outcomes.is_empty());
}

#[test]
fn a_host_is_resolved() {
    let mut world = World::silent();
    let resolve = |host: &str| Job::Resolve {
        host: host.to_owned(),
        port: 7,
    };
    let Outcome::Resolved(addresses) = outcome(&mut world, resolve("127.0.0.1")) else {
        panic!()
    };
    assert_eq!(addresses, [([127, 0, 0, 1], 7).into()]);
    let failed = outcome(&mut world, resolve("no such host"));
    assert_eq!(failure(&failed).0, ErrorKind::NotFound);
}

#[test]
fn a_script_tells_its_exit_code_and_ends_with_its_time() {
    let mut world = World::silent();
    let script = |text: &str, timeout_ms| {
        Job::Script(Script {
            path: "/bin/sh".to_owned(),
            arguments: vec!["-c".to_owned(), text.to_owned()],
            timeout_ms,
        })
    };
    let ended = outcome(&mut world, script("exit 5", 20_000));
    assert!(matches!(ended, Outcome::Exited { code: Some(5) }));
    let ended = outcome(&mut world, script("sleep 60", 100));
    assert!(matches!(ended, Outcome::Exited { code: None }));
}

/// Writes a byte a step.
struct Writer {
    left: u64,
    file: FileId,
}

impl Task for Writer {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        if self.left == 0 {
            return Step::Finished(Box::new(self.file));
        }
        self.left -= 1;
        let written = disk.perform(FileOp::Write {
            file: self.file,
            offset: self.left,
            bytes: b"x".as_slice().into(),
        });
        match written {
            Ok(_) => Step::More,
            Err(failure) => Step::Failed(failure),
        }
    }
}

#[test]
fn a_task_reaches_the_files_that_jobs_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let mut world = World::silent();
    let open = FileOp::Open {
        file: FileId(1),
        path: path.to_str().unwrap().to_owned(),
        how: OpenHow::CreateNew,
    };
    file(&mut world, open);
    let writer = |file| Job::Task(Box::new(Writer { left: 10, file }));
    match outcome(&mut world, writer(FileId(1))) {
        Outcome::Finished(value) => assert_eq!(*value.downcast::<FileId>().unwrap(), FileId(1)),
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read(path).unwrap(), b"xxxxxxxxxx");
    let failed = outcome(&mut world, writer(FileId(2)));
    assert_eq!(failure(&failed).1, "Bad file descriptor");
}

/// Never ends by itself. It meets its test at a barrier with its first step.
struct Endless(Option<Arc<Barrier>>);

impl Task for Endless {
    fn step(&mut self, _disk: &mut dyn Disk) -> Step {
        if let Some(barrier) = self.0.take() {
            barrier.wait();
        }
        thread::yield_now();
        Step::More
    }
}

#[test]
fn tasks_are_canceled_while_they_run_and_while_they_wait() {
    let mut world = World::silent();
    let started = Arc::new(Barrier::new(5));
    // The pool has four threads for tasks.
    for id in 1..=4 {
        let task = Endless(Some(Arc::clone(&started)));
        world.echo().job(id, Job::Task(Box::new(task)));
    }
    world.echo().job(5, Job::Task(Box::new(Endless(None))));
    world.turn();
    started.wait();
    for id in [5, 1, 99] {
        world.echo().job(100 + id, Job::Cancel(JobId(id)));
    }
    world.turn_until(|echo| echo.outcomes.len() == 2);
    for id in [2, 3, 4] {
        world.echo().job(100 + id, Job::Cancel(JobId(id)));
    }
    world.turn_until(|echo| echo.outcomes.len() == 5);
    let outcomes = std::mem::take(&mut world.echo().outcomes);
    assert!(outcomes.iter().all(|(_, o)| matches!(o, Outcome::Canceled)));
    let mut ids: Vec<_> = outcomes.iter().map(|(id, _)| id.0).collect();
    assert_eq!(ids[..2], [5, 1]);
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
}

#[test]
fn a_task_that_waits_starts_when_another_ends() {
    let mut world = World::silent();
    let started = Arc::new(Barrier::new(5));
    for id in 1..=4 {
        let task = Endless(Some(Arc::clone(&started)));
        world.echo().job(id, Job::Task(Box::new(task)));
    }
    let file = FileId(1);
    let job = Job::Task(Box::new(Writer { left: 0, file }));
    world.echo().job(5, job);
    world.turn();
    started.wait();
    world.echo().job(100, Job::Cancel(JobId(2)));
    world.turn_until(|echo| echo.outcomes.len() == 2);
    let outcomes = &world.echo().outcomes;
    assert!(matches!(outcomes[0], (JobId(2), Outcome::Canceled)));
    assert!(matches!(outcomes[1], (JobId(5), Outcome::Finished(_))));
}

/// Breaks at its first step.
struct Broken;

impl Task for Broken {
    fn step(&mut self, _disk: &mut dyn Disk) -> Step {
        panic!("the {} is broken", "task");
    }
}

#[test]
fn a_task_that_panics_has_failed_and_the_loop_goes_on() {
    let mut world = World::silent();
    for _ in 0..10 {
        let failed = outcome(&mut world, Job::Task(Box::new(Broken)));
        let expect = (ErrorKind::Other, "panicked: the task is broken");
        assert_eq!(failure(&failed), expect);
    }
}
