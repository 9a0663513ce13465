//! The course of one server between two crashes: acts, what they leave, and what is owed for them.
//!
//! Always true: after each act the states so far are known, one for each unit.
//! Not here: crashes — `judge.rs`

use std::collections::VecDeque;

use russet_base::Rng;
use russet_io::{MemoryDisk, Now};
use russet_node::ReaderId;
use russet_resp::Value;

use super::model::Model;
use super::promise::{Policy, Promise};
use super::server::Server;
use super::state::{State, decode};
use super::workload::{Act, next};

/// The disk before one of its operations, and what is owed if the machine crashes there.
pub(crate) struct Image {
    /// The operation.
    pub(crate) name: String,
    pub(crate) disk: MemoryDisk,
    pub(crate) now: Now,
    /// The least number of units that must be there after a crash, and after the end of the
    /// process.
    pub(crate) owed: usize,
    pub(crate) owed_if_killed: usize,
}

/// A server that acts.
pub(crate) struct Course {
    pub(crate) server: Server,
    policy: Policy,
    pub(crate) promise: Promise,
    states: Vec<State>,
    /// Repeats the journal, where replies may be late.
    model: Option<(Model, ReaderId)>,
    /// Replies that were asked for, and heard.
    asked: usize,
    heard: usize,
    /// Units that are acknowledged with this reply.
    waiting: VecDeque<(usize, usize)>,
    /// The acts so far, for whoever looks for a fault.
    pub(crate) acts: Vec<String>,
}

impl Course {
    /// A course that begins with this state.
    pub(crate) fn new(server: Server, policy: Policy, state: State) -> Self {
        Self {
            server,
            policy,
            promise: Promise::new(policy),
            states: vec![state],
            model: None,
            asked: 0,
            heard: 0,
            waiting: VecDeque::new(),
            acts: Vec::new(),
        }
    }

    /// The same for an empty server on a disk that will fail.
    pub(crate) fn with_faults(mut server: Server, policy: Policy) -> Self {
        let reader = server.node.node().attach_reader(u64::MAX);
        let model = Model::new(server.node.now());
        Self {
            model: Some((model, reader)),
            ..Self::new(server, policy, State::default())
        }
    }

    /// The states, one before each unit and one behind the last.
    pub(crate) fn states(&self) -> &[State] {
        match &self.model {
            Some((model, _)) => &model.states,
            None => &self.states,
        }
    }

    /// Does the next thing, and gives the images of it.
    pub(crate) fn act(&mut self, rng: &mut Rng) -> Vec<Image> {
        let now = self.server.node.now();
        let act = next(rng, self.policy, now.wall_ms());
        let is_plain = matches!(act, Act::Write(_) | Act::Pass(_) | Act::Ask | Act::Rewrite);
        if self.model.is_some() && !is_plain {
            return Vec::new();
        }
        self.acts.push(format!("{act:?}"));
        match act {
            Act::Pass(millis) => self.pass(millis),
            Act::Write(lines) => {
                let images = self.call(&lines);
                self.drain_with(images)
            }
            Act::Ask => {
                let (reply, images) = self.order(ASK);
                if reply.is_some_and(|reply| is_synced(&reply)) {
                    self.promise.save(self.count());
                }
                images
            }
            Act::Rewrite => {
                let (reply, images) = self.order("BGREWRITEAOF\r\n");
                if is_ok(reply) && self.model.is_none() {
                    self.promise.save(self.count());
                }
                images
            }
            Act::Switch(policy) => {
                let name = policy.name();
                let (_, images) = self.order(&format!("CONFIG SET appendfsync {name}\r\n"));
                self.promise.switch(policy);
                images
            }
            Act::Append(appends) => {
                let word = if appends { "yes" } else { "no" };
                let (_, images) = self.order(&format!("CONFIG SET appendonly {word}\r\n"));
                if appends && !self.promise.appends {
                    self.promise.save(self.count());
                }
                self.promise.appends = appends;
                images
            }
            Act::Save(word) => {
                let (reply, images) = self.order(&format!("{word}\r\n"));
                if is_ok(reply) && self.policy == Policy::Saves {
                    self.promise.save(self.count());
                }
                images
            }
        }
    }

    /// The number of units so far.
    pub(crate) fn count(&self) -> usize {
        self.states().len() - 1
    }

    /// Gives orders that change no data: the reply to the last of them, and the images of it.
    fn order(&mut self, lines: &str) -> (Option<Value>, Vec<Image>) {
        let now = self.server.node.now();
        let mut replies = decode(&self.server.node.call(self.server.conn, lines.as_bytes()));
        self.asked += lines.lines().count();
        self.heard += replies.len();
        if self.model.is_some() {
            self.learn();
        }
        let reply = replies.pop().filter(|_| self.heard == self.asked);
        let images = self.take_images(now);
        (reply, self.drain_with(images))
    }

    /// Sends requests; gives the images of it.
    fn call(&mut self, lines: &str) -> Vec<Image> {
        let now = self.server.node.now();
        let replies = decode(&self.server.node.call(self.server.conn, lines.as_bytes()));
        let images = self.take_images(now);
        self.asked += lines.lines().count();
        self.heard += replies.len();
        self.learn();
        self.waiting.push_back((self.asked, self.count()));
        self.hear(now.mono_us);
        images
    }

    /// Learns the states that there are by now.
    fn learn(&mut self) {
        match &mut self.model {
            None => {
                let state = self.server.state();
                self.states.push(state);
            }
            Some((model, reader)) => {
                let node = self.server.node.node();
                while let Ok(Some(bytes)) = node.read_journal(*reader) {
                    model.feed(&bytes);
                }
            }
        }
    }

    fn hear(&mut self, now_us: u64) {
        while let Some((reply, count)) = self.waiting.front()
            && *reply <= self.heard
        {
            let is_owed = self.model.is_none() || self.policy == Policy::Always;
            if is_owed {
                self.promise.acknowledge(*count, now_us);
            }
            self.waiting.pop_front();
        }
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, millis: u64) -> Vec<Image> {
        let mut images = Vec::new();
        for _ in 0..millis.div_ceil(STEP_MS) {
            self.server.node.advance(STEP_MS);
            let now = self.server.node.now();
            images.extend(self.take_images(now));
            if self.model.is_some() {
                let mut bytes = Vec::new();
                self.server.node.receive_into(self.server.conn, &mut bytes);
                self.heard += decode(&bytes).len();
                self.learn();
                self.hear(now.mono_us);
            }
        }
        images
    }

    /// Adds the images that looking at the server has made.
    fn drain_with(&mut self, mut images: Vec<Image>) -> Vec<Image> {
        let now = self.server.node.now();
        images.extend(self.take_images(now));
        images
    }

    fn take_images(&mut self, now: Now) -> Vec<Image> {
        let images = std::mem::take(&mut self.server.tape.borrow_mut().images);
        let owed = self.promise.owed(now.mono_us, false);
        let owed_if_killed = self.promise.owed(now.mono_us, true);
        let image = |(name, disk)| Image {
            name,
            disk,
            now,
            owed,
            owed_if_killed,
        };
        images.into_iter().map(image).collect()
    }

    /// An image of the disk as it is.
    pub(crate) fn image(&mut self) -> Image {
        let now = self.server.node.now();
        Image {
            name: "the end".to_owned(),
            disk: self.server.image(),
            now,
            owed: self.promise.owed(now.mono_us, false),
            owed_if_killed: self.promise.owed(now.mono_us, true),
        }
    }

    /// Whether a write is accepted and acknowledged.
    pub(crate) fn is_healthy(&mut self) -> bool {
        let before = self.heard;
        let lines = "SELECT 0\r\nSET s0 healthy\r\n";
        let replies = self.server.node.call(self.server.conn, lines.as_bytes());
        self.server.tape.borrow_mut().images.clear();
        self.asked += 2;
        let replies = decode(&replies);
        self.heard += replies.len();
        self.learn();
        self.waiting.push_back((self.asked, self.count()));
        self.hear(self.server.node.now().mono_us);
        let is_ok = replies
            .last()
            .is_some_and(|reply| reply.as_error().is_none());
        is_ok && self.heard == self.asked && self.heard > before
    }
}

fn is_ok(reply: Option<Value>) -> bool {
    reply.is_some_and(|reply| reply.as_error().is_none())
}

/// Whether the reply to [`ASK`] says that all changes are durable.
fn is_synced(reply: &Value) -> bool {
    let mut reply = reply;
    while let Some([first, ..]) = reply.as_elements() {
        reply = first;
    }
    *reply == Value::Integer(1)
}

/// WAITAOF that is answered at once.
const ASK: &str = "MULTI\r\nWAITAOF 1 0 0\r\nEXEC\r\n";

/// The node runs at least this often while time passes, in milliseconds.
const STEP_MS: u64 = 25;
