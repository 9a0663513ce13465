//! INFO as text: sections, order, values.

use russet_base::time::Now;

use super::{Clients, Database, Persistence, SECTIONS, View, render};
use crate::config::Config;
use russet_io::Usage;

use crate::environment::Environment;
use crate::pause::Pause;
use crate::persist::aof::Aof;
use crate::persist::backup::Backup;
use crate::stats::Stats;

fn with_view<T>(stats: &Stats, look: impl FnOnce(&View<'_>) -> T) -> T {
    let config = Config::default();
    let mut environment = Environment::new(7);
    environment.observe(Usage {
        allocated: 2 << 20,
        resident: 4 << 20,
        system_us: 1_500_001,
        ..Usage::default()
    });
    environment.beside_data = (2 << 20) - 1024;
    let (aof, backup) = (Aof::default(), Backup::default());
    let view = View {
        pause: Pause::Off,
        aof: &aof,
        backup: &backup,
        config: &config,
        environment: &environment,
        stats,
        keyspace: russet_engine::Stats::default(),
        data_weight: 1024,
        slack: 0,
        memory_not_counted: 0,
        journal_memory: 0,
        exceeded_us: (0, 0),
        scripts: crate::scripts::state::ScriptFigures::default(),
        link_count: 0,
        garbage_len: 0,
        databases: vec![Database {
            index: 9,
            keys: 2,
            volatile: 1,
            average_ttl_ms: 30,
            volatile_hashes: 1,
        }],
        clients: Clients {
            connected: 3,
            ..Clients::default()
        },
        commands: vec!["get", "config|get"],
        dirty: 4,
        persistence: Persistence::default(),
        now: Now {
            wall_us: 1_700_000_000_000_000,
            mono_us: 90_000_000_000,
        },
        started: Now {
            wall_us: 1_699_999_000_000_000,
            mono_us: 0,
        },
    };
    look(&view)
}

fn info(names: &[&str]) -> String {
    let names: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    with_view(&Stats::new(2), |view| render(view, &names))
}

fn headings(names: &[&str]) -> Vec<String> {
    let text = info(names);
    text.lines()
        .filter_map(|line| line.strip_prefix("# "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn sections_come_as_they_are_asked_for_in_their_own_order() {
    let default = [
        "Server",
        "Clients",
        "Memory",
        "Persistence",
        "Stats",
        "Replication",
        "CPU",
        "Modules",
        "Errorstats",
        "Cluster",
        "Keyspace",
    ];
    assert_eq!(headings(&[]), default);
    assert_eq!(headings(&["default"]), default);
    assert_eq!(headings(&["keyspace", "CPU"]), ["CPU", "Keyspace"]);
    assert_eq!(
        headings(&["commandstats", "default"]).len(),
        default.len() + 1
    );
    assert_eq!(headings(&["all"]).len(), default.len() + 2);
    assert_eq!(headings(&["everything"]), headings(&["all"]));
    assert_eq!(headings(&["module_list"]), ["Modules"]);
    assert_eq!(headings(&["debug"]), ["Debug"]);
    assert!(headings(&["nosuch"]).is_empty());
}

#[test]
fn every_line_is_a_heading_a_field_or_empty() {
    let text = info(&["all", "debug"]);
    assert!(text.ends_with("\r\n"));
    for line in text.split("\r\n") {
        let is_field = line
            .split_once(':')
            .is_some_and(|(name, _)| !name.contains(' '));
        assert!(
            line.is_empty() || line.starts_with("# ") || is_field,
            "{line}"
        );
    }
    for section in SECTIONS {
        let mut names: Vec<&str> = section.fields.iter().map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), section.fields.len(), "{}", section.name);
    }
}

#[test]
fn fields_show_what_they_are_named_for() {
    let text = info(&[]);
    for line in [
        "redis_version:7.4.7",
        "server_name:russet",
        "tcp_port:6379",
        "uptime_in_seconds:90000",
        "uptime_in_days:1",
        "listener0:name=tcp,bind=*,bind=-::*,port=6379",
        "connected_clients:3",
        "used_memory:2097152",
        "used_memory_human:2.00M",
        "mem_fragmentation_ratio:2.00",
        "used_memory_peak_perc:100.00%",
        "maxmemory_policy:noeviction",
        "rdb_changes_since_last_save:4",
        "used_cpu_sys:1.500001",
        "db9:keys=2,expires=1,avg_ttl=30,subexpiry=1",
        "role:master",
        "repl_backlog_size:1048576",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    let run_id = text
        .lines()
        .find_map(|line| line.strip_prefix("run_id:"))
        .unwrap();
    assert_eq!(run_id.len(), 40);
}

#[test]
fn errors_are_counted_by_code_and_made_up_codes_have_an_end() {
    let mut stats = Stats::new(0);
    for text in ["ERR a b", "ERR c", "WRONGTYPE x", "nospace", " blank"] {
        stats.error(text);
    }
    let text = with_view(&stats, |view| render(view, &[b"errorstats"]));
    assert_eq!(
        text,
        "# Errorstats\r\nerrorstat_ERR:count=4\r\nerrorstat_WRONGTYPE:count=1\r\n"
    );
    for n in 0..1000 {
        stats.error(&format!("MY{n} error"));
    }
    assert_eq!(
        stats.errors().collect::<Vec<_>>(),
        [("ERRORSTATS_DISABLED", 1)]
    );
    assert_eq!(stats.error_replies, 1005);
    stats.reset();
    stats.error("ERR x");
    assert_eq!(stats.errors().collect::<Vec<_>>(), [("ERR", 1)]);
}
