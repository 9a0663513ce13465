//! A server under test: started on a free loopback port, asked until it answers, killed at the end.
//!
//! Also the few lines of client that measuring needs: encode commands, count replies.
//!
//! Always true: the process and its directory are gone when the value is dropped.
//! Not here: real clients — `e2e/`; load — `versus/`

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::processes::Group;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    group: Group,
    pub(crate) port: u16,
    dir: PathBuf,
}

impl Server {
    /// Starts a server without persistence and waits until it answers PING. A CPU pins it there.
    pub(crate) fn start(binary: &Path, cpu: Option<&str>) -> Result<Self, String> {
        Self::start_with(binary, cpu, &[])
    }

    /// The same, with more on its command line.
    pub(crate) fn start_with(
        binary: &Path,
        cpu: Option<&str>,
        more: &[&str],
    ) -> Result<Self, String> {
        let port = free_port()?;
        let dir = scratch_dir("server")?;
        let mut command = match cpu {
            Some(cpu) => {
                let mut command = Command::new("taskset");
                command.args(["-c", cpu]).arg(binary);
                command
            }
            None => Command::new(binary),
        };
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ]);
        command.arg("--dir").arg(&dir).args(more);
        let log = fs::File::create(dir.join("log")).map_err(|error| error.to_string())?;
        let group = Group::spawn(
            command
                .stdin(Stdio::null())
                .stdout(log)
                .stderr(Stdio::null()),
        )?;
        let mut server = Self { group, port, dir };
        server.wait_ready(binary)?;
        Ok(server)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.group.id()
    }

    /// A new connection that blocks.
    pub(crate) fn connect(&self) -> Result<Client, String> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .map_err(|error| format!("port {}: {error}", self.port))?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        let limit = Some(Duration::from_secs(60));
        stream
            .set_read_timeout(limit)
            .map_err(|error| error.to_string())?;
        Ok(Client {
            stream,
            counter: Counter::default(),
            input: vec![0; 64 << 10],
        })
    }

    /// The directory of its files.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The server's log so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    fn wait_ready(&mut self, binary: &Path) -> Result<(), String> {
        // Loading what is there takes its time.
        for _ in 0..2_400 {
            let answers = self.connect().and_then(|mut client| client.ask(&[b"PING"]));
            if answers.is_ok_and(|reply| reply.starts_with(b"+PONG")) {
                return Ok(());
            }
            if self.group.has_ended() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!(
            "{} did not start\n{}",
            binary.display(),
            self.log()
        ))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.dir);
    }
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener
        .local_addr()
        .map(|address| address.port())
        .map_err(|error| error.to_string())
}

/// A new directory of our own under the temporary directory.
pub(crate) fn scratch_dir(purpose: &str) -> Result<PathBuf, String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("russet-{purpose}-{}-{count}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    Ok(dir)
}

/// Appends a command to a buffer as the array of bulk strings that it is on the wire.
pub(crate) fn encode(words: &[&[u8]], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

/// A blocking connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    counter: Counter,
    input: Vec<u8>,
}

impl Client {
    /// Sends encoded commands without waiting.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.stream
            .write_all(bytes)
            .map_err(|error| error.to_string())
    }

    /// Reads until `replies` whole replies have arrived; nothing may follow them.
    pub(crate) fn receive(&mut self, replies: usize) -> Result<(), String> {
        self.receive_into(replies, None)
    }

    /// Reads that many whole replies and returns them as they were on the wire.
    pub(crate) fn replies(&mut self, count: usize) -> Result<Vec<u8>, String> {
        let mut copy = Vec::new();
        self.receive_into(count, Some(&mut copy))?;
        Ok(copy)
    }

    /// Sends one command and returns its reply as it was on the wire.
    pub(crate) fn ask(&mut self, words: &[&[u8]]) -> Result<Vec<u8>, String> {
        let reply = self.ask_any(words)?;
        self.check_errors()?;
        Ok(reply)
    }

    /// The same, where the reply may be an error.
    pub(crate) fn ask_any(&mut self, words: &[&[u8]]) -> Result<Vec<u8>, String> {
        self.counter.errors = 0;
        let mut bytes = Vec::new();
        encode(words, &mut bytes);
        self.send(&bytes)?;
        let mut reply = Vec::new();
        self.read_into(1, Some(&mut reply))?;
        Ok(reply)
    }

    fn receive_into(&mut self, replies: usize, copy: Option<&mut Vec<u8>>) -> Result<(), String> {
        self.read_into(replies, copy)?;
        self.check_errors()
    }

    fn check_errors(&self) -> Result<(), String> {
        if self.counter.errors > 0 {
            return Err("the server answered with an error".to_owned());
        }
        Ok(())
    }

    /// Reads that many whole replies, errors or not.
    fn read_into(&mut self, replies: usize, mut copy: Option<&mut Vec<u8>>) -> Result<(), String> {
        let mut left = replies;
        while left > 0 {
            let len = self
                .stream
                .read(&mut self.input)
                .map_err(|error| error.to_string())?;
            if len == 0 {
                return Err("the server closed the connection".to_owned());
            }
            let bytes = &self.input[..len];
            if let Some(copy) = &mut copy {
                copy.extend_from_slice(bytes);
            }
            let count = self.counter.feed(bytes);
            left = left
                .checked_sub(count)
                .ok_or("more replies than commands")?;
        }
        Ok(())
    }
}

/// Counts whole replies in a stream that arrives in pieces, looking at as few bytes as it can.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    /// Elements still to come before the reply at the top is whole; zero between replies.
    open: u64,
    /// Bytes of a bulk string, line break included, that are still to come.
    skip: u64,
    /// A header line cut off by the end of a piece.
    line: Vec<u8>,
    /// Error replies seen.
    pub(crate) errors: u64,
}

impl Counter {
    /// Takes the next piece; returns how many replies became whole.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> usize {
        let mut whole = 0;
        while !bytes.is_empty() {
            if self.skip > 0 {
                let len = usize::try_from(self.skip)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                self.skip -= len as u64;
                bytes = &bytes[len..];
                whole += usize::from(self.skip == 0 && self.close());
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                self.line.extend_from_slice(bytes);
                break;
            };
            let (line, rest) = bytes.split_at(end + 1);
            whole += if self.line.is_empty() {
                usize::from(self.header(line))
            } else {
                self.line.extend_from_slice(line);
                let line = std::mem::take(&mut self.line);
                usize::from(self.header(&line))
            };
            bytes = rest;
        }
        whole
    }

    /// Takes a header line; true when it makes a reply whole.
    fn header(&mut self, line: &[u8]) -> bool {
        if self.open == 0 {
            self.open = 1;
        }
        let number = || {
            let text = std::str::from_utf8(line.get(1..).unwrap_or_default()).unwrap_or_default();
            text.trim_end().parse::<i64>().unwrap_or(0)
        };
        match line.first() {
            Some(b'$' | b'=') if number() >= 0 => {
                self.skip = number().unsigned_abs() + 2;
                false
            }
            Some(b'*' | b'~' | b'>') => {
                self.open += number().max(0).unsigned_abs();
                self.close()
            }
            Some(b'%') => {
                self.open += number().max(0).unsigned_abs() * 2;
                self.close()
            }
            first => {
                self.errors += u64::from(matches!(first, Some(b'-')));
                self.close()
            }
        }
    }

    fn close(&mut self) -> bool {
        self.open -= 1;
        self.open == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, encode};

    #[test]
    fn commands_are_arrays_of_bulk_strings() {
        let mut bytes = Vec::new();
        encode(&[b"GET", b""], &mut bytes);
        assert_eq!(bytes, b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
    }

    #[test]
    fn replies_are_counted_however_they_are_cut() {
        let stream = b"+OK\r\n$3\r\na\nb\r\n$-1\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n*0\r\n%1\r\n+k\r\n_\r\n-ERR x\r\n";
        for cut in 1..stream.len() {
            let mut counter = Counter::default();
            let pieces = stream
                .chunks(cut)
                .map(|piece| counter.feed(piece))
                .sum::<usize>();
            assert_eq!(pieces, 7, "cut every {cut}");
            assert_eq!((counter.open, counter.errors), (0, 1));
        }
    }
}
