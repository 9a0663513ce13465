//! Time, ends and exits in a calm world.

use russet_io::{Dial, Exit, Job, JobId, ListenPlan, Step, Task, TcpBind};
use russet_io::{Disk, Role, Transport};
use russet_sim::services::Echo;
use russet_sim::{HostId, World};

use crate::wild::Wild;

fn world() -> (World<Wild>, HostId) {
    let mut world = World::calm();
    let host = world.start("wild", ListenPlan::default(), Wild::default());
    world.settle();
    (world, host)
}

#[test]
fn a_service_is_woken_at_its_time_and_not_before() {
    let (mut world, host) = world();
    let start = world.now().mono_us;
    world
        .service(host)
        .act(|ready| ready.wake_at_us = Some(start + 1_234_567));
    world.wake(host);
    world.settle();
    world.service(host).runs.clear();
    world.advance(1_234_566);
    assert!(world.service(host).runs.is_empty());
    world.advance(1);
    assert_eq!(world.service(host).runs, [start + 1_234_567]);
}

#[test]
fn a_service_that_sleeps_lets_time_pass() {
    let (mut world, host) = world();
    let start = world.now().mono_us;
    world.service(host).act(|ready| ready.stall_us = 500);
    world.wake(host);
    world.settle();
    assert_eq!(world.now().mono_us, start + 500);
}

#[test]
fn nobody_answers_a_dial_and_the_dialer_hears_it_once() {
    let (mut world, host) = world();
    let dial = Dial {
        host: "nobody".to_owned(),
        port: 1,
        role: Role::Client,
        transport: Transport::Plain,
        source: String::new(),
        timeout_ms: 20,
    };
    world
        .service(host)
        .act(|ready| ready.jobs.push((JobId(1), Job::Dial(dial))));
    world.wake(host);
    world.advance(1_000_000);
    let said = &world.service(host).said;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("Connection refused"), "{said:?}");
}

struct Endless;

impl Task for Endless {
    fn step(&mut self, _: &mut dyn Disk) -> Step {
        Step::More
    }
}

#[test]
fn a_task_that_is_canceled_makes_no_further_step() {
    let (mut world, host) = world();
    let task = Job::Task(Box::new(Endless));
    world
        .service(host)
        .act(|ready| ready.jobs.push((JobId(1), task)));
    world.wake(host);
    (0..50).for_each(|_| world.turn());
    assert!(world.service(host).said.is_empty());
    let cancel = (JobId(2), Job::Cancel(JobId(1)));
    world.service(host).act(|ready| ready.jobs.push(cancel));
    world.wake(host);
    world.settle();
    assert_eq!(world.service(host).said, ["completed 1 Canceled"]);
}

#[test]
fn output_that_waits_leaves_before_the_end_of_the_process() {
    for (within_us, is_whole) in [(1_000_000, true), (0, false)] {
        let (mut world, host) = world();
        world.options().window = 10;
        let client = world.connect(host);
        world.settle();
        let conn = world.service(host).conns[0];
        world.service(host).output = vec![b'x'; 95];
        world.service(host).act(|ready| {
            ready.flush.push(conn);
            ready.exit = Some(Exit {
                code: 3,
                flush_within_us: within_us,
            });
        });
        world.wake(host);
        world.settle();
        assert_eq!(world.exit(host), Some(3));
        assert_eq!(world.take(client).len() == 95, is_whole);
        assert!(world.is_closed(client));
    }
}

#[test]
fn lines_go_to_another_service_and_come_back() {
    use russet_sim::services::Dialer;
    let bind = TcpBind {
        port: 7,
        ..TcpBind::default()
    };
    let plan = ListenPlan {
        tcp: vec![bind],
        ..ListenPlan::default()
    };
    let mut world = World::calm();
    let host = world.start("a", plan.clone(), Dialer::default());
    world.start("b", plan, Dialer::default());
    let client = world.connect(host);
    world.send(client, b"b 7 hello\nb 8 x\n");
    world.settle();
    assert_eq!(world.take(client), b"failed Connection refused\nhello\n");
}

#[test]
fn a_client_that_quits_hears_everything_before_the_end() {
    let mut world = World::calm();
    world.options().window = 3;
    let host = world.start("echo", ListenPlan::default(), Echo::default());
    let client = world.connect(host);
    world.send(client, b"one\ntwo\nquit\n");
    world.settle();
    assert_eq!(world.take(client), b"one\ntwo\nquit\n");
    assert!(world.is_closed(client));
}
