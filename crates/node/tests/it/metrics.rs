//! Metrics and health by HTTP, from a node without a loop.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use russet_io::{ConnId, Role, TcpBind, Transport};
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

fn configured(text: &str) -> Config {
    let sources = [Text {
        name: "russet.conf".to_owned(),
        text: text.as_bytes().to_vec(),
    }];
    Config::load(&sources, &mut |_| Err("no such file".to_owned())).expect("it is right")
}

/// The head and the body of the response to a GET.
fn get(server: &mut Loopback, target: &str, fields: &str) -> (String, String) {
    let conn = server.connect_as(Role::Http);
    let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    let response = String::from_utf8(server.call(conn, request.as_bytes())).expect("it is text");
    server.hang_up(conn);
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    assert!(
        head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())),
        "{head}"
    );
    (head.to_owned(), body.to_owned())
}

fn status(server: &mut Loopback, target: &str, fields: &str) -> String {
    let (head, _) = get(server, target, fields);
    head["HTTP/1.1 ".len()..][..3].to_owned()
}

fn page(server: &mut Loopback) -> String {
    server.advance(100);
    get(server, "/metrics", "").1
}

/// The value of a sample, by its name with labels.
fn sample<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// A server that has seen commands, errors and hostile names.
fn busy() -> (Loopback, ConnId) {
    let mut server = Loopback::new(configured("databases 4\nmaxmemory 100mb\n"));
    let client = server.connect();
    server.call(
        client,
        b"SET k v EX 100\r\nGET k\r\nGET l\r\nCONFIG GET port\r\nNOSUCH\r\nINCR k\r\nSELECT 2\r\n\
          SET a b\r\nHSET h f v\r\nHPEXPIRE h 9999 FIELDS 1 f\r\nEVAL x\r\n",
    );
    (server, client)
}

#[test]
fn every_family_has_its_head_and_every_series_is_there_once() {
    let (mut server, _) = busy();
    let text = page(&mut server);
    let (mut families, mut series) = (BTreeMap::new(), BTreeSet::new());
    let (mut family, mut helped) = ("", "");
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# HELP ") {
            (helped, _) = head.split_once(' ').expect("a meaning");
        } else if let Some(head) = line.strip_prefix("# TYPE ") {
            let (name, kind) = head.split_once(' ').expect("a type");
            assert_eq!(name, helped);
            assert_eq!(families.insert(name, kind), None, "{name} is in one piece");
            family = name;
        } else {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            assert!(series.insert(name), "{name} is there twice");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let plain = name.split('{').next().unwrap_or_default();
            let suffix = plain.strip_prefix(family).expect("it is of its family");
            let is_allowed = match families[family] {
                "gauge" | "counter" => suffix.is_empty(),
                "summary" => ["", "_sum", "_count"].contains(&suffix),
                _ => ["_bucket", "_sum", "_count"].contains(&suffix),
            };
            assert!(is_allowed, "{line}");
        }
    }
    assert!(families.len() > 150, "{}", families.len());
}

#[test]
fn figures_are_those_of_the_server() {
    let (mut server, _) = busy();
    server.advance(1_000);
    let text = page(&mut server);
    for (name, value) in [
        ("redis_up", "1"),
        ("redis_uptime_in_seconds", "1"),
        ("redis_connected_clients", "1"),
        ("redis_connections_received_total", "1"),
        ("redis_memory_max_bytes", "104857600"),
        ("redis_config_maxclients", "10000"),
        ("redis_config_repl_backlog_size", "1048576"),
        ("redis_keyspace_hits_total", "1"),
        ("redis_rdb_last_bgsave_status", "1"),
        ("redis_db_keys{db=\"db0\"}", "1"),
        ("redis_db_keys{db=\"db1\"}", "0"),
        ("redis_db_keys{db=\"db2\"}", "2"),
        ("redis_db_keys_expiring{db=\"db0\"}", "1"),
        ("redis_db_keys_with_expiring_items{db=\"db2\"}", "1"),
        ("redis_commands_total{cmd=\"get\"}", "2"),
        ("redis_commands_total{cmd=\"config|get\"}", "1"),
        ("redis_commands_failed_calls_total{cmd=\"incr\"}", "1"),
        ("redis_errors_total{err=\"ERR\"}", "3"),
        (
            "redis_config_client_output_buffer_limit_bytes{class=\"pubsub\",limit=\"soft\"}",
            "8388608",
        ),
        ("russet_http_connections", "1"),
    ] {
        assert_eq!(sample(&text, name), Some(value), "{name}");
    }
    assert_eq!(sample(&text, "redis_db_keys{db=\"db4\"}"), None);
    assert!(text.contains("redis_instance_info{role=\"master\",redis_version=\"7.4."));
}

thread_local! {
    static TIME_NS: Cell<u64> = const { Cell::new(0) };
}

/// A clock that every look at it moves by 20 ms.
fn slow_clock() -> u64 {
    TIME_NS.set(TIME_NS.get() + 20_000_000);
    TIME_NS.get()
}

#[test]
fn durations_of_commands_are_shown_by_quantiles_buckets_logs_and_events() {
    let settings = "latency-monitor-threshold 1\nslowlog-log-slower-than 0\n";
    let mut server = Loopback::timed_by(configured(settings), slow_clock);
    let client = server.connect();
    server.call(client, b"GET k\r\n");
    server.call(client, b"GET k\r\n");
    let text = page(&mut server);
    for (name, value) in [
        ("redis_commands_duration_seconds_total{cmd=\"get\"}", "0.04"),
        (
            "redis_commands_latencies_usec_bucket{cmd=\"get\",le=\"33816\"}",
            "2",
        ),
        (
            "redis_commands_latencies_usec_bucket{cmd=\"get\",le=\"+Inf\"}",
            "2",
        ),
        ("redis_commands_latencies_usec_sum{cmd=\"get\"}", "40000"),
        ("redis_commands_latencies_usec_count{cmd=\"get\"}", "2"),
        (
            "redis_latency_percentiles_usec{cmd=\"get\",quantile=\"99.9\"}",
            "20054.015",
        ),
        ("redis_latency_percentiles_usec_count{cmd=\"get\"}", "2"),
        ("redis_slowlog_length", "2"),
        ("redis_slowlog_last_id", "1"),
        ("redis_last_slow_execution_duration_seconds", "0.02"),
        ("redis_commandlog_slow_length", "2"),
        (
            "redis_latency_spike_duration_seconds{event_name=\"fast-command\"}",
            "0.02",
        ),
        (
            "redis_latency_spike_last{event_name=\"fast-command\"}",
            "1704067200",
        ),
    ] {
        assert_eq!(sample(&text, name), Some(value), "{name}: {text}");
    }
    server.call(client, b"CONFIG SET latency-tracking no\r\n");
    let text = page(&mut server);
    assert!(!text.contains("latencies_usec") && !text.contains("percentiles_usec"));
}

#[test]
fn a_page_is_kept_for_a_moment_and_may_be_asked_for_in_part() {
    let (mut server, client) = busy();
    let before = page(&mut server);
    server.call(client, b"PING\r\n");
    server.advance(99);
    assert_eq!(get(&mut server, "/metrics", "").1, before);
    let (head, text) = get(
        &mut server,
        "/metrics?name%5B%5D=redis_up&name[]=redis_db_keys",
        "",
    );
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    let heads: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("# TYPE"))
        .collect();
    assert_eq!(
        heads,
        ["# TYPE redis_up gauge", "# TYPE redis_db_keys gauge"]
    );
    let now = page(&mut server);
    assert_eq!(
        sample(&now, "redis_commands_total{cmd=\"ping\"}"),
        Some("1")
    );
}

#[test]
fn http_connections_are_no_clients() {
    let mut server = Loopback::new(configured("maxclients 1\n"));
    let client = server.connect();
    let scrapers: Vec<ConnId> = (0..3).map(|_| server.connect_as(Role::Http)).collect();
    server.call(client, b"CONFIG RESETSTAT\r\n");
    for scraper in scrapers {
        let response = server.call(scraper, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(response.starts_with(b"HTTP/1.1 200 OK\r\n"));
    }
    let list = server.call(client, b"CLIENT LIST\r\n");
    assert_eq!(String::from_utf8_lossy(&list).matches(" addr=").count(), 1);
    let info = server.call(client, b"INFO\r\n");
    let info = String::from_utf8_lossy(&info);
    let ours = [
        "connected_clients:1",
        "total_connections_received:0",
        "total_net_output_bytes:",
    ];
    for line in ours {
        assert!(
            info.contains(&format!("{line}\r\n")) || line.ends_with(':'),
            "{line}"
        );
    }
    let sent = info
        .split_once("total_net_output_bytes:")
        .expect("a field")
        .1;
    let sent: usize = sent
        .lines()
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number");
    assert!(sent < 2_000, "{sent}: pages are no output of clients");
}

#[test]
fn pages_are_found_by_path_and_method() {
    let mut server = Loopback::new(Config::default());
    for (target, expected) in [
        ("/", "200"),
        ("/metrics", "200"),
        ("/healthz", "200"),
        ("/health", "200"),
        ("/readyz", "200"),
        ("/readyz?strict", "200"),
        ("/metrics/", "404"),
        ("*", "404"),
        ("/METRICS", "404"),
    ] {
        assert_eq!(status(&mut server, target, ""), expected, "{target}");
    }
    let conn = server.connect_as(Role::Http);
    let head = server.call(conn, b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    let head = String::from_utf8_lossy(&head);
    assert!(head.contains("\r\nContent-Length: 3\r\n") && head.ends_with("\r\n\r\n"));
    let refused = server.call(conn, b"DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let refused = String::from_utf8_lossy(&refused);
    assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("\r\nAllow: GET, HEAD\r\n"));
    let body = b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
    assert!(server.call(conn, body).starts_with(b"HTTP/1.1 413 "));
    assert!(server.is_closed(conn));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let mut server = Loopback::new(Config::default());
    let conn = server.connect_as(Role::Http);
    let requests = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut response = server.call(conn, requests.repeat(3).as_bytes());
    // The next one is answered when the one before was taken.
    for _ in 0..5 {
        server.advance(1);
        server.receive_into(conn, &mut response);
    }
    let response = String::from_utf8_lossy(&response);
    let statuses: Vec<&str> = response
        .lines()
        .filter_map(|line| line.strip_prefix("HTTP/1.1 "))
        .map(|line| &line[..3])
        .collect();
    assert_eq!(statuses, ["200", "404", "200", "404", "200", "404"]);
}

#[test]
fn only_the_configured_user_may_scrape() {
    let rules = "user scraper on >secret -@all +info\nuser other on >secret +@all\n\
                 user blind on >secret\nmetrics-user scraper\n";
    let mut server = Loopback::new(configured(rules));
    let basic = |credentials: &str| format!("Authorization: Basic {credentials}\r\n");
    for (fields, expected) in [
        (String::new(), "401"),
        (basic("c2NyYXBlcjpzZWNyZXQ="), "200"),
        (basic("c2NyYXBlcjp3cm9uZw=="), "401"),
        (basic("b3RoZXI6c2VjcmV0"), "401"),
        (basic("nonsense"), "401"),
    ] {
        assert_eq!(
            status(&mut server, "/metrics", &fields),
            expected,
            "{fields}"
        );
    }
    assert_eq!(status(&mut server, "/healthz", ""), "200");
    let (head, _) = get(&mut server, "/metrics", "");
    assert!(head.contains("\r\nWWW-Authenticate: Basic realm="));
    let admin = server.connect();
    let log = server.call(admin, b"ACL LOG\r\n");
    let log = String::from_utf8_lossy(&log);
    assert!(
        log.contains("\r\nscraper\r\n") && log.contains("\r\nother\r\n"),
        "{log}"
    );
    server.call(admin, b"CONFIG SET metrics-user blind\r\n");
    assert_eq!(
        status(&mut server, "/metrics", &basic("YmxpbmQ6c2VjcmV0")),
        "403"
    );
    let refused = server.call(admin, b"CONFIG SET metrics-user nobody\r\n");
    let refused = String::from_utf8_lossy(&refused);
    assert!(
        refused.contains("'metrics-user'") && refused.contains("no such user"),
        "{refused}"
    );
    server.call(admin, b"ACL DELUSER blind\r\n");
    assert_eq!(
        status(&mut server, "/metrics", &basic("YmxpbmQ6c2VjcmV0")),
        "401"
    );
    let wrong = russet_node::check_users(&configured("metrics-user nobody\n"));
    assert_eq!(
        wrong.expect_err("there is no such user"),
        "There is no user 'nobody' for metrics-user"
    );
}

#[test]
fn who_must_not_get_requests_is_not_ready() {
    let (mut server, client) = busy();
    server.call(client, b"CONFIG SET maxmemory 1\r\n");
    assert_eq!(status(&mut server, "/readyz", ""), "200");
    let (head, body) = get(&mut server, "/readyz?strict", "");
    assert!(
        head.starts_with("HTTP/1.1 503 ") && head.contains("application/json"),
        "{head}"
    );
    assert_eq!(body, "{\n\"memory\":\"full\"\n}\n");
    server.call(client, b"CONFIG SET maxmemory 100mb\r\n");
    assert_eq!(status(&mut server, "/readyz?strict", ""), "200");
}

#[test]
fn slow_peers_are_closed() {
    let mut server = Loopback::new(Config::default());
    let (silent, slow) = (server.connect_as(Role::Http), server.connect_as(Role::Http));
    server.send(slow, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    server.advance(4_900);
    assert!(!server.is_closed(silent) && !server.is_closed(slow));
    server.advance(200);
    assert!(server.is_closed(silent) && server.is_closed(slow));
}

#[test]
fn metrics_have_addresses_of_their_own() {
    let config = configured("metrics-port 9121\nmetrics-bind 127.0.0.1 -::1\nbind 10.0.0.1\n");
    let bind = |host: &str, port, optional, role| TcpBind {
        host: host.to_owned(),
        port,
        optional,
        role,
        transport: Transport::Plain,
    };
    let expected = [
        bind("10.0.0.1", 6379, false, Role::Client),
        bind("127.0.0.1", 9121, false, Role::Http),
        bind("::1", 9121, true, Role::Http),
    ];
    assert_eq!(config.listen_plan().tcp, expected);
    assert_eq!(config.tls_settings(), None);
    let encrypted = configured("metrics-port 9121\nmetrics-tls yes\n");
    let plan = encrypted.listen_plan();
    assert_eq!(
        plan.tcp.last().map(|bind| &bind.transport),
        Some(&Transport::tls())
    );
    assert!(encrypted.tls_settings().is_some());
    assert!(configured("metrics-tls yes\n").tls_settings().is_none());
}
