//! One client before all data commands, and a notation for what comes out.

use russet_base::Rng;
use russet_command::family::FAMILIES;
use russet_command::{Ctx, Effects, Handler, Propagate, Registry, Settings};
use russet_engine::{Keyspace, Options};
use russet_resp::{ArgBuf, Output, Protocol, Reply};

use crate::recorded::rewritten;

/// One client before a key space, and the time in its hands.
pub(crate) struct Bench {
    pub(crate) registry: Registry<Handler>,
    keyspace: Keyspace,
    db: usize,
    pub(crate) protocol: Protocol,
    effects: Effects,
    pub(crate) settings: Settings,
    rng: Rng,
    pub(crate) now: i64,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let effects = Effects {
            recording: true,
            wanted: u32::MAX,
            ..Effects::default()
        };
        Self {
            registry: Registry::new().with(FAMILIES, |handler| handler),
            keyspace: Keyspace::new(Options::default()),
            db: 0,
            protocol: Protocol::Resp2,
            effects,
            settings: Settings::default(),
            rng: Rng::new(7),
            now: 1_000_000,
        }
    }

    /// Runs a request and returns the bytes of its reply.
    pub(crate) fn bytes(&mut self, request: &ArgBuf) -> Vec<u8> {
        self.keyspace.freeze(self.now);
        self.effects.reset();
        let mut out = Output::new();
        let args = request.args();
        let command = self.registry.resolve(args).map(|id| self.registry.get(id));
        let Some(command) = command.filter(|c| c.spec.arity.admits(args.len())) else {
            return b"-refused\r\n".to_vec();
        };
        let mut cx = Ctx {
            keyspace: &mut self.keyspace,
            db: self.db,
            reply: Reply::new(&mut out, self.protocol),
            effects: &mut self.effects,
            settings: &self.settings,
            rng: &mut self.rng,
            hint: None,
            may_block: false,
            reads_all_keys: true,
            is_in_script: false,
        };
        let run = command.run.expect("a command that is admitted runs");
        let result = run(&mut cx, args);
        self.db = cx.db;
        if let Err(error) = result {
            out.clear();
            self.effects.reset();
            Reply::new(&mut out, self.protocol).error(error.to_string());
        }
        out.to_vec()
    }

    /// Runs a request in words (`''` is an empty one); the reply has blanks for line ends.
    pub(crate) fn run(&mut self, line: &str) -> String {
        let word = |word| if word == "''" { "" } else { word };
        let request: ArgBuf = line.split(' ').map(word).collect();
        let reply = String::from_utf8_lossy(&self.bytes(&request)).into_owned();
        reply.trim_end().replace("\r\n", " ")
    }

    /// The effects of the last request: changes, events, records.
    pub(crate) fn effects(&self) -> String {
        let events = self.effects.notifications.iter();
        let events = events.map(|n| format!("{}:{}:{}", n.db, n.event, n.key.escape_ascii()));
        let recorded = match &self.effects.propagate {
            Propagate::Verbatim => "verbatim".to_owned(),
            Propagate::Nothing => "nothing".to_owned(),
            Propagate::Rewritten(_) => {
                let requests = rewritten(&self.effects);
                let words = requests.iter().flat_map(|request| request.args().iter());
                let words = words.map(|word| word.escape_ascii().to_string());
                words.collect::<Vec<_>>().join(" ")
            }
        };
        let events = events.collect::<Vec<_>>().join(" ");
        format!("{} | {events} | {recorded}", self.effects.dirty)
    }
}

/// Runs requests in order and compares each reply.
pub(crate) fn check(cases: &[(&str, &str)]) {
    let mut bench = Bench::new();
    for (line, expected) in cases {
        assert_eq!(bench.run(line), *expected, "{line}");
    }
}

/// After a preparation, compares the effects of one request.
pub(crate) fn check_effects(cases: &[(&[&str], &str, &str)]) {
    for (before, line, expected) in cases {
        let mut bench = Bench::new();
        for line in *before {
            bench.run(line);
        }
        bench.run(line);
        assert_eq!(bench.effects(), *expected, "{line}");
    }
}
