//! The real server in a process of its own, and the connections to it.
//!
//! ```text
//!  cargo build --release ─► russet-server ─► "Ready to accept connections" ─► unix socket
//!  /proc/PID/status ◄─ VmRSS: resident now · VmHWM: at most since the peak was begun anew
//! ```
//! `RUSSET_BENCH_SERVER` names a server that is built already.
//!
//! Always true: the process has ended when the value is dropped.
//! Not here: what is measured — `main.rs`, `unread.rs` and `receivers.rs`

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// A running server.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
}

/// The path of the server, built if it is not named.
pub(crate) fn binary() -> io::Result<PathBuf> {
    if let Some(path) = env::var_os("RUSSET_BENCH_SERVER") {
        return Ok(path.into());
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let words = ["build", "--release", "--package", "russet-server"];
    let status = Command::new(cargo).args(words).status()?;
    if !status.success() {
        return Err(io::Error::other("the server was not built"));
    }
    // This program lies in a folder beside it.
    let own = env::current_exe()?;
    let folder = own.ancestors().nth(2).ok_or(io::ErrorKind::NotFound)?;
    Ok(folder.join("russet-server"))
}

impl Server {
    /// Starts a server and waits until it accepts connections.
    pub(crate) fn start(binary: &Path, more: &[&str]) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(binary)
            .args(["--port", "0", "--save", "", "--maxclients", "12000"])
            .arg("--unixsocket")
            .arg(folder.path().join("socket"))
            .arg("--dir")
            .arg(folder.path())
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut log = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let server = Self { child, folder };
        let mut line = String::new();
        while !line.contains("Ready to accept connections") {
            line.clear();
            if log.read_line(&mut line)? == 0 {
                return Err(io::Error::other("the server did not start"));
            }
        }
        // It would stop at a full pipe.
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Ok(server)
    }

    pub(crate) fn connect(&self) -> io::Result<UnixStream> {
        UnixStream::connect(self.folder.path().join("socket"))
    }

    pub(crate) fn operator(&self) -> io::Result<Operator> {
        self.connect()
            .map(|stream| Operator(BufReader::new(stream)))
    }

    /// Bytes that are resident.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        self.status("VmRSS:")
    }

    /// Bytes that were resident at most since the last call of [`Self::begin_peak`].
    pub(crate) fn peak(&self) -> io::Result<u64> {
        self.status("VmHWM:")
    }

    /// Lets the peak begin anew.
    pub(crate) fn begin_peak(&self) -> io::Result<()> {
        fs::write(self.file("clear_refs"), "5")
    }

    fn file(&self, name: &str) -> PathBuf {
        format!("/proc/{}/{name}", self.child.id()).into()
    }

    /// A number of kilobytes from the status of the process, as bytes.
    fn status(&self, field: &str) -> io::Result<u64> {
        let text = fs::read_to_string(self.file("status"))?;
        number(&text, field).map(|kilobytes| kilobytes << 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The number behind a name at the start of a line.
fn number(text: &str, name: &str) -> io::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let digits = line.map(|line| line.trim().trim_end_matches(" kB"));
    let number = digits.and_then(|digits| digits.parse().ok());
    Ok(number.ok_or(io::ErrorKind::InvalidData)?)
}

/// A client that reads its replies, to set up and to ask.
pub(crate) struct Operator(BufReader<UnixStream>);

impl Operator {
    /// Sends a request whose reply is a line.
    pub(crate) fn ask(&mut self, request: &str) -> io::Result<String> {
        self.0.get_mut().write_all(request.as_bytes())?;
        self.0.get_mut().write_all(b"\r\n")?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line)
    }

    /// A number from INFO.
    pub(crate) fn info(&mut self, section: &str, field: &str) -> io::Result<u64> {
        let head = self.ask(&format!("INFO {section}"))?;
        let len = head.trim_start_matches('$').trim_end().parse();
        let mut text = vec![0; len.map_or(0, |len: usize| len + 2)];
        self.0.read_exact(&mut text)?;
        number(&String::from_utf8_lossy(&text), &format!("{field}:"))
    }
}
