//! Services that break the contract, each found out.

use bytes::Bytes;
use russet_io::{Append, ConnId, FileId, FileOp, Job, JobId, ListenPlan, OpenHow, Ready};
use russet_sim::{HostId, World};

use crate::wild::Wild;

/// A world with one service and one client.
fn world() -> (World<Wild>, HostId, ConnId) {
    let mut world = World::calm();
    let host = world.start("wild", ListenPlan::default(), Wild::default());
    world.connect(host);
    world.settle();
    let conn = world.service(host).conns[0];
    (world, host, conn)
}

/// Has a service want these actions.
fn after(change: impl FnOnce(&mut Ready, ConnId)) {
    let (mut world, host, conn) = world();
    world.service(host).act(|ready| change(ready, conn));
    world.wake(host);
    world.settle();
}

const GONE: ConnId = ConnId {
    index: 9,
    generation: 1,
};

fn open(file: u64) -> Job {
    Job::File(FileOp::Open {
        file: FileId(file),
        path: "f".to_owned(),
        how: OpenHow::Append,
    })
}

#[test]
fn actions_that_are_right_pass() {
    after(|ready, conn| {
        ready.flush.push(conn);
        ready.resume.push(conn);
        ready.jobs.push((JobId(1), open(1)));
        ready.close.push(conn);
    });
}

#[test]
#[should_panic(expected = "flush names")]
fn a_connection_that_never_was_is_flushed() {
    after(|ready, _| ready.flush.push(GONE));
}

#[test]
#[should_panic(expected = "close names")]
fn a_connection_that_hung_up_is_closed() {
    let (mut world, host, conn) = world();
    world.service(host).act(|ready| ready.kill.push(conn));
    world.wake(host);
    world.settle();
    world.service(host).act(|ready| ready.close.push(conn));
    world.wake(host);
    world.settle();
}

#[test]
#[should_panic(expected = "JobId(1) is used twice")]
fn a_number_of_a_job_is_used_twice() {
    after(|ready, _| {
        ready.jobs.push((JobId(1), open(1)));
        ready.jobs.push((JobId(1), open(2)));
    });
}

#[test]
#[should_panic(expected = "FileId(1) is opened twice")]
fn a_number_of_a_file_is_used_twice() {
    after(|ready, _| {
        ready.jobs.push((JobId(1), open(1)));
        ready.jobs.push((JobId(2), open(1)));
    });
}

#[test]
#[should_panic(expected = "append names FileId(1), which is not open")]
fn a_file_that_is_not_open_is_appended_to() {
    after(|ready, _| {
        ready.append.push(Append {
            file: FileId(1),
            offset: 0,
            bytes: Bytes::new(),
        });
    });
}

#[test]
#[should_panic(expected = "sync names FileId(7), which is not open")]
fn a_file_that_is_not_open_is_synced() {
    after(|ready, _| ready.sync.push((JobId(1), FileId(7))));
}

#[test]
#[should_panic(expected = "JobId(3) is canceled and was never asked for")]
fn a_job_that_never_was_is_canceled() {
    after(|ready, _| ready.jobs.push((JobId(1), Job::Cancel(JobId(3)))));
}

#[test]
#[should_panic(expected = "was not named in `flush`")]
fn output_that_is_never_named_is_missed() {
    let (mut world, host, _) = world();
    world.service(host).output = b"lost".to_vec();
    world.settle();
}

#[test]
#[should_panic(expected = "given and not taken has changed")]
fn output_that_was_given_changes() {
    let (mut world, host, conn) = world();
    world.options().window = 2;
    world.service(host).output = b"abcdef".to_vec();
    world.service(host).act(|ready| ready.flush.push(conn));
    world.wake(host);
    while world.service(host).output.len() == 6 {
        world.turn();
    }
    world.service(host).output = b"xyz".to_vec();
    world.settle();
}

#[test]
#[should_panic(expected = "and nothing happened")]
fn a_service_that_wants_to_run_for_ever_without_a_cause_is_stopped() {
    let (mut world, host, _) = world();
    for _ in 0..200_000 {
        world.service(host).act(|ready| ready.again = true);
    }
    world.wake(host);
    world.settle();
}
