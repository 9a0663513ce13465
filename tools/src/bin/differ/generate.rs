//! Commands made from the syntax of the rows, and now and then spoiled.
//!
//! Always true: nothing blocks outside MULTI, nothing asks for gigabytes, and no id comes from a
//! clock, so that both sides can be compared.

use std::collections::BTreeSet;

use russet_base::Rng;
use russet_command::syntax::{Argument, ArgumentKind};

use crate::harmless::is_harmless;
use crate::rows::{Command, is_at_least, is_known};
use crate::words::{self, KEYS, once_in};

/// One command in this many is a transaction.
const TRANSACTION_ONCE_IN: u64 = 25;

/// A command to send.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Its name, in upper case, a subcommand as `NAME|SUB`.
    pub(crate) name: String,
    pub(crate) words: Vec<Vec<u8>>,
    /// The commands of the transaction that it executes.
    pub(crate) inner: Vec<Self>,
}

impl Request {
    /// A command of plain words.
    pub(crate) fn plain(words: &[&str]) -> Self {
        let name = match words {
            ["OBJECT" | "XINFO" | "XGROUP", sub, ..] => format!("{}|{sub}", words[0]),
            _ => words[0].to_uppercase(),
        };
        Self {
            name,
            words: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
            inner: Vec::new(),
        }
    }

    /// The command as a person reads it.
    pub(crate) fn shown(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|word| words::shown(word)).collect();
        let mut shown = words.join(" ");
        for inner in &self.inner {
            shown.push_str("\n         ");
            shown.push_str(&inner.shown());
        }
        shown
    }

    /// The keys among its words.
    pub(crate) fn keys(&self) -> Vec<&[u8]> {
        let is_key = |word: &&[u8]| {
            KEYS.iter()
                .any(|key| key.len() == 2 && key.as_bytes() == *word)
        };
        let own = self.words.iter().skip(1).map(Vec::as_slice).filter(is_key);
        own.chain(self.inner.iter().flat_map(Self::keys)).collect()
    }

    /// Whether a word of it is this one, in any case.
    pub(crate) fn has(&self, wanted: &str) -> bool {
        let wanted = wanted.as_bytes();
        self.words
            .iter()
            .skip(1)
            .any(|word| word.eq_ignore_ascii_case(wanted))
    }
}

/// The generator of commands.
pub(crate) struct Generator {
    commands: Vec<Command>,
    version: String,
}

impl Generator {
    /// Of these commands, for a server of this version.
    pub(crate) fn new(commands: Vec<Command>, version: &str) -> Self {
        Self {
            commands,
            version: version.to_owned(),
        }
    }

    /// Requests that both sides get first.
    pub(crate) fn opening(&self, is_resp3: bool) -> Vec<Request> {
        let mut requests = settings(is_resp3);
        requests.extend(self.reset());
        requests
    }

    /// Requests after which both sides hold the same data again.
    pub(crate) fn reset(&self) -> Vec<Request> {
        let mut requests = vec![
            Request::plain(&["DISCARD"]),
            Request::plain(&["SELECT", "0"]),
            Request::plain(&["FLUSHALL"]),
        ];
        // What many commands look for is there from the start.
        let given: &[&[&str]] = &[
            &["SET", "s_a", "3"],
            &["HSET", "h1", "f", "2", "a", "x", "b", "1"],
            &["RPUSH", "l1", "a", "b", "c", "1", "2", "3"],
            &["SADD", "t1", "a", "b", "1"],
            &["SADD", "t2", "1", "2", "3"],
            &["ZADD", "z1", "1", "a", "2", "b", "3", "c"],
            &["XADD", "x1", "1-1", "f", "v"],
            &["XADD", "x1", "2-0", "f", "w", "g", "y"],
            &["XGROUP", "CREATE", "x1", "g1", "0"],
            &[
                "GEOADD",
                "g1",
                "13.361389",
                "38.115556",
                "a",
                "15.087269",
                "37.502669",
                "b",
            ],
        ];
        let names: BTreeSet<&str> = self.commands.iter().map(|c| c.words[0]).collect();
        let given = given.iter().filter(|words| names.contains(words[0]));
        requests.extend(given.map(|words| Request::plain(words)));
        requests
    }

    /// Requests that read the values of all keys.
    pub(crate) fn check(&self, with_flush: bool) -> Vec<Request> {
        let mut requests = vec![Request::plain(&["KEYS", "*"]), Request::plain(&["DBSIZE"])];
        for key in KEYS {
            requests.extend(view(key, key.chars().next()));
        }
        if with_flush {
            requests.extend(self.reset());
        }
        requests
    }

    /// One command, or the commands of one transaction.
    pub(crate) fn next(&self, rng: &mut Rng) -> Vec<Request> {
        if !once_in(rng, TRANSACTION_ONCE_IN) {
            let request = self.one(rng, false);
            let mut requests = self.introduced(&request);
            requests.push(request);
            return requests;
        }
        let inner = (0..1 + rng.u64() % 5).flat_map(|_| {
            let request = self.one(rng, true);
            let mut requests = self.introduced(&request);
            requests.push(request);
            requests
        });
        let inner: Vec<Request> = inner.collect();
        transaction(inner)
    }

    /// Requests that create the consumer that a request names, which servers before 7.2 made only
    /// when it got an entry.
    fn introduced(&self, request: &Request) -> Vec<Request> {
        let reads = matches!(&*request.name, "XREADGROUP" | "XCLAIM" | "XAUTOCLAIM");
        let is_old = !self.version.starts_with('V') && !is_at_least(&self.version, "7.2.0");
        let (Some(group), Some(consumer)) = (request.words.get(2), request.words.get(3)) else {
            return Vec::new();
        };
        if !is_old || !reads {
            return Vec::new();
        }
        let made = request.keys().into_iter().map(|key| Request {
            name: "XGROUP|CREATECONSUMER".to_owned(),
            words: vec![
                b"XGROUP".to_vec(),
                b"CREATECONSUMER".to_vec(),
                key.to_vec(),
                group.clone(),
                consumer.clone(),
            ],
            inner: Vec::new(),
        });
        made.collect()
    }

    fn one(&self, rng: &mut Rng, in_transaction: bool) -> Request {
        loop {
            let command = &self.commands[(rng.u64() % self.commands.len() as u64) as usize];
            let is_read = command.name == "XREAD" || command.name == "XREADGROUP";
            if command.blocks && !is_read && !in_transaction {
                continue;
            }
            // One flush in many is enough.
            if command.name.starts_with("FLUSH") && !once_in(rng, 20) {
                continue;
            }
            let mut maker = Maker {
                command,
                version: &self.version,
                out: command
                    .words
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect(),
                pending: None,
                repeats: None,
                in_transaction,
                is_lexical: command.name.contains("LEX")
                    || (command.name == "ZADD" && once_in(rng, 6)),
            };
            maker.all(rng, &command.syntax);
            let mut made = maker.out;
            spoil(rng, &mut made, command.words.len());
            if is_harmless(&command.name, &made) {
                return Request {
                    name: command.name.clone(),
                    words: made.into_iter().map(String::into_bytes).collect(),
                    inner: Vec::new(),
                };
            }
        }
    }
}

/// A transaction of these commands.
pub(crate) fn transaction(inner: Vec<Request>) -> Vec<Request> {
    let mut requests = vec![Request::plain(&["MULTI"])];
    requests.extend(inner.iter().cloned().map(|mut request| {
        request.name = "queued".to_owned();
        request
    }));
    let mut exec = Request::plain(&["EXEC"]);
    exec.inner = inner;
    requests.push(exec);
    requests
}

/// Settings for both sides.
pub(crate) fn settings(is_resp3: bool) -> Vec<Request> {
    let mut requests = vec![
        Request::plain(&["HELLO", if is_resp3 { "3" } else { "2" }]),
        Request::plain(&["CONFIG", "SET", "proto-max-bulk-len", "1048576"]),
    ];
    let small = [
        ("hash-max-listpack-entries", "16"),
        ("set-max-intset-entries", "16"),
        ("zset-max-listpack-entries", "16"),
        ("list-max-listpack-size", "16"),
        ("stream-node-max-entries", "10"),
    ];
    requests.extend(small.map(|(name, value)| Request::plain(&["CONFIG", "SET", name, value])));
    requests
}

/// The request that reads the value of a key, by the letter of its type.
pub(crate) fn view(key: &str, letter: Option<char>) -> Vec<Request> {
    let mut requests = vec![
        Request::plain(&["TYPE", key]),
        Request::plain(&["OBJECT", "ENCODING", key]),
        Request::plain(&["PEXPIRETIME", key]),
    ];
    requests.extend(content(key, letter));
    requests
}

/// Requests that read all that a key holds.
pub(crate) fn content(key: &str, letter: Option<char>) -> Vec<Request> {
    let plain = |words: &[&str]| Request::plain(words);
    match letter {
        Some('l') => vec![plain(&["LRANGE", key, "0", "-1"])],
        Some('t') => vec![plain(&["SMEMBERS", key])],
        Some('z' | 'g') => vec![plain(&["ZRANGE", key, "0", "-1", "WITHSCORES"])],
        Some('h') => vec![plain(&["HGETALL", key])],
        Some('x') => vec![
            plain(&["XRANGE", key, "-", "+"]),
            plain(&["XINFO", "STREAM", key, "FULL"]),
        ],
        _ => vec![plain(&["GET", key])],
    }
}

/// Makes the arguments of one command.
struct Maker<'g> {
    command: &'g Command,
    version: &'g str,
    out: Vec<String>,
    /// Where a count stands that is to be the number of what follows it.
    pending: Option<usize>,
    /// How often the last repeated argument was repeated.
    repeats: Option<u64>,
    in_transaction: bool,
    /// Whether it is about members of equal scores, which have keys of their own.
    is_lexical: bool,
}

impl Maker<'_> {
    fn all(&mut self, rng: &mut Rng, arguments: &[Argument<'_>]) {
        for argument in arguments {
            self.argument(rng, argument);
        }
    }

    fn argument(&mut self, rng: &mut Rng, argument: &Argument<'_>) {
        if !is_known(self.version, argument) || (argument.optional && rng.u64() % 5 > 1) {
            return;
        }
        let blocks = argument.token.as_deref() == Some("BLOCK");
        if blocks && !self.in_transaction {
            return;
        }
        let is_paired = argument.name == "id" && self.command.name.starts_with("XREAD");
        let times = match self.repeats {
            Some(repeats) if is_paired => repeats,
            _ if argument.multiple => 1 + rng.u64() % 4 * (rng.u64() % 2),
            _ => 1,
        };
        if argument.multiple {
            self.repeats = Some(times);
        }
        let counted = self.pending.take().filter(|_| argument.multiple);
        for at in 0..times {
            let has_token = at == 0 || argument.multiple_token;
            if let Some(token) = argument.token.as_deref().filter(|_| has_token) {
                self.out.push(token.to_owned());
            }
            self.value(rng, argument);
        }
        if let Some(counted) = counted {
            self.out[counted] = match rng.u64() % 25 {
                0 => words::small(rng),
                1 => (times + 1).to_string(),
                _ => times.to_string(),
            };
        }
    }

    fn value(&mut self, rng: &mut Rng, argument: &Argument<'_>) {
        let name = &*argument.name;
        let word = match argument.kind {
            ArgumentKind::PureToken => return,
            ArgumentKind::Block => return self.all(rng, &argument.arguments),
            ArgumentKind::OneOf => {
                let known: Vec<&Argument<'_>> = argument
                    .arguments
                    .iter()
                    .filter(|a| is_known(self.version, a))
                    .collect();
                if let Some(one) = known.get((rng.u64() % known.len().max(1) as u64) as usize) {
                    let mut one = (*one).clone();
                    one.optional = false;
                    self.argument(rng, &one);
                }
                return;
            }
            ArgumentKind::Key if self.is_lexical => words::lexical_key(rng),
            ArgumentKind::Key => words::key(rng, self.command.group),
            ArgumentKind::Pattern => words::pattern(rng),
            ArgumentKind::UnixTime => self.moment(rng, name),
            ArgumentKind::Integer => self.integer(rng, name),
            ArgumentKind::Double => self.double(rng, name),
            ArgumentKind::String => self.string(rng, name),
        };
        self.out.push(word);
    }

    fn moment(&self, rng: &mut Rng, name: &str) -> String {
        match rng.u64() % 20 {
            0 => words::limit(rng),
            1 => "1".to_owned(),
            n => {
                let seconds = 2_000_000_000 + n * 1000;
                let factor = if name.contains("milli") { 1000 } else { 1 };
                (seconds * factor).to_string()
            }
        }
    }

    fn integer(&mut self, rng: &mut Rng, name: &str) -> String {
        if matches!(name, "numkeys" | "numfields" | "numids") {
            self.pending = Some(self.out.len());
            return "1".to_owned();
        }
        let is_random = self.command.name.contains("RAND") || self.command.name == "SPOP";
        match name {
            "seconds" | "milliseconds" | "ttl" if self.command.name != "XREAD" => {
                match rng.u64() % 12 {
                    0 => words::limit(rng),
                    1 => "0".to_owned(),
                    n => (n * 100_000_000).to_string(),
                }
            }
            "cursor" => "0".to_owned(),
            "db" | "destination-db" => (rng.u64() % 3).to_string(),
            "count" if is_random => words::small(rng),
            "count" | "offset" | "rank" | "limit" | "start" | "end" | "stop" | "index"
                if !once_in(rng, 3) =>
            {
                words::small(rng)
            }
            _ => words::integer(rng),
        }
    }

    fn double(&self, rng: &mut Rng, name: &str) -> String {
        let range: i64 = match name {
            "longitude" => 180,
            "latitude" => 85,
            "timeout" => return "0.01".to_owned(),
            "radius" | "width" | "height" => {
                return ["1", "10", "100", "200.5", "5000", "-1", "x", "0"]
                    [(rng.u64() % 8) as usize]
                    .to_owned();
            }
            "score" if self.is_lexical => return "0".to_owned(),
            _ => return words::double(rng),
        };
        if once_in(rng, 25) {
            return words::double(rng);
        }
        // Places lie close together, so that searches find some.
        let spread = if once_in(rng, 4) {
            range * 10_000
        } else {
            30_000
        };
        let part = (rng.u64() % (2 * spread as u64)) as i64 - spread;
        format!("{}", part as f64 / 10_000.0)
    }

    fn string(&self, rng: &mut Rng, name: &str) -> String {
        match name {
            "min-idle-time" => {
                ["0", "0", "100000000", "x", "-1"][(rng.u64() % 5) as usize].to_owned()
            }
            "score" if self.is_lexical => "0".to_owned(),
            "increment" | "score" => words::double(rng),
            "comparison-value" => words::member(rng),
            _ => words::named(rng, &self.command.name, name),
        }
    }
}

/// Now and then takes, doubles, changes or moves a word.
fn spoil(rng: &mut Rng, words: &mut Vec<String>, fixed: usize) {
    if words.len() <= fixed {
        return;
    }
    let at = fixed + (rng.u64() % (words.len() - fixed) as u64) as usize;
    match rng.u64() % 60 {
        0 => {
            words.remove(at);
        }
        1 => words.insert(at, words[at].clone()),
        2 => words[at] = words::wild(rng),
        3 => words[at] = words[at].to_lowercase(),
        4 => {
            let last = words.len() - 1;
            words.swap(at, last);
        }
        5 => words.push(words::member(rng)),
        _ => {}
    }
}
