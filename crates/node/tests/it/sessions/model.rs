//! A naive model of sessions: who is told what, and who is closed.

use std::collections::{BTreeMap, BTreeSet};

/// The channels, and the patterns that clients subscribe to.
pub(super) const CHANNELS: [&str; 3] = ["c0", "c1", "d0"];
pub(super) const PATTERNS: [&str; 2] = ["c*", "*"];
pub(super) const STRINGS: [&str; 3] = ["k0", "k1", "m0"];
pub(super) const LISTS: [&str; 2] = ["l0", "l1"];
pub(super) const USERS: [&str; 3] = ["ann", "bob", "cid"];
/// After how long a silent client is closed, in milliseconds.
pub(super) const TIMEOUT_MS: u64 = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Channel,
    Pattern,
    Shard,
}

impl Kind {
    /// The command that subscribes.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Channel => "subscribe",
            Self::Pattern => "psubscribe",
            Self::Shard => "ssubscribe",
        }
    }

    /// The command that ends a subscription.
    pub(super) fn unverb(self) -> &'static str {
        match self {
            Self::Channel => "unsubscribe",
            Self::Pattern => "punsubscribe",
            Self::Shard => "sunsubscribe",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Op {
    Ping,
    Get(&'static str),
    Set(&'static str),
    Push(&'static str),
    Pop(&'static str),
    Publish(&'static str),
    Spublish(&'static str),
    Subscribe(Kind, &'static str),
    Unsubscribe(Kind, &'static str),
    Multi,
    Exec,
    Discard,
    Track {
        is_broadcast: bool,
    },
    Untrack,
    Auth(&'static str),
    Hello(u8),
    Reset,
    Pause {
        ms: u64,
        is_for_all: bool,
    },
    Unpause,
    /// By the number of the client.
    Kill(u64),
    Unblock(u64),
    SetUser(&'static str, User),
    DelUser(&'static str),
}

/// Rights; all commands are allowed to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) channels: Option<BTreeSet<&'static str>>,
    pub(super) keys: Option<BTreeSet<&'static str>>,
}

impl User {
    pub(super) const DEFAULT: Self = Self {
        channels: None,
        keys: None,
    };

    fn may_use(&self, key: &str) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.contains(key))
    }

    fn may_hear(&self, kind: Kind, name: &str) -> bool {
        let Some(rules) = &self.channels else {
            return true;
        };
        match kind {
            Kind::Pattern => rules.contains(name),
            _ => rules.iter().any(|rule| matches(rule, name)),
        }
    }

    /// Whether its rules for channels are all those of another, and perhaps more.
    fn covers(&self, other: &Self) -> bool {
        match (&self.channels, &other.channels) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(others)) => others.is_subset(mine),
        }
    }

    /// The rules that make it.
    pub(super) fn rules(&self) -> String {
        let mut rules = "reset on nopass +@all".to_owned();
        match &self.channels {
            None => rules += " allchannels",
            Some(names) => names.iter().for_each(|name| rules += &format!(" &{name}")),
        }
        match &self.keys {
            None => rules += " allkeys",
            Some(names) => names.iter().for_each(|name| rules += &format!(" ~{name}")),
        }
        rules
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

/// One client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) id: u64,
    pub(super) is_open: bool,
    pub(super) protocol: u8,
    pub(super) user: &'static str,
    pub(super) subscriptions: BTreeSet<(Kind, &'static str)>,
    /// The commands of a transaction.
    pub(super) queued: Option<Vec<Op>>,
    pub(super) is_doomed: bool,
    /// The list that it waits for.
    pub(super) waits_for: Option<&'static str>,
    pub(super) is_postponed: bool,
    /// Whether it tracks, and whether by prefix.
    pub(super) tracks: Option<bool>,
    /// When it last said or got something, in milliseconds.
    pub(super) active_ms: u64,
    /// What it is to get in this step: replies in order, messages in any.
    pub(super) replies: Vec<String>,
    pub(super) messages: Vec<String>,
}

impl Client {
    pub(super) fn new(id: u64, now_ms: u64) -> Self {
        Self {
            id,
            is_open: true,
            protocol: 2,
            user: "default",
            subscriptions: BTreeSet::new(),
            queued: None,
            is_doomed: false,
            waits_for: None,
            is_postponed: false,
            tracks: None,
            active_ms: now_ms,
            replies: Vec::new(),
            messages: Vec::new(),
        }
    }

    pub(super) fn waits(&self) -> bool {
        self.waits_for.is_some() || self.is_postponed
    }

    /// Subscriptions of a kind as a reply counts them: those of channels and patterns together.
    fn count(&self, kind: Kind) -> usize {
        let is_shard = |kind| kind == Kind::Shard;
        let all = self.subscriptions.iter();
        all.filter(|(other, _)| is_shard(*other) == is_shard(kind))
            .count()
    }
}

/// All clients, and what they share.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) clients: Vec<Client>,
    users: BTreeMap<&'static str, User>,
    /// The strings that exist, and how long lists are.
    strings: BTreeSet<&'static str>,
    lists: BTreeMap<&'static str, usize>,
    /// The keys that clients have read.
    held: BTreeMap<&'static str, BTreeSet<usize>>,
    /// Who waits for a list, longest first.
    blocked: Vec<usize>,
    postponed: Vec<(usize, Op)>,
    /// Until when requests are paused, and whether all are.
    pub(super) pause: Option<(u64, bool)>,
    /// The keys that have changed in this turn, and in this unit.
    changed: BTreeSet<&'static str>,
    fresh: Vec<&'static str>,
    pub(super) now_ms: u64,
}

impl Model {
    pub(super) fn new(count: usize, now_ms: u64) -> Self {
        Self {
            clients: (0..count as u64)
                .map(|at| Client::new(at + 2, now_ms))
                .collect(),
            users: BTreeMap::new(),
            strings: BTreeSet::new(),
            lists: LISTS.into_iter().map(|list| (list, 0)).collect(),
            held: BTreeMap::new(),
            blocked: Vec::new(),
            postponed: Vec::new(),
            pause: None,
            changed: BTreeSet::new(),
            fresh: Vec::new(),
            now_ms,
        }
    }

    fn user(&self, at: usize) -> User {
        let name = self.clients[at].user;
        self.users.get(name).cloned().unwrap_or(User::DEFAULT)
    }

    fn find(&self, id: u64) -> Option<usize> {
        let mut all = self.clients.iter();
        all.position(|client| client.is_open && client.id == id)
    }

    fn reply(&mut self, at: usize, text: impl Into<String>) {
        let client = &mut self.clients[at];
        client.active_ms = self.now_ms;
        client.replies.push(text.into());
    }

    fn message(&mut self, at: usize, text: String) {
        let client = &mut self.clients[at];
        client.active_ms = self.now_ms;
        client.messages.push(text);
    }

    /// A client has gone, or is closed.
    pub(super) fn close(&mut self, at: usize) {
        let client = &mut self.clients[at];
        client.is_open = false;
        client.waits_for = None;
        client.is_postponed = false;
        client.tracks = None;
        client.subscriptions.clear();
        self.blocked.retain(|other| *other != at);
        self.postponed.retain(|(other, _)| *other != at);
        self.held.values_mut().for_each(|holders| {
            holders.remove(&at);
        });
        self.forget_held();
    }

    /// Whether anybody tracks by prefix. All have the same one, and share what has changed.
    fn is_broadcast(&self) -> bool {
        let mut all = self.clients.iter();
        all.any(|client| client.tracks == Some(true))
    }

    /// When nobody tracks any more, nothing is held.
    fn forget_held(&mut self) {
        if !self.is_broadcast() {
            self.changed.clear();
        }
        if self.clients.iter().all(|client| client.tracks.is_none()) {
            self.held.clear();
        }
    }

    /// A client sends a request.
    pub(super) fn step(&mut self, at: usize, op: Op) {
        self.clients[at].active_ms = self.now_ms;
        self.request(at, op);
        self.end_turn();
    }

    /// Time passes: a pause ends, and silent clients are closed.
    pub(super) fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        if self.pause.is_some_and(|(until, _)| until <= self.now_ms) {
            self.end_pause();
        }
        self.end_turn();
        for at in 0..self.clients.len() {
            let client = &self.clients[at];
            let is_silent = self.now_ms - client.active_ms > TIMEOUT_MS;
            let is_exempt = client.waits() || !client.subscriptions.is_empty();
            if client.is_open && is_silent && !is_exempt {
                self.close(at);
            }
        }
    }

    /// Memory is short for a turn: all keys go, each for itself.
    pub(super) fn evict(&mut self) {
        if self.pause.is_none() {
            for key in std::mem::take(&mut self.strings) {
                self.change(key);
            }
            for list in LISTS {
                if self.lists.insert(list, 0) != Some(0) {
                    self.change(list);
                }
            }
            self.settle();
        }
        self.end_turn();
    }

    fn end_pause(&mut self) {
        self.pause = None;
        for (at, op) in std::mem::take(&mut self.postponed) {
            if std::mem::take(&mut self.clients[at].is_postponed) {
                self.request(at, op);
            }
        }
    }

    fn end_turn(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        for at in 0..self.clients.len() {
            if self.clients[at].tracks != Some(true) || self.clients[at].protocol != 3 {
                continue;
            }
            let user = self.user(at);
            let told = changed.iter().copied().filter(|key| user.may_use(key));
            let told: Vec<&str> = told.collect();
            if !told.is_empty() {
                self.message(at, format!("@invalidate [{}]", told.join(" ")));
            }
        }
    }

    fn request(&mut self, at: usize, op: Op) {
        if let Some(refusal) = self.refusal(at, &op) {
            // A refused EXEC ends the transaction.
            if matches!(op, Op::Exec) {
                self.clients[at].queued = None;
                self.clients[at].is_doomed = false;
                return self.reply(at, "-EXECABORT");
            }
            self.clients[at].is_doomed |= self.clients[at].queued.is_some();
            return self.reply(at, refusal);
        }
        if self.pauses(at, &op) {
            self.clients[at].is_postponed = true;
            self.postponed.push((at, op));
            return;
        }
        let is_control = matches!(op, Op::Exec | Op::Discard | Op::Reset | Op::Multi);
        if !is_control && let Some(queued) = &mut self.clients[at].queued {
            queued.push(op);
            return self.reply(at, "+QUEUED");
        }
        let is_unpause = matches!(op, Op::Unpause);
        self.run(at, op);
        self.settle();
        if is_unpause {
            self.end_pause();
        }
    }

    fn pauses(&self, at: usize, op: &Op) -> bool {
        let Some((_, is_for_all)) = self.pause else {
            return false;
        };
        let writes = |op: &Op| {
            matches!(
                op,
                Op::Set(_) | Op::Push(_) | Op::Pop(_) | Op::Publish(_) | Op::Spublish(_)
            )
        };
        let may_write = match (op, &self.clients[at].queued) {
            (Op::Exec, Some(queued)) => queued.iter().any(writes),
            (op, _) => writes(op),
        };
        is_for_all || may_write
    }

    /// Why a request is refused at once.
    fn refusal(&self, at: usize, op: &Op) -> Option<&'static str> {
        if let Some(refusal) = self.denial(at, op) {
            return Some(refusal);
        }
        let passes = matches!(
            op,
            Op::Ping | Op::Subscribe(..) | Op::Unsubscribe(..) | Op::Reset
        );
        (self.is_subscribed(at) && !passes).then_some("-ERR")
    }

    fn denial(&self, at: usize, op: &Op) -> Option<&'static str> {
        let user = self.user(at);
        let may = match op {
            Op::Get(key) | Op::Set(key) | Op::Push(key) | Op::Pop(key) => user.may_use(key),
            Op::Publish(name) => user.may_hear(Kind::Channel, name),
            Op::Spublish(name) => user.may_hear(Kind::Shard, name),
            Op::Subscribe(kind, name) => user.may_hear(*kind, name),
            _ => true,
        };
        (!may).then_some("-NOPERM")
    }

    /// Whether only what belongs to subscriptions is allowed.
    pub(super) fn is_subscribed(&self, at: usize) -> bool {
        let client = &self.clients[at];
        client.protocol == 2 && !client.subscriptions.is_empty()
    }

    fn run(&mut self, at: usize, op: Op) {
        match op {
            Op::Ping if self.is_subscribed(at) => self.reply(at, "[pong ]"),
            Op::Ping => self.reply(at, "+PONG"),
            Op::Get(key) => {
                // What has changed before the read, the read has seen.
                self.invalidate();
                let is_there = self.strings.contains(key);
                self.reply(at, if is_there { "v" } else { "_" });
                if self.clients[at].tracks == Some(false) {
                    self.held.entry(key).or_default().insert(at);
                }
            }
            Op::Set(key) => {
                self.strings.insert(key);
                self.change(key);
                self.reply(at, "+OK");
            }
            Op::Push(list) => {
                let length = self.lists.entry(list).or_default();
                *length += 1;
                let length = *length;
                self.change(list);
                self.reply(at, format!(":{length}"));
            }
            Op::Pop(list) if self.lists[list] > 0 => {
                self.pop(at, list);
            }
            Op::Pop(list) => {
                self.clients[at].waits_for = Some(list);
                self.blocked.push(at);
            }
            Op::Publish(name) => self.publish(at, Kind::Channel, name),
            Op::Spublish(name) => self.publish(at, Kind::Shard, name),
            Op::Subscribe(kind, name) => {
                self.clients[at].subscriptions.insert((kind, name));
                self.confirm(at, kind, kind.verb(), name);
            }
            Op::Unsubscribe(kind, name) => {
                self.clients[at].subscriptions.remove(&(kind, name));
                self.confirm(at, kind, kind.unverb(), name);
            }
            op => self.run_control(at, op),
        }
    }

    fn confirm(&mut self, at: usize, kind: Kind, verb: &str, name: &str) {
        let count = self.clients[at].count(kind);
        self.message(at, format!("@{verb} {name} :{count}"));
    }

    fn pop(&mut self, at: usize, list: &'static str) {
        if let Some(length) = self.lists.get_mut(list) {
            *length -= 1;
        }
        self.change(list);
        self.reply(at, format!("[{list} v]"));
    }

    fn change(&mut self, key: &'static str) {
        if self.is_broadcast() {
            self.changed.insert(key);
        }
        self.fresh.push(key);
    }

    fn publish(&mut self, by: usize, kind: Kind, name: &'static str) {
        let mut receivers = 0;
        for at in 0..self.clients.len() {
            for (subscribed, pattern) in self.clients[at].subscriptions.clone() {
                let text = match subscribed {
                    Kind::Pattern if kind == Kind::Channel && matches(pattern, name) => {
                        format!("@pmessage {pattern} {name} v")
                    }
                    Kind::Channel if kind == subscribed && pattern == name => {
                        format!("@message {name} v")
                    }
                    Kind::Shard if kind == subscribed && pattern == name => {
                        format!("@smessage {name} v")
                    }
                    _ => continue,
                };
                receivers += 1;
                self.message(at, text);
            }
        }
        self.reply(by, format!(":{receivers}"));
    }

    fn run_control(&mut self, at: usize, op: Op) {
        let now_ms = self.now_ms;
        match op {
            Op::Multi => {
                let client = &mut self.clients[at];
                let is_nested = client.queued.is_some();
                client.queued.get_or_insert_default();
                self.reply(at, if is_nested { "-ERR" } else { "+OK" });
            }
            Op::Exec => self.exec(at),
            Op::Discard => {
                let client = &mut self.clients[at];
                client.is_doomed = false;
                let had = client.queued.take().is_some();
                self.reply(at, if had { "+OK" } else { "-ERR" });
            }
            Op::Track { is_broadcast } => {
                let fits = self.clients[at].tracks.is_none_or(|is| is == is_broadcast);
                if fits {
                    self.clients[at].tracks = Some(is_broadcast);
                }
                self.reply(at, if fits { "+OK" } else { "-ERR" });
            }
            Op::Untrack => {
                self.clients[at].tracks = None;
                self.forget_held();
                self.reply(at, "+OK");
            }
            Op::Auth(name) => {
                let is_known = self.users.contains_key(name);
                if is_known {
                    self.clients[at].user = name;
                }
                self.reply(at, if is_known { "+OK" } else { "-WRONGPASS" });
            }
            Op::Hello(protocol) => {
                self.clients[at].protocol = protocol;
                self.reply(at, "hello");
            }
            Op::Reset => {
                let new = Client::new(self.clients[at].id, now_ms);
                let old = std::mem::replace(&mut self.clients[at], new);
                self.clients[at].replies = old.replies;
                self.clients[at].messages = old.messages;
                self.forget_held();
                self.reply(at, "+RESET");
            }
            Op::Pause { ms, is_for_all } => {
                let (until, all) = self.pause.unwrap_or((0, false));
                self.pause = Some((until.max(now_ms + ms), all || is_for_all));
                self.reply(at, "+OK");
            }
            Op::Unpause => self.reply(at, "+OK"),
            Op::Kill(id) => {
                let other = self.find(id);
                self.reply(at, if other.is_some() { ":1" } else { ":0" });
                if let Some(other) = other {
                    self.close(other);
                }
            }
            Op::Unblock(id) => {
                let waits = |at: &usize| self.clients[*at].waits_for.is_some();
                let other = self.find(id).filter(waits);
                self.reply(at, if other.is_some() { ":1" } else { ":0" });
                if let Some(other) = other {
                    self.clients[other].waits_for = None;
                    self.blocked.retain(|at| *at != other);
                    self.reply(other, "_");
                }
            }
            Op::SetUser(name, user) => self.set_user(at, name, user),
            Op::DelUser(name) => {
                let had = self.users.remove(name).is_some();
                self.reply(at, if had { ":1" } else { ":0" });
                self.close_all(|client| client.user == name);
            }
            op => unreachable!("{op:?} is data"),
        }
    }

    fn set_user(&mut self, at: usize, name: &'static str, user: User) {
        let old = self.users.insert(name, user.clone());
        self.reply(at, "+OK");
        if old.is_some_and(|old| !user.covers(&old)) {
            self.close_all(|client| {
                let mut all = client.subscriptions.iter();
                client.user == name && !all.all(|&(kind, name)| user.may_hear(kind, name))
            });
        }
    }

    fn close_all(&mut self, is_it: impl Fn(&Client) -> bool) {
        for at in 0..self.clients.len() {
            if self.clients[at].is_open && is_it(&self.clients[at]) {
                self.close(at);
            }
        }
    }

    fn exec(&mut self, at: usize) {
        let client = &mut self.clients[at];
        let Some(queued) = client.queued.take() else {
            return self.reply(at, "-ERR");
        };
        if std::mem::take(&mut client.is_doomed) {
            return self.reply(at, "-EXECABORT");
        }
        let before = std::mem::take(&mut client.replies);
        for op in queued {
            match (self.denial(at, &op), op) {
                (Some(denial), _) => self.reply(at, denial),
                (None, Op::Pop(list)) if self.lists[list] == 0 => self.reply(at, "_"),
                (None, op) => self.run(at, op),
            }
        }
        let client = &mut self.clients[at];
        let inner = std::mem::replace(&mut client.replies, before);
        self.reply(at, format!("[{}]", inner.join(" ")));
    }

    /// A unit ends: those who hold what has changed are told, those who wait are served.
    fn settle(&mut self) {
        loop {
            self.invalidate();
            let ready = |at: &usize| {
                let list = self.clients[*at].waits_for;
                list.is_some_and(|list| self.lists[list] > 0)
            };
            let Some(place) = self.blocked.iter().position(ready) else {
                return;
            };
            let at = self.blocked.remove(place);
            if let Some(list) = self.clients[at].waits_for.take() {
                match self.denial(at, &Op::Pop(list)) {
                    Some(denial) => self.reply(at, denial),
                    None => self.pop(at, list),
                }
            }
        }
    }

    fn invalidate(&mut self) {
        for key in std::mem::take(&mut self.fresh) {
            for at in self.held.remove(key).unwrap_or_default() {
                let client = &self.clients[at];
                let hears = client.tracks == Some(false) && client.protocol == 3;
                if hears && self.user(at).may_use(key) {
                    self.message(at, format!("@invalidate [{key}]"));
                }
            }
        }
    }
}
