//! Jobs and their completions.

use std::sync::mpsc;
use std::thread::{self, ThreadId};

use russet_io::{Job, JobId, LogLevel, Outcome};

use crate::echo::{World, plan, tcp};

fn outcome(world: &mut World, job: Job) -> Outcome {
    world.echo().jobs.push((JobId(7), job));
    world.turn_until(|echo| !echo.outcomes.is_empty());
    let mut outcomes = std::mem::take(&mut world.echo().outcomes);
    let (id, outcome) = outcomes.remove(0);
    assert_eq!((id, outcomes.len()), (JobId(7), 0));
    outcome
}

#[test]
fn a_file_is_replaced_and_the_service_runs_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder
        .path()
        .join("russet.conf")
        .to_str()
        .unwrap()
        .to_owned();
    let mut world = World::silent();
    let job = Job::ReplaceFile {
        path: path.clone(),
        contents: b"port 0\n".to_vec(),
    };
    assert_eq!(outcome(&mut world, job), Outcome::Done);
    assert_eq!(std::fs::read(path).unwrap(), b"port 0\n");
    let runs = world.echo().runs;
    world.reactor.turn(None).unwrap();
    assert_eq!(world.echo().runs, runs + 1);
}

#[test]
fn a_failed_job_says_what_the_system_said() {
    let mut world = World::silent();
    let failed = Outcome::Failed("No such file or directory".to_owned());
    let path = "/nonexistent/russet.conf".to_owned();
    assert_eq!(
        outcome(
            &mut world,
            Job::ReplaceFile {
                path,
                contents: vec![]
            }
        ),
        failed
    );
    assert_eq!(
        outcome(&mut world, Job::ChangeDir("/nonexistent".to_owned())),
        failed
    );
}

#[test]
fn listening_moves_to_another_port() {
    let mut world = World::listening();
    let before = world.port();
    let job = Job::Listen(plan(vec![tcp("127.0.0.1", 0), tcp("127.0.0.1", 0)]));
    assert_eq!(outcome(&mut world, job), Outcome::Done);
    assert_eq!(world.reactor.addresses().len(), 2);
    world.connect();
    let job = Job::Listen(plan(vec![tcp("127.0.0.1", before)]));
    assert_eq!(outcome(&mut world, job), Outcome::Done);
    assert_eq!(world.port(), before);
    let job = Job::Listen(plan(vec![tcp("192.0.2.1", before)]));
    assert!(matches!(outcome(&mut world, job), Outcome::Failed(_)));
    assert_eq!(world.port(), before);
}

#[test]
fn a_log_file_that_cannot_be_opened_is_a_log_line() {
    let mut world = World::silent();
    let file = "/forbidden".to_owned();
    world.echo().jobs.push((
        JobId(1),
        Job::Log {
            file,
            level: Some(LogLevel::Debug),
        },
    ));
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
    world
        .echo()
        .jobs
        .push((JobId(1), Job::Discard(Box::new(Bell(ring)))));
    world.turn();
    assert_ne!(heard.recv().unwrap(), thread::current().id());
    assert!(world.echo().outcomes.is_empty());
}
