//! A key space with everything around it that handlers need, and a notation for what comes out.

use russet_base::quote::split_words;
use russet_base::rng::Rng;
use russet_command::family::FAMILIES;
use russet_command::{Ctx, Effects, Flow, Propagate, Settings};
use russet_engine::{Keyspace, Millis, Options};
use russet_resp::{ArgBuf, Args, Output, Protocol, Reply};

use crate::recorded::rewritten;

/// The moment at which every world begins.
pub(crate) const BEGINNING: Millis = 1_700_000_000_000;

/// A key space of one client.
pub(crate) struct World {
    pub(crate) keyspace: Keyspace,
    pub(crate) effects: Effects,
    pub(crate) settings: Settings,
    /// Whether commands may wait; what they wait for is their reply then.
    pub(crate) may_block: bool,
    /// How long a reply may be.
    pub(crate) reply_len_max: Option<usize>,
    /// Whether the last reply was longer.
    pub(crate) is_over: bool,
    protocol: Protocol,
    rng: Rng,
}

impl World {
    /// An empty world in which everything is recorded.
    pub(crate) fn new(protocol: Protocol) -> Self {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.freeze(BEGINNING);
        Self {
            keyspace,
            effects: Effects {
                recording: true,
                wanted: u32::MAX,
                ..Effects::default()
            },
            settings: Settings::default(),
            may_block: false,
            reply_len_max: None,
            is_over: false,
            protocol,
            rng: Rng::new(1),
        }
    }

    /// Runs a request in the notation of a command line; returns its reply in one line.
    pub(crate) fn run(&mut self, line: &str) -> String {
        let words = split_words(line.as_bytes()).expect("a request has closed quotes");
        self.run_words(&words)
    }

    /// Runs a request of these words.
    pub(crate) fn run_words<W: AsRef<[u8]>>(&mut self, words: &[W]) -> String {
        let request: ArgBuf = words.iter().collect();
        shown(&self.run_args(request.args()))
    }

    /// Runs a request and returns the bytes of its reply.
    pub(crate) fn run_args(&mut self, args: Args<'_>) -> Vec<u8> {
        let name = String::from_utf8_lossy(&args[0]).to_uppercase();
        let mut rows = FAMILIES.iter().flat_map(|family| family.rows);
        let mut row = rows
            .find(|row| row.spec.name == name)
            .expect("the command exists");
        if row.run.is_none() {
            let name = String::from_utf8_lossy(&args[1]).to_uppercase();
            let mut rows = row.subcommands.iter();
            row = rows
                .find(|row| row.spec.name == name)
                .expect("the subcommand exists");
        }
        self.effects.reset();
        let mut out = Output::new();
        out.set_limit(self.reply_len_max);
        let mut reply = Reply::new(&mut out, self.protocol);
        if !row.spec.arity.admits(args.len()) {
            reply.error(format!(
                "ERR wrong number of arguments for '{}' command",
                name.to_lowercase()
            ));
            return out.to_vec();
        }
        let mark = reply.mark();
        let mut cx = Ctx {
            keyspace: &mut self.keyspace,
            db: 0,
            reply,
            effects: &mut self.effects,
            settings: &self.settings,
            rng: &mut self.rng,
            hint: None,
            may_block: self.may_block,
            reads_all_keys: true,
            is_in_script: false,
        };
        match (row.run.expect("a leaf runs"))(&mut cx, args) {
            Ok(Flow::Done) => {}
            Ok(Flow::Block(wait)) => {
                assert_eq!(mark, cx.reply.mark(), "{args:?} blocks and has replied");
                cx.reply.simple(&format!("{wait:?}"));
            }
            Err(error) => {
                cx.reply.rollback(mark);
                cx.reply.error(error.to_bytes());
                assert_eq!(
                    self.effects.dirty, 0,
                    "{args:?} failed and changed something"
                );
            }
        }
        self.is_over = out.is_over();
        out.to_vec()
    }

    /// The effects of the last request besides its reply: `changes | events | records`.
    pub(crate) fn effects(&self) -> String {
        let events: Vec<String> = self
            .effects
            .notifications
            .iter()
            .map(|n| format!("{} {}", n.event, String::from_utf8_lossy(&n.key)))
            .collect();
        let records = match &self.effects.propagate {
            _ if self.effects.dirty == 0 && !self.effects.is_forced => String::new(),
            Propagate::Verbatim => "verbatim".to_owned(),
            Propagate::Nothing => "nothing".to_owned(),
            Propagate::Rewritten(_) => rewritten(&self.effects)
                .iter()
                .map(|request| words(request.args()))
                .collect::<Vec<_>>()
                .join("; "),
        };
        format!("{} | {} | {records}", self.effects.dirty, events.join(", "))
    }
}

/// Runs a script in both protocols; each line is a request and its reply.
///
/// Replies are written without line ends, and alike for both protocols: `(nil)`, `(map 2)` and
/// `(double 1.5)` stand for what each protocol says.
pub(crate) fn check(script: &[(&str, &str)]) {
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut world = World::new(protocol);
        for (line, expected) in script {
            assert_eq!(
                world.run(line),
                in_protocol(expected, protocol),
                "{line} in {protocol:?}"
            );
        }
    }
}

/// Runs a script; each line is a request and its effects as [`World::effects`] shows them.
pub(crate) fn check_effects(script: &[(&str, &str)]) {
    let mut world = World::new(Protocol::Resp3);
    for (line, expected) in script {
        world.run(line);
        assert_eq!(world.effects(), *expected, "{line}");
    }
}

fn words(args: Args<'_>) -> String {
    args.iter()
        .map(|word| String::from_utf8_lossy(word))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Reply bytes in one line: a blank for each line end.
fn shown(reply: &[u8]) -> String {
    let text = reply
        .escape_ascii()
        .to_string()
        .replace("\\r\\n", " ")
        .replace("\\'", "'");
    text.strip_suffix(' ').unwrap_or(&text).to_owned()
}

fn in_protocol(expected: &str, protocol: Protocol) -> String {
    let mut text = String::new();
    let mut rest = expected;
    while let Some(at) = rest.find('(') {
        let end = at + rest[at..].find(')').expect("a bracket closes");
        text.push_str(&rest[..at]);
        let word = &rest[at + 1..end];
        text.push_str(&match (word.split_once(' '), protocol) {
            (None, Protocol::Resp2) => "$-1".to_owned(),
            (None, Protocol::Resp3) => "_".to_owned(),
            (Some(("map", pairs)), Protocol::Resp2) => {
                format!("*{}", 2 * pairs.parse::<usize>().expect("a count"))
            }
            (Some(("map", pairs)), Protocol::Resp3) => format!("%{pairs}"),
            (Some((_, number)), Protocol::Resp2) => format!("${} {number}", number.len()),
            (Some((_, number)), Protocol::Resp3) => format!(",{number}"),
        });
        rest = &rest[end + 1..];
    }
    text + rest
}
