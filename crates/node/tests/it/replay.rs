//! The journal repeats the data: a node that is fed its bytes has what the first one has, at any
//! moment.
//!
//! The clock of the second node stands still, and nothing expires in it by itself: what expired in
//! the first must be gone by its records.
//! Not here: consumers of streams, who may come without a record, as in Redis.

use proptest::prelude::*;
use proptest::sample::Index;
use russet_io::ConnId;
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_resp::ArgBuf;

use crate::journal::{Reader, requests};

/// Requests; of each word that begins with `$` one of the few values is taken.
///
/// `$k` and `$l` are keys, `$f` and `$g` fields, members or elements, `$n` a small number, `$t` a
/// span of a few milliseconds, `$s` a stream, `$h` a hash.
const REQUESTS: &[&str] = &[
    "SET $k $n",
    "SET $k $n PX $t",
    "SET $k $n KEEPTTL",
    "PSETEX $k $t $n",
    "GETEX $k PX $t",
    "GET $k",
    "GETDEL $k",
    "APPEND $k $n",
    "INCR $k",
    "INCRBYFLOAT $k 0.5",
    "MGET $k $l",
    "MSETNX $k 1 $l 2",
    "DEL $k $l",
    "RENAME $k $l",
    "RENAMENX $k $l",
    "COPY $k $l REPLACE",
    "COPY $k $l DB 1",
    "MOVE $k 1",
    "SWAPDB 0 1",
    "PEXPIRE $k $t",
    "PEXPIRE $k $t GT",
    "PERSIST $k",
    "EXPIREAT $k 1",
    "SADD $k $f $g $n",
    "SPOP $k",
    "SPOP $k $n",
    "SMOVE $k $l $f",
    "SUNIONSTORE $k $k $l",
    "RPUSH $k $f $g",
    "LMOVE $k $l LEFT RIGHT",
    "LPOP $k",
    "BLPOP $k $l 0.001",
    "ZADD $k $n $f $n $g",
    "ZPOPMIN $k",
    "ZUNIONSTORE $k 2 $k $l",
    "SORT $k ALPHA STORE $l",
    "HSET $h $f $n",
    "HSET $h $f $n $g $n",
    "HSETNX $h $f $n",
    "HDEL $h $f",
    "HINCRBY $h $f 1",
    "HINCRBYFLOAT $h $f 1",
    "HPEXPIRE $h $t FIELDS 2 $f $g",
    "HPEXPIRE $h $t NX FIELDS 2 $f $g",
    "HPERSIST $h FIELDS 1 $f",
    "HPERSIST $h FIELDS 2 $f $g",
    "HGETDEL $h FIELDS 1 $f",
    "HGETEX $h PX $t FIELDS 2 $f $g",
    "HSETEX $h PX $t FIELDS 2 $f 1 $g 2",
    "HSETEX $h FNX KEEPTTL FIELDS 1 $f 1",
    "HSETEX $h KEEPTTL FIELDS 2 $f 1 $g 2",
    "HMGET $h $f $g",
    "HRANDFIELD $h 2",
    "XADD $s * $f $n",
    "XADD $s MAXLEN 3 * $f $n",
    "XGROUP CREATE $s g 0 MKSTREAM",
    "XGROUP CREATECONSUMER $s g $f",
    "XDEL $s 1704067200000-0",
    "XTRIM $s MAXLEN $n",
    "PEXPIRE $s $t",
    "MULTI",
    "EXEC",
    "EXEC",
    "SELECT 0",
    "SELECT 1",
    "WATCH $k",
];

/// One request: which, the choice of its words, and how long time passes before it.
type Step = (Index, [u8; 4], u64);

fn word(word: &str, choice: u8) -> String {
    let few = |names: &[&str]| names[usize::from(choice) % names.len()].to_owned();
    match word {
        "$k" => few(&["a", "b", "h"]),
        "$l" => few(&["b", "h", "a"]),
        "$h" => few(&["h", "i"]),
        "$s" => few(&["s", "b"]),
        "$f" => few(&["f", "g", "7"]),
        "$g" => few(&["g", "i", "8"]),
        "$n" => (choice % 4).to_string(),
        "$t" => (1 + choice % 12).to_string(),
        word => word.to_owned(),
    }
}

fn request(template: &str, choices: [u8; 4]) -> ArgBuf {
    let words = template.split(' ').enumerate();
    // Words of one request choose apart from each other.
    let words = words.map(|(at, text)| word(text, choices[at % 4].rotate_left(at as u32)));
    words.collect()
}

struct Peer {
    server: Loopback,
    client: ConnId,
}

impl Peer {
    fn new() -> Self {
        let text = b"enable-debug-command local\nhash-max-listpack-entries 2\n";
        let text = Text {
            name: "settings".to_owned(),
            text: text.to_vec(),
        };
        let config = Config::load(&[text], &mut |_| Err(String::new())).expect("the text is right");
        let mut server = Loopback::new(config);
        let client = server.connect();
        Self { server, client }
    }

    fn ask(&mut self, request: &ArgBuf) -> Vec<u8> {
        let args = request.args();
        let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
        for arg in args.iter() {
            bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            bytes.extend_from_slice(arg);
            bytes.extend_from_slice(b"\r\n");
        }
        self.server.call(self.client, &bytes)
    }

    /// The signature of all data; asked by another client, whatever this one is in.
    fn digest(&mut self) -> String {
        let other = self.server.connect();
        let reply = self.server.call(other, b"DEBUG DIGEST\r\n");
        self.server.hang_up(other);
        String::from_utf8(reply).expect("a signature is text")
    }
}

fn text(request: &ArgBuf) -> String {
    let args = request.args();
    let words = args.iter().map(String::from_utf8_lossy);
    words.collect::<Vec<_>>().join(" ")
}

fn check(steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut first, mut second) = (Peer::new(), Peer::new());
    let reader = Reader::new(&mut first.server);
    let mut told = String::new();
    for (which, choices, pause_ms) in steps {
        first.server.advance(*pause_ms);
        let template = which.get(REQUESTS);
        let asked = request(template, *choices);
        first.ask(&asked);
        told += &format!("+{pause_ms}ms {}\n", text(&asked));
        // A wait ends, and whatever is due goes.
        first.server.advance(2);
        let before = first.server.node().journal_end();
        let bytes = reader.bytes(&mut first.server);
        for record in requests(&bytes) {
            told += &format!("    {}\n", text(&record));
        }
        let after = first.server.node().journal_end();
        prop_assert_eq!(before, after, "reading moves nothing");
        let replies = second.server.call(second.client, &bytes);
        let is_error = |line: &[u8]| line.starts_with(b"-");
        prop_assert!(
            !replies.split(|byte| *byte == b'\n').any(is_error),
            "{told}"
        );
        prop_assert_eq!(first.digest(), second.digest(), "{}", told);
    }
    Ok(())
}

// `PROPTEST_CASES` sets the number of cases.
proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whoever_is_fed_the_journal_has_the_same_data(
        steps in prop::collection::vec((any::<Index>(), any::<[u8; 4]>(), 0_u64..8), 1..80),
    ) {
        check(&steps)?;
    }
}
