//! Our page of metrics beside that of Debian's `prometheus-redis-exporter`, which asks us as any
//! other server.
//!
//! Families, types and labels must be the same, but for what is listed. What the exporter shows of
//! a Redis server it shows of us, too. `promtool` finds no fault with our page that it does not
//! find with the exporter's.
//!
//! Always true: a difference that is listed and not found is an offence, too.
//! Not here: values — the node's own tests

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::processes::Group;
use crate::server::{Server, free_port};
use crate::tool;

/// The program.
pub(super) const EXPORTER: &str = "prometheus-redis-exporter";

/// Families that newer versions of the exporter than that of Debian 12 have.
const NEWER: &[&str] = &[
    "redis_acl_access_denied_auth_total",
    "redis_acl_access_denied_channel_total",
    "redis_acl_access_denied_cmd_total",
    "redis_acl_access_denied_key_total",
    "redis_allocator_muzzy_bytes",
    "redis_async_loading",
    "redis_client_output_buffer_limit_disconnections_total",
    "redis_client_query_buffer_limit_disconnections_total",
    "redis_commandlog_execution_slower_than",
    "redis_commandlog_large_reply_length",
    "redis_commandlog_large_reply_max_len",
    "redis_commandlog_large_request_length",
    "redis_commandlog_large_request_max_len",
    "redis_commandlog_reply_larger_than",
    "redis_commandlog_request_larger_than",
    "redis_commandlog_slow_execution_max_len",
    "redis_commandlog_slow_length",
    "redis_config_client_output_buffer_limit_bytes",
    "redis_config_client_output_buffer_limit_overcome_seconds",
    "redis_config_repl_backlog_size",
    "redis_current_eviction_exceeded_time_ms",
    "redis_db_keys_with_expiring_items",
    "redis_eventloop_cycles_total",
    "redis_eventloop_duration_cmd_sum_usec_total",
    "redis_eventloop_duration_sum_usec_total",
    "redis_evicted_clients_total",
    "redis_evicted_scripts_total",
    "redis_eviction_exceeded_time_ms_total",
    "redis_expire_cycle_cpu_time_ms_total",
    "redis_expired_subkeys_total",
    "redis_instantaneous_eventloop_cycles_per_sec",
    "redis_instantaneous_eventloop_duration_usec",
    "redis_lazyfreed_objects",
    "redis_max_clients",
    "redis_mem_aof_buffer_bytes",
    "redis_mem_cluster_links_bytes",
    "redis_mem_overhead_db_hashtable_rehashing_bytes",
    "redis_mem_replication_backlog_bytes",
    "redis_mem_total_replication_buffers_bytes",
    "redis_memory_used_functions_bytes",
    "redis_memory_used_scripts_eval_bytes",
    "redis_memory_used_vm_eval_bytes",
    "redis_memory_used_vm_functions_bytes",
    "redis_memory_used_vm_total",
    "redis_net_repl_input_bytes_total",
    "redis_net_repl_output_bytes_total",
    "redis_number_of_functions",
    "redis_number_of_libraries",
    "redis_pubsub_clients",
    "redis_pubsubshard_channels",
    "redis_rdb_last_load_expired_keys",
    "redis_rdb_last_load_loaded_keys",
    "redis_rdb_saves_total",
    "redis_reply_buffer_expands_total",
    "redis_reply_buffer_shrinks_total",
    "redis_total_blocking_keys",
    "redis_total_blocking_keys_on_nokey",
    "redis_total_watched_keys",
    "redis_watching_clients",
];

/// Other families that differ between our page and that of the exporter, and why.
const KNOWN: &[(&str, &str)] = &[
    (
        "redis_db_keys_cached",
        "the exporter goes by the place of `subexpiry`, not by its name",
    ),
    (
        "redis_expired_time_cap_reached_total",
        "a counter, as in newer versions of the exporter",
    ),
    (
        "redis_last_key_groups_scrape_duration_milliseconds",
        "groups of keys are not counted",
    ),
    (
        "redis_commands_latencies_usec",
        "of newer versions of the exporter",
    ),
    ("redis_configured_hz", "of newer versions of the exporter"),
    ("redis_hz", "of newer versions of the exporter"),
    (
        "redis_instance_info",
        "newer versions of the exporter show `master_replid` too",
    ),
    ("russet_build_info", "our own"),
    ("russet_http_connections", "our own"),
];

/// Families that the exporter shows of a Redis server and not of us, and why.
const ABSENT: &[(&str, &str)] = &[];

/// Families whose names `promtool` finds fault with, and that newer versions of the exporter show
/// under the same names.
const NAMED_ELSEWHERE: [&str; 6] = [
    "redis_current_eviction_exceeded_time_ms ",
    "redis_eviction_exceeded_time_ms_total ",
    "redis_expire_cycle_cpu_time_ms_total ",
    "redis_instantaneous_eventloop_cycles_per_sec ",
    "redis_memory_used_vm_total ",
    "redis_rdb_saves_total ",
];

/// Beginnings of names of what the exporter tells of itself.
const OF_ITSELF: [&str; 5] = [
    "redis_exporter_",
    "redis_target_",
    "go_",
    "process_",
    "promhttp_",
];

/// Compares the pages.
pub(super) fn compare(ours: &Server) -> Result<(), String> {
    let port = free_port()?;
    let mut client = ours.connect()?;
    let shown = port.to_string();
    let words: &[&[u8]] = &[b"CONFIG", b"SET", b"metrics-port", shown.as_bytes()];
    let reply = client.ask(words)?;
    if reply != b"+OK\r\n" {
        return Err(String::from_utf8_lossy(&reply).into_owned());
    }
    exercise(ours)?;
    let page = fetch(port)?;
    let exported = export(ours)?;
    let (here, there) = (families(&page), families(&exported));
    let mut offences = differences(&here, &there);
    if let Some(redis) = tool::find("redis-server") {
        let redis = Server::start(&redis, None)?;
        exercise(&redis)?;
        let theirs = families(&export(&redis)?);
        let absent = theirs.keys().filter(|name| !there.contains_key(*name));
        let absent = absent.map(|name| format!("{name}: of redis-server only"));
        offences.extend(unlisted(absent.collect(), ABSENT));
    }
    offences.extend(faults(&page, &exported)?);
    match offences.is_empty() {
        true => Ok(()),
        false => Err(offences.join("\n")),
    }
}

/// Runs commands after which most families have samples.
fn exercise(server: &Server) -> Result<(), String> {
    let requests: [(&[&[u8]], bool); 7] = [
        (&[b"SET", b"metrics:k", b"v", b"EX", b"100"], true),
        (&[b"GET", b"metrics:k"], true),
        (&[b"CONFIG", b"GET", b"port"], true),
        (&[b"INCR", b"metrics:k"], false),
        (&[b"NOSUCH"], false),
        (&[b"CONFIG", b"SET", b"slowlog-log-slower-than", b"0"], true),
        (&[b"CONFIG", b"SET", b"appendonly", b"yes"], true),
    ];
    for (request, succeeds) in requests {
        // A client that has met an error is of no more use.
        let reply = server.connect()?.ask(request);
        if reply.is_ok() != succeeds {
            return Err(format!(
                "{:?}: {reply:?}",
                request.join(&b' ').escape_ascii()
            ));
        }
    }
    Ok(())
}

/// The exporter's page about a server.
fn export(server: &Server) -> Result<String, String> {
    let port = free_port()?;
    let mut command = Command::new(EXPORTER);
    command.arg(format!("--redis.addr=redis://127.0.0.1:{}", server.port));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    command.arg("--include-system-metrics");
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    let _group = Group::spawn(quiet.stderr(Stdio::null()))?;
    fetch(port)
}

/// The page of metrics of a port, once somebody listens there.
fn fetch(port: u16) -> Result<String, String> {
    let mut refused = String::new();
    for _ in 0..200 {
        match fetch_once(port) {
            Ok(page) => return Ok(page),
            Err(error) => refused = error,
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(format!("port {port}: {refused}"))
}

fn fetch_once(port: u16) -> Result<String, String> {
    let asked = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        Ok(response)
    };
    let response = asked().map_err(|error: std::io::Error| error.to_string())?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    match head.contains(" 200 OK\r\n") {
        true => Ok(body.to_owned()),
        false => Err(head.to_owned()),
    }
}

/// The type of a family, and the names of the labels of its samples.
type Family = (String, BTreeSet<String>);

/// The families of a page, but for what the exporter tells of itself.
fn families(page: &str) -> BTreeMap<String, Family> {
    let (mut found, mut current) = (BTreeMap::new(), String::new());
    for line in page.lines() {
        if let Some(head) = line.strip_prefix("# TYPE ") {
            let (name, kind) = head.split_once(' ').unwrap_or((head, ""));
            name.clone_into(&mut current);
            found.insert(current.clone(), (kind.to_owned(), BTreeSet::new()));
        } else if let Some((_, labels)) = line.split_once('{')
            && let Some((_, names)) = found.get_mut(&current)
        {
            names.extend(label_names(labels));
        }
    }
    found.retain(|name, _| OF_ITSELF.iter().all(|own| !name.starts_with(own)));
    found
}

/// The names of labels; values hold no quotes here.
fn label_names(labels: &str) -> impl Iterator<Item = String> {
    let names = labels.split('"').step_by(2);
    let names = names.filter_map(|part| part.strip_suffix('='));
    names.map(|name| name.trim_start_matches(',').to_owned())
}

fn differences(here: &BTreeMap<String, Family>, there: &BTreeMap<String, Family>) -> Vec<String> {
    let mut found = Vec::new();
    for name in here.keys().chain(there.keys()).collect::<BTreeSet<_>>() {
        match (here.get(name), there.get(name)) {
            (None, _) => found.push(format!("{name}: of the exporter only")),
            (_, None) => found.push(format!("{name}: ours only")),
            (Some(ours), Some(theirs)) if ours != theirs => {
                found.push(format!("{name}: {ours:?}, not {theirs:?}"));
            }
            _ => {}
        }
    }
    let newer = NEWER.iter().map(|name| (*name, "newer"));
    let listed: Vec<_> = newer.chain(KNOWN.iter().copied()).collect();
    unlisted(found, &listed)
}

/// Differences that are not listed, and listed ones that were not found; each begins with the name
/// of a family.
fn unlisted(found: Vec<String>, listed: &[(&str, &str)]) -> Vec<String> {
    let is_of = |line: &str, name: &str| line.split(':').next() == Some(name);
    let gone = listed
        .iter()
        .filter(|(name, _)| !found.iter().any(|line| is_of(line, name)))
        .map(|(name, _)| format!("not any more: {name}"));
    let news = found
        .iter()
        .filter(|line| !listed.iter().any(|(name, _)| is_of(line, name)))
        .cloned();
    news.chain(gone).collect()
}

/// Faults that `promtool` finds with our page and not with the exporter's.
fn faults(ours: &str, theirs: &str) -> Result<Vec<String>, String> {
    let Some(program) = tool::find("promtool") else {
        return Err("promtool is not installed".to_owned());
    };
    let check = |page: &str| -> Result<BTreeSet<String>, String> {
        let run = || {
            let mut command = Command::new(&program);
            command.args(["check", "metrics"]).stdin(Stdio::piped());
            let mut child = command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()?;
            if let Some(mut input) = child.stdin.take() {
                input.write_all(page.as_bytes())?;
            }
            child.wait_with_output()
        };
        let output = run().map_err(|error| format!("promtool: {error}"))?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(text.lines().map(str::to_owned).collect())
    };
    let (ours, theirs) = (check(ours)?, check(theirs)?);
    let is_named_elsewhere = |fault: &str| NAMED_ELSEWHERE.iter().any(|name| fault.contains(name));
    let faults = ours.difference(&theirs);
    let faults = faults.filter(|fault| !is_named_elsewhere(fault));
    Ok(faults.map(|fault| format!("promtool: {fault}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{families, unlisted};

    #[test]
    fn a_page_is_taken_apart() {
        let page = "# HELP a A.\n# TYPE a gauge\na{x=\"1\",le=\"+Inf\"} 1\na{y=\"\"} 2\n\
                    # TYPE go_x gauge\ngo_x 1\n# TYPE b counter\nb 1\n";
        let families = families(page);
        let names: Vec<&str> = families.keys().map(String::as_str).collect();
        assert_eq!(names, ["a", "b"]);
        let (kind, labels) = &families["a"];
        assert_eq!(kind, "gauge");
        assert_eq!(labels.iter().collect::<Vec<_>>(), ["le", "x", "y"]);
    }

    #[test]
    fn lists_of_differences_are_exact() {
        let found = vec!["a: ours only".to_owned(), "b: ours only".to_owned()];
        let offences = unlisted(found, &[("b", "a reason"), ("c", "a reason")]);
        assert_eq!(offences, ["a: ours only", "not any more: c"]);
    }
}
