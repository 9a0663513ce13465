//! Scenarios of the small services: they try the world itself.
//!
//! Always true: replies are a prefix of the right replies; without resets and failures they are
//! equal once everything has arrived.

use russet_base::Rng;
use russet_io::{ListenPlan, Service, TcpBind};

use crate::options::Options;
use crate::peer::Next;
use crate::play::Play;
use crate::services::{Dialer, Echo, Errands, Ledger};
use crate::world::{ClientId, HostId, World};

/// A client with what it sent.
struct Talk {
    client: ClientId,
    sent: Vec<u8>,
    heard: Vec<u8>,
}

/// Services listen here.
const PORT: u16 = 7;

fn plan() -> ListenPlan {
    let bind = TcpBind {
        port: PORT,
        ..TcpBind::default()
    };
    ListenPlan {
        tcp: vec![bind],
        ..ListenPlan::default()
    }
}

fn begin<S: Service>(play: &mut Play) -> (World<S>, bool) {
    let options = match play.rng.below(3) {
        0 => Options::delays(&mut play.rng),
        _ => Options::swarm(&mut play.rng),
    };
    let is_whole = options.reset_one_in == 0 && options.fail_one_in == 0;
    play.record.note(format_args!("{options:?}"));
    let world = World::new(play.rng.fork(), options, play.record.clone());
    (world, is_whole)
}

/// Several clients send lines, while turns and time pass.
fn talk<S: Service>(
    world: &mut World<S>,
    host: HostId,
    rng: &mut Rng,
    line: fn(&mut Rng) -> String,
) -> Vec<Talk> {
    let mut talks = Vec::new();
    for _ in 0..=rng.below(4) {
        let (sent, heard) = (Vec::new(), Vec::new());
        let client = world.connect(host);
        talks.push(Talk {
            client,
            sent,
            heard,
        });
    }
    for _ in 0..rng.below(120) {
        let at = rng.index(talks.len());
        let talk = &mut talks[at];
        match rng.below(20) {
            0 => world.set_reads(talk.client, false),
            1 | 2 => world.set_reads(talk.client, true),
            3 => world.advance(rng.below(500_000)),
            4 => (0..rng.below(30)).for_each(|_| world.turn()),
            _ => {
                let text = line(rng) + "\n";
                world.send(talk.client, text.as_bytes());
                talk.sent.extend_from_slice(text.as_bytes());
            }
        }
        talk.heard.extend(world.take(talk.client));
    }
    for talk in &mut talks {
        world.set_reads(talk.client, true);
    }
    world.advance(1_000_000);
    for talk in &mut talks {
        talk.heard.extend(world.take(talk.client));
    }
    talks
}

fn word(rng: &mut Rng) -> String {
    let len = match rng.below(6) {
        0 => rng.index(3_000),
        _ => rng.index(40),
    };
    let letter = |rng: &mut Rng| char::from(b'a' + rng.below(26) as u8);
    (0..len).map(|_| letter(rng)).collect()
}

pub(super) fn echo(play: &mut Play) {
    let (mut world, is_whole) = begin(play);
    let host = world.start("echo", plan(), Echo::default());
    let may_end = play.rng.below(2) == 0;
    let line = match may_end {
        true => |rng: &mut Rng| match rng.below(60) {
            0 => "quit".to_owned(),
            1 => "die".to_owned(),
            _ => word(rng),
        },
        false => word,
    };
    for talk in talk(&mut world, host, &mut play.rng, line) {
        assert!(
            talk.sent.starts_with(&talk.heard),
            "what was heard is not the beginning of what was sent"
        );
        let is_closed = world.is_closed(talk.client);
        let has_quit = !is_closed || talk.heard.ends_with(b"\n");
        if is_whole && !may_end {
            assert!(
                talk.sent.len() == talk.heard.len() && !is_closed,
                "not all was heard"
            );
        }
        if is_whole && !talk.sent.windows(4).any(|four| four == b"die\n") {
            assert!(has_quit, "a line was cut off");
        }
    }
}

pub(super) fn ledger(play: &mut Play) {
    let (mut world, is_whole) = begin(play);
    let host = world.start("ledger", plan(), Ledger::default());
    let talks = talk(&mut world, host, &mut play.rng, word);
    let disk = world.disk(host);
    let durable = disk.durable("ledger").unwrap_or_default().to_vec();
    let live = disk.live("ledger").unwrap_or_default().to_vec();
    let refused = b"the ledger is lost\n";
    for talk in talks {
        if talk.heard.is_empty() || refused.starts_with(&talk.heard) {
            continue;
        }
        assert!(
            talk.sent.starts_with(&talk.heard),
            "answers are not in order"
        );
        assert!(!is_whole || talk.sent == talk.heard, "not all was answered");
        for line in talk.heard.split_inclusive(|byte| *byte == b'\n') {
            if line.ends_with(b"\n") {
                let is_there = durable
                    .split_inclusive(|byte| *byte == b'\n')
                    .any(|other| other == line);
                assert!(is_there, "an answered line is not on the disk");
            }
        }
    }
    assert!(!is_whole || live == durable, "the sync came too late");
}

pub(super) fn errands(play: &mut Play) {
    let (mut world, is_whole) = begin(play);
    let host = world.start("errands", plan(), Errands::default());
    let line = |rng: &mut Rng| match rng.below(8) {
        0 => format!("write {}", rng.below(1_000)),
        1 => "list".to_owned(),
        2 | 3 => format!("task {}", rng.below(40)),
        4 => "cancel".to_owned(),
        5 => "resolve errands".to_owned(),
        6 => "script x".to_owned(),
        _ => "hello".to_owned(),
    };
    for talk in talk(&mut world, host, &mut play.rng, line) {
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        let (asked, answered) = (count(&talk.sent), count(&talk.heard));
        assert!(answered <= asked, "{answered} answers to {asked} lines");
        assert!(
            !is_whole || answered == asked,
            "{answered} answers to {asked} lines"
        );
        let texts = String::from_utf8_lossy(&talk.heard);
        assert!(
            !is_whole || !texts.contains("failed"),
            "a job failed without a cause"
        );
    }
}

pub(super) fn dialer(play: &mut Play) {
    let (mut world, is_whole) = begin(play);
    let host = world.start("dialer", plan(), Dialer::default());
    world.start("other", plan(), Dialer::default());
    world.add_peer("peer", 9, |_: usize, bytes: &[u8], reply: &mut Vec<u8>| {
        reply.extend_from_slice(bytes);
        match bytes.first() {
            Some(b'x') => Next::Reset,
            Some(b'y') => Next::Close,
            _ => Next::Keep,
        }
    });
    let line = |rng: &mut Rng| {
        let text = format!("{}!", word(rng));
        match rng.below(4) {
            0 => format!("nobody 7 {text}"),
            1 => format!("other 7 {text}"),
            _ => format!("peer 9 {text}"),
        }
    };
    for talk in talk(&mut world, host, &mut play.rng, line) {
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        let (asked, answered) = (count(&talk.sent), count(&talk.heard));
        assert!(answered <= asked, "{answered} answers to {asked} lines");
        assert!(
            !is_whole || answered == asked,
            "{answered} answers to {asked} lines"
        );
    }
}
