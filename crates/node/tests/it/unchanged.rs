//! Requests that change nothing, or less than they look like: what a client that watches the key
//! sees, and how many changes are counted.
//!
//! The rows were asked of Redis 8.0.6, and of Valkey 9.1.2 where that is newer or alone.
//!
//! Always true: every writing command has a row, or is named in [`ALWAYS_CHANGES`].
//! Not here: what the requests answer — the scripts.

use std::collections::BTreeSet;

use russet_io::ConnId;
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_resp::{ReplyDecoder, Value};

/// The outcome for a client that watches `k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watched {
    /// Its EXEC runs.
    Keeps,
    /// Its EXEC answers null.
    Touches,
}
use Watched::{Keeps, Touches};

/// Requests that prepare the data, the request in question, what it does to `k`, and how many
/// changes it counts.
#[rustfmt::skip]
const ROWS: &[(&str, &str, Watched, u64)] = &[
    ("SET k a", "APPEND k ''", Touches, 1),
    ("", "APPEND k ''", Touches, 1),
    ("SET k a", "SETBIT k 1 1", Keeps, 0),
    ("SET k a", "SETBIT k 0 0", Keeps, 0),
    ("SET k a", "BITFIELD k SET u8 0 97", Keeps, 0),
    ("SET k a", "BITFIELD k INCRBY u8 0 0", Keeps, 0),
    ("SET k a", "BITFIELD k OVERFLOW FAIL INCRBY u8 0 255", Keeps, 0),
    ("SET k a", "BITFIELD k GET u8 0", Keeps, 0),
    ("", "BITOP AND k none", Keeps, 0),
    ("SET k a", "BITOP AND k k", Touches, 1),
    ("SET k a", "COPY k k2", Keeps, 1),
    ("SET k a;SET k2 b", "COPY k2 k", Keeps, 0),
    ("", "COPY none k", Keeps, 0),
    ("SET k 1", "DECRBY k 0", Touches, 1),
    ("SET k 1", "INCRBY k 0", Touches, 1),
    ("SET k 1", "INCRBYFLOAT k 0", Touches, 1),
    ("", "DEL k", Keeps, 0),
    ("", "UNLINK k", Keeps, 0),
    ("", "GETDEL k", Keeps, 0),
    ("SET k a", "DELEX k IFEQ b", Keeps, 0),
    ("", "DELEX k", Keeps, 0),
    ("SET k a", "DELIFEQ k b", Keeps, 0),
    ("SET k a", "EXPIRE k 100 XX", Keeps, 0),
    ("SET k a EX 1000", "EXPIRE k 100 GT", Keeps, 0),
    ("SET k a EX 10", "PEXPIRE k 100000 LT", Keeps, 0),
    ("SET k a EX 10", "EXPIREAT k 99999999999 NX", Keeps, 0),
    ("SET k a", "PEXPIREAT k 99999999999999 GT", Keeps, 0),
    ("", "EXPIRE k 100", Keeps, 0),
    ("SET k a", "PERSIST k", Keeps, 0),
    ("", "PERSIST k", Keeps, 0),
    ("SET k a", "GETEX k", Keeps, 0),
    ("SET k a", "GETEX k PERSIST", Keeps, 0),
    ("", "GETEX k EX 100", Keeps, 0),
    ("SET k a", "GETSET k a", Touches, 1),
    ("SET k a", "SET k b NX", Keeps, 0),
    ("", "SET k b XX", Keeps, 0),
    ("SET k a", "SET k b IFEQ c", Keeps, 0),
    ("SET k a", "SETNX k b", Keeps, 0),
    ("SET k a", "SETRANGE k 0 ''", Keeps, 0),
    ("", "SETRANGE k 5 ''", Keeps, 0),
    ("SET k a", "SETRANGE k 0 a", Touches, 1),
    ("SET k a", "MSETNX k b k2 c", Keeps, 0),
    ("SET k a", "MSETEX 1 k b NX", Keeps, 0),
    ("", "MSETEX 1 k b XX", Keeps, 0),
    ("SET k 1", "INCREX k BYINT 0", Touches, 1),
    ("SET k 1", "INCREX k BYINT 10 UBOUND 5", Keeps, 0),
    ("SET k a;SET k2 b", "RENAMENX k2 k", Keeps, 0),
    ("SET k a", "RENAME k k", Keeps, 0),
    ("SET k a", "RENAMENX k k", Keeps, 0),
    ("SET k a;SELECT 1;SET k b;SELECT 0", "MOVE k 1", Keeps, 0),
    ("", "MOVE k 1", Keeps, 0),
    ("SET k a", "SWAPDB 0 0", Keeps, 1),
    ("SET k a", "SWAPDB 1 2", Keeps, 1),
    ("", "SORT none STORE k", Keeps, 0),
    ("", "SORT k", Keeps, 0),
    ("GEOADD k 1 1 a", "GEOADD k NX 2 2 a", Keeps, 0),
    ("GEOADD k 1 1 a", "GEOADD k 1 1 a", Keeps, 0),
    ("GEOADD k 1 1 a", "GEOADD k XX 2 2 b", Keeps, 0),
    ("", "GEOSEARCHSTORE k none FROMLONLAT 1 1 BYRADIUS 1 km", Keeps, 0),
    ("", "GEORADIUS none 1 1 1 km STORE k", Keeps, 0),
    ("", "GEORADIUSBYMEMBER none a 1 km STORE k", Keeps, 0),
    ("HSET k f v", "HDEL k g", Keeps, 0),
    ("", "HDEL k g", Keeps, 0),
    ("HSET k f v", "HSET k f v", Touches, 1),
    ("HSET k f v", "HMSET k f v", Touches, 1),
    ("HSET k f v", "HSETNX k f w", Keeps, 0),
    ("HSET k f 1", "HINCRBY k f 0", Touches, 1),
    ("HSET k f 1", "HINCRBYFLOAT k f 0", Touches, 1),
    ("HSET k f v", "HEXPIRE k 100 XX FIELDS 1 f", Keeps, 0),
    ("HSET k f v;HEXPIRE k 1000 FIELDS 1 f", "HEXPIRE k 100 GT FIELDS 1 f", Keeps, 0),
    ("HSET k f v", "HPEXPIRE k 100000 GT FIELDS 1 f", Keeps, 0),
    ("HSET k f v;HEXPIRE k 10 FIELDS 1 f", "HEXPIREAT k 99999999 NX FIELDS 1 f", Keeps, 0),
    ("HSET k f v;HEXPIRE k 10 FIELDS 1 f", "HPEXPIREAT k 35184372088830 LT FIELDS 1 f", Keeps, 0),
    ("HSET k f v", "HEXPIRE k 100 FIELDS 1 g", Keeps, 0),
    ("HSET k f v", "HEXPIRE k 0 XX FIELDS 1 f", Keeps, 0),
    ("HSET k f v", "HPERSIST k FIELDS 1 f", Keeps, 0),
    ("HSET k f v", "HPERSIST k FIELDS 1 g", Keeps, 0),
    ("HSET k f v", "HGETEX k FIELDS 1 f", Keeps, 0),
    ("HSET k f v", "HGETEX k PERSIST FIELDS 1 f", Keeps, 0),
    ("HSET k f v", "HGETEX k EX 100 FIELDS 1 g", Keeps, 0),
    ("HSET k f v", "HGETDEL k FIELDS 1 g", Keeps, 0),
    ("HSET k f v", "HSETEX k FNX FIELDS 1 f w", Keeps, 0),
    ("HSET k f v", "HSETEX k FXX FIELDS 1 g w", Keeps, 0),
    ("HSET k f v", "HSETEX k KEEPTTL FIELDS 1 f v", Touches, 1),
    ("HSET k f v", "HSETEX k PX 0 FIELDS 1 g v", Keeps, 0),
    ("", "HSETEX k EXAT 1 FIELDS 1 g v", Keeps, 0),
    ("", "LPUSHX k a", Keeps, 0),
    ("RPUSH k a", "LMOVEM none k LEFT LEFT", Keeps, 0),
    ("RPUSH k a", "BLMOVEM none k LEFT LEFT 0.01", Keeps, 0),
    ("", "RPUSHX k a", Keeps, 0),
    ("RPUSH k a b", "LTRIM k 0 -1", Keeps, 0),
    ("", "LTRIM k 0 -1", Keeps, 0),
    ("RPUSH k a b", "LREM k 0 c", Keeps, 0),
    ("RPUSH k a b", "LSET k 0 a", Touches, 1),
    ("RPUSH k a b", "LINSERT k BEFORE c x", Keeps, 0),
    ("", "LINSERT k BEFORE c x", Keeps, 0),
    ("RPUSH k a b", "LPOP k 0", Keeps, 0),
    ("RPUSH k a b", "RPOP k 0", Keeps, 0),
    ("", "LPOP k", Keeps, 0),
    ("RPUSH k a", "LMOVE k k LEFT LEFT", Touches, 1),
    ("RPUSH k a", "RPOPLPUSH k k", Touches, 1),
    ("RPUSH k a", "LMOVE none k LEFT LEFT", Keeps, 0),
    ("RPUSH k a", "RPOPLPUSH none k", Keeps, 0),
    ("", "LMPOP 1 k LEFT", Keeps, 0),
    ("", "BLPOP k 0.01", Keeps, 0),
    ("", "BRPOP k 0.01", Keeps, 0),
    ("", "BLMOVE none k LEFT LEFT 0.01", Keeps, 0),
    ("", "BRPOPLPUSH none k 0.01", Keeps, 0),
    ("", "BLMPOP 0.01 1 k LEFT", Keeps, 0),
    ("SADD k a b", "SADD k a", Keeps, 0),
    ("SADD k 1 2", "SADD k 1", Keeps, 0),
    ("SADD k a b", "SREM k c", Keeps, 0),
    ("SADD k a b", "SPOP k 0", Keeps, 0),
    ("", "SPOP k", Keeps, 0),
    ("SADD k a;SADD k2 a", "SMOVE k2 k zz", Keeps, 0),
    ("SADD k a", "SMOVE k k a", Keeps, 0),
    ("SADD k a;SADD k2 a b", "SMOVE k2 k a", Keeps, 1),
    ("", "SINTERSTORE k none", Keeps, 0),
    ("", "SUNIONSTORE k none", Keeps, 0),
    ("", "SDIFFSTORE k none", Keeps, 0),
    ("SADD k a", "SUNIONSTORE k k", Touches, 1),
    ("ZADD k 1 a", "ZADD k 1 a", Keeps, 0),
    ("ZADD k 1 a", "ZADD k NX 2 a", Keeps, 0),
    ("ZADD k 1 a", "ZADD k XX 2 b", Keeps, 0),
    ("ZADD k 1 a", "ZADD k GT 0 a", Keeps, 0),
    ("ZADD k 1 a", "ZADD k LT 5 a", Keeps, 0),
    ("ZADD k 1 a", "ZADD k GT INCR -5 a", Keeps, 0),
    ("ZADD k 1 a", "ZINCRBY k 0 a", Keeps, 0),
    ("ZADD k 1 a", "ZREM k b", Keeps, 0),
    ("ZADD k 1 a", "ZREMRANGEBYSCORE k 5 9", Keeps, 0),
    ("ZADD k 1 a", "ZREMRANGEBYRANK k 5 9", Keeps, 0),
    ("ZADD k 1 a", "ZREMRANGEBYLEX k [x [z", Keeps, 0),
    ("ZADD k 1 a", "ZPOPMIN k 0", Keeps, 0),
    ("ZADD k 1 a", "ZPOPMAX k 0", Keeps, 0),
    ("", "ZPOPMIN k", Keeps, 0),
    ("", "ZMPOP 1 k MIN", Keeps, 0),
    ("", "BZPOPMIN k 0.01", Keeps, 0),
    ("", "BZPOPMAX k 0.01", Keeps, 0),
    ("", "BZMPOP 0.01 1 k MIN", Keeps, 0),
    ("", "ZUNIONSTORE k 1 none", Keeps, 0),
    ("", "ZINTERSTORE k 1 none", Keeps, 0),
    ("", "ZDIFFSTORE k 1 none", Keeps, 0),
    ("", "ZRANGESTORE k none 0 -1", Keeps, 0),
    ("PFADD k a", "PFADD k a", Keeps, 0),
    ("PFADD k a", "PFADD k", Keeps, 0),
    ("PFADD k a", "PFMERGE k k", Touches, 1),
    ("PFADD k a", "PFCOUNT k", Touches, 1),
    ("PFADD k a;PFCOUNT k", "PFCOUNT k", Keeps, 0),
    ("PFADD k a", "PFDEBUG GETREG k", Touches, 1),
    ("PFADD k a", "PFDEBUG TODENSE k", Touches, 1),
    ("PFADD k a;PFDEBUG TODENSE k", "PFDEBUG TODENSE k", Keeps, 0),
    ("PFADD k a;PFDEBUG TODENSE k", "PFADD k a", Keeps, 0),
    ("XADD k 1-1 a b", "XADD none NOMKSTREAM * a b", Keeps, 0),
    ("", "XADD k NOMKSTREAM * a b", Keeps, 0),
    ("XADD k 1-1 a b", "XTRIM k MAXLEN 5", Keeps, 0),
    ("XADD k 1-1 a b", "XTRIM k MINID 0", Keeps, 0),
    ("XADD k 1-1 a b;XADD k 2-1 a b", "XTRIM k MAXLEN ~ 1", Keeps, 0),
    ("XADD k 1-1 a b;XADD k 2-1 a b", "XTRIM k MINID ~ 2", Keeps, 0),
    ("", "XTRIM k MAXLEN 5", Keeps, 0),
    ("XADD k 1-1 a b", "XDEL k 5-5", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0", "XDELEX k ACKED IDS 1 1-1", Keeps, 0),
    ("XADD k 1-1 a b", "XDELEX k IDS 1 5-5", Keeps, 0),
    ("XADD k 1-1 a b", "XSETID k 1-1", Keeps, 1),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0", "XACK k g 1-1", Keeps, 0),
    ("XADD k 1-1 a b", "XACK k g 1-1", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0", "XACKDEL k g IDS 1 5-5", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c STREAMS k >", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g d STREAMS k >", Keeps, 1),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c STREAMS k 0", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >", "XCLAIM k g c 100000 1-1", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >", "XCLAIM k g d 100000 1-1", Keeps, 1),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >", "XCLAIM k g c 0 9-1", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >", "XAUTOCLAIM k g c 100000 0", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >", "XAUTOCLAIM k g d 100000 0", Keeps, 1),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0", "XGROUP SETID k g 0", Keeps, 1),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0", "XGROUP DESTROY k h", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0", "XGROUP DELCONSUMER k g c", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XGROUP CREATECONSUMER k g c", "XGROUP CREATECONSUMER k g c", Keeps, 0),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0;XGROUP CREATECONSUMER k g c", "XGROUP DELCONSUMER k g c", Keeps, 1),
    ("XADD k 1-1 a b;XGROUP CREATE k g 0", "XNACK k g SILENT IDS 1 5-5", Keeps, 0),
    ("XADD k 1-1 a b", "XCFGSET k IDMP-DURATION 100", Touches, 1),
    ("SET k a", "SETEX k 100 a", Touches, 1),
    ("SET k a", "PSETEX k 100000 a", Touches, 1),
];

/// Writing commands that have no form that changes nothing, or need payloads or another server.
const ALWAYS_CHANGES: &[&str] = &[
    "decr",
    "flushall",
    "flushdb",
    "incr",
    "lpush",
    "migrate",
    "mset",
    "restore",
    "restore-asking",
    "rpush",
    "xidmprecord",
];

struct Server {
    node: Loopback,
    decoders: Vec<(ConnId, ReplyDecoder)>,
}

impl Server {
    fn new() -> Self {
        let text = Text {
            name: "settings".to_owned(),
            text: b"enable-debug-command local".to_vec(),
        };
        let config = Config::load(&[text], &mut |_| Err("no files".to_owned()));
        Self {
            node: Loopback::new(config.expect("the settings are known")),
            decoders: Vec::new(),
        }
    }

    fn client(&mut self) -> ConnId {
        let client = self.node.connect();
        self.decoders.push((client, ReplyDecoder::new()));
        client
    }

    /// The replies to a request, or to what became of one that waited.
    fn ask(&mut self, client: ConnId, request: &str) -> Option<Value> {
        let mut bytes = self.node.call(client, format!("{request}\r\n").as_bytes());
        if bytes.is_empty() {
            self.node.advance(1000);
            self.node.receive_into(client, &mut bytes);
        }
        let (_, decoder) = self.decoders.iter_mut().find(|(conn, _)| *conn == client)?;
        decoder.decode(&mut &bytes[..]).expect("replies are valid")
    }

    fn changes(&mut self, client: ConnId) -> u64 {
        let info = self.ask(client, "INFO persistence").expect("INFO answers");
        let info = String::from_utf8_lossy(info.as_bytes().expect("INFO is text")).into_owned();
        let mut lines = info.lines();
        let count = lines.find_map(|line| line.strip_prefix("rdb_changes_since_last_save:"));
        count
            .and_then(|count| count.parse().ok())
            .expect("a number")
    }
}

#[test]
fn a_request_that_changes_nothing_is_not_seen() {
    let mut failures = String::new();
    for (setup, request, watched, changes) in ROWS {
        let mut server = Server::new();
        let (writer, watcher) = (server.client(), server.client());
        for request in setup.split(';').filter(|request| !request.is_empty()) {
            let reply = server.ask(writer, request).expect("a reply");
            assert!(reply.as_error().is_none(), "{request}: {reply:?}");
        }
        let before = server.changes(writer);
        server.ask(watcher, "WATCH k");
        let reply = server.ask(writer, request).expect("a reply");
        assert!(reply.as_error().is_none(), "{request}: {reply:?}");
        let counted = server.changes(writer) - before;
        server.ask(watcher, "MULTI");
        server.ask(watcher, "PING");
        let seen = match server.ask(watcher, "EXEC") {
            Some(Value::Array(_)) => Keeps,
            _ => Touches,
        };
        if (seen, counted) != (*watched, *changes) {
            failures += &format!(
                "{setup} > {request}: {seen:?} with {counted} changes, not {watched:?} with \
                 {changes}\n"
            );
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn every_writing_command_is_asked() {
    let mut server = Server::new();
    let client = server.client();
    let reply = server.ask(client, "COMMAND INFO").expect("a reply");
    let asked: BTreeSet<String> = ROWS.iter().map(|row| name_of(row.1)).collect();
    let mut missing = Vec::new();
    for command in reply.as_elements().expect("an array") {
        let fields = command.as_elements().expect("an array");
        let name = String::from_utf8_lossy(fields[0].as_bytes().expect("a name")).into_owned();
        let flags = fields[2].as_elements().expect("flags");
        let is_write = flags
            .iter()
            .any(|flag| flag.as_bytes().is_some_and(|flag| flag == &b"write"[..]));
        if is_write && !asked.contains(&name) && !ALWAYS_CHANGES.contains(&&*name) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "no row asks {}", missing.join(", "));
}

fn name_of(request: &str) -> String {
    request.split(' ').next().unwrap_or_default().to_lowercase()
}
