//! MIGRATE with another server that does as the test says.

use std::cell::RefCell;
use std::rc::Rc;

use russet_io::{Attempt, ConnId, Exchange, Exchanged, LinkId, Phase, Service, Source};
use russet_node::Config;
use russet_node::loopback::Loopback;
use russet_resp::{ReplyDecoder, Value};

/// The exchanges that the node asked for.
type Asked = Rc<RefCell<Vec<Exchange>>>;

struct Bench {
    server: Loopback,
    client: ConnId,
    asked: Asked,
}

impl Bench {
    /// A node with two keys, and a peer that answers each exchange with the next of these.
    fn new(ends: Vec<Exchanged>) -> Self {
        let mut server = Loopback::new(Config::default());
        let asked = Asked::default();
        let (seen, mut ends) = (Rc::clone(&asked), ends.into_iter());
        server.on_exchange(move |exchange| {
            seen.borrow_mut().push(exchange.clone());
            ends.next().expect("one more exchange than the test has")
        });
        let client = server.connect();
        server.call(client, b"MSET a 1 b 2\r\n");
        Self {
            server,
            client,
            asked,
        }
    }

    fn call(&mut self, request: &str) -> String {
        let replies = self.server.call(self.client, request.as_bytes());
        String::from_utf8(replies).expect("replies here are text")
    }

    fn first_attempts(&self) -> Vec<Attempt> {
        let asked = self.asked.borrow();
        asked
            .iter()
            .map(|exchange| exchange.attempts[0].clone())
            .collect()
    }

    /// What INFO says of connections that are kept.
    fn kept(&mut self) -> String {
        let info = self.call("INFO stats\r\n");
        let field = info
            .lines()
            .find_map(|line| line.strip_prefix("migrate_cached_sockets:"));
        field.expect("a field of INFO").to_owned()
    }
}

fn answered(answer: &str) -> Exchanged {
    Exchanged {
        attempt: 0,
        answer: answer.as_bytes().to_vec(),
        broken: None,
        is_kept: true,
        took_us: 5,
    }
}

fn broken(answer: &str, phase: Phase) -> Exchanged {
    Exchanged {
        broken: Some(phase),
        is_kept: false,
        ..answered(answer)
    }
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
fn keys_that_arrived_are_deleted_and_logged_as_one_del() {
    let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n+OK\r\n")]);
    bench.server.node().keep_records(true);
    bench.call("PEXPIRE b 700\r\n");
    bench.server.node().take_records();
    assert_eq!(bench.call(BOTH), "+OK\r\n");
    assert_eq!(bench.call("EXISTS a b\r\n"), ":0\r\n");
    let units = bench.server.node().take_records();
    assert_eq!(units.len(), 1);
    let words: Vec<_> = units[0][0]
        .request
        .args()
        .iter()
        .map(<[u8]>::to_vec)
        .collect();
    assert_eq!(words, [b"DEL".to_vec(), b"a".to_vec(), b"b".to_vec()]);
    let asked = bench.asked.borrow();
    assert_eq!((asked[0].host.as_str(), asked[0].port), ("h", 7));
    assert_eq!((asked[0].timeout_ms, asked[0].lines), (50, 2));
    assert_eq!(
        requests(&asked[0].load),
        ["RESTORE a 0 …", "RESTORE b 700 …"]
    );
    assert_eq!(requests(&asked[0].attempts[0].opening), ["SELECT 9"]);
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
    let attempts = bench.first_attempts();
    assert_eq!(
        requests(&attempts[0].opening),
        ["AUTH me secret", "SELECT 9"]
    );
    assert_eq!(attempts[0].lines, 2);
}

#[test]
fn copies_stay_and_replace_is_passed_on() {
    let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n")]);
    assert_eq!(
        bench.call("MIGRATE h 7 a 9 0 COPY REPLACE AUTH p\r\n"),
        "-IOERR error or timeout reading to target instance\r\n"
    );
    assert_eq!(bench.call("EXISTS a\r\n"), ":1\r\n");
    let asked = bench.asked.borrow();
    assert_eq!(requests(&asked[0].load), ["RESTORE a 0 … REPLACE"]);
    assert_eq!(asked[0].timeout_ms, 1_000);
}

#[test]
fn what_breaks_off_says_where_and_deletes_what_was_acknowledged() {
    let mut bench = Bench::new(vec![
        broken("", Phase::Connecting),
        broken("", Phase::Writing),
        broken("+OK\r\n+OK\r\n+O", Phase::Reading),
    ]);
    let told = |what| format!("-IOERR error or timeout {what}\r\n");
    assert_eq!(bench.call(BOTH), told("connecting to the client"));
    assert_eq!(bench.call(BOTH), told("writing to target instance"));
    assert_eq!(bench.call("EXISTS a b\r\n"), ":2\r\n");
    assert_eq!(bench.call(BOTH), told("reading to target instance"));
    assert_eq!(bench.call("MGET a b\r\n"), "*2\r\n$-1\r\n$1\r\n2\r\n");
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
    let attempts = bench.first_attempts();
    let first = LinkId(1);
    assert_eq!((attempts[0].link, attempts[0].source), (first, Source::New));
    assert!(
        attempts[1..]
            .iter()
            .all(|one| (one.link, one.source) == (first, Source::Kept))
    );
    let selected: Vec<_> = attempts
        .iter()
        .map(|one| requests(&one.opening).concat())
        .collect();
    assert_eq!(selected, ["SELECT 9", "", "SELECT 8", "SELECT 8"]);
    bench.server.advance(10_000);
    assert_eq!(bench.kept(), "1");
    bench.server.advance(1_000);
    assert_eq!(bench.kept(), "0");
}

#[test]
fn a_second_attempt_says_all_again_and_its_connection_takes_the_place() {
    let second = Exchanged {
        attempt: 1,
        ..answered("+OK\r\n+OK\r\n")
    };
    let mut bench = Bench::new(vec![
        answered("+OK\r\n+OK\r\n"),
        second,
        answered("+OK\r\n"),
    ]);
    for _ in 0..3 {
        assert_eq!(bench.call("MIGRATE h 7 a 9 50 COPY\r\n"), "+OK\r\n");
    }
    let asked = bench.asked.borrow();
    let retry = &asked[1].attempts;
    assert_eq!((retry[0].source, retry[0].lines), (Source::Kept, 0));
    assert_eq!((retry[1].source, retry[1].lines), (Source::New, 1));
    assert_eq!(asked[2].attempts[0].link, retry[1].link);
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
        broken("", Phase::Writing),
        answered("+OK\r\n+OK\r\n"),
    ]);
    bench.server.node().keep_records(true);
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
    let units = bench.server.node().take_records();
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
fn what_others_sent_in_the_same_turn_waits_for_the_end() {
    let mut bench = Bench::new(vec![answered("+OK\r\n+OK\r\n")]);
    let other = bench.server.connect();
    let node = bench.server.node();
    let request = b"MIGRATE h 7 a 9 50\r\nEXISTS a\r\n";
    node.space(bench.client)[..request.len()].copy_from_slice(request);
    node.received(bench.client, request.len());
    let replies = bench.server.call(other, b"EXISTS a\r\nSET a new\r\n");
    assert_eq!(replies, b":0\r\n+OK\r\n");
    let mut replies = Vec::new();
    bench.server.receive_into(bench.client, &mut replies);
    // Who goes on first afterwards is not said.
    assert!(replies == b"+OK\r\n:0\r\n" || replies == b"+OK\r\n:1\r\n");
    assert_eq!(bench.call("GET a\r\n"), "$3\r\nnew\r\n");
}
