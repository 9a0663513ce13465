//! Requests in any pieces, batches of any size, sessions beside one another.

use russet_node::Config;
use russet_node::loopback::Loopback;

fn server() -> Loopback {
    Loopback::new(Config::default())
}

#[test]
fn a_pipeline_is_answered_in_order() {
    let mut server = server();
    let client = server.connect();
    let replies = server.call(
        client,
        b"SET a 1\r\nINCR a\r\nGET a\r\nGET b\r\nNOSUCH x\r\nPING\r\n",
    );
    let expected = "+OK\r\n:2\r\n$1\r\n2\r\n$-1\r\n-ERR unknown command 'NOSUCH', \
                    with args beginning with: 'x' \r\n+PONG\r\n";
    assert_eq!(String::from_utf8_lossy(&replies), expected);
}

#[test]
fn a_pipeline_longer_than_a_batch_and_a_buffer_is_answered_whole() {
    let mut server = server();
    let client = server.connect();
    let mut requests = Vec::new();
    for i in 0..5000 {
        requests.extend_from_slice(format!("SET key:{i} {i}\r\nGET key:{i}\r\n").as_bytes());
    }
    let replies = server.call(client, &requests);
    let text = String::from_utf8(replies).unwrap();
    assert_eq!(text.matches("+OK\r\n").count(), 5000);
    assert!(text.ends_with("$4\r\n4999\r\n"));
}

#[test]
fn every_split_of_a_request_gives_the_same_replies() {
    let request =
        b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n";
    for at in 1..request.len() {
        let mut server = server();
        let client = server.connect();
        let mut replies = server.call(client, &request[..at]);
        replies.extend(server.call(client, &request[at..]));
        assert_eq!(replies, b"+OK\r\n$5\r\nhello\r\n+PONG\r\n", "split at {at}");
    }
}

#[test]
fn a_large_argument_arrives_whole_in_any_pieces() {
    let value = vec![b'x'; 300_000];
    let mut request = b"PING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$300000\r\n".to_vec();
    request.extend_from_slice(&value);
    request.extend_from_slice(b"\r\nSTRLEN k\r\n");
    for piece in [1000, 16_384, 70_000, request.len()] {
        let mut server = server();
        let client = server.connect();
        let mut replies = Vec::new();
        for chunk in request.chunks(piece) {
            replies.extend(server.call(client, chunk));
        }
        assert_eq!(replies, b"+PONG\r\n+OK\r\n:300000\r\n", "pieces of {piece}");
        let got = server.call(client, b"GET k\r\n");
        assert_eq!(got.len(), value.len() + "$300000\r\n\r\n".len());
    }
}

#[test]
fn nothing_runs_after_quit() {
    let mut server = server();
    let client = server.connect();
    assert_eq!(server.call(client, b"QUIT\r\nSET a b\r\n"), b"+OK\r\n");
    assert!(server.is_closed(client));
    let other = server.connect();
    assert_eq!(server.call(other, b"GET a\r\n"), b"$-1\r\n");
}

#[test]
fn a_protocol_error_is_answered_after_what_came_before_it() {
    let mut server = server();
    let client = server.connect();
    let replies = server.call(client, b"PING\r\n*1\r\nfoo\r\n");
    assert_eq!(
        replies,
        b"+PONG\r\n-ERR Protocol error: expected '$', got 'f'\r\n"
    );
    assert!(server.is_closed(client));
}

#[test]
fn a_killed_client_runs_nothing_more() {
    let mut server = server();
    let (a, b) = (server.connect(), server.connect());
    assert_eq!(server.call(a, b"CLIENT ID\r\n"), b":1\r\n");
    assert_eq!(server.call(b, b"CLIENT KILL ID 1\r\n"), b":1\r\n");
    assert!(server.is_closed(a));
}

#[test]
fn silence_holds_until_replies_are_wanted_again() {
    let mut server = server();
    let client = server.connect();
    assert_eq!(
        server.call(client, b"CLIENT REPLY SKIP\r\nPING\r\nPING\r\n"),
        b"+PONG\r\n"
    );
    assert_eq!(
        server.call(client, b"CLIENT REPLY OFF\r\nPING\r\nPING\r\n"),
        b""
    );
    assert_eq!(server.call(client, b"CLIENT REPLY SKIP\r\nPING\r\n"), b"");
    assert_eq!(
        server.call(client, b"CLIENT REPLY ON\r\nPING\r\n"),
        b"+OK\r\n+PONG\r\n"
    );
}

#[test]
fn keys_expire_on_time_without_being_asked_for() {
    let mut server = server();
    let client = server.connect();
    server.call(client, b"SET a b PX 500\r\nSET c d\r\n");
    server.advance(499);
    assert_eq!(server.call(client, b"DBSIZE\r\n"), b":2\r\n");
    server.advance(200);
    assert_eq!(server.call(client, b"DBSIZE\r\n"), b":1\r\n");
}

#[test]
fn a_node_may_be_moved_to_another_thread() {
    fn movable<T: Send>() {}
    movable::<russet_node::Node>();
}

#[test]
fn output_beyond_its_limit_closes_the_connection_but_one_buffer_is_free() {
    let mut server = server();
    let client = server.connect();
    let set = b"CONFIG SET client-output-buffer-limit \"normal 1000 0 0\"\r\n";
    assert_eq!(server.call(client, set), b"+OK\r\n");
    let value = [b'x'; 15_000];
    server.call(client, &[b"SET k ", &value[..], b"\r\n"].concat());
    assert_eq!(
        server.call(client, b"GET k\r\n").len(),
        value.len() + "$15000\r\n\r\n".len()
    );
    server.send(client, b"GET k\r\nGET k\r\nGET k\r\n");
    assert!(server.is_closed(client));
}

#[test]
fn requests_behind_several_stalls_run_one_after_the_other() {
    let text = russet_node::config::Text {
        name: "test".to_owned(),
        text: b"enable-debug-command yes".to_vec(),
    };
    let config = Config::load(&[text], &mut |_| Err("no files".to_owned())).expect("a setting");
    let mut server = Loopback::new(config);
    let client = server.connect();
    let sleep = "DEBUG SLEEP 0.01\r\n";
    let replies = server.call(client, format!("{sleep}{sleep}{sleep}PING\r\n").as_bytes());
    assert_eq!(replies, b"+OK\r\n+OK\r\n+OK\r\n+PONG\r\n");
}
