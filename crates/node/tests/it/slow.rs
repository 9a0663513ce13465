//! The slow log and latency events, with clocks that tell what tests need.

#![expect(clippy::disallowed_methods, reason = "one test takes real time")]

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::Instant;

use russet_io::ConnId;
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

use crate::limits::ask;

thread_local! {
    static TIME_NS: Cell<u64> = const { Cell::new(0) };
}

/// A clock that every look at it moves by 20 ms.
fn slow_clock() -> u64 {
    TIME_NS.set(TIME_NS.get() + 20_000_000);
    TIME_NS.get()
}

fn real_clock() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

fn timed(settings: &str, clock: fn() -> u64) -> (Loopback, ConnId) {
    let text = Text {
        name: "settings".to_owned(),
        text: settings.as_bytes().to_vec(),
    };
    let config = Config::load(&[text], &mut |_| Err(String::new())).expect("the text is right");
    let mut server = Loopback::timed_by(config, clock);
    let client = server.connect();
    (server, client)
}

/// The strings of a reply, one after the other.
fn strings(text: &str) -> Vec<&str> {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with(['*', '$', ':', '+']));
    lines.collect()
}

#[test]
fn one_slow_lrange_is_found_among_ten_thousand_fast_ones_in_a_pipeline() {
    let (mut server, client) = timed("slowlog-log-slower-than 1000", real_clock);
    for _ in 0..100 {
        let request = format!("RPUSH l {}", "x ".repeat(10_000));
        ask(&mut server, client, request.trim_end());
    }
    ask(&mut server, client, "SLOWLOG RESET");
    let mut pipeline = "LRANGE l 0 0\r\n".repeat(10_000);
    pipeline.insert_str("LRANGE l 0 0\r\n".len() * 5_000, "LRANGE l 0 -1\r\n");
    server.call(client, pipeline.as_bytes());
    let log = ask(&mut server, client, "SLOWLOG GET -1");
    let entries = strings(&log);
    let slow = entries
        .windows(4)
        .filter(|words| *words == ["LRANGE", "l", "0", "-1"]);
    assert_eq!(slow.count(), 1, "{log}");
    // A machine with much else to do may interrupt some of the others.
    let len = ask(&mut server, client, "SLOWLOG LEN");
    let len: usize = len
        .trim_start_matches(':')
        .trim_end()
        .parse()
        .expect("a number");
    assert!((1..100).contains(&len), "{len}");
}

#[test]
fn a_brief_command_is_logged_when_it_ran_alone() {
    let (mut server, client) = timed("", slow_clock);
    ask(&mut server, client, "GET alone");
    // Several that share a clock are not told apart, but the next ones are, for a second.
    ask(&mut server, client, "GET many\r\nGET many");
    ask(&mut server, client, "GET third\r\nGET fourth");
    server.advance(1_200);
    ask(&mut server, client, "GET many\r\nGET many");
    server.advance(1_200);
    // Whatever is below a millisecond has every command timed by itself.
    ask(
        &mut server,
        client,
        "CONFIG SET slowlog-log-slower-than 999",
    );
    ask(&mut server, client, "GET one\r\nGET two");
    let log = ask(&mut server, client, "SLOWLOG GET -1");
    let mut names = strings(&log);
    names.retain(|word| !word.contains("loopback") && !word.is_empty());
    let config = ["CONFIG", "SET", "slowlog-log-slower-than", "999"];
    let mut expected = vec!["GET", "two", "GET", "one"];
    expected.extend(config);
    expected.extend(["GET", "fourth", "GET", "third", "GET", "alone"]);
    assert_eq!(names, expected);
}

#[test]
fn a_stall_counts_as_time_of_its_command_also_within_a_transaction() {
    let (mut server, client) = timed(
        "slowlog-log-slower-than 100000\nenable-debug-command yes",
        real_clock,
    );
    ask(&mut server, client, "DEBUG SLEEP 0.2");
    ask(&mut server, client, "MULTI");
    ask(&mut server, client, "DEBUG SLEEP 0.3");
    ask(&mut server, client, "PING");
    ask(&mut server, client, "DEBUG SLEEP 0.01");
    ask(&mut server, client, "EXEC");
    let log = ask(&mut server, client, "SLOWLOG GET");
    let mut names = strings(&log);
    names.retain(|word| !word.contains("loopback") && !word.is_empty());
    assert_eq!(names, ["DEBUG", "SLEEP", "0.3", "DEBUG", "SLEEP", "0.2"]);
}

#[test]
fn a_wait_is_not_time_of_a_command() {
    let (mut server, client) = timed("slowlog-log-slower-than 1000", real_clock);
    let other = server.connect();
    ask(&mut server, client, "BLPOP l 0");
    server.advance(60_000);
    ask(&mut server, other, "RPUSH l x");
    ask(&mut server, client, "BLPOP l 1");
    server.advance(60_000);
    let text = ask(&mut server, other, "INFO commandstats");
    let line = text.lines().find(|line| line.starts_with("cmdstat_blpop:"));
    let line = line.expect("it was called");
    assert!(line.contains("calls=2,"), "{line}");
    let text = ask(&mut server, other, "LATENCY HISTOGRAM blpop");
    assert!(text.contains("calls\r\n:2\r\n"), "{text}");
    let log = ask(&mut server, other, "SLOWLOG GET");
    assert!(!log.contains("BLPOP"), "{log}");
}

#[test]
fn latency_events_have_the_time_of_single_commands() {
    let (mut server, client) = timed("latency-monitor-threshold 20", slow_clock);
    ask(&mut server, client, "GET k\r\nGET k\r\nLRANGE l 0 0");
    let text = ask(&mut server, client, "LATENCY LATEST");
    assert!(
        text.contains("fast-command\r\n:1704067200\r\n:20\r\n:20\r\n"),
        "{text}"
    );
    assert!(
        text.contains("\r\ncommand\r\n:1704067200\r\n:20\r\n:20\r\n"),
        "{text}"
    );
    ask(&mut server, client, "SET k v PX 10");
    server.advance(20);
    let text = ask(&mut server, client, "LATENCY HISTORY expire-cycle");
    assert!(
        text.starts_with("*1\r\n*2\r\n:1704067200\r\n:20\r\n"),
        "{text}"
    );
}

#[test]
fn a_large_reply_in_a_pipeline_of_brief_commands_is_found_from_the_second_on() {
    let (mut server, client) = timed("commandlog-reply-larger-than 1000", real_clock);
    ask(&mut server, client, &format!("SET k {}", "x".repeat(2_000)));
    let mut logged = |request: &str| {
        ask(&mut server, client, "COMMANDLOG RESET large-reply");
        ask(&mut server, client, request);
        let log = ask(&mut server, client, "COMMANDLOG GET -1 large-reply");
        log.matches("$3\r\nGET\r\n$1\r\nk\r\n").count()
    };
    assert_eq!(logged("GET k"), 1);
    assert_eq!(logged("MULTI\r\nLRANGE l 0 0\r\nGET k\r\nGET a\r\nEXEC"), 0);
    assert_eq!(logged("GET a\r\nGET k\r\nLRANGE l 0 0"), 1);
    assert_eq!(logged("GET k\r\nLRANGE l 0 0\r\nGET k"), 2);
}
