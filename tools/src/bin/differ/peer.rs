//! The two sides: our node in this process, and a server on the other end of a connection.
//!
//! Always true: time is the machine's on both sides, so deadlines agree to within a moment.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use russet_io::ConnId;
use russet_node::Config;
use russet_node::loopback::Loopback;
use russet_resp::{ReplyDecoder, Value};

use crate::generate::Request;
use crate::words::encode;

/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Both sides.
pub(crate) struct Sides {
    ours: Ours,
    pub(crate) theirs: Theirs,
}

impl Sides {
    /// A node of ours, and the server at an address.
    pub(crate) fn connect(address: &str) -> Result<Self, String> {
        Ok(Self {
            ours: Ours::new(),
            theirs: Theirs::connect(address)?,
        })
    }

    /// Sends commands to both and gives their replies, ours first.
    pub(crate) fn ask(&mut self, requests: &[Request]) -> Result<Vec<(Value, Value)>, String> {
        let ours = self.ours.ask(requests)?;
        let theirs = self.theirs.ask(requests)?;
        Ok(ours.into_iter().zip(theirs).collect())
    }
}

/// Our node.
struct Ours {
    server: Loopback,
    client: ConnId,
    decoder: ReplyDecoder,
    clock_ms: u64,
}

impl Ours {
    fn new() -> Self {
        let mut server = Loopback::new(Config::default());
        let client = server.connect();
        Self {
            server,
            client,
            decoder: ReplyDecoder::new(),
            clock_ms: 1_704_067_200_000,
        }
    }

    /// Sends commands and gives their replies.
    fn ask(&mut self, requests: &[Request]) -> Result<Vec<Value>, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_err(|error| error.to_string())?.as_millis() as u64;
        self.server.advance(now.saturating_sub(self.clock_ms));
        self.clock_ms = self.clock_ms.max(now);
        let mut replies = Vec::new();
        for request in requests {
            let mut bytes = Vec::new();
            encode(&request.words, &mut bytes);
            let answer = self.server.call(self.client, &bytes);
            let mut left = answer.as_slice();
            let decoded = self.decoder.decode(&mut left);
            match decoded.map_err(|error| error.to_string())? {
                Some(value) if left.is_empty() => replies.push(value),
                _ => return Err(format!("we did not answer once: {}", request.shown())),
            }
        }
        Ok(replies)
    }
}

/// A server elsewhere.
pub(crate) struct Theirs {
    stream: TcpStream,
    decoder: ReplyDecoder,
}

impl Theirs {
    fn connect(address: &str) -> Result<Self, String> {
        let fail = |error: std::io::Error| format!("{address}: {error}");
        let stream = TcpStream::connect(address).map_err(fail)?;
        stream.set_nodelay(true).map_err(fail)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(fail)?;
        Ok(Self {
            stream,
            decoder: ReplyDecoder::new(),
        })
    }

    /// Sends commands and gives their replies.
    pub(crate) fn ask(&mut self, requests: &[Request]) -> Result<Vec<Value>, String> {
        let mut bytes = Vec::new();
        for request in requests {
            encode(&request.words, &mut bytes);
        }
        self.stream
            .write_all(&bytes)
            .map_err(|error| error.to_string())?;
        let mut replies = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        while replies.len() < requests.len() {
            let count = match self.stream.read(&mut buffer) {
                Ok(0) => return Err("the server closed the connection".to_owned()),
                Ok(count) => count,
                Err(error) => {
                    let stuck = requests.get(replies.len()).map(Request::shown);
                    return Err(format!("{error} at {}", stuck.unwrap_or_default()));
                }
            };
            let mut left = &buffer[..count];
            while let Some(value) = self
                .decoder
                .decode(&mut left)
                .map_err(|error| error.to_string())?
            {
                replies.push(value);
            }
        }
        Ok(replies)
    }

    /// The version that the server says it has.
    pub(crate) fn version(&mut self) -> Result<String, String> {
        let reply = self.ask(&[Request::plain(&["INFO", "server"])])?;
        let text = reply.first().and_then(Value::as_bytes);
        let text = String::from_utf8_lossy(text.ok_or("INFO is no text")?).into_owned();
        let line = |name: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(name));
            found.map(|version| version.trim().to_owned())
        };
        let version = line("valkey_version:").map(|version| format!("V{version}"));
        version
            .or_else(|| line("redis_version:"))
            .ok_or_else(|| "INFO has no version".to_owned())
    }

    /// The commands that the server has, in upper case, subcommands as `NAME|SUB`.
    pub(crate) fn commands(&mut self) -> Result<BTreeSet<String>, String> {
        let reply = self.ask(&[Request::plain(&["COMMAND"])])?;
        let mut names = BTreeSet::new();
        for row in reply[0].as_elements().unwrap_or_default() {
            collect(row, &mut names);
        }
        Ok(names)
    }
}

fn collect(row: &Value, names: &mut BTreeSet<String>) {
    let Some(fields) = row.as_elements() else {
        return;
    };
    if let Some(name) = fields.first().and_then(Value::as_bytes) {
        names.insert(String::from_utf8_lossy(name).to_uppercase());
    }
    for sub in fields
        .get(9)
        .and_then(Value::as_elements)
        .unwrap_or_default()
    {
        collect(sub, names);
    }
}
