//! CONFIG through the node, jobs that fail among it, and configuration texts from strangers.

use std::io::ErrorKind;

use proptest::prelude::*;
use russet_base::time::Now;
use russet_io::{
    Address, ConnId, Failure, FileOp, Job, JobId, OomScore, Origin, Outcome, Piece, Ready, Service,
};
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_node::{Config, Environment, Node, check_renames, check_users};

const CONN: ConnId = ConnId {
    index: 0,
    generation: 1,
};
const NOW: Now = Now {
    wall_us: 1_704_067_200_000_000,
    mono_us: 1_000_000,
};

/// A node whose jobs end as the test says.
struct Bench {
    node: Node,
    ready: Ready,
}

impl Bench {
    fn new(config: &str) -> Self {
        let mut config = load(config).expect("the text is right");
        config.set_directory("/start");
        config.set_file("/start/redis.conf".into(), b"port 6379\n".to_vec());
        let mut node = Node::new(config, Environment::new(1), NOW);
        node.opened(CONN, &origin(), NOW);
        Self {
            node,
            ready: Ready::default(),
        }
    }

    /// Sends a request and gives back the jobs that it started, but for discards.
    fn send(&mut self, request: &str) -> Vec<(JobId, Job)> {
        let space = self.node.space(CONN);
        space[..request.len()].copy_from_slice(request.as_bytes());
        self.node.received(CONN, request.len());
        self.turn()
    }

    fn turn(&mut self) -> Vec<(JobId, Job)> {
        let mut jobs = Vec::new();
        loop {
            self.ready.clear();
            self.node.run(NOW);
            self.node.ready(&mut self.ready);
            jobs.append(&mut self.ready.jobs);
            if !self.ready.again {
                break;
            }
        }
        jobs.retain(|(_, job)| !matches!(job, Job::Discard(_)));
        jobs
    }

    /// Ends a job and gives back the jobs that this started.
    fn end(&mut self, job: JobId, outcome: Outcome) -> Vec<(JobId, Job)> {
        self.node.completed(job, outcome);
        self.turn()
    }

    fn replies(&mut self) -> String {
        let mut text = Vec::new();
        let mut pieces = [Piece::Bytes(&[]); 8];
        let filled = self.node.output(CONN, &mut pieces);
        pieces[..filled]
            .iter()
            .for_each(|piece| text.extend_from_slice(piece.bytes()));
        let count = text.len();
        self.node.taken(CONN, count);
        String::from_utf8(text).expect("replies here are text")
    }

    fn value(&mut self, name: &str) -> String {
        let jobs = self.send(&format!("CONFIG GET {name}\r\n"));
        assert!(jobs.is_empty());
        let replies = self.replies();
        replies
            .split("\r\n")
            .nth(4)
            .expect("a name and a value")
            .to_owned()
    }
}

fn load(text: &str) -> Result<Config, String> {
    let sources = [Text {
        name: "test".into(),
        text: text.as_bytes().to_vec(),
    }];
    let mut read = |_: &str| Err("No such file or directory".to_owned());
    Config::load(&sources, &mut read).map_err(|error| error.to_string())
}

/// A configuration that a node takes.
fn load_checked(text: &str) -> Result<Config, String> {
    let config = load(text)?;
    check_renames(&config).map_err(|error| error.to_string())?;
    check_users(&config)?;
    Ok(config)
}

fn origin() -> Origin {
    Origin::client(Address::Unix {
        path: "test".into(),
    })
}

fn failed(reason: &str) -> Outcome {
    Outcome::Failed(Failure {
        kind: ErrorKind::Other,
        text: reason.into(),
    })
}

#[test]
fn a_port_is_set_when_the_loop_listens_on_it() {
    let mut bench = Bench::new("");
    let jobs = bench.send("CONFIG SET port 7000 timeout 5\r\nPING\r\n");
    let [(id, Job::Listen(plan))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert_eq!(plan.tcp[0].port, 7000);
    assert_eq!(
        (plan.tcp[1].host.as_str(), plan.tcp[1].optional),
        ("::*", true)
    );
    assert_eq!(bench.replies(), "");
    assert!(bench.end(*id, Outcome::Done).is_empty());
    assert_eq!(bench.replies(), "+OK\r\n+PONG\r\n");
    assert_eq!(bench.value("port"), "7000");
}

#[test]
fn a_port_that_is_taken_leaves_everything_as_it_was() {
    let mut bench = Bench::new("");
    let jobs = bench.send("CONFIG SET maxmemory 1mb port 7000 client-query-buffer-limit 10m\r\n");
    bench.end(jobs[0].0, failed("Address already in use"));
    assert_eq!(
        bench.replies(),
        "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this \
         port. Check server logs.\r\n"
    );
    assert_eq!(bench.value("port"), "6379");
    assert_eq!(bench.value("maxmemory"), "0");
    assert_eq!(bench.value("client-query-buffer-limit"), "1073741824");
    let jobs = bench.send("CONFIG SET bind 999.999.999.999\r\n");
    bench.end(jobs[0].0, failed("Name or service not known"));
    assert!(
        bench
            .replies()
            .contains("'bind') - Failed to bind to specified addresses.")
    );
    assert_eq!(bench.value("bind"), "* -::*");
}

#[test]
fn a_directory_is_left_again_when_what_follows_fails() {
    let mut bench = Bench::new("enable-protected-configs local");
    let jobs = bench.send("CONFIG SET dir sub port 7000\r\n");
    let [(id, Job::File(FileOp::ChangeDir(path)))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert_eq!(path, "/start/sub");
    let jobs = bench.end(*id, Outcome::Done);
    let [(id, Job::Listen(_))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert_eq!(bench.replies(), "");
    let jobs = bench.end(*id, failed("Address already in use"));
    let [(_, Job::File(FileOp::ChangeDir(path)))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert_eq!(path, "/start");
    assert!(bench.replies().contains("argument 'port'"));
    assert_eq!(bench.value("dir"), "/start");
    let jobs = bench.send("CONFIG SET dir nowhere\r\n");
    bench.end(jobs[0].0, failed("No such file or directory"));
    assert!(
        bench
            .replies()
            .ends_with("argument 'dir') - No such file or directory\r\n")
    );
}

#[test]
fn a_score_is_set_and_taken_back_when_what_follows_fails() {
    let mut bench = Bench::new("");
    let jobs = bench.send("CONFIG SET oom-score-adj absolute oom-score-adj-values '5 6 7'\r\n");
    let [(id, Job::OomScore(OomScore::Absolute(5)))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    bench.end(*id, Outcome::Done);
    assert_eq!(bench.replies(), "+OK\r\n");
    let jobs = bench.send("CONFIG SET oom-score-adj relative port 7000\r\n");
    let jobs = bench.end(jobs[0].0, Outcome::Done);
    let jobs = bench.end(jobs[0].0, failed("Address already in use"));
    let [(_, Job::OomScore(OomScore::Absolute(5)))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert!(bench.replies().contains("argument 'port'"));
    assert_eq!(bench.value("oom-score-adj"), "absolute");
    let jobs = bench.send("CONFIG SET oom-score-adj-values '-900 0 0'\r\n");
    bench.end(jobs[0].0, failed("Permission denied"));
    assert!(
        bench
            .replies()
            .ends_with("- Failed to apply new oom_score_adj configuration, check server logs.\r\n")
    );
    assert_eq!(bench.value("oom-score-adj-values"), "5 6 7");
}

#[test]
fn a_change_that_fails_after_its_client_has_gone_is_taken_back() {
    let mut bench = Bench::new("");
    let jobs = bench.send("CONFIG SET port 7000\r\n");
    bench.node.hung_up(CONN, russet_io::HangUp::Closed);
    bench.end(jobs[0].0, failed("Address already in use"));
    bench.node.opened(CONN, &origin(), NOW);
    assert_eq!(bench.value("port"), "6379");
}

#[test]
fn a_rewrite_is_answered_when_the_file_is_on_disk() {
    let mut bench = Bench::new("");
    bench.send("CONFIG SET timeout 9\r\n");
    bench.replies();
    let jobs = bench.send("CONFIG REWRITE\r\n");
    let [(id, Job::File(FileOp::Replace { path, contents }))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert_eq!(path, "/start/redis.conf");
    let text = String::from_utf8(contents.clone()).unwrap();
    assert!(text.starts_with("port 6379\n"), "{text}");
    assert!(text.contains("# Generated by CONFIG REWRITE\n"), "{text}");
    assert!(text.contains("\ntimeout 9\n"), "{text}");
    assert_eq!(bench.replies(), "");
    bench.end(*id, failed("Permission denied"));
    assert_eq!(
        bench.replies(),
        "-ERR Rewriting config file: Permission denied\r\n"
    );
    let jobs = bench.send("CONFIG REWRITE\r\n");
    bench.end(jobs[0].0, Outcome::Done);
    assert_eq!(bench.replies(), "+OK\r\n");
}

#[test]
fn a_transaction_goes_on_when_the_file_is_on_disk() {
    const TRANSACTION: &str =
        "MULTI\r\nSET a 1\r\nCONFIG REWRITE\r\nSET b 2\r\nCONFIG REWRITE\r\nEXEC\r\nGET b\r\n";
    let queued = format!("+OK\r\n{}", "+QUEUED\r\n".repeat(4));
    let mut bench = Bench::new("");
    let jobs = bench.send(TRANSACTION);
    assert_eq!(bench.replies(), format!("{queued}*4\r\n+OK\r\n"));
    let jobs = bench.end(jobs[0].0, failed("Permission denied"));
    assert_eq!(
        bench.replies(),
        "-ERR Rewriting config file: Permission denied\r\n+OK\r\n"
    );
    bench.end(jobs[0].0, Outcome::Done);
    assert_eq!(bench.replies(), "+OK\r\n$1\r\n2\r\n");
}

#[test]
fn nobody_gets_between_the_commands_of_a_transaction_that_waits() {
    const OTHER: ConnId = ConnId {
        index: 1,
        generation: 2,
    };
    let mut bench = Bench::new("");
    bench.node.opened(OTHER, &origin(), NOW);
    let jobs = bench.send("MULTI\r\nSET a 1\r\nCONFIG REWRITE\r\nSET b 2\r\nEXEC\r\n");
    let request = b"MSET a 7 b 7\r\n";
    bench.node.space(OTHER)[..request.len()].copy_from_slice(request);
    bench.node.received(OTHER, request.len());
    assert!(bench.turn().is_empty());
    let is_answered = |bench: &Bench| {
        let mut pieces = [Piece::Bytes(&[]); 2];
        bench.node.output(OTHER, &mut pieces) > 0
    };
    assert!(!is_answered(&bench));
    bench.end(jobs[0].0, Outcome::Done);
    bench.replies();
    assert!(is_answered(&bench));
    bench.send("MGET a b\r\n");
    assert_eq!(bench.replies(), "*2\r\n$1\r\n7\r\n$1\r\n7\r\n");
}

#[test]
fn a_transaction_whose_client_has_gone_meanwhile_is_done_whole() {
    let mut bench = Bench::new("");
    let jobs = bench.send("MULTI\r\nCONFIG REWRITE\r\nSET b 2\r\nEXEC\r\nSET c 3\r\n");
    bench.node.hung_up(CONN, russet_io::HangUp::Closed);
    bench.end(jobs[0].0, Outcome::Done);
    bench.node.opened(CONN, &origin(), NOW);
    bench.send("MGET b c\r\n");
    assert_eq!(bench.replies(), "*2\r\n$1\r\n2\r\n$-1\r\n");
}

#[test]
fn settings_of_the_log_and_of_sockets_are_handed_to_the_loop() {
    let mut bench = Bench::new("");
    let jobs = bench.send("CONFIG SET loglevel warning tcp-keepalive 7 loglevel notice\r\n");
    assert!(jobs.is_empty());
    assert!(bench.replies().contains("duplicate parameter"));
    let jobs = bench.send("CONFIG SET loglevel warning tcp-keepalive 7\r\n");
    assert_eq!(bench.replies(), "+OK\r\n");
    let [(_, Job::Log { level, .. }), (_, Job::Keepalive(7))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert_eq!(*level, Some(russet_io::LogLevel::Warning));
    let jobs = bench.send("CONFIG SET loglevel nothing\r\n");
    assert!(
        matches!(jobs.as_slice(), [(_, Job::Log { level: None, .. })]),
        "{jobs:?}"
    );
}

#[test]
fn commands_are_called_by_the_names_that_the_file_gives_them() {
    let lines = "rename-command get fetch\nrename-command FETCH a-rather-long-name\n\
                 rename-command set get\nrename-command object \"\"\nrename-command del DEL\n";
    let text = Text {
        name: "redis.conf".into(),
        text: lines.into(),
    };
    let config = Config::load(&[text], &mut |_| Err("none".into())).expect("it is right");
    let mut server = Loopback::new(config);
    let client = server.connect();
    for (request, reply) in [
        ("get k v", "+OK\r\n"),
        ("A-Rather-Long-Name k", "$1\r\nv\r\n"),
        (
            "A-Rather-Long-Name",
            "-ERR wrong number of arguments for 'get' command\r\n",
        ),
        (
            "set k",
            "-ERR unknown command 'set', with args beginning with: 'k' \r\n",
        ),
        (
            "fetch",
            "-ERR unknown command 'fetch', with args beginning with: \r\n",
        ),
        (
            "object freq",
            "-ERR unknown command 'object', with args beginning with: 'freq' \r\n",
        ),
        ("del k", ":1\r\n"),
        ("COMMAND LIST FILTERBY PATTERN obj*", "*0\r\n"),
        ("COMMAND LIST FILTERBY PATTERN ge?", "*1\r\n$3\r\nget\r\n"),
        ("COMMAND INFO object object|freq", "*2\r\n$-1\r\n$-1\r\n"),
        ("COMMAND GETKEYS a-rather-long-name k", "*1\r\n$1\r\nk\r\n"),
    ] {
        let answer = server.call(client, format!("{request}\r\n").as_bytes());
        assert_eq!(String::from_utf8_lossy(&answer), reply, "{request}");
    }
}

#[test]
fn a_configuration_loads_without_knowing_the_commands() {
    let config = load("rename-command nosuch foo").unwrap();
    assert_eq!(config.renames()[0].from, b"nosuch");
}

#[test]
fn renames_that_cannot_be_done_are_errors_of_their_lines() {
    for (lines, number, message) in [
        (
            "rename-command nosuch foo",
            1,
            "No such command in rename-command",
        ),
        (
            "rename-command get set",
            1,
            "Target command name already exists",
        ),
        (
            "rename-command get ''\nrename-command get foo",
            2,
            "No such command in rename-command",
        ),
        (
            "port 1\nrename-command config|get foo",
            2,
            "No such command in rename-command",
        ),
        ("nonsense", 1, "Bad directive or wrong number of arguments"),
        (
            "rename-command get",
            1,
            "Bad directive or wrong number of arguments",
        ),
    ] {
        let text = Text {
            name: "redis.conf".into(),
            text: lines.into(),
        };
        let loaded = Config::load(&[text], &mut |_| Err("none".into()));
        let error = loaded
            .and_then(|config| check_renames(&config))
            .unwrap_err();
        assert_eq!(error.message, message);
        assert_eq!(error.line.map(|line| line.number), Some(number));
    }
}

#[test]
fn replies_are_those_of_redis() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    let mut check = |request: &str, expect: &str| {
        let replies = server.call(client, format!("{request}\r\n").as_bytes());
        assert_eq!(String::from_utf8_lossy(&replies), expect, "{request}");
    };
    check(
        "CONFIG GET maxmemory",
        "*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n",
    );
    check("CONFIG GET nosuch", "*0\r\n");
    check(
        "CONFIG SET a",
        "-ERR wrong number of arguments for 'config|set' command\r\n",
    );
    check("CONFIG SET a b c", "-ERR syntax error\r\n");
    check(
        "CONFIG GET",
        "-ERR wrong number of arguments for 'config|get' command\r\n",
    );
    check(
        "CONFIG FOO",
        "-ERR unknown subcommand 'FOO'. Try CONFIG HELP.\r\n",
    );
    check(
        "CONFIG REWRITE",
        "-ERR The server is running without a config file\r\n",
    );
    check("CONFIG RESETSTAT", "+OK\r\n");
    check("CONFIG SET maxmemory 100mb", "+OK\r\n");
    check(
        "CONFIG GET max?emory",
        "*2\r\n$9\r\nmaxmemory\r\n$9\r\n104857600\r\n",
    );
}

#[test]
fn the_limit_on_strings_is_in_force_at_once() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    assert_eq!(
        server.call(client, b"CONFIG SET proto-max-bulk-len 1mb\r\n"),
        b"+OK\r\n"
    );
    let reply = server.call(client, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1048577\r\n");
    assert_eq!(reply, b"-ERR Protocol error: invalid bulk length\r\n");
}

/// Lines that are nearly right, so that more than the first check is reached.
fn line() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "save",
        "bind",
        "port",
        "maxmemory",
        "client-output-buffer-limit",
        "include",
        "user",
        "notify-keyspace-events",
        "latency-tracking-info-percentiles",
        "replicaof",
        "loglevel",
        "unixsocketperm",
        "oom-score-adj-values",
        "shutdown-on-sigterm",
        "maxmemory-clients",
        "proc-title-template",
        "rename-command",
        "hz",
        "dir",
        "requirepass",
        "x.y",
    ]);
    let word = prop_oneof![
        "[a-z{}%*:.0-9-]{0,6}",
        "-?[0-9]{1,20}",
        "[0-9]{1,4}(kb|mb|gb|%)",
        "\"[^\"\\\\\n]{0,4}\"",
        ".{0,4}",
    ];
    (names, prop::collection::vec(word, 0..9))
        .prop_map(|(name, words)| format!("{name} {}", words.join(" ")))
}

proptest! {
    #[test]
    fn no_text_makes_loading_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let sources = [Text { name: "x".into(), text }];
        let _ = Config::load(&sources, &mut |_| Ok(b"port 1\n".to_vec()));
    }

    #[test]
    fn nearly_right_lines_load_or_are_refused(lines in prop::collection::vec(line(), 1..6)) {
        let _ = load(&lines.join("\n"));
    }

    #[test]
    fn what_is_rewritten_loads_to_the_same(lines in prop::collection::vec(line(), 1..6)) {
        let is_right = |line: &String| load_checked(line).is_ok();
        let right: Vec<String> = lines.into_iter().filter(is_right).collect();
        let Ok(mut config) = load_checked(&right.join("\n")) else { return Ok(()) };
        config.set_file("/redis.conf".into(), right.join("\n").into_bytes());
        let shown = |config: &Config| -> Vec<Option<Vec<u8>>> {
            ["save", "bind", "port", "maxmemory", "client-output-buffer-limit", "replicaof",
             "notify-keyspace-events", "latency-tracking-info-percentiles", "loglevel",
             "unixsocketperm", "oom-score-adj-values", "shutdown-on-sigterm", "maxmemory-clients",
             "proc-title-template", "hz", "dir", "requirepass"]
                .iter().map(|name| config.get(name)).collect()
        };
        let before = shown(&config);
        let mut node = Node::new(config, Environment::new(1), NOW);
        node.opened(CONN, &origin(), NOW);
        let mut bench = Bench { node, ready: Ready::default() };
        let password = before.last().cloned().flatten().unwrap_or_default();
        prop_assume!(password.is_empty());
        let jobs = bench.send("CONFIG REWRITE\r\n");
        // A low limit on the memory of all clients closes the one that asks.
        prop_assume!(!jobs.is_empty() || before[12].as_deref() == Some(b"0"));
        let [(_, Job::File(FileOp::Replace { contents, .. }))] = jobs.as_slice() else {
            panic!("{jobs:?}")
        };
        let text = String::from_utf8_lossy(contents).into_owned();
        let again = load(&text).map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
        prop_assert_eq!(shown(&again), before, "{}", text);
    }

    #[test]
    fn no_change_makes_the_node_panic(line in line()) {
        let mut server = Loopback::new(Config::default());
        let client = server.connect();
        let (name, value) = line.split_once(' ').unwrap();
        let request = format!(
            "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n${}\r\n{name}\r\n${}\r\n{value}\r\n",
            name.len(), value.len()
        );
        let reply = server.call(client, request.as_bytes());
        let is_answer = reply.starts_with(b"+OK") || reply.starts_with(b"-ERR");
        prop_assert!(is_answer || is_closed_for_memory(&line, &reply));
    }
}

/// Whether a client was closed by the limit on the memory of all clients that it set.
fn is_closed_for_memory(line: &str, reply: &[u8]) -> bool {
    reply.is_empty() && line.to_ascii_lowercase().starts_with("maxmemory-clients")
}
