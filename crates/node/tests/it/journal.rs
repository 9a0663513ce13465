//! A reader of a node's journal: bytes decoded into units of requests.

use russet_node::ReaderId;
use russet_node::loopback::Loopback;
use russet_resp::{ArgBuf, Decoded, Limits, RequestDecoder};

/// A request that repeats a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The database it is for.
    pub db: usize,
    /// The request.
    pub request: ArgBuf,
}

impl Record {
    /// Its words, with blanks between them.
    pub(crate) fn words(&self) -> String {
        let words = self.request.args();
        let words: Vec<_> = words.iter().map(String::from_utf8_lossy).collect();
        words.join(" ")
    }
}

/// Reads the journal of a node from the moment on at which it is made.
pub(crate) struct Reader {
    id: ReaderId,
    db: usize,
}

impl Reader {
    pub(crate) fn new(server: &mut Loopback) -> Self {
        let id = server.node().attach_reader(u64::MAX);
        Self { id, db: usize::MAX }
    }

    /// The bytes since the last call.
    pub(crate) fn bytes(&self, server: &mut Loopback) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(chunk) = server.node().read_journal(self.id).expect("it keeps up") {
            bytes.extend_from_slice(&chunk);
        }
        bytes
    }

    /// The units since the last call; SELECT, MULTI and EXEC are taken out.
    pub(crate) fn units(&mut self, server: &mut Loopback) -> Vec<Vec<Record>> {
        let bytes = self.bytes(server);
        let mut units = Vec::new();
        let mut unit: Option<Vec<Record>> = None;
        for request in requests(&bytes) {
            let args = request.args();
            match &args[0] {
                b"SELECT" => {
                    let index = String::from_utf8_lossy(&args[1]);
                    self.db = index.parse().expect("a number");
                }
                b"MULTI" => assert!(unit.replace(Vec::new()).is_none(), "nested"),
                b"EXEC" => {
                    let whole = unit.take().expect("EXEC ends a MULTI");
                    assert!(whole.len() > 1, "one record needs no frame");
                    units.push(whole);
                }
                _ => {
                    let db = self.db;
                    let record = Record { db, request };
                    match &mut unit {
                        Some(unit) => unit.push(record),
                        None => units.push(vec![record]),
                    }
                }
            }
        }
        assert_eq!(unit, None, "a unit is read whole");
        units
    }

    /// The units since the last call as text: requests apart by `;`, units by `|`.
    pub(crate) fn shown(
        &mut self,
        server: &mut Loopback,
        show: impl Fn(&Record) -> String,
    ) -> String {
        let units = self.units(server);
        let units = units.iter().map(|unit| {
            let requests: Vec<String> = unit.iter().map(&show).collect();
            requests.join("; ")
        });
        units.collect::<Vec<_>>().join(" | ")
    }
}

/// The requests in these bytes.
pub(crate) fn requests(bytes: &[u8]) -> Vec<ArgBuf> {
    let (mut spans, mut bulks) = (Vec::new(), Vec::new());
    let mut decoder = RequestDecoder::new();
    let (mut at, mut requests) = (0, Vec::new());
    while let Ok(Decoded::Frame(frame)) =
        decoder.decode(bytes, at, &Limits::PRIMARY, &mut spans, &mut bulks)
    {
        requests.push(ArgBuf::from(frame.args(bytes, &spans, &bulks)));
        at = frame.end();
    }
    assert_eq!(at, bytes.len(), "the journal decodes whole");
    requests
}
