//! Sessions that do what the input says: subscribe, track, block, pause, kill, change users.
//!
//! ```text
//!  input ─► steps ─► requests of five clients · raw bytes · time · hang-ups ─► a node
//!                                          what each client gets ─► checks
//! ```
//! Each client's output must be whole replies; one that never asked for RESP3 gets none of its
//! types; a closed connection gets no bytes. When all have gone, the node holds nothing for them.
//!
//! Always true: it panics only on a defect.
//! Not here: who is to be told what — the model of `tests/it/sessions`

use russet_io::ConnId;
use russet_resp::{ReplyDecoder, Value};

use crate::loopback::Loopback;

const CLIENTS: usize = 5;

/// The client that reads only when a step says so.
const SLOW: usize = CLIENTS - 1;

/// Output that may wait for a client: the limit that is set, and the replies of one step.
const WAITING_MAX: usize = 16 << 20;

/// Settings and users that every run begins with.
const SETUP: &str = "CONFIG SET tracking-table-max-keys 4 proto-max-bulk-len 1mb timeout 100\r\n\
    CONFIG SET client-output-buffer-limit \"normal 65536 0 0 pubsub 65536 0 0\"\r\n\
    ACL SETUSER u0 on nopass +@all ~* &*\r\n\
    ACL SETUSER u1 on nopass +@all ~k0 &c0\r\n";

/// Requests; a letter after `$` stands for a word that the input chooses.
const REQUESTS: &[&str] = &[
    "PING",
    "RESET",
    "HELLO 2",
    "HELLO 3",
    "HELLO 3 AUTH $u x SETNAME n",
    "AUTH $u x",
    "ACL SETUSER $u $r $r",
    "ACL SETUSER $u reset on nopass +@all $r",
    "ACL DELUSER $u",
    "ACL LOG",
    "SUBSCRIBE $c $c",
    "UNSUBSCRIBE $c",
    "UNSUBSCRIBE",
    "PSUBSCRIBE $p",
    "PUNSUBSCRIBE",
    "SSUBSCRIBE $c",
    "SUNSUBSCRIBE",
    "PUBLISH $c m",
    "SPUBLISH $c m",
    "PUBSUB CHANNELS",
    "CONFIG SET notify-keyspace-events $e",
    "CLIENT TRACKING on",
    "CLIENT TRACKING on BCAST",
    "CLIENT TRACKING on BCAST PREFIX k NOLOOP",
    "CLIENT TRACKING on OPTIN",
    "CLIENT TRACKING on OPTOUT NOLOOP",
    "CLIENT TRACKING on REDIRECT $n",
    "CLIENT TRACKING on BCAST REDIRECT $n",
    "CLIENT TRACKING off",
    "CLIENT CACHING yes",
    "CLIENT CACHING no",
    "CLIENT TRACKINGINFO",
    "GET $k",
    "MGET $k $k",
    "SET $k v",
    "SET $k v PX 50",
    "DEL $k",
    "RPUSH l $k",
    "BLPOP l $k 1",
    "BLPOP l 0",
    "FLUSHALL",
    "MULTI",
    "EXEC",
    "EXEC",
    "DISCARD",
    "WATCH $k",
    "UNWATCH",
    "CLIENT PAUSE 100 WRITE",
    "CLIENT PAUSE 200 ALL",
    "CLIENT UNPAUSE",
    "CLIENT KILL ID $n",
    "CLIENT KILL USER $u SKIPME no",
    "CLIENT KILL TYPE pubsub",
    "CLIENT UNBLOCK $n ERROR",
    "CLIENT REPLY off",
    "CLIENT REPLY on",
    "CLIENT REPLY skip",
    "CLIENT LIST",
    "CLIENT NO-EVICT on",
    "MONITOR",
    "QUIT",
    "COMMAND DOCS",
    "SELECT 1",
    "SWAPDB 0 1",
    "ACL SETROLE r0 $r $r",
    "ACL SETUSER $u role=r0",
    "ACL SETUSER $u resetroles",
    "ACL DELROLE r0",
];

/// The words that a letter stands for.
fn words(letter: u8) -> &'static [&'static str] {
    match letter {
        b'u' => &["u0", "u1", "u2", "default"],
        b'r' => &[
            "on",
            "off",
            "nopass",
            "~k0",
            "~*",
            "resetkeys",
            "&c0",
            "&*",
            "resetchannels",
            "-@all",
            "+@all",
            "-get",
            "-exec",
            "-subscribe",
            "(~k1 +get)",
            "db=0",
            "alldbs",
        ],
        b'c' => &["c0", "c1", "__keyspace@0__:k0"],
        b'p' => &["c*", "*", "__key*"],
        b'e' => &["KEA", "\"\""],
        b'n' => &["1", "2", "3", "4", "5", "6", "7"],
        _ => &["k0", "k1", "k2", "x0", "x1", "x2"],
    }
}

/// The input, byte after byte.
struct Program<'d>(&'d [u8]);

impl<'d> Program<'d> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn index(&mut self, len: usize) -> Option<usize> {
        Some(usize::from(self.byte()?) % len)
    }

    fn bytes(&mut self) -> Option<&'d [u8]> {
        let len = usize::from(self.byte()?).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        Some(bytes)
    }

    /// A request of the table.
    fn request(&mut self) -> Option<Vec<u8>> {
        let template = REQUESTS[self.index(REQUESTS.len())?];
        let mut parts = template.split('$');
        let mut request = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            let (letter, rest) = part.as_bytes().split_at(1);
            let words = words(letter[0]);
            request.extend_from_slice(words[self.index(words.len())?].as_bytes());
            request.extend_from_slice(rest);
        }
        request.extend_from_slice(b"\r\n");
        Some(request)
    }
}

/// One client, and what is known of its output.
struct Client {
    conn: ConnId,
    decoder: ReplyDecoder,
    /// Whether it may have asked for RESP3 since it connected or was reset.
    may_speak_resp3: bool,
    /// The last bytes that it sent.
    tail: Vec<u8>,
    is_gone: bool,
}

impl Client {
    fn new(conn: ConnId) -> Self {
        Self {
            conn,
            decoder: ReplyDecoder::default(),
            may_speak_resp3: false,
            tail: Vec::new(),
            is_gone: false,
        }
    }

    /// Notes what it sends.
    fn says(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        let mut windows = self.tail.windows(5);
        self.may_speak_resp3 |= windows.any(|word| word.eq_ignore_ascii_case(b"hello"));
        self.tail.drain(..self.tail.len().saturating_sub(4));
    }

    /// Checks what it gets; returns the last reply.
    fn gets(&mut self, mut bytes: &[u8]) -> Option<Value> {
        let mut last = None;
        while !bytes.is_empty() {
            match self.decoder.decode(&mut bytes) {
                Ok(Some(value)) => {
                    let is_allowed = self.may_speak_resp3 || is_resp2(&value);
                    assert!(is_allowed, "a client of RESP2 gets {value:?}");
                    last = Some(value);
                }
                Ok(None) => assert!(bytes.is_empty(), "the decoder wants more and leaves bytes"),
                Err(error) => panic!("output is no reply: {error:?}"),
            }
        }
        last
    }
}

fn is_resp2(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().all(is_resp2),
        Value::Simple(_)
        | Value::Error(_)
        | Value::Integer(_)
        | Value::Bulk(_)
        | Value::NullBulk
        | Value::NullArray => true,
        _ => false,
    }
}

struct World {
    server: Loopback,
    clients: Vec<Client>,
}

impl World {
    fn new() -> Self {
        let mut server = Loopback::new(crate::Config::default());
        let root = server.connect();
        server.call(root, SETUP.as_bytes());
        server.hang_up(root);
        let clients = (0..CLIENTS).map(|_| Client::new(server.connect()));
        let clients = clients.collect();
        Self { server, clients }
    }

    /// Carries out one step; `None` at the end of the input, or of the node.
    fn step(&mut self, program: &mut Program<'_>) -> Option<()> {
        let what = program.byte()?;
        let at = usize::from(what) % CLIENTS;
        let mut resets = false;
        match what / 16 {
            0 => self.server.advance(u64::from(program.byte()?)),
            1 => self.server.advance(u64::from(program.byte()?) * 1000),
            2 => self.leave(at),
            3 => self.listen(SLOW, false),
            4 | 5 => {
                let bytes = program.bytes()?;
                self.send(at, bytes);
            }
            _ => {
                let request = program.request()?;
                resets = request == b"RESET\r\n";
                self.send(at, &request);
            }
        }
        for at in 0..SLOW {
            self.listen(at, resets);
        }
        self.check();
        self.server.exit().is_none().then_some(())
    }

    fn send(&mut self, at: usize, bytes: &[u8]) {
        self.clients[at].says(bytes);
        self.server.send(self.clients[at].conn, bytes);
    }

    fn leave(&mut self, at: usize) {
        self.server.hang_up(self.clients[at].conn);
        self.clients[at] = Client::new(self.server.connect());
    }

    /// A client reads all that it is to get. One that has been closed connects again.
    fn listen(&mut self, at: usize, resets: bool) {
        let client = &mut self.clients[at];
        let is_closed = self.server.is_closed(client.conn);
        let mut bytes = Vec::new();
        self.server.receive_into(client.conn, &mut bytes);
        assert!(bytes.len() < WAITING_MAX, "too much waits for a client");
        assert!(
            bytes.is_empty() || !client.is_gone,
            "a closed client gets bytes"
        );
        let last = client.gets(&bytes);
        // Nothing it sent before is left: the request that came last was carried out.
        if resets && last == Some(Value::Simple("RESET".into())) {
            client.may_speak_resp3 = false;
        }
        if client.is_gone {
            self.clients[at] = Client::new(self.server.connect());
        } else {
            client.is_gone = is_closed;
        }
    }

    fn check(&mut self) {
        let core = &self.server.node().core;
        let tracked = core.tracking.table.keys() as u64;
        // Raw bytes may have changed the setting.
        let max = core.config.tracking_table_max_keys;
        assert!(max == 0 || tracked <= max, "{tracked} keys are tracked");
    }

    /// All clients leave; nothing is left of them.
    fn end(&mut self) {
        for at in 0..CLIENTS {
            self.server.hang_up(self.clients[at].conn);
        }
        self.server.advance(1000);
        self.server.advance(1000);
        let node = self.server.node();
        let core = &node.core;
        assert_eq!(node.sessions.len(), 0, "sessions");
        assert_eq!(core.waiters.len(), 0, "clients that wait");
        assert_eq!(core.waiters.keys(), (0, 0), "keys that are waited for");
        assert_eq!(core.watchers.keys(), 0, "keys that are watched");
        assert!(core.pubsub.is_empty(), "subscriptions");
        assert!(core.monitors.is_empty(), "monitors");
        assert!(core.tracking.is_empty(), "clients that track");
        assert!(
            core.tracking.prefixes.is_empty(),
            "prefixes that are tracked"
        );
        let table = &core.tracking.table;
        assert_eq!(
            (table.keys(), table.items()),
            (0, 0),
            "keys that are tracked"
        );
    }
}

/// Lets several sessions do what the input says.
pub fn sessions(data: &[u8]) {
    let mut world = World::new();
    let mut program = Program(data);
    while world.step(&mut program).is_some() {}
    if world.server.exit().is_none() {
        world.end();
    }
}
