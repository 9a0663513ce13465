//! Clients that wait for elements which others push.
//!
//! Always true: an element is heard once at most; each client hears them in the order of pushes.
//! Always true: without resets every element is heard or still there; with resets one that was
//! popped for a connection that broke may be lost, no other.
//! Always true: a wait ends without an element at its timeout, and not before.

use std::collections::BTreeSet;

use russet_base::Rng;
use russet_node::Node;
use russet_resp::Value;

use super::server::{Client, add_node, begin, text};
use crate::options::Options;
use crate::play::Play;
use crate::world::{HostId, World};

/// A client that waits, again and again.
struct Waiter {
    client: Client,
    /// When each wait that has no end yet was sent, and its timeout, in microseconds.
    waits: Vec<(u64, u64)>,
    heard: Vec<u64>,
}

impl Waiter {
    fn new(world: &mut World<Node>, node: HostId) -> Self {
        Self {
            client: Client::new(world, node),
            waits: Vec::new(),
            heard: Vec::new(),
        }
    }

    fn wait(&mut self, world: &mut World<Node>, rng: &mut Rng) {
        let (seconds, micros) =
            [("0.05", 50_000), ("0.3", 300_000), ("2", 2_000_000)][rng.index(3)];
        let line = match rng.below(3) {
            0 => format!("BLPOP l {seconds}"),
            1 => format!("BLMPOP {seconds} 2 none l LEFT"),
            _ => format!("BLPOP none l {seconds}"),
        };
        self.client.say(world, &line);
        self.waits.push((world.now().mono_us, micros));
    }

    /// Reads replies: each ends the oldest wait.
    fn hear(&mut self, world: &mut World<Node>) {
        self.client.hear(world);
        for value in std::mem::take(&mut self.client.heard) {
            let (since_us, micros) = self.waits.remove(0);
            match last_text(&value) {
                Some(element) => self.heard.push(element),
                None => {
                    let now_us = world.now().mono_us;
                    assert!(
                        now_us >= since_us + micros,
                        "a wait ended before its timeout"
                    );
                }
            }
        }
    }
}

/// The last element of nested arrays, as a number; `None` for null.
fn last_text(value: &Value) -> Option<u64> {
    match value.as_elements() {
        Some(items) => items.last().and_then(last_text),
        None => text(value).parse().ok(),
    }
}

pub(super) fn blocking(play: &mut Play) {
    let options = match play.rng.below(2) {
        0 => Options::delays(&mut play.rng),
        _ => Options::swarm(&mut play.rng),
    };
    let may_break = options.reset_one_in > 0;
    let mut world = begin(play, options);
    let node = add_node(&mut world, "node", "", "");
    let rng = &mut play.rng;
    let mut waiters: Vec<Waiter> = Vec::new();
    waiters.resize_with(1 + rng.index(6), || Waiter::new(&mut world, node));
    let mut pusher = Client::new(&mut world, node);
    let (mut pushed, mut pushes) = (0, 0);
    for _ in 0..rng.below(120) {
        let at = rng.index(waiters.len());
        match rng.below(10) {
            0 => world.advance(rng.below(400_000)),
            1 | 2 => (0..rng.below(30)).for_each(|_| world.turn()),
            3 | 4 => {
                let new = 1 + rng.below(3);
                let elements = (pushed + 1..=pushed + new).map(|n| format!(" {n}"));
                let push = format!("RPUSH l{}", elements.collect::<String>());
                let unit = ["MULTI", &push, "PING", "EXEC"];
                let lines = if rng.below(2) == 0 {
                    &unit[1..2]
                } else {
                    &unit[..]
                };
                lines.iter().for_each(|line| pusher.say(&mut world, line));
                pushes += lines.len();
                pushed += new;
            }
            _ => waiters[at].wait(&mut world, rng),
        }
        waiters
            .iter_mut()
            .for_each(|waiter| waiter.hear(&mut world));
    }
    world.options().reset_one_in = 0;
    world.advance(250_000_000);
    waiters
        .iter_mut()
        .for_each(|waiter| waiter.hear(&mut world));
    pusher.hear(&mut world);
    assert!(may_break || pusher.count == pushes, "a push has no reply");
    check(&mut world, node, &waiters, pushed, may_break);
}

fn check(world: &mut World<Node>, node: HostId, waiters: &[Waiter], pushed: u64, may_break: bool) {
    *world.options() = Options::calm();
    let mut last = Client::new(world, node);
    let left = last.ask(world, "LRANGE l 0 -1");
    let left = left.as_elements().unwrap_or_default().iter();
    let left: Vec<u64> = left.filter_map(last_text).collect();
    let mut found = BTreeSet::new();
    for element in waiters.iter().flat_map(|waiter| &waiter.heard).chain(&left) {
        assert!(found.insert(*element), "{element} was given twice");
    }
    for waiter in waiters {
        assert!(waiter.heard.is_sorted(), "elements are not in order");
        assert!(may_break || waiter.waits.is_empty(), "a wait has no end");
    }
    let is_whole = found.len() as u64 == pushed;
    assert!(
        may_break || is_whole,
        "{} of {pushed} elements are there",
        found.len()
    );
}
