//! A node in a world, and clients that read its replies.
//!
//! Always true: a reply that is not well-formed ends the run.

use russet_base::Rng;
use russet_io::{Address, ListenPlan, Origin, TcpBind};
use russet_node::config::Text;
use russet_node::{Config, Environment, Node};
use russet_resp::{ReplyDecoder, Value, encode_request};

use crate::leaps;
use crate::options::Options;
use crate::play::Play;
use crate::world::{ClientId, HostId, World};

/// The port of every node.
pub(super) const PORT: u16 = 6379;

/// A node with these settings, on a configuration file if it has a path.
pub(super) fn add_node(world: &mut World<Node>, name: &str, settings: &str, file: &str) -> HostId {
    let node = new_node(world, settings, file);
    let bind = TcpBind {
        port: PORT,
        ..TcpBind::default()
    };
    let plan = ListenPlan {
        tcp: vec![bind],
        ..ListenPlan::default()
    };
    let host = world.start(name, plan, node);
    if !file.is_empty() {
        world.disk(host).put(file, settings.as_bytes());
    }
    host
}

/// A node with these settings that is nowhere yet.
pub(super) fn new_node(world: &mut World<Node>, settings: &str, file: &str) -> Node {
    let text = Text {
        name: "settings".to_owned(),
        text: settings.as_bytes().to_vec(),
    };
    let mut config = Config::load(&[text], &mut |_| Err("no files".to_owned()))
        .unwrap_or_else(|error| panic!("settings: {error}"));
    config.set_directory("/sim");
    if !file.is_empty() {
        config.set_file(file.to_owned(), settings.as_bytes().to_vec());
    }
    let seed = world.rng().u64();
    let mut environment = Environment::new(seed);
    environment.stopwatch = world.options().cuts.then_some(leaps::leap);
    Node::new(config, environment, world.now())
}

/// A world whose faults are drawn, and whether they may change replies.
pub(super) fn begin(play: &mut Play, options: Options) -> World<Node> {
    play.record.note(format_args!("{options:?}"));
    leaps::begin();
    World::new(play.rng.fork(), options, play.record.clone())
}

/// A client of a node.
pub(super) struct Client {
    pub(super) id: ClientId,
    decoder: ReplyDecoder,
    /// Everything that was heard and not taken.
    pub(super) heard: Vec<Value>,
    /// Replies that were heard in all.
    pub(super) count: usize,
}

impl Client {
    pub(super) fn new(world: &mut World<Node>, host: HostId) -> Self {
        let address = Address::Unix {
            path: "loopback".to_owned(),
        };
        Self::with(world.connect_as(host, Origin::client(address)))
    }

    pub(super) fn with(id: ClientId) -> Self {
        Self {
            id,
            decoder: ReplyDecoder::new(),
            heard: Vec::new(),
            count: 0,
        }
    }

    pub(super) fn send(&self, world: &mut World<Node>, words: &[&[u8]]) {
        let mut bytes = Vec::new();
        encode_request(words, &mut bytes);
        world.send(self.id, &bytes);
    }

    /// Sends words that blanks part.
    pub(super) fn say(&self, world: &mut World<Node>, line: &str) {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        self.send(world, &words);
    }

    /// Reads what has arrived.
    pub(super) fn hear(&mut self, world: &mut World<Node>) {
        let bytes = world.take(self.id);
        let mut rest = &bytes[..];
        loop {
            match self.decoder.decode(&mut rest) {
                Ok(Some(value)) => {
                    self.count += 1;
                    self.heard.push(value);
                }
                Ok(None) => return,
                Err(error) => panic!("a reply is not well-formed: {error}"),
            }
        }
    }

    /// Sends a request and waits for its reply; for a world without faults.
    pub(super) fn ask(&mut self, world: &mut World<Node>, line: &str) -> Value {
        self.hear(world);
        self.heard.clear();
        self.say(world, line);
        for _ in 0..WAITS_MAX {
            world.settle();
            self.hear(world);
            if let Some(value) = self.heard.pop() {
                return value;
            }
            world.advance(10_000);
        }
        panic!("no reply to {line}");
    }

    /// The same as text.
    pub(super) fn ask_text(&mut self, world: &mut World<Node>, line: &str) -> String {
        text(&self.ask(world, line))
    }
}

/// Hundredths of a second that a reply may take.
const WAITS_MAX: u32 = 2_000;

/// A value as text: the bytes of a string, the digits of a number.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Integer(n) => n.to_string(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        other => match other.as_error().or_else(|| other.as_bytes()) {
            Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            None => "nil".to_owned(),
        },
    }
}

/// One of several.
pub(super) fn pick<'a, T: ?Sized>(rng: &mut Rng, of: &[&'a T]) -> &'a T {
    of[rng.index(of.len())]
}
