//! Appends, syncs and the order in which output leaves.

use std::io::Write;
use std::path::Path;

use russet_io::{Append, FileId, FileOp, FileReply, Job, JobId, OpenHow, Outcome};

use crate::echo::{Call, World};

const FILE: FileId = FileId(1);

/// A world with a client and an open file.
fn world(path: &Path) -> (World, std::net::TcpStream) {
    let mut world = World::listening();
    let client = world.connect();
    let open = FileOp::Open {
        file: FILE,
        path: path.to_str().unwrap().to_owned(),
        how: OpenHow::Append,
    };
    world.echo().job(1, Job::File(open));
    world.turn_until(|echo| !echo.outcomes.is_empty());
    world.echo().outcomes.clear();
    world.echo().calls.clear();
    (world, client)
}

fn append(world: &mut World, file: FileId, offset: u64, bytes: &'static [u8]) {
    world.echo().next.append.push(Append {
        file,
        offset,
        bytes: bytes.into(),
    });
}

#[test]
fn appended_bytes_are_in_the_file_when_the_output_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (mut world, mut client) = world(&path);
    let mut expect = Vec::new();
    for round in 0..50_u64 {
        append(&mut world, FILE, round * 3, b"abc");
        expect.extend_from_slice(b"abc");
        if round % 5 == 0 {
            world.echo().next.sync.push((JobId(round), FILE));
        }
        world.echo().say(b"+OK");
        let said = world.read(&mut client, 3);
        assert_eq!(said, b"+OK");
        assert_eq!(std::fs::read(&path).unwrap(), expect, "round {round}");
    }
    world.turn_until(|echo| echo.outcomes.len() == 10);
    let is_done = |o: &Outcome| matches!(o, Outcome::File(FileReply::Done));
    assert!(world.echo().outcomes.iter().all(|(_, o)| is_done(o)));
    assert!(world.echo().failures.is_empty());
}

#[test]
fn a_failed_append_is_told_before_any_output_of_its_list_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (mut world, mut client) = world(&path);
    world.echo().fences_on_failure = true;
    append(&mut world, FileId(9), 0, b"lost");
    append(&mut world, FileId(9), 4, b"behind");
    append(&mut world, FILE, 0, b"kept");
    world.echo().next.sync.push((JobId(5), FileId(9)));
    world.echo().say(b"+OK");
    world.turn();
    world.turn();
    let echo = world.echo();
    let offsets: Vec<_> = echo.failures.iter().map(|(a, _)| a.offset).collect();
    assert_eq!(offsets, [0, 4]);
    let (lost, failure) = &echo.failures[0];
    assert_eq!((&*lost.bytes, lost.file), (&b"lost"[..], FileId(9)));
    assert_eq!(failure.text, "Bad file descriptor");
    assert!(!echo.calls.contains(&Call::Taken));
    // A sync that would vouch for lost bytes fails as well.
    assert!(echo.outcomes[0].1.failure().is_some());
    assert_eq!(std::fs::read(&path).unwrap(), b"kept");
    echo.is_fenced = false;
    echo.say(b"+OK");
    assert_eq!(world.read(&mut client, 6), b"+OK+OK");
}

#[test]
fn a_job_on_a_file_waits_for_the_appends_and_syncs_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (mut world, _client) = world(&path);
    world.echo().next.sync.push((JobId(2), FILE));
    world.turn();
    append(&mut world, FILE, 0, b"abc");
    world.echo().next.sync.push((JobId(3), FILE));
    let read = FileOp::Read {
        file: FILE,
        offset: 0,
        len: 10,
    };
    world.echo().job(4, Job::File(read));
    world.echo().job(5, Job::File(FileOp::Close(FILE)));
    world.turn_until(|echo| echo.outcomes.len() == 4);
    for (job, outcome) in &world.echo().outcomes {
        match (job.0, outcome) {
            (4, Outcome::File(FileReply::Bytes(bytes))) => assert_eq!(bytes, b"abc"),
            (2 | 3 | 5, Outcome::File(FileReply::Done)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(world.echo().failures.is_empty());
}

#[test]
fn an_end_waits_for_output_that_is_stuck_and_no_longer_than_it_says() {
    for (flush_within_us, is_read) in [(20_000_000, true), (100_000, false), (0, false)] {
        let mut world = World::listening();
        world.echo().flush_within_us = flush_within_us;
        let mut client = world.connect();
        client.write_all(b"BX").unwrap();
        client.set_nonblocking(false).unwrap();
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if is_read {
                let _ = std::io::Read::read_to_end(&mut client, &mut bytes);
            }
            // It stays open until the loop is gone, whether it reads or not.
            (bytes.len(), client)
        });
        let began = std::time::Instant::now();
        let code = std::iter::repeat_with(|| world.turn()).find_map(|code| code);
        assert_eq!(code, Some(3));
        assert!(began.elapsed().as_micros() >= if is_read { 0 } else { flush_within_us.into() });
        drop(world);
        let (count, _client) = reader.join().unwrap();
        assert_eq!(count, if is_read { crate::echo::BIG } else { 0 });
    }
}
