//! A node whose machine crashes at any moment, starts, and crashes again.
//!
//! Always true: its data is that after some whole units, none of them missing that is owed.
//! Always true: a start is never refused; soon after faults writes are accepted again.
//! Not here: crashes at every operation, one after another — `crash.rs`

use std::collections::VecDeque;

use russet_io::{CrashModel, Now};
use russet_node::{Node, ReaderId};
use russet_resp::Value;

use super::server::{Client, add_node, begin, new_node};
use crate::crash::model::Model;
use crate::crash::promise::{Policy, Promise, WINDOW_US};
use crate::crash::state::State;
use crate::crash::workload::write;
use crate::options::Options;
use crate::play::Play;
use crate::world::{HostId, World};

/// Clients that write.
const CLIENTS: usize = 3;

/// Turns that a start takes at most, each followed by a hundredth of a second.
const START_STEPS: usize = 1_000;

/// How long it may take until writes are accepted after a fault, in hundredths of a second.
const HEALTH_STEPS: usize = 500;

/// A client that writes, and what it waits for.
struct Writer {
    client: Client,
    number: usize,
    /// Replies to come: how many, and what the last of them says.
    asked: VecDeque<(usize, Says)>,
    /// The last unit that was asked for.
    unit: usize,
}

/// The meaning of a reply.
#[derive(Clone, Copy)]
enum Says {
    /// This unit of the client is acknowledged.
    Done(usize),
    /// This unit of the client is on the disk, if it says 1.
    Synced(usize),
}

/// A node, and what is known of it.
struct Run {
    node: HostId,
    policy: Policy,
    settings: String,
    promise: Promise,
    model: Model,
    /// When the first node was there: no deadline is in the past then.
    began: Now,
    reader: ReaderId,
    writers: Vec<Writer>,
    /// Whether the disk fails now and then.
    has_faults: bool,
}

pub(super) fn persist(play: &mut Play) {
    let mut options = Options::swarm(&mut play.rng);
    options.reset_one_in = 0;
    let fail_one_in = std::mem::take(&mut options.fail_one_in);
    let is_slow = options.tick_us > 0 || options.late_wake_us > 0;
    let mut world = begin(play, options);
    let policy = [Policy::Always, Policy::EverySecond, Policy::Never][play.rng.index(3)];
    let settings = format!("{}enable-debug-command yes\n", policy.settings());
    let node = add_node(&mut world, "node", &settings, "");
    world.service(node).start();
    let mut promise = Promise::new(policy);
    promise.window_us = if is_slow { 2 * WINDOW_US } else { WINDOW_US };
    await_start(&mut world, node);
    let mut run = Run {
        node,
        policy,
        settings,
        promise,
        model: Model::new(world.now()),
        began: world.now(),
        reader: world.service(node).attach_reader(u64::MAX),
        writers: writers(&mut world, node),
        has_faults: fail_one_in > 0,
    };
    for _ in 0..2 + play.rng.below(3) {
        for _ in 0..play.rng.below(120) {
            run.step(play, &mut world);
            if run.has_faults && play.rng.below(8) == 0 {
                let is_on = world.options().fail_one_in > 0;
                world.options().fail_one_in = if is_on { 0 } else { fail_one_in };
            }
        }
        world.options().fail_one_in = 0;
        if run.has_faults && play.rng.below(2) == 0 {
            run.recover_health(&mut world);
        }
        run.crash(play, &mut world);
    }
}

fn writers(world: &mut World<Node>, node: HostId) -> Vec<Writer> {
    let writer = |number| Writer {
        client: Client::new(world, node),
        number,
        asked: VecDeque::new(),
        unit: 0,
    };
    (0..CLIENTS).map(writer).collect()
}

/// Waits until the node serves requests.
fn await_start(world: &mut World<Node>, node: HostId) {
    let mut client = Client::new(world, node);
    for _ in 0..START_STEPS {
        assert_eq!(world.exit(node), None, "the start was refused");
        let reply = client.ask(world, "EXISTS x");
        if reply.as_error().is_none() {
            world.hang_up(client.id);
            return;
        }
        world.advance(10_000);
    }
    panic!("the start does not end");
}

impl Run {
    /// Something happens.
    fn step(&mut self, play: &mut Play, world: &mut World<Node>) {
        let at = play.rng.index(CLIENTS);
        match play.rng.below(24) {
            0 => world.advance(1 + play.rng.below(400_000)),
            1 => self.order(world, at, "BGREWRITEAOF"),
            2 => self.order(world, at, "BGSAVE"),
            3 if !self.has_faults => {
                let all = [Policy::Always, Policy::EverySecond, Policy::Never];
                let policy = all[play.rng.index(all.len())];
                self.order(
                    world,
                    at,
                    &format!("CONFIG SET appendfsync {}", policy.name()),
                );
                // It takes effect at any time until the reply is heard: the weaker one is owed.
                self.promise.switch(policy.max(self.policy));
                self.settle(world);
                self.promise.switch(policy);
                self.policy = policy;
            }
            4..7 => self.wait(world, at),
            7..20 => self.write(play, world, at),
            _ => {}
        }
        for _ in 0..play.rng.below(6) {
            world.turn();
            self.learn(world);
        }
    }

    /// A client asks for a unit that says whose it is.
    fn write(&mut self, play: &mut Play, world: &mut World<Node>, at: usize) {
        let now_ms = world.now().wall_ms();
        let writer = &mut self.writers[at];
        writer.unit += 1;
        let mark = format!("SET mark{} {}", writer.number, writer.unit);
        let mut lines = vec![format!("SELECT {}", play.rng.below(3))];
        if play.rng.below(4) > 0 {
            lines.push("MULTI".to_owned());
            for _ in 0..play.rng.below(4) {
                lines.push(write(&mut play.rng, now_ms).trim_end().to_owned());
            }
            lines.push(mark);
            lines.push("EXEC".to_owned());
        } else {
            lines.push(mark);
        }
        lines.iter().for_each(|line| writer.client.say(world, line));
        writer
            .asked
            .push_back((lines.len(), Says::Done(writer.unit)));
    }

    fn wait(&mut self, world: &mut World<Node>, at: usize) {
        let writer = &mut self.writers[at];
        writer.client.say(world, "WAITAOF 1 0 200");
        writer.asked.push_back((1, Says::Synced(writer.unit)));
    }

    fn order(&mut self, world: &mut World<Node>, at: usize, line: &str) {
        let writer = &mut self.writers[at];
        writer.client.say(world, line);
        writer.asked.push_back((1, Says::Done(0)));
    }

    /// Waits until all replies are there.
    fn settle(&mut self, world: &mut World<Node>) {
        for _ in 0..HEALTH_STEPS {
            self.learn(world);
            if self.writers.iter().all(|writer| writer.asked.is_empty()) {
                return;
            }
            world.advance(10_000);
        }
        panic!("replies are missing");
    }

    /// Reads the journal and the replies.
    fn learn(&mut self, world: &mut World<Node>) {
        while let Ok(Some(bytes)) = world.service(self.node).read_journal(self.reader) {
            self.model.feed(&bytes);
        }
        let now_us = world.now().mono_us;
        for at in 0..CLIENTS {
            let writer = &mut self.writers[at];
            writer.client.hear(world);
            while let Some((count, says)) = writer.asked.front().copied()
                && writer.client.heard.len() >= count
            {
                writer.asked.pop_front();
                let reply = writer.client.heard.drain(..count).next_back();
                let number = writer.number;
                if let Some(reply) = reply {
                    heard(&mut self.promise, &self.model, (number, says), &reply, {
                        let is_owed = !self.has_faults || self.policy == Policy::Always;
                        (now_us, is_owed)
                    });
                }
            }
        }
    }

    /// Writes are accepted again soon after the disk works again.
    fn recover_health(&mut self, world: &mut World<Node>) {
        let mut client = Client::new(world, self.node);
        for _ in 0..HEALTH_STEPS {
            client.say(world, "SET healthy 1");
            world.advance(10_000);
            self.learn(world);
            client.hear(world);
            if client
                .heard
                .drain(..)
                .any(|reply| reply.as_error().is_none())
            {
                return world.hang_up(client.id);
            }
        }
        panic!("no write is accepted five seconds after a fault");
    }

    /// The machine or the process ends; the node starts again, with what is owed.
    fn crash(&mut self, play: &mut Play, world: &mut World<Node>) {
        self.learn(world);
        let models = CrashModel::ALL.map(Some).into_iter().chain([None]);
        let models: Vec<_> = models
            .filter(|model| model.is_some() || !self.has_faults)
            .collect();
        let model = models[play.rng.index(models.len())];
        play.record.note(format_args!("the end: {model:?}"));
        let owed = self.promise.owed(world.now().mono_us, model.is_none());
        let mut service = new_node(world, &self.settings, "");
        // From the beginning: deadlines that passed in between are the first that it records.
        self.reader = service.attach_reader(u64::MAX);
        service.start();
        world.restart(self.node, model, service);
        if play.rng.below(2) == 0 {
            world.advance(play.rng.below(2_000_000));
        }
        await_start(world, self.node);
        let state = self.state(world);
        let now_ms = world.now().wall_ms();
        let states = &self.model.states;
        let found = (owed..states.len()).rev();
        let mut found = found.filter(|at| states[*at].is_same(&state, now_ms));
        let Some(kept) = found.next() else {
            let last = states[states.len() - 1].difference(&state, now_ms);
            let first = states[owed].difference(&state, now_ms);
            let all = states.len() - 1;
            panic!("{owed} of {all} units are owed after {model:?}: {first}; of all: {last}");
        };
        self.begin_again(world, kept);
    }

    /// Goes on with the units that were kept.
    fn begin_again(&mut self, world: &mut World<Node>, kept: usize) {
        let mut model = Model::new(self.began);
        self.model.units[..kept]
            .iter()
            .for_each(|unit| model.feed(unit));
        self.model = model;
        let policy = [Policy::Always, Policy::EverySecond, Policy::Never]
            .into_iter()
            .find(|policy| self.settings.starts_with(policy.settings()));
        self.policy = policy.unwrap_or(self.policy);
        let window_us = self.promise.window_us;
        self.promise = Promise::new(self.policy);
        self.promise.window_us = window_us;
        self.promise.save(kept);
        let units: Vec<usize> = self.writers.iter().map(|writer| writer.unit).collect();
        self.writers = writers(world, self.node);
        for (writer, unit) in self.writers.iter_mut().zip(units) {
            writer.unit = unit;
        }
    }

    fn state(&self, world: &mut World<Node>) -> State {
        let mut client = Client::new(world, self.node);
        let state = State::read(&mut |lines| {
            let lines: Vec<&str> = lines.lines().collect();
            let ask = |line: &&str| client.ask(world, line);
            lines.iter().map(ask).collect::<Vec<Value>>()
        });
        world.hang_up(client.id);
        state
    }
}

/// Takes a reply for what it says.
fn heard(
    promise: &mut Promise,
    model: &Model,
    (writer, says): (usize, Says),
    reply: &Value,
    (now_us, is_owed): (u64, bool),
) {
    let find = |unit: usize| {
        let digits = unit.to_string();
        let size = digits.len();
        let mark = format!("$5\r\nmark{writer}\r\n${size}\r\n{digits}\r\n");
        let mut units = model.units.iter();
        let is_there = |unit: &Vec<u8>| {
            unit.windows(mark.len())
                .any(|bytes| bytes == mark.as_bytes())
        };
        units.position(is_there).map(|at| at + 1)
    };
    match says {
        Says::Done(0) => {}
        Says::Done(_) if reply.as_error().is_some() => {}
        Says::Done(unit) => {
            let count = find(unit).unwrap_or_else(|| panic!("unit {unit} is in no journal"));
            if is_owed {
                promise.acknowledge(count, now_us);
            }
        }
        Says::Synced(unit) => {
            let is_synced = reply
                .as_elements()
                .is_some_and(|counts| counts.first() == Some(&Value::Integer(1)));
            if is_synced && let Some(count) = find(unit) {
                promise.save(count);
            }
        }
    }
}
