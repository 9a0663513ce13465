//! Many clients with random requests, transactions and waits.
//!
//! Some read slowly, break or are killed; then replies are counted, and the journal is replayed.
//!
//! Always true: replies are well-formed and at most as many as requests; a client that nothing
//! happened to gets exactly as many as it must.
//! Always true: what waits for a client is at most 1 MiB above the hard limit of its output.

use russet_base::Rng;
use russet_node::{Node, ReaderId};

use super::server::{Client, add_node, begin, pick};
use crate::options::Options;
use crate::play::Play;
use crate::requests::Requests;
use crate::world::{HostId, World};

/// The hard limit of output, in bytes.
const OUTPUT_LIMIT: usize = 200_000;

/// Bytes that may wait beyond it.
const BEYOND_MAX: usize = 1 << 20;

/// Requests about clients and the server itself.
const CONTROL: &[&str] = &[
    "CLIENT PAUSE 50 WRITE",
    "CLIENT PAUSE 20 ALL",
    "CLIENT UNPAUSE",
    "CLIENT LIST",
    "CLIENT INFO",
    "CLIENT SETNAME x",
    "CLIENT NO-EVICT on",
    "CLIENT GETNAME",
    "CLIENT UNBLOCK 3",
    "CLIENT UNBLOCK 4 ERROR",
    "CONFIG GET *max*",
    "CONFIG SET maxmemory 0",
    "CONFIG RESETSTAT",
    "INFO all",
    "COMMAND COUNT",
    "SELECT 1",
    "SELECT 0",
    "WATCH a b",
    "UNWATCH",
    "DBSIZE",
    "FLUSHALL",
    "PING",
    "ECHO hello",
    "HELLO 3",
    "HELLO 2",
    "LOLWUT",
    "nonsense",
];

/// A client and what it must hear.
struct Guest {
    client: Client,
    sent: usize,
    due: usize,
    is_silent: bool,
    /// The next request is not answered.
    skips: bool,
    in_multi: bool,
    /// It may be closed: what it must hear is only a bound.
    may_end: bool,
}

impl Guest {
    fn new(world: &mut World<Node>, node: HostId) -> Self {
        Self {
            client: Client::new(world, node),
            sent: 0,
            due: 0,
            is_silent: false,
            skips: false,
            in_multi: false,
            may_end: false,
        }
    }

    /// Sends a request and counts its reply.
    fn send(&mut self, world: &mut World<Node>, words: &[&[u8]]) {
        let skips = std::mem::take(&mut self.skips);
        self.client.send(world, words);
        self.sent += 1;
        let line = words.join(&b' ').to_ascii_uppercase();
        match &*line {
            b"CLIENT REPLY OFF" => self.is_silent = true,
            b"CLIENT REPLY ON" | b"RESET" => self.is_silent = false,
            b"CLIENT REPLY SKIP" => self.skips = !self.is_silent,
            _ => {}
        }
        match &*line {
            b"MULTI" => self.in_multi = true,
            b"EXEC" | b"DISCARD" | b"RESET" => self.in_multi = false,
            b"QUIT" => self.may_end = true,
            _ => {}
        }
        let is_on = line == b"CLIENT REPLY ON";
        let is_answered = is_on || (!self.is_silent && !self.skips && !skips);
        self.due += usize::from(is_answered);
    }

    fn say(&mut self, world: &mut World<Node>, line: &str) {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        self.send(world, &words);
    }
}

pub(super) fn crowd(play: &mut Play) {
    let options = match play.rng.below(2) {
        0 => Options::delays(&mut play.rng),
        _ => Options::swarm(&mut play.rng),
    };
    let may_break = options.reset_one_in > 0;
    let mut world = begin(play, options);
    let limit = format!("client-output-buffer-limit normal {OUTPUT_LIMIT} 0 0\n");
    let has_limit = play.rng.below(2) == 0;
    let limit = if has_limit { &*limit } else { "" };
    let settings = format!("enable-debug-command local\n{limit}");
    let node = add_node(&mut world, "node", &settings, "");
    let has_journal = play.rng.below(2) == 0;
    let reader = has_journal.then(|| world.service(node).attach_reader(u64::MAX));
    let rng = &mut play.rng;
    let mut guests: Vec<Guest> = Vec::new();
    guests.resize_with(2 + rng.index(6), || Guest::new(&mut world, node));
    // COMPAT: who reads with a group becomes its consumer without a record, as in Redis.
    let unrecorded: &[&str] = &["XREADGROUP", "XCLAIM", "XAUTOCLAIM"];
    let requests = Requests::without(if has_journal { unrecorded } else { &[] });
    let mut kills = false;
    for _ in 0..rng.below(300) {
        let at = rng.index(guests.len());
        let guest = &mut guests[at];
        match rng.below(40) {
            0 => world.advance(rng.below(400_000)),
            1..=5 => (0..rng.below(20)).for_each(|_| world.turn()),
            6 => world.set_reads(guest.client.id, false),
            7 | 8 => world.set_reads(guest.client.id, true),
            9 if !guest.in_multi => guest.say(&mut world, "MULTI"),
            10 | 11 => guest.say(&mut world, pick(rng, &["EXEC", "EXEC", "DISCARD"])),
            12 if !guest.in_multi => {
                let mode = pick(rng, &["OFF", "ON", "ON", "SKIP"]);
                guest.say(&mut world, &format!("CLIENT REPLY {mode}"));
            }
            13 => guest.say(&mut world, "RESET"),
            14 if rng.below(4) == 0 => guest.say(&mut world, "QUIT"),
            15 if rng.below(3) == 0 => {
                kills = true;
                guest.say(&mut world, &format!("CLIENT KILL ID {}", 1 + rng.below(8)));
            }
            16..=19 => guest.say(&mut world, pick(rng, CONTROL)),
            20 => large(guest, &mut world, rng),
            21 if rng.below(4) == 0 => *guest = leave(guest, &mut world, node, rng),
            _ => {
                let words = requests.next(rng);
                let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
                guest.send(&mut world, &words);
            }
        }
        guests
            .iter_mut()
            .for_each(|guest| guest.client.hear(&mut world));
        let waiting = world.waiting_max(node);
        assert!(
            !has_limit || waiting <= OUTPUT_LIMIT + BEYOND_MAX,
            "{waiting} bytes wait for a client whose limit is {OUTPUT_LIMIT}"
        );
    }
    let may_end = kills || may_break || has_limit;
    finish(&mut world, node, &mut guests, may_end);
    if let Some(reader) = reader {
        check_journal(play, &mut world, node, reader);
    }
    end(&mut world, node, &mut play.rng);
}

/// The node ends when it is told to, by a client or by the system.
fn end(world: &mut World<Node>, node: HostId, rng: &mut Rng) {
    let client = Client::new(world, node);
    match rng.below(2) {
        0 => world.signal(node, "SIGTERM"),
        _ => client.say(world, "SHUTDOWN NOSAVE"),
    }
    world.advance(1_000_000);
    assert_eq!(world.exit(node), Some(0), "the node goes on");
}

/// A node that is fed the journal has the same data.
fn check_journal(play: &mut Play, world: &mut World<Node>, node: HostId, reader: ReaderId) {
    let mut first = Client::new(world, node);
    first.ask(world, "CLIENT UNPAUSE");
    world.advance(1_000_000);
    let digest = first.ask_text(world, "DEBUG DIGEST");
    let mut journal = Vec::new();
    while let Ok(Some(bytes)) = world.service(node).read_journal(reader) {
        journal.extend_from_slice(&bytes);
    }
    let mut other = begin(play, Options::calm());
    let copy = add_node(&mut other, "copy", "enable-debug-command local", "");
    // Its clock stands still: what expired in the first is gone by its records, or not at all.
    let mut second = Client::new(&mut other, copy);
    other.send(second.id, &journal);
    other.settle();
    let copied = second.ask_text(&mut other, "DEBUG DIGEST");
    assert_eq!(digest, copied, "the journal does not repeat the data");
}

/// A large value, asked for many times.
fn large(guest: &mut Guest, world: &mut World<Node>, rng: &mut Rng) {
    // Through a narrow window a long value takes for ever.
    let size_max = world.options().window.saturating_mul(100).min(60_000);
    let value = vec![b'v'; 1 + rng.index(size_max)];
    guest.send(world, &[b"SET", b"large", &value]);
    for _ in 0..rng.below(12) {
        guest.send(world, &[b"GET", b"large"]);
    }
}

/// A client goes, in one of the ways to go; another comes.
fn leave(guest: &Guest, world: &mut World<Node>, node: HostId, rng: &mut Rng) -> Guest {
    match rng.below(3) {
        0 => world.hang_up(guest.client.id),
        1 => world.shut(guest.client.id),
        _ => world.reset(guest.client.id),
    }
    Guest::new(world, node)
}

/// Everything ends; then replies are counted, and the node still answers.
fn finish(world: &mut World<Node>, node: HostId, guests: &mut [Guest], may_end: bool) {
    for guest in guests.iter() {
        world.set_reads(guest.client.id, true);
    }
    world.options().reset_one_in = 0;
    world.advance(5_000_000);
    for guest in guests.iter_mut() {
        guest.client.hear(world);
        let (heard, due) = (guest.client.count, guest.due);
        let id = guest.client.id;
        assert!(
            heard <= due,
            "{id:?} hears {heard} replies where {due} are due"
        );
        let may_end = may_end || guest.may_end;
        assert!(
            may_end || heard == due,
            "{id:?} hears {heard} of {due} replies"
        );
    }
    *world.options() = Options::calm();
    let mut last = Client::new(world, node);
    assert_eq!(last.ask_text(world, "PING"), "PONG");
}
