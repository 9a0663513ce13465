//! The table against itself, texts against values, changes against their undoing.

use std::collections::HashSet;

use super::change::{Asker, set};
use super::kind::Kind;
use super::rewrite::{Extent, Named};
use super::setting::{Act, Mutability};
use super::table::SETTINGS;
use super::{Config, Text};

/// Settings that name a file or a directory, without its path.
const NAMES_OF_FILES: [&str; 4] = [
    "dbfilename",
    "appendfilename",
    "appenddirname",
    "backupdirname",
];

const LOCAL: Asker = Asker {
    is_local: true,
    is_loading: false,
};

fn load(text: &str) -> Result<Config, String> {
    let sources = [Text {
        name: "test".into(),
        text: text.as_bytes().to_vec(),
    }];
    Config::load(&sources, &mut |_| Err("No such file or directory".into()))
        .map_err(|error| error.to_string())
}

fn get(config: &Config, name: &str) -> String {
    String::from_utf8(config.get(name).unwrap()).unwrap()
}

fn change(config: &mut Config, pairs: &[(&str, &str)]) -> Result<Vec<Act>, String> {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(n, v)| (n.as_bytes(), v.as_bytes()))
        .collect();
    let change = set(config, &pairs, LOCAL)?;
    Ok(change.acts.iter().map(|(act, _)| *act).collect())
}

fn rewritten(old: &str, config: &Config, extent: Extent) -> String {
    let mut config = config.clone();
    config.set_file("/tmp/redis.conf".into(), old.as_bytes().to_vec());
    String::from_utf8(config.rewritten(extent, &Named::default()).unwrap().1).unwrap()
}

/// Settings that only a file gives a value.
const REFUSED: [&str; 3] = ["locale-collate", "rdma-bind", "rdma-port"];

/// A value that differs from the default, as CONFIG GET shows it.
fn other_value(name: &str, kind: Kind, default: &str) -> String {
    match kind {
        Kind::Flag => (if default == "yes" { "no" } else { "yes" }).into(),
        Kind::Int { max, .. } => match default.parse::<i64>().unwrap() {
            n if n < max => (n + 1).to_string(),
            n => (n - 1).to_string(),
        },
        Kind::Size { min, .. } => (min + (3 << 20)).to_string(),
        Kind::SignedSize { min } => min.to_string(),
        Kind::SizeOrPercent => "5%".into(),
        Kind::Octal { .. } => "700".into(),
        Kind::Choice(names) | Kind::Choices(names) => {
            let other = names.iter().find(|(name, _)| *name != default);
            other.unwrap().0.into()
        }
        Kind::Text if NAMES_OF_FILES.contains(&name) => "a 'name'".into(),
        Kind::Text if name == "proc-title-template" => "{title} {port}".into(),
        Kind::Text if name == "dir" => "/tmp".into(),
        Kind::Text if name == "preload-file" => "rdb:/a 'b'.rdb".into(),
        Kind::Text if name.ends_with("ipv4") => "10.0.0.1".into(),
        Kind::Text if name.ends_with("ipv6") => "fe80::1".into(),
        Kind::Text if name.contains("hostname") => "example.org".into(),
        Kind::Text if name.contains("nodename") => "node-1".into(),
        Kind::Text | Kind::Secret => "with 'quotes' and \"more\" \\ \u{e9}".into(),
        Kind::Addresses => "127.0.0.2 -::1".into(),
        Kind::SavePoints => "900 1 60 10".into(),
        Kind::OutputLimits => "normal 1 2 3 slave 4194304 5 6 pubsub 7 8 9".into(),
        Kind::OomScores => "1 2 3".into(),
        Kind::Events => "AKE".into(),
        Kind::Percentiles => "0 50 99.99".into(),
        Kind::Primary => "127.0.0.1 6380".into(),
    }
}

#[test]
fn names_are_unique_and_in_order_and_every_row_says_what_it_is_for() {
    let mut seen = HashSet::new();
    for setting in SETTINGS {
        for name in std::iter::once(setting.name).chain(setting.alias) {
            assert!(seen.insert(name), "{name}");
            assert_eq!(name, name.to_ascii_lowercase());
        }
        assert!(setting.summary.ends_with('.'), "{}", setting.name);
    }
    assert!(SETTINGS.is_sorted_by_key(|setting| setting.name));
    assert!(SETTINGS.len() > 180);
}

#[test]
fn defaults_show_as_they_are_written() {
    let config = Config::default();
    for setting in SETTINGS {
        assert_eq!(
            get(&config, setting.name),
            setting.default,
            "{}",
            setting.name
        );
    }
    assert_eq!(config.port, 6379);
    assert_eq!(config.bind, ["*", "-::*"]);
    assert_eq!(config.save.len(), 3);
    assert_eq!(config.proto_max_bulk_len, 512 << 20);
}

#[test]
fn every_setting_goes_through_get_and_set_and_the_file() {
    let refused = ["activedefrag"];
    for setting in SETTINGS
        .iter()
        .filter(|setting| !refused.contains(&setting.name))
    {
        let name = setting.name;
        let value = other_value(name, setting.kind, setting.default);
        let mut config = Config::default();
        let result = change(&mut config, &[(name, &value)]);
        match setting.mutability {
            Mutability::Modifiable if name.ends_with("cpulist") || REFUSED.contains(&name) => {
                assert!(result.is_err(), "{name}");
            }
            Mutability::Modifiable => assert!(result.is_ok(), "{name} {value}: {result:?}"),
            Mutability::Immutable => assert!(result.unwrap_err().contains("immutable"), "{name}"),
            Mutability::Protected => assert!(result.unwrap_err().contains("protected"), "{name}"),
        }
        let mut line = format!("{name} ").into_bytes();
        match setting.kind {
            Kind::Text | Kind::Secret => {
                russet_base::quote::quote_into(value.as_bytes(), &mut line);
            }
            _ => line.extend_from_slice(value.as_bytes()),
        }
        let config = load(&String::from_utf8(line).unwrap()).unwrap();
        assert_eq!(get(&config, name), value, "{name}");
        let file = rewritten("", &config, Extent::Needed);
        assert!(file.contains(&format!("\n{name} ")), "{name}: {file}");
        let again = load(&file).unwrap();
        assert_eq!(again.values, config.values, "{name}: {file}");
    }
}

#[test]
fn a_full_rewrite_loads_and_gives_the_same_values() {
    let config =
        load("port 7000\nrequirepass \"a b\"\nsave \"\"\nbind \"\"\nnotify-keyspace-events AKEn")
            .unwrap();
    let file = rewritten("", &config, Extent::All);
    assert_eq!(load(&file).unwrap().values, config.values, "{file}");
}

#[test]
fn a_rewrite_keeps_what_it_does_not_change_and_repeats_itself() {
    let old = "# head\n\nport 6379\nsave 900 1\nsave 60 5\n\n\nslave-priority 5\nfoo bar\n\
               include other.conf\nrename-command GET \"\"\nmaxmemory 1gb\nport 6400\n";
    let mut config = Config::default();
    change(
        &mut config,
        &[("port", "6500"), ("save", "10 1"), ("maxmemory", "3mb")],
    )
    .unwrap();
    change(&mut config, &[("replica-priority", "7"), ("timeout", "3")]).unwrap();
    let first = rewritten(old, &config, Extent::Needed);
    let expected = "# head\n\nport 6500\nsave 10 1\n\nreplica-priority 7\n# ??? foo bar\n\
                    include other.conf\nrename-command GET \"\"\nmaxmemory 3mb\n\n\
                    # Generated by CONFIG REWRITE\ndir \".\"\n\
                    latency-tracking-info-percentiles 50 99 99.9\ntimeout 3\n";
    assert_eq!(first, expected);
    assert_eq!(
        rewritten(&first, &config, Extent::Needed),
        first.clone() + "\n"
    );
}

#[test]
fn a_default_bind_has_no_line_and_an_empty_one_has_one() {
    let mut config = Config::default();
    assert!(!rewritten("bind 127.0.0.1\n", &config, Extent::Needed).contains("bind"));
    change(&mut config, &[("bind", "")]).unwrap();
    let file = rewritten("", &config, Extent::Needed);
    assert_eq!(file.matches("bind").count(), 1);
    assert!(load(&file).unwrap().bind.is_empty());
}

#[test]
fn the_configurations_of_the_official_suite_load() {
    let config = load(
        "# Redis configuration for testing.\n\nalways-show-logo yes\nnotify-keyspace-events KEA\n\
         daemonize no\npidfile /var/run/redis.pid\nport 6379\ntimeout 0\nbind 127.0.0.1\n\
         loglevel verbose\nlogfile ''\ndatabases 16\nlatency-monitor-threshold 1\n\
         repl-diskless-sync-delay 0\n\nsave 900 1\n\nrdbcompression yes\ndbfilename dump.rdb\n\
         dir ./\n\nslave-serve-stale-data yes\nappendonly no\nappendfsync everysec\n\
         no-appendfsync-on-rewrite no\nactiverehashing yes\n\nenable-protected-configs yes\n\
         enable-debug-command yes\nenable-module-command yes\n\npropagation-error-behavior panic\n\
         user default on nopass ~* &* +@all\nlua-replicate-commands yes",
    )
    .unwrap();
    assert_eq!(get(&config, "save"), "900 1");
    assert_eq!(get(&config, "notify-keyspace-events"), "AKE");
    assert!(config.enable_debug_command.admits(false));
}

#[test]
fn repeated_lines_win_or_add_up() {
    let check = |text: &str, name: &str, expect: &str| {
        assert_eq!(get(&load(text).unwrap(), name), expect, "{text}");
    };
    check("port 1\nport 2", "port", "2");
    check(
        "hash-max-ziplist-entries 20\nhash-max-listpack-entries 21",
        "hash-max-ziplist-entries",
        "21",
    );
    check("save 900 1\nsave 100 100", "save", "900 1 100 100");
    check("save 900 1\nsave \"\"", "save", "");
    check("save \"\"\nsave 5 6", "save", "5 6");
    check("save '3600 1 300 100'", "save", "3600 1 300 100");
    check(
        "client-output-buffer-limit replica 1kb 2mb 3\nclient-output-buffer-limit pubsub 1 2 3",
        "client-output-buffer-limit",
        "normal 0 0 0 slave 1024 2097152 3 pubsub 1 2 3",
    );
    check(
        "shutdown-on-sigint nosave force now",
        "shutdown-on-sigint",
        "nosave now force",
    );
    check(
        "shutdown-on-sigterm \"nosave force\"",
        "shutdown-on-sigterm",
        "nosave force",
    );
    check("PORT 7", "port", "7");
    check("oom-score-adj relative", "oom-score-adj", "yes");
    check("hz 10000", "hz", "500");
    check("cluster-enabled yes", "databases", "1");
    check(
        "proc-title-template --my--title--template",
        "proc-title-template",
        "--my--title--template",
    );
    check("activedefrag yes", "activedefrag", "yes");
    check("unixsocketperm 0770", "unixsocketperm", "770");
    check("unixsocketperm \" 7\"", "unixsocketperm", "7");
    check("unixsocketperm \"\"", "unixsocketperm", "0");
}

#[test]
fn the_first_wrong_line_is_named_in_the_words_of_redis() {
    let check = |text: &str, line: usize, shown: &str, message: &str| {
        let error = load(text).unwrap_err();
        let tail =
            format!("Reading the configuration file, at line {line}\n>>> '{shown}'\n{message}");
        assert!(error.ends_with(&tail), "{error}");
        assert!(
            error.starts_with("\n*** FATAL CONFIG FILE ERROR (Russet 0."),
            "{error}"
        );
    };
    check(
        "\n# x\n  foo 1 ",
        3,
        "foo 1",
        "Bad directive or wrong number of arguments",
    );
    check("port", 1, "port", "wrong number of arguments");
    check(
        "port \"6379\" \"6380\"",
        1,
        "port \"6379\" \"6380\"",
        "wrong number of arguments",
    );
    check(
        "port --bla",
        1,
        "port --bla",
        "argument couldn't be parsed into an integer",
    );
    check(
        "port 70000",
        1,
        "port 70000",
        "argument must be between 0 and 65535 inclusive",
    );
    check(
        "daemonize maybe",
        1,
        "daemonize maybe",
        "argument must be 'yes' or 'no'",
    );
    check(
        "loglevel \"--bla\"",
        1,
        "loglevel \"--bla\"",
        "argument(s) must be one of the following: debug, verbose, notice, warning, nothing",
    );
    check(
        "shutdown-on-sigint",
        1,
        "shutdown-on-sigint",
        "argument(s) must be one of the following: default, save, nosave, now, force, safe, failover",
    );
    check(
        "replicaof 127.0.0.1 abc",
        1,
        "replicaof 127.0.0.1 abc",
        "Invalid master port",
    );
    check("replicaof x", 1, "replicaof x", "wrong number of arguments");
    check(
        "maxmemory 1x",
        1,
        "maxmemory 1x",
        "argument must be a memory value",
    );
    check(
        "unixsocketperm 9",
        1,
        "unixsocketperm 9",
        "argument couldn't be parsed as an octal number",
    );
    check("save 1", 1, "save 1", "Invalid save parameters");
    check(
        "requirepass \"x",
        1,
        "requirepass \"x",
        "Unbalanced quotes in configuration line",
    );
    check(
        "sentinel monitor x",
        1,
        "sentinel monitor x",
        "sentinel directive while not in sentinel mode",
    );
    check(
        "include x.conf",
        1,
        "include x.conf",
        "Fatal error, can't open config file 'x.conf': No such file or directory",
    );
    check(
        "user alice on ~* ~a",
        1,
        "user alice on ~* ~a",
        "Error in user declaration '~a': Adding a pattern after the * pattern (or the 'allkeys' flag) \
         is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of \
         patterns",
    );
    check(
        "user foo\nuser foo",
        2,
        "user foo",
        "Error in user declaration 'foo': Duplicate user found. A user can only be defined once in \
         config files",
    );
    assert!(load("cluster-enabled yes\nreplicaof 1.2.3.4 5").is_err());
}

#[test]
fn included_files_stand_where_they_are_named() {
    let sources = [Text {
        name: "a".into(),
        text: b"port 1\ninclude b\ntimeout 4".to_vec(),
    }];
    let mut read = |name: &str| match name {
        "b" => Ok(b"port 2\ntimeout 3".to_vec()),
        _ => Err("No such file or directory".to_owned()),
    };
    let config = Config::load(&sources, &mut read).unwrap();
    assert_eq!((config.port, config.timeout), (2, 4));
    let mut endless = |_: &str| Ok(b"include b".to_vec());
    assert!(Config::load(&sources, &mut endless).is_err());
    let mut wrong = |_: &str| Ok(b"\nfoo".to_vec());
    let error = Config::load(&sources, &mut wrong).unwrap_err();
    assert_eq!(error.line.unwrap().number, 2);
}

#[test]
fn lines_are_counted_through_all_texts() {
    let sources = [
        Text {
            name: "file".into(),
            text: b"port 1\ntimeout 2\n".to_vec(),
        },
        Text {
            name: "command line".into(),
            text: b"port \"x\"\n".to_vec(),
        },
    ];
    let error = Config::load(&sources, &mut |_| Err(String::new())).unwrap_err();
    assert_eq!(error.line.unwrap().number, 3);
}

#[test]
fn a_refused_change_leaves_everything_as_it_was() {
    let failed = |name: &str, reason: &str| {
        format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}")
    };
    let check = |pairs: &[(&str, &str)], expect: String| {
        let mut config = Config::default();
        let before = config.values.clone();
        assert_eq!(change(&mut config, pairs), Err(expect));
        assert_eq!(config.values, before);
        assert_eq!(config.maxmemory, 0);
    };
    check(
        &[("maxmemory", "1"), ("nosuch", "2")],
        "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'".into(),
    );
    check(
        &[("maxmemory", "1"), ("maxmemory", "2")],
        failed("maxmemory", "duplicate parameter"),
    );
    check(
        &[("slave-priority", "1"), ("SLAVE-priority", "2")],
        failed("SLAVE-priority", "duplicate parameter"),
    );
    check(
        &[
            ("SLAVE-priority", "1"),
            ("replica-priority", "2"),
            ("SLAVE-read-only", "x"),
        ],
        failed("slave-read-only", "argument must be 'yes' or 'no'"),
    );
    check(
        &[("maxmemory", "1"), ("daemonize", "yes")],
        failed("daemonize", "can't set immutable config"),
    );
    check(&[("dir", "/")], failed("dir", "can't set protected config"));
    check(
        &[
            ("maxmemory", "1"),
            ("maxmemory-clients", "200%"),
            ("timeout", "x"),
        ],
        failed(
            "maxmemory-clients",
            "percentage argument must be less or equal to 100",
        ),
    );
    check(
        &[("MAXMEMORY", "x")],
        failed("maxmemory", "argument must be a memory value"),
    );
    check(
        &[("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17")],
        failed("bind", "Too many bind addresses specified."),
    );
    check(
        &[("save", "10 1  20 2")],
        failed("save", "Invalid save parameters"),
    );
    check(
        &[("oom-score-adj-values", "")],
        failed("oom-score-adj-values", "wrong number of arguments"),
    );
    check(
        &[("shutdown-on-sigint", "save nosave")],
        failed(
            "shutdown-on-sigint",
            "shutdown options SAVE and NOSAVE can't be used simultaneously",
        ),
    );
    check(
        &[("latency-tracking-info-percentiles", "10.0 50.0 101.0")],
        failed(
            "latency-tracking-info-percentiles",
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
        ),
    );
    check(
        &[("client-output-buffer-limit", "wrong 1 2 3")],
        failed(
            "client-output-buffer-limit",
            "Invalid client class specified in buffer limit configuration.",
        ),
    );
    check(
        &[("proc-title-template", "{wrong}")],
        failed(
            "proc-title-template",
            "template format is invalid or contains unknown variables",
        ),
    );
    check(
        &[("port", "\u{fffd}")],
        failed("port", "argument couldn't be parsed into an integer"),
    );
}

#[test]
fn a_change_names_its_acts_once_and_can_be_undone() {
    let mut config = Config::default();
    let before = config.values.clone();
    let pairs: [(&[u8], &[u8]); 4] = [
        (b"port", b"1"),
        (b"bind", b"127.0.0.1"),
        (b"timeout", b"5"),
        (b"loglevel", b"notice"),
    ];
    let change = set(&mut config, &pairs, LOCAL).unwrap();
    assert_eq!(change.acts, [(Act::Listen, "port")]);
    assert_eq!((config.port, config.timeout), (1, 5));
    change.undo(&mut config);
    assert_eq!(config.values, before);
    assert_eq!((config.port, config.timeout), (6379, 0));
}

#[test]
fn a_directory_becomes_absolute() {
    let mut config = load("enable-protected-configs local").unwrap();
    for (before, given, after) in [
        ("/a/b", "c", "/a/b/c"),
        ("/a/b", "..", "/a"),
        ("/a/b", "/x//y/./z/", "/x/y/z"),
        ("/", "../..", "/"),
    ] {
        config.set_directory(before);
        change(&mut config, &[("dir", given)]).unwrap();
        assert_eq!(config.dir, after);
    }
}

#[test]
fn patterns_find_names_and_aliases_once_but_not_what_is_hidden() {
    let config = Config::default();
    let names = |patterns: &[&str]| -> Vec<String> {
        let patterns: Vec<&[u8]> = patterns.iter().map(|p| p.as_bytes()).collect();
        let found = config.find(&patterns);
        found
            .into_iter()
            .map(|(name, _)| String::from_utf8(name).unwrap())
            .collect()
    };
    assert_eq!(names(&["*of"]), ["replicaof", "slaveof"]);
    assert_eq!(names(&["MAXMEMORY", "max?emory"]), ["MAXMEMORY"]);
    assert_eq!(names(&["key-load-delay"]), ["key-load-delay"]);
    assert!(!names(&["*"]).contains(&"key-load-delay".to_owned()));
    assert!(names(&["nosuch"]).is_empty());
    assert_eq!(names(&["MAXMEMORY-s*"]), ["maxmemory-samples"]);
}

fn without_effect(text: &str) -> Vec<&'static str> {
    let config = load(text).unwrap();
    config
        .without_effect()
        .map(|setting| setting.name)
        .collect()
}

#[test]
fn settings_without_effect_are_named_when_they_are_given_a_value() {
    assert!(Config::default().without_effect().next().is_none());
    let cases: &[(&str, &[&str])] = &[
        ("appendonly yes", &[]),
        ("save 1 1", &[]),
        ("replicaof 127.0.0.1 6380", &["replicaof"]),
        ("cluster-enabled yes", &["cluster-enabled"]),
        ("min-replicas-to-write 2", &["min-replicas-to-write"]),
        ("notify-keyspace-events KEA", &[]),
        ("io-threads 4", &["io-threads"]),
        ("syslog-enabled yes", &[]),
        ("maxmemory-policy allkeys-lru", &[]),
        ("maxmemory 4mb", &[]),
        ("maxmemory 4mb\nmaxmemory-policy allkeys-lru", &[]),
        ("crash-log-enabled no\nport 1\ntimeout 3", &[]),
    ];
    for (text, names) in cases {
        assert_eq!(without_effect(text), *names, "{text}");
    }
    let config = load("masterauth secret").unwrap();
    let setting = config.without_effect().next().unwrap();
    assert!(!setting.text.contains("secret"), "{}", setting.text);
}

#[test]
fn a_change_names_the_settings_without_effect_that_it_concerns() {
    let mut config = load("appendonly yes").unwrap();
    let mut names = |pairs: &[(&[u8], &[u8])]| -> Vec<&'static str> {
        let change = set(&mut config, pairs, LOCAL).unwrap();
        change
            .ineffective
            .iter()
            .map(|setting| setting.name)
            .collect()
    };
    assert!(names(&[(b"timeout", b"5")]).is_empty());
    assert_eq!(
        names(&[(b"min-replicas-to-write", b"1")]),
        ["min-replicas-to-write"]
    );
    assert!(names(&[(b"maxmemory", b"5mb"), (b"appendonly", b"no")]).is_empty());
    assert!(names(&[(b"appendonly", b"yes")]).is_empty());
    assert!(names(&[(b"save", b"60 1")]).is_empty());
}

#[test]
fn settings_that_later_servers_added_are_known_and_checked() {
    // Redis 8.0 and Valkey 8.0 to 9.1.
    let names = "active-defrag-cycle-us availability-zone cluster-announce-client-ipv4 \
        cluster-announce-client-ipv6 cluster-announce-client-port \
        cluster-announce-client-tls-port cluster-blacklist-ttl cluster-compatibility-sample-ratio \
        cluster-config-save-behavior cluster-databases cluster-manual-failover-timeout \
        cluster-slot-migration-log-max-len cluster-slot-stats-enabled \
        commandlog-execution-slower-than commandlog-large-reply-max-len \
        commandlog-large-request-max-len commandlog-reply-larger-than \
        commandlog-request-larger-than commandlog-slow-execution-max-len \
        dual-channel-replication-enabled extended-redis-compatibility hash-seed import-mode \
        log-format log-timestamp-format mptcp prefetch-batch-max-size primaryauth primaryuser \
        rdb-version-check rdma-bind rdma-completion-vector rdma-port rdma-rx-size repl-mptcp \
        replica-full-sync-buffer-limit slot-migration-max-failover-repl-bytes \
        tls-auth-clients-user tls-auto-reload-interval unixsocketgroup";
    for name in names.split_whitespace() {
        let default = get(&Config::default(), name);
        let config = load(&format!("{name} \"{default}\"")).unwrap();
        assert_eq!(get(&config, name), default, "{name}");
        assert!(config.without_effect().next().is_none(), "{name}");
    }
    for line in [
        "rdma-rx-size 1",
        "cluster-announce-client-ipv4 fe80::1",
        "cluster-announce-client-ipv6 10.0.0.1",
        "slot-migration-max-failover-repl-bytes -2",
        "log-format xml",
        "prefetch-batch-max-size 129",
    ] {
        assert!(load(line).is_err(), "{line}");
    }
    for (name, value) in [
        ("repl-diskless-load", "flush-before-load"),
        ("shutdown-on-sigterm", "safe failover"),
        ("rdma-port", "6379"),
    ] {
        let mut config = load(&format!("{name} {value}")).unwrap();
        assert_eq!(get(&config, name), value);
        let changed = change(&mut config, &[(name, value)]);
        assert_eq!(changed.is_err(), name == "rdma-port", "{name}");
    }
    let config = load("slot-migration-max-failover-repl-bytes 1mb").unwrap();
    assert_eq!(
        get(&config, "slot-migration-max-failover-repl-bytes"),
        "1048576"
    );
}

#[test]
fn while_loading_some_settings_are_fixed() {
    let mut config = load("enable-protected-configs yes").unwrap();
    let asker = Asker {
        is_local: false,
        is_loading: true,
    };
    let error = set(&mut config, &[(b"dir", b"asdf")], asker).unwrap_err();
    assert_eq!(error, "LOADING Redis is loading the dataset in memory");
    assert!(set(&mut config, &[(b"loglevel", b"debug")], asker).is_ok());
}
