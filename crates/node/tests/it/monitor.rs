//! MONITOR: what monitors see, in which order, and what they do not.

use russet_io::ConnId;
use russet_node::loopback::Loopback;

use crate::limits::{ask, server};

/// A server, a client that monitors it, and one that does not.
fn monitored(settings: &str) -> (Loopback, ConnId, ConnId) {
    let mut server = server(settings);
    let (monitor, client) = (server.connect(), server.connect());
    assert_eq!(ask(&mut server, monitor, "MONITOR"), "+OK\r\n");
    (server, monitor, client)
}

/// The requests that a monitor has seen since the last call, without time and client.
fn seen(server: &mut Loopback, monitor: ConnId) -> Vec<String> {
    let text = String::from_utf8(server.call(monitor, b"")).expect("lines are text");
    text.lines().map(request_of).collect()
}

fn request_of(line: &str) -> String {
    let place = line.find("loopback] ").expect("a line tells the client");
    line[place + "loopback] ".len()..].replace('"', "")
}

#[test]
fn every_monitor_sees_each_request_with_its_time_database_and_client() {
    let (mut server, monitor, client) = monitored("");
    let other = server.connect();
    ask(&mut server, other, "MONITOR");
    server.advance_us(42);
    ask(&mut server, client, "SELECT 3\r\nSET k \"a\\x00\\n\"");
    let expected = "+1704067200.000042 [3 unix:loopback] \"SELECT\" \"3\"\r\n\
        +1704067200.000042 [3 unix:loopback] \"SET\" \"k\" \"a\\x00\\n\"\r\n";
    for monitor in [monitor, other] {
        let lines = server.call(monitor, b"");
        assert_eq!(String::from_utf8_lossy(&lines), expected);
    }
}

#[test]
fn commands_of_a_transaction_are_seen_when_they_run() {
    let (mut server, monitor, client) = monitored("");
    ask(&mut server, client, "MULTI\r\nSET k v\r\nINCR k");
    assert_eq!(seen(&mut server, monitor), ["MULTI"]);
    ask(&mut server, client, "EXEC");
    assert_eq!(seen(&mut server, monitor), ["SET k v", "INCR k", "EXEC"]);
    ask(
        &mut server,
        client,
        "MULTI\r\nGET\r\nEXEC\r\nMULTI\r\nMONITOR\r\nEXEC",
    );
    assert_eq!(
        seen(&mut server, monitor),
        ["MULTI", "EXEC", "MULTI", "EXEC"]
    );
}

#[test]
fn a_request_that_waits_is_seen_once() {
    let (mut server, monitor, client) = monitored("");
    let other = server.connect();
    ask(&mut server, client, "BLPOP q 0");
    assert_eq!(seen(&mut server, monitor), ["BLPOP q 0"]);
    ask(&mut server, other, "RPUSH q 1");
    assert_eq!(seen(&mut server, monitor), ["RPUSH q 1"]);
    assert!(ask(&mut server, client, "").contains("q"));
    ask(&mut server, other, "CLIENT PAUSE 1000");
    ask(&mut server, client, "GET k");
    assert_eq!(seen(&mut server, monitor), [""; 0]);
    server.advance(1_100);
    assert_eq!(seen(&mut server, monitor), ["GET k"]);
}

#[test]
fn refused_and_administrative_requests_are_not_seen() {
    let (mut server, monitor, client) = monitored("");
    let requests = "NONSENSE\r\nGET\r\nCONFIG SET requirepass x\r\nACL SETUSER a >secret\r\n\
        CLIENT LIST\r\nMONITOR x\r\nACL SETUSER default -get\r\nGET k";
    ask(&mut server, client, requests);
    assert_eq!(seen(&mut server, monitor), [""; 0]);
    ask(
        &mut server,
        client,
        "LPUSH k 1\r\nINCR k\r\nCLIENT ID\r\nACL WHOAMI",
    );
    let expected = ["LPUSH k 1", "INCR k", "CLIENT ID", "ACL WHOAMI"];
    assert_eq!(seen(&mut server, monitor), expected);
}

#[test]
fn no_password_is_seen() {
    let mut server = server("requirepass canary\n");
    let (monitor, client) = (server.connect(), server.connect());
    ask(&mut server, monitor, "AUTH canary\r\nMONITOR");
    let requests = "AUTH canary\r\nAUTH default canary\r\nAUTH a b canary\r\n\
        HELLO 2 AUTH default canary SETNAME n\r\nHELLO 2 oops AUTH default canary\r\n\
        MIGRATE h 1 k 0 9 COPY AUTH canary\r\nMIGRATE h 1 \"\" 0 9 AUTH2 u canary KEYS a";
    ask(&mut server, client, requests);
    let hidden = "(redacted)";
    let expected = [
        format!("AUTH {hidden}"),
        format!("AUTH {hidden} {hidden}"),
        format!("AUTH {hidden} {hidden} {hidden}"),
        format!("HELLO 2 AUTH {hidden} {hidden} SETNAME n"),
        format!("HELLO 2 {hidden} {hidden} {hidden} {hidden}"),
        format!("MIGRATE h 1 k 0 9 COPY AUTH {hidden}"),
        format!("MIGRATE h 1  0 9 AUTH2 {hidden} {hidden} KEYS a"),
    ];
    assert_eq!(seen(&mut server, monitor), expected);
}

#[test]
fn a_monitor_sees_its_own_requests_behind_their_replies() {
    let (mut server, monitor, _) = monitored("");
    let own = |request: &str| format!("+1704067200.000000 [0 unix:loopback] {request}\r\n");
    assert_eq!(
        ask(&mut server, monitor, "PING\r\nMONITOR\r\nPING x"),
        format!(
            "+PONG\r\n{}$1\r\nx\r\n{}",
            own("\"PING\""),
            own("\"PING\" \"x\"")
        )
    );
    let transaction = ask(&mut server, monitor, "MULTI\r\nPING\r\nEXEC");
    let lines = [own("\"PING\""), own("\"EXEC\"")].concat();
    let expected = format!(
        "+OK\r\n{}+QUEUED\r\n*1\r\n+PONG\r\n{lines}",
        own("\"MULTI\"")
    );
    assert_eq!(transaction, expected);
}

#[test]
fn a_monitor_has_no_business_with_keys_and_is_never_paused() {
    let (mut server, monitor, client) = monitored("");
    let refusal = "-ERR Replica can't interact with the keyspace\r\n";
    for request in ["SET k v", "GET k", "PUBLISH c m", "BLPOP q 0"] {
        assert_eq!(ask(&mut server, monitor, request), refusal);
    }
    ask(&mut server, client, "CLIENT PAUSE 1000");
    assert!(ask(&mut server, monitor, "PING").starts_with("+PONG\r\n"));
    assert_eq!(ask(&mut server, client, "PING"), "");
}

#[test]
fn silence_holds_for_lines_as_well() {
    let (mut server, monitor, client) = monitored("");
    ask(&mut server, monitor, "CLIENT REPLY OFF\r\nPING");
    ask(&mut server, client, "GET k");
    assert_eq!(ask(&mut server, monitor, "PING"), "");
    let heard = ask(&mut server, monitor, "CLIENT REPLY ON");
    assert!(heard.starts_with("+OK\r\n+1704"), "{heard}");
    let heard = ask(
        &mut server,
        monitor,
        "CLIENT REPLY SKIP\r\nPING 1\r\nPING 2",
    );
    assert_eq!(heard.matches("PING").count(), 1, "{heard}");
}

#[test]
fn a_message_stands_before_the_line_of_its_request() {
    let (mut server, monitor, client) = monitored("");
    ask(&mut server, monitor, "HELLO 3\r\nSUBSCRIBE c");
    ask(&mut server, client, "PUBLISH c 1\r\nPUBLISH c 2");
    let heard = String::from_utf8(server.call(monitor, b"")).unwrap();
    let kinds: Vec<char> = heard
        .lines()
        .filter_map(|line| line.chars().next())
        .collect();
    let kinds: String = kinds
        .into_iter()
        .filter(|kind| ">+".contains(*kind))
        .collect();
    assert_eq!(kinds, ">+>+", "{heard}");
}

#[test]
fn monitoring_ends_by_reset_and_with_the_connection() {
    let (mut server, monitor, client) = monitored("timeout 10\n");
    let list = ask(&mut server, client, "CLIENT LIST");
    assert!(
        list.contains(" flags=OU ") && list.contains(" flags=U "),
        "{list}"
    );
    server.advance(5_000);
    ask(&mut server, client, "PING");
    server.advance(6_000);
    assert!(!server.is_closed(monitor), "it need not say anything");
    seen(&mut server, monitor);
    assert_eq!(ask(&mut server, monitor, "RESET"), "+RESET\r\n");
    ask(&mut server, client, "SET k v");
    assert_eq!(ask(&mut server, monitor, "GET k"), "$1\r\nv\r\n");
    ask(&mut server, monitor, "MONITOR");
    server.hang_up(monitor);
    assert_eq!(ask(&mut server, client, "PING"), "+PONG\r\n");
    let killed = server.connect();
    ask(&mut server, killed, "MONITOR");
    assert_eq!(
        ask(&mut server, client, "CLIENT KILL TYPE replica"),
        ":0\r\n"
    );
    assert_eq!(
        ask(&mut server, client, "CLIENT KILL TYPE normal"),
        ":1\r\n"
    );
    assert!(server.is_closed(killed));
    assert_eq!(ask(&mut server, client, "PING"), "+PONG\r\n");
}

#[test]
fn a_monitor_that_reads_nothing_is_closed_beyond_its_limit() {
    let (mut server, monitor, client) = monitored("client-output-buffer-limit normal 100kb 0 0\n");
    let request = format!("SET k {}\r\n", "x".repeat(20_000));
    for _ in 0..20 {
        server.call(client, request.as_bytes());
    }
    assert!(server.is_closed(monitor));
    assert_eq!(ask(&mut server, client, "PING"), "+PONG\r\n");
}
