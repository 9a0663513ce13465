//! MIGRATE with another server that does as the test says.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::rc::Rc;

use russet_io::{ConnId, Dial};
use russet_node::Config;
use russet_node::loopback::{Answer, Loopback, Said};
use russet_resp::{ReplyDecoder, Value};

use crate::journal::Reader;

/// Requests of the node to the other server: connections, and bytes by their connection.
#[derive(Default)]
struct Heard {
    dials: Vec<Dial>,
    bytes: Vec<(u32, Vec<u8>)>,
}

impl Heard {
    /// The requests of one message, without the bytes of values.
    fn requests(&self, message: usize) -> Vec<String> {
        requests(&self.bytes[message].1)
    }
}

struct Bench {
    server: Loopback,
    client: ConnId,
    heard: Rc<RefCell<Heard>>,
}

impl Bench {
    /// A node with two keys, and another server that answers each connection or message with the
    /// next of these.
    fn new(answers: Vec<Answer>) -> Self {
        let mut server = Loopback::new(Config::default());
        let heard = Rc::<RefCell<Heard>>::default();
        let (seen, mut answers) = (Rc::clone(&heard), answers.into_iter().peekable());
        server.on_dial(move |said| match said {
            Said::Dial(dial) => {
                seen.borrow_mut().dials.push(dial.clone());
                let is_refused = |answer: &Answer| matches!(answer, Answer::Refuse(_));
                answers.next_if(is_refused).unwrap_or(Answer::Nothing)
            }
            Said::Bytes(link, bytes) => {
                seen.borrow_mut().bytes.push((link, bytes.to_vec()));
                answers.next().unwrap_or(Answer::Nothing)
            }
        });
        let client = server.connect();
        server.call(client, b"MSET a 1 b 2\r\n");
        Self {
            server,
            client,
            heard,
        }
    }

    fn call(&mut self, request: &str) -> String {
        let replies = self.server.call(self.client, request.as_bytes());
        String::from_utf8(replies).expect("replies here are text")
    }

    /// The number of connections that are kept, as INFO says.
    fn kept(&mut self) -> String {
        let info = self.call("INFO stats\r\n");
        let field = info
            .lines()
            .find_map(|line| line.strip_prefix("migrate_cached_sockets:"));
        field.expect("a field of INFO").to_owned()
    }
}

fn answered(answer: &str) -> Answer {
    Answer::Bytes(answer.as_bytes().to_vec())
}

/// The requests in these bytes, without the bytes of values.
fn requests(mut bytes: &[u8]) -> Vec<String> {
    let mut decoder = ReplyDecoder::new();
    let mut requests = Vec::new();
    while let Some(Value::Array(words)) = decoder.decode(&mut bytes).expect("requests") {
        let words: Vec<_> = words
            .iter()
            .map(|word| String::from_utf8_lossy(word.as_bytes().expect("a bulk")).into_owned())
            .map(|word| {
                if word.contains('\0') {
                    "…".to_owned()
                } else {
                    word
                }
            })
            .collect();
        requests.push(words.join(" "));
    }
    requests
}

const BOTH: &str = "MIGRATE h 7 \"\" 9 50 KEYS a none b\r\n";

#[test]
fn keys_that_arrived_are_deleted_and_recorded_as_one_del() {
    let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n+OK\r\n")]);
    let mut reader = Reader::new(&mut bench.server);
    bench.call("PEXPIRE b 700\r\n");
    reader.units(&mut bench.server);
    assert_eq!(bench.call(BOTH), "+OK\r\n");
    assert_eq!(bench.call("EXISTS a b\r\n"), ":0\r\n");
    let units = reader.units(&mut bench.server);
    assert_eq!((units.len(), units[0].len()), (1, 1));
    assert_eq!(units[0][0].words(), "DEL a b");
    let heard = bench.heard.borrow();
    let dial = &heard.dials[0];
    assert_eq!(
        (dial.host.as_str(), dial.port, dial.timeout_ms),
        ("h", 7, 50)
    );
    let sent = heard.requests(0);
    assert_eq!(sent, ["SELECT 9", "RESTORE a 0 …", "RESTORE b 700 …"]);
}

#[test]
fn an_error_for_one_key_keeps_that_key() {
    let answer = "+OK\r\n-BUSYKEY Target key name already exists.\r\n+OK\r\n";
    let mut bench = Bench::new(vec![answered(answer)]);
    let error = "-ERR Target instance replied with error: BUSYKEY Target key name already exists.";
    assert_eq!(bench.call(BOTH), format!("{error}\r\n"));
    assert_eq!(bench.call("MGET a b\r\n"), "*2\r\n$1\r\n1\r\n$-1\r\n");
    assert!(
        bench
            .call("INFO errorstats\r\n")
            .contains("errorstat_ERR:count=1")
    );
    let stats = bench.call("INFO commandstats\r\n");
    let line = stats
        .lines()
        .find(|line| line.starts_with("cmdstat_migrate:"));
    let line = line.expect("it was called");
    assert!(
        line.contains(":calls=1,") && line.ends_with("failed_calls=1"),
        "{line}"
    );
}

#[test]
fn an_error_of_auth_or_select_keeps_every_key() {
    let answer = "-WRONGPASS no\r\n+OK\r\n+OK\r\n";
    let mut bench = Bench::new(vec![answered(answer)]);
    let reply = bench.call("MIGRATE h 7 a 9 50 AUTH2 me secret\r\n");
    assert_eq!(
        reply,
        "-ERR Target instance replied with error: WRONGPASS no\r\n"
    );
    assert_eq!(bench.call("EXISTS a\r\n"), ":1\r\n");
    let sent = bench.heard.borrow().requests(0);
    assert_eq!(sent, ["AUTH me secret", "SELECT 9", "RESTORE a 0 …"]);
}

#[test]
fn copies_stay_and_replace_is_passed_on() {
    let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n")]);
    let request = "MIGRATE h 7 a 9 0 COPY REPLACE AUTH p\r\n";
    assert_eq!(bench.call(request), "");
    bench.server.advance(999);
    assert_eq!(bench.call(""), "");
    bench.server.advance(1);
    assert_eq!(
        bench.call(""),
        "-IOERR error or timeout reading to target instance\r\n"
    );
    assert_eq!(bench.call("EXISTS a\r\n"), ":1\r\n");
    let heard = bench.heard.borrow();
    assert_eq!(heard.requests(0)[2], "RESTORE a 0 … REPLACE");
    assert_eq!(heard.dials[0].timeout_ms, 1_000);
}

#[test]
fn what_breaks_off_says_where_and_deletes_what_was_acknowledged() {
    let mut bench = Bench::new(vec![
        Answer::Refuse(ErrorKind::TimedOut),
        Answer::Refuse(ErrorKind::ConnectionRefused),
        Answer::Close(b"+OK\r\n+OK\r\n+O".to_vec()),
    ]);
    let told = |what| format!("-IOERR error or timeout {what}\r\n");
    assert_eq!(bench.call(BOTH), told("connecting to the client"));
    assert_eq!(bench.call(BOTH), told("writing to target instance"));
    assert_eq!(bench.call("EXISTS a b\r\n"), ":2\r\n");
    assert_eq!(bench.call(BOTH), told("reading to target instance"));
    assert_eq!(bench.call("MGET a b\r\n"), "*2\r\n$-1\r\n$1\r\n2\r\n");
}

#[test]
fn each_reply_has_the_timeout_of_its_own_to_the_microsecond() {
    let mut bench = Bench::new(Vec::new());
    bench.call(BOTH);
    for _ in 0..2 {
        bench.server.advance_us(49_999);
        assert_eq!(bench.call(""), "");
        bench.server.link_says(0, answered("+OK\r\n"));
    }
    bench.server.link_says(0, answered("+O"));
    bench.server.advance_us(49_999);
    assert_eq!(bench.call(""), "");
    bench.server.advance_us(1);
    let error = "-IOERR error or timeout reading to target instance\r\n";
    assert_eq!(bench.call(""), error);
    assert_eq!(bench.call("EXISTS a b\r\n"), ":1\r\n");
}

#[test]
fn a_connection_is_kept_with_its_database_until_an_error_or_rest() {
    let mut bench = Bench::new(vec![
        answered("+OK\r\n+OK\r\n"),
        answered("+OK\r\n"),
        answered("+OK\r\n-ERR\r\n"),
        answered("+OK\r\n+OK\r\n"),
    ]);
    assert_eq!(bench.kept(), "0");
    for db in [9, 9, 8, 8] {
        bench.call(&format!("MIGRATE h 7 a {db} 50 COPY\r\n"));
    }
    assert_eq!(bench.kept(), "1");
    let heard = Rc::clone(&bench.heard);
    assert_eq!(heard.borrow().dials.len(), 1);
    let first = |message| heard.borrow().requests(message)[0].clone();
    let firsts: Vec<String> = (0..4).map(first).collect();
    let restore = "RESTORE a 0 …".to_owned();
    assert_eq!(firsts, ["SELECT 9", &restore, "SELECT 8", "SELECT 8"]);
    bench.server.advance(10_000);
    assert_eq!(bench.kept(), "1");
    bench.server.advance(1_000);
    assert_eq!(bench.kept(), "0");
}

#[test]
fn a_kept_connection_that_says_something_or_ends_is_not_used_again() {
    for answer in [answered("+"), Answer::Close(Vec::new())] {
        let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n"), answered("+OK\r\n+OK\r\n")]);
        let request = "MIGRATE h 7 a 9 50 COPY\r\n";
        assert_eq!(bench.call(request), "+OK\r\n");
        bench.server.link_says(0, answer);
        assert_eq!(bench.kept(), "0");
        assert_eq!(bench.call(request), "+OK\r\n");
        assert_eq!(bench.heard.borrow().dials.len(), 2);
    }
}

#[test]
fn a_second_attempt_says_all_again_and_its_connection_takes_the_place() {
    let mut bench = Bench::new(vec![
        answered("+OK\r\n+OK\r\n"),
        Answer::Close(Vec::new()),
        answered("+OK\r\n+OK\r\n"),
        answered("+OK\r\n"),
    ]);
    for _ in 0..3 {
        assert_eq!(bench.call("MIGRATE h 7 a 9 50 COPY\r\n"), "+OK\r\n");
    }
    let heard = bench.heard.borrow();
    let links: Vec<u32> = heard.bytes.iter().map(|(link, _)| *link).collect();
    assert_eq!(links, [0, 0, 1, 1]);
    assert_eq!(heard.requests(1), ["RESTORE a 0 …"]);
    assert_eq!(heard.requests(2), ["SELECT 9", "RESTORE a 0 …"]);
    assert_eq!(heard.requests(3), ["RESTORE a 0 …"]);
}

#[test]
fn nothing_runs_between_reading_and_deleting() {
    let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n")]);
    let reply = bench.call("MIGRATE h 7 a 9 50\r\nEXISTS a\r\nSET a new\r\nGET a\r\n");
    assert_eq!(reply, "+OK\r\n:0\r\n+OK\r\n$3\r\nnew\r\n");
}

#[test]
fn a_transaction_stays_one_unit() {
    let mut bench = Bench::new(vec![
        answered("+OK\r\n+OK\r\n"),
        Answer::Refuse(ErrorKind::ConnectionRefused),
        answered("+OK\r\n+OK\r\n"),
    ]);
    let mut reader = Reader::new(&mut bench.server);
    let reply = bench.call(
        "MULTI\r\nSET c 3\r\nMIGRATE h 7 a 9 50\r\nMIGRATE h 8 c 9 50\r\nMIGRATE h 8 b 9 50\r\n\
         DEL c\r\nEXEC\r\nPING\r\n",
    );
    let (_, replies) = reply
        .split_once("*5\r\n")
        .expect("the replies of a transaction");
    let error = "-IOERR error or timeout writing to target instance";
    assert_eq!(
        replies,
        format!("+OK\r\n+OK\r\n{error}\r\n+OK\r\n:1\r\n+PONG\r\n")
    );
    let units = reader.units(&mut bench.server);
    assert_eq!(units.len(), 1);
    let names: Vec<_> = units[0]
        .iter()
        .map(|record| String::from_utf8_lossy(&record.request.args()[0]).into_owned())
        .collect();
    assert_eq!(names, ["SET", "DEL", "DEL", "DEL"]);
}

#[test]
fn who_watches_and_who_wants_silence_are_heard() {
    let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n"), answered("+OK\r\n")]);
    let other = bench.server.connect();
    bench.server.call(other, b"WATCH a\r\nMULTI\r\nPING\r\n");
    assert_eq!(
        bench.call("CLIENT REPLY SKIP\r\nMIGRATE h 7 a 9 50\r\nPING\r\n"),
        "+PONG\r\n"
    );
    assert_eq!(bench.server.call(other, b"EXEC\r\n"), b"*-1\r\n");
    let reply = bench.call("CLIENT REPLY OFF\r\nMIGRATE h 7 b 9 50\r\nPING\r\nCLIENT REPLY ON\r\n");
    assert_eq!(reply, "+OK\r\n");
    assert_eq!(bench.call("DBSIZE\r\n"), ":0\r\n");
}

#[test]
fn keyspace_events_tell_of_what_left() {
    let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n+OK\r\n")]);
    bench.server.node().keep_events(true);
    bench.call("CONFIG SET notify-keyspace-events Egm\r\n");
    bench.call(BOTH);
    let events = bench.server.node().take_events();
    let events: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event.event,
                String::from_utf8_lossy(&event.key).into_owned(),
            )
        })
        .collect();
    let expected = [("keymiss", "none"), ("del", "a"), ("del", "b")];
    assert_eq!(events, expected.map(|(event, key)| (event, key.to_owned())));
}

#[test]
fn others_wait_for_the_end_but_for_what_may_run_beside_it() {
    let mut bench = Bench::new(Vec::new());
    let other = bench.server.connect();
    assert_eq!(bench.call("MIGRATE h 7 a 9 50\r\nEXISTS a\r\n"), "");
    let replies = bench
        .server
        .call(other, b"WATCH b\r\nEXISTS a\r\nSET a new\r\n");
    assert_eq!(replies, b"+OK\r\n");
    assert_eq!(
        bench.server.call(other, b"AUTH x\r\n"),
        b"",
        "what is behind it waits"
    );
    bench.server.link_says(0, answered("+OK\r\n+OK\r\n"));
    let mut replies = Vec::new();
    bench.server.receive_into(other, &mut replies);
    assert!(replies.starts_with(b":0\r\n+OK\r\n-ERR AUTH"));
    let mut replies = Vec::new();
    bench.server.receive_into(bench.client, &mut replies);
    // Who goes on first afterwards is not said.
    assert!(replies == b"+OK\r\n:0\r\n" || replies == b"+OK\r\n:1\r\n");
    assert_eq!(bench.call("GET a\r\n"), "$3\r\nnew\r\n");
}

#[test]
fn time_changes_no_data_while_keys_are_on_their_way() {
    let mut bench = Bench::new(Vec::new());
    let other = bench.server.connect();
    bench
        .server
        .call(other, b"SET e 1 PX 10\r\nBLPOP nothing 0.02\r\n");
    bench.call("MIGRATE h 7 a 9 50\r\n");
    bench.server.advance(40);
    assert_eq!(
        bench.server.call(other, b""),
        b"",
        "its wait ends afterwards"
    );
    bench.server.link_says(0, answered("+OK\r\n+OK\r\n"));
    bench.server.advance(1);
    assert_eq!(bench.server.call(other, b""), b"*-1\r\n");
    assert_eq!(bench.call("EXISTS e\r\n"), "+OK\r\n:0\r\n");
}

#[test]
fn a_client_that_goes_meanwhile_leaves_its_unit_whole() {
    let mut bench = Bench::new(Vec::new());
    let mut reader = Reader::new(&mut bench.server);
    bench.call("MULTI\r\nMIGRATE h 7 a 9 50\r\nSET c 3\r\nEXEC\r\n");
    bench.server.hang_up(bench.client);
    // Its place may have another user at once.
    let other = bench.server.connect();
    assert_eq!(bench.server.call(other, b"GET c\r\n"), b"");
    bench.server.link_says(0, answered("+OK\r\n+OK\r\n"));
    assert_eq!(bench.server.call(other, b""), b"$1\r\n3\r\n");
    let units = reader.units(&mut bench.server);
    let names: Vec<String> = units
        .iter()
        .flatten()
        .map(|record| record.words())
        .collect();
    assert_eq!(
        (units.len(), names),
        (1, vec!["DEL a".to_owned(), "SET c 3".to_owned()])
    );
}
