//! A node whose machine crashes at any moment, starts, and crashes again.
//!
//! Always true: its data is that after some whole units, none of them missing that is owed.
//! Always true: a start is never refused; soon after faults writes are accepted again.
//! Not here: crashes at every operation, one after another — `crash.rs`; backups of this node —
//! `scenario/backup.rs`

use std::collections::VecDeque;

use russet_io::{CrashModel, Now};
use russet_node::{Node, ReaderId};
use russet_resp::Value;

use super::backup::Backups;
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
    /// A backup is sealed, if it says OK.
    Sealed,
    /// The files of a backup are removed, or are kept.
    Cleaned,
}

/// A node, and what is known of it.
pub(super) struct Run {
    pub(super) node: HostId,
    policy: Policy,
    settings: String,
    promise: Promise,
    pub(super) model: Model,
    /// The number of units of which some client has heard.
    pub(super) acknowledged: usize,
    /// When the first node was there: no deadline is in the past then.
    began: Now,
    reader: ReaderId,
    writers: Vec<Writer>,
    /// Whether the disk fails now and then.
    has_faults: bool,
    /// Its backups, if it has any.
    backups: Option<Backups>,
}

pub(super) fn persist(play: &mut Play) {
    let policies = [Policy::Always, Policy::EverySecond, Policy::Never];
    run(play, &policies, None);
}

/// Plays a node under one of these policies.
pub(super) fn run(play: &mut Play, policies: &[Policy], backups: Option<Backups>) {
    let mut options = Options::swarm(&mut play.rng);
    options.reset_one_in = 0;
    let fail_one_in = std::mem::take(&mut options.fail_one_in);
    let is_slow = options.tick_us > 0 || options.late_wake_us > 0;
    let mut world = begin(play, options);
    let policy = policies[play.rng.index(policies.len())];
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
        acknowledged: 0,
        began: world.now(),
        reader: world.service(node).attach_reader(u64::MAX),
        writers: writers(&mut world, node),
        has_faults: fail_one_in > 0,
        backups,
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
        // A save that failed is tried again only once there are more changes.
        if run.has_faults && run.policy != Policy::Saves && play.rng.below(2) == 0 {
            run.recover_health(&mut world);
        }
        if run.backups.is_some() && play.rng.below(3) == 0 {
            run.back_up(&mut world);
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
            // Without an append-only file it makes files that are nobody's backup.
            1 if self.policy != Policy::Saves => self.order(world, at, "BGREWRITEAOF"),
            2 => self.order(world, at, "BGSAVE"),
            3 if !self.has_faults && self.policy != Policy::Saves => {
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
            20.. if self.backups.is_some() => self.order_backup(play, world, at),
            4..7 if self.policy != Policy::Saves => self.wait(world, at),
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
        self.order_that(world, at, (line, Says::Done(0)));
    }

    fn order_that(&mut self, world: &mut World<Node>, at: usize, (line, says): (&str, Says)) {
        let writer = &mut self.writers[at];
        writer.client.say(world, line);
        writer.asked.push_back((1, says));
    }

    /// A client does something with backups. At most one SEAL, or one CLEANUP, is under way.
    fn order_backup(&mut self, play: &mut Play, world: &mut World<Node>, at: usize) {
        let is_busy = self.writers.iter().flat_map(|writer| &writer.asked);
        let is_busy = { is_busy }.any(|(_, says)| matches!(says, Says::Sealed | Says::Cleaned));
        match play.rng.below(10) {
            0..4 => self.order(world, at, "BACKUP START"),
            4 => self.order(world, at, "BACKUP ABORT"),
            5..8 if !is_busy => {
                let acknowledged = self.acknowledged;
                if let Some(backups) = &mut self.backups {
                    backups.ask_seal(acknowledged);
                }
                self.order_that(world, at, ("BACKUP SEAL", Says::Sealed));
            }
            8.. if !is_busy => {
                if let Some(backups) = &mut self.backups {
                    backups.forget();
                }
                self.order_that(world, at, ("BACKUP CLEANUP", Says::Cleaned));
            }
            _ => {}
        }
    }

    /// A backup succeeds now that nothing fails.
    fn back_up(&mut self, world: &mut World<Node>) {
        self.settle(world);
        let mut client = Client::new(world, self.node);
        client.ask_text(world, "BACKUP ABORT");
        for (line, expected) in [("BACKUP CLEANUP", "OK"), ("BACKUP START", "OK")] {
            let reply = client.ask_text(world, line);
            assert_eq!(reply, expected, "{line}");
        }
        if let Some(backups) = &mut self.backups {
            backups.forget();
        }
        for _ in 0..HEALTH_STEPS {
            self.learn(world);
            let count = self.model.states.len() - 1;
            if let Some(backups) = &mut self.backups {
                backups.ask_seal(self.acknowledged);
            }
            let reply = client.ask_text(world, "BACKUP SEAL");
            if reply == "OK" {
                self.learn(world);
                assert!(self.acknowledged <= count, "nobody writes");
                self.check_sealed(world);
                return world.hang_up(client.id);
            }
            world.advance(10_000);
        }
        let status = client.ask_text(world, "BACKUP STATUS");
        panic!("no backup succeeds: {status}");
    }

    fn check_sealed(&mut self, world: &mut World<Node>) {
        if let Some(mut backups) = self.backups.take() {
            backups.check(self, world);
            self.backups = Some(backups);
        }
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
                let Some(reply) = reply else { continue };
                if matches!(says, Says::Sealed) && reply.as_error().is_none() {
                    self.check_sealed(world);
                    break;
                }
                let is_owed = !self.has_faults || self.policy == Policy::Always;
                let found = heard(
                    &mut self.promise,
                    &self.model,
                    (number, says),
                    &reply,
                    (now_us, is_owed),
                );
                self.acknowledged = self.acknowledged.max(found);
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
        let is_unknown = { self.writers.iter().flat_map(|writer| &writer.asked) }
            .any(|(_, says)| matches!(says, Says::Sealed | Says::Cleaned));
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
        if let Some(mut backups) = self.backups.take() {
            backups.check_crashed(world, self.node, is_unknown);
            if self.policy == Policy::Saves {
                backups.check_leftover(world, self.node);
            }
            self.backups = Some(backups);
        }
        self.begin_again(world, kept);
    }

    /// Goes on with the units that were kept.
    fn begin_again(&mut self, world: &mut World<Node>, kept: usize) {
        let mut model = self.model.first(kept, self.began);
        if self.policy == Policy::Saves {
            model.expire(world.now());
        }
        self.model = model;
        self.acknowledged = kept;
        let policy = Policy::ALL
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

/// Takes a reply for what it says; gives the number of units of which it tells.
fn heard(
    promise: &mut Promise,
    model: &Model,
    (writer, says): (usize, Says),
    reply: &Value,
    (now_us, is_owed): (u64, bool),
) -> usize {
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
        Says::Done(0) | Says::Sealed | Says::Cleaned => 0,
        Says::Done(_) if reply.as_error().is_some() => 0,
        Says::Done(unit) => {
            let count = find(unit).unwrap_or_else(|| panic!("unit {unit} is in no journal"));
            if is_owed {
                promise.acknowledge(count, now_us);
            }
            count
        }
        Says::Synced(unit) => {
            let is_synced = reply
                .as_elements()
                .is_some_and(|counts| counts.first() == Some(&Value::Integer(1)));
            if is_synced && let Some(count) = find(unit) {
                promise.save(count);
            }
            0
        }
    }
}
