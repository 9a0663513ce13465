//! MIGRATE between two nodes of one world.
//!
//! Always true: a key is on one node or on both, never on none, and never half.
//! Always true: nothing of other clients runs within a transaction that migrates.

use russet_base::Rng;
use russet_node::Node;
use russet_resp::Value;

use super::server::{Client, PORT, add_node, begin, pick};
use crate::options::Options;
use crate::play::Play;
use crate::world::{HostId, World};

/// Keys that migrate, each with the request that makes it.
const KEYS: &[(&str, &str)] = &[
    ("s", "SET s value"),
    ("n", "SET n 12345"),
    ("l", "RPUSH l a b c d e f"),
    ("h", "HSET h f 1 g 2"),
    ("t", "SADD t 1 2 3 x"),
    ("z", "ZADD z 1 a 2.5 b"),
    ("x", "XADD x 1-1 f v"),
    ("p", "PFADD p a b c"),
];

/// Nodes take requests from each other.
const SETTINGS: &str = "enable-debug-command local\nprotected-mode no\n";

/// A value of this many bytes takes many turns on its way.
const LONG: usize = 20_000;

pub(super) fn migrate(play: &mut Play) {
    let options = Options::swarm(&mut play.rng);
    let mut world = begin(play, Options::calm());
    let a = add_node(&mut world, "a", SETTINGS, "");
    let b = add_node(&mut world, "b", SETTINGS, "");
    let mut asker = Client::new(&mut world, a);
    for (_, request) in KEYS {
        asker.ask(&mut world, request);
    }
    asker.ask(&mut world, &format!("SET long {}", "y".repeat(LONG)));
    asker.ask(&mut world, "SET counter 0");
    let names: Vec<&str> = KEYS.iter().map(|(name, _)| *name).chain(["long"]).collect();
    let before = digests(&mut world, a, &names);
    *world.options() = options;
    disturb(&mut world, [a, b], &names, &mut play.rng);
    *world.options() = Options::calm();
    world.advance(30_000_000);
    let (on_a, on_b) = (
        digests(&mut world, a, &names),
        digests(&mut world, b, &names),
    );
    for (at, name) in names.iter().enumerate() {
        let copies = [on_a[at].as_ref(), on_b[at].as_ref()];
        let mut copies = copies.into_iter().flatten().peekable();
        assert!(copies.peek().is_some(), "{name} is on no node");
        assert!(
            copies.all(|copy| Some(copy) == before[at].as_ref()),
            "{name} has changed"
        );
    }
}

/// Clients of both nodes migrate keys to and fro, and look on.
fn disturb(world: &mut World<Node>, nodes: [HostId; 2], names: &[&str], rng: &mut Rng) {
    let mut movers = nodes.map(|node| Client::new(world, node));
    let mut onlooker = Client::new(world, nodes[0]);
    for _ in 0..rng.below(40) {
        match rng.below(10) {
            0 => world.advance(rng.below(3_000_000)),
            1 | 2 => (0..rng.below(80)).for_each(|_| world.turn()),
            3 | 4 => onlooker.say(world, "GET counter"),
            5 => {
                // A connection that broke is replaced.
                let at = rng.index(2);
                if world.is_closed(movers[at].id) {
                    movers[at] = Client::new(world, nodes[at]);
                }
            }
            _ => {
                let at = rng.index(2);
                let request = request(rng, ["b", "a"][at], names);
                let is_unit = at == 0 && rng.below(3) == 0;
                let mut lines = vec![request.as_str()];
                if is_unit {
                    lines = vec!["MULTI", "INCR counter", &request, "INCR counter", "EXEC"];
                }
                lines.iter().for_each(|line| movers[at].say(world, line));
            }
        }
        onlooker.hear(world);
        movers.iter_mut().for_each(|mover| mover.hear(world));
    }
    world.advance(20_000_000);
    onlooker.hear(world);
    for value in &onlooker.heard {
        let count: u64 = super::server::text(value).parse().unwrap_or(0);
        assert!(
            count.is_multiple_of(2),
            "half of a transaction was seen: {count}"
        );
    }
}

fn request(rng: &mut Rng, to: &str, names: &[&str]) -> String {
    let timeout_ms = [1, 10, 100, 1_000][rng.index(4)];
    let copy = pick(rng, &["", "", " COPY"]);
    let replace = pick(rng, &["", " REPLACE"]);
    let options = format!("{copy}{replace}");
    if rng.below(2) == 0 {
        let name = pick(rng, names);
        return format!("MIGRATE {to} {PORT} {name} 0 {timeout_ms}{options}");
    }
    let mut keys = names.to_vec();
    rng.shuffle(&mut keys);
    keys.truncate(1 + rng.index(names.len()));
    // An empty word cannot be said in words that blanks part: two blanks do.
    format!(
        "MIGRATE {to} {PORT}  0 {timeout_ms}{options} KEYS {}",
        keys.join(" ")
    )
}

/// The digests of the values of keys; `None` where there is none.
fn digests(world: &mut World<Node>, node: HostId, names: &[&str]) -> Vec<Option<String>> {
    let mut client = Client::new(world, node);
    let mut digests = Vec::new();
    for name in names {
        let is_there = client.ask(world, &format!("EXISTS {name}")) == Value::Integer(1);
        let digest = client.ask_text(world, &format!("DEBUG DIGEST-VALUE {name}"));
        digests.push(is_there.then_some(digest));
    }
    digests
}
