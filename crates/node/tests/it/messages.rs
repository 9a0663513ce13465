//! Messages: what receivers hear, in which order, whatever is gathered on the way.

use russet_node::loopback::Loopback;

fn server() -> Loopback {
    Loopback::new(Default::default())
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it is text")
}

/// The payloads of a stream of messages.
fn payloads(heard: &str) -> Vec<&str> {
    let words: Vec<&str> = heard.split("\r\n").collect();
    let is_start = |word: &&str| word.starts_with(['*', '>']);
    let starts = words.iter().enumerate().filter(|(_, word)| is_start(word));
    starts.map(|(at, _)| words[at + 6]).collect()
}

#[test]
fn messages_to_several_channels_keep_their_order() {
    let mut server = server();
    let (listener, publisher) = (server.connect(), server.connect());
    server.call(listener, b"SUBSCRIBE a b\r\nSSUBSCRIBE a\r\n");
    let requests = b"PUBLISH a 1\r\nPUBLISH a 2\r\nPUBLISH b 3\r\nSPUBLISH a 4\r\nPUBLISH a 5\r\n\
        MULTI\r\nPUBLISH a 6\r\nPUBLISH b 7\r\nEXEC\r\nPUBLISH b 8\r\n";
    let replies = text(server.call(publisher, requests));
    assert_eq!(replies.matches(":1\r\n").count(), 8, "{replies}");
    let heard = text(server.call(listener, b""));
    assert_eq!(payloads(&heard), ["1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[test]
fn each_receiver_has_the_form_of_its_protocol() {
    let mut server = server();
    let (old, new, publisher) = (server.connect(), server.connect(), server.connect());
    server.call(old, b"SUBSCRIBE a\r\n");
    server.call(new, b"HELLO 3\r\nSUBSCRIBE a\r\n");
    server.call(publisher, b"PUBLISH a x\r\nPUBLISH a *3\r\n");
    let message = "3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n";
    let second = "3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\n*3\r\n";
    let old = text(server.call(old, b""));
    assert_eq!(old, format!("*{message}*{second}"));
    let new = text(server.call(new, b""));
    assert_eq!(new, format!(">{message}>{second}"));
}

#[test]
fn a_client_that_publishes_to_itself_hears_each_message_behind_its_reply() {
    let mut server = server();
    let client = server.connect();
    server.call(client, b"HELLO 3\r\nSUBSCRIBE a\r\n");
    let heard = text(server.call(client, b"PUBLISH a x\r\nPING\r\nPUBLISH a y\r\nPING\r\n"));
    let message = |payload| format!(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n{payload}\r\n");
    let expected = format!(
        ":1\r\n{}+PONG\r\n:1\r\n{}+PONG\r\n",
        message("x"),
        message("y")
    );
    assert_eq!(heard, expected);
}

#[test]
fn a_subscription_in_the_same_transaction_hears_what_follows_it_only() {
    let mut server = server();
    let (client, other) = (server.connect(), server.connect());
    server.call(other, b"SUBSCRIBE a\r\n");
    server.call(client, b"HELLO 3\r\n");
    let requests = b"MULTI\r\nPUBLISH a x\r\nSUBSCRIBE a\r\nPUBLISH a y\r\nUNSUBSCRIBE a\r\n\
        PUBLISH a z\r\nEXEC\r\n";
    let heard = text(server.call(client, requests));
    assert_eq!(heard.matches("message").count(), 1, "{heard}");
    assert!(heard.ends_with("$1\r\na\r\n$1\r\ny\r\n"), "{heard}");
    assert_eq!(payloads(&text(server.call(other, b""))), ["x", "y", "z"]);
}

#[test]
fn many_and_long_messages_arrive_whole() {
    let mut server = server();
    let (listener, publisher) = (server.connect(), server.connect());
    server.call(listener, b"SUBSCRIBE a\r\n");
    let mut expected = Vec::new();
    let mut requests = Vec::new();
    for index in 0..300_usize {
        let payload = format!("{index}:{}", "x".repeat(index * index % 30_000));
        requests.extend_from_slice(format!("PUBLISH a {payload}\r\n").as_bytes());
        expected.push(payload);
    }
    server.call(publisher, &requests);
    let heard = text(server.call(listener, b""));
    assert_eq!(payloads(&heard), expected);
}

#[test]
fn a_message_to_a_client_reaches_nobody_whom_it_serves() {
    let mut server = server();
    let (waiting, tracking) = (server.connect(), server.connect());
    server.call(waiting, b"BLPOP list 0\r\n");
    let setup = b"HELLO 3\r\nCLIENT TRACKING on\r\nGET key\r\n";
    server.call(tracking, setup);
    let unit = b"MULTI\r\nSET key v\r\nRPUSH list v\r\nEXEC\r\n";
    let own = text(server.call(tracking, unit));
    let invalidation = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nkey\r\n";
    assert!(
        own.ends_with(&format!("+OK\r\n:1\r\n{invalidation}")),
        "{own}"
    );
    let served = text(server.call(waiting, b""));
    assert_eq!(served, "*2\r\n$4\r\nlist\r\n$1\r\nv\r\n");
}

#[test]
fn what_a_client_gets_keeps_its_connection_open() {
    let mut server = server();
    let (waiting, silent, main) = (server.connect(), server.connect(), server.connect());
    server.call(
        main,
        b"CONFIG SET timeout 10\r\nHELLO 3\r\nSUBSCRIBE any\r\n",
    );
    server.call(waiting, b"BLPOP list 0\r\n");
    server.call(silent, b"PING\r\n");
    server.advance(9_000);
    server.call(main, b"PING\r\n");
    assert!(!server.is_closed(silent));
    server.advance(9_000);
    assert!(server.is_closed(silent), "it said nothing for 18 seconds");
    assert_eq!(text(server.call(main, b"RPUSH list v\r\n")), ":1\r\n");
    server.call(waiting, b"");
    server.advance(9_000);
    assert!(!server.is_closed(waiting), "it got something 9 seconds ago");
    server.advance(9_000);
    assert!(server.is_closed(waiting));
}

#[test]
fn clients_that_are_idle_together_are_not_closed_all_at_once() {
    let mut server = server();
    let main = server.connect();
    let idle: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    server.call(main, b"CONFIG SET timeout 10\r\n");
    server.advance(10_000);
    let mut longest = 0;
    let mut closed = 0;
    for _ in 0..10 {
        server.advance(100);
        let now = idle.iter().filter(|conn| server.is_closed(**conn)).count();
        longest = longest.max(now - closed);
        closed = now;
    }
    assert_eq!(closed, 1000);
    assert!((1..=256).contains(&longest), "{longest}");
}

#[test]
fn a_subscriber_that_loses_its_channels_by_its_own_request_hears_nothing_more() {
    let mut server = server();
    let (listener, publisher) = (server.connect(), server.connect());
    server.call(
        listener,
        b"HELLO 3\r\nACL SETUSER ann on nopass +@all &a\r\nAUTH ann any\r\nSUBSCRIBE a\r\n",
    );
    // Both requests run in one turn: when the pause ends.
    server.call(publisher, b"CLIENT PAUSE 100\r\n");
    server.send(listener, b"ACL SETUSER ann resetchannels\r\n");
    server.send(publisher, b"PUBLISH a secret\r\n");
    server.advance(101);
    let mut replies = Vec::new();
    server.receive_into(publisher, &mut replies);
    assert_eq!(text(replies), ":0\r\n");
    assert!(server.is_closed(listener));
}
