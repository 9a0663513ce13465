//! A running server, and what it says.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The binary.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_russet-server");

/// A server that serves until it is dropped.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
    child: Child,
    output: BufReader<ChildStdout>,
    /// Lines that it wrote so far.
    pub(crate) lines: Vec<String>,
}

impl Server {
    /// Starts a server in a folder of its own and waits until it is ready.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_where(&[], options)
    }

    /// The same, with variables in its environment.
    pub(crate) fn start_where(variables: &[(&str, &str)], options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["--port", "0", "--save", "", "--unixsocket", "socket"])
            .args(options)
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self {
            folder,
            child,
            output,
            lines: Vec::new(),
        };
        server.read_until("Ready to accept connections unix");
        server
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Reads lines until one contains a text.
    pub(crate) fn read_until(&mut self, text: &str) {
        loop {
            let mut line = String::new();
            let size = self.output.read_line(&mut line).unwrap();
            assert!(
                size > 0,
                "the server ended before it wrote {text:?}: {:?}",
                self.lines
            );
            self.lines.push(line.trim_end().to_owned());
            if line.contains(text) {
                return;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Reads the rest of its lines and waits for its end.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<String>, TempDir) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        self.lines.extend(rest.lines().map(str::to_owned));
        let status = self.child.wait().unwrap();
        let lines = std::mem::take(&mut self.lines);
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (status, lines, folder)
    }

    /// Sends a request and reads the reply's first line.
    pub(crate) fn ask(&self, request: &str) -> String {
        ask(&self.path("socket"), request)
    }
}

impl Server {
    /// The value of a setting.
    pub(crate) fn setting(&self, name: &str) -> String {
        let mut stream = UnixStream::connect(self.path("socket")).unwrap();
        write!(stream, "CONFIG GET {name}\r\n").unwrap();
        // An array of two strings: its head, and a length before each.
        let lines = BufReader::new(stream).lines().take(5);
        lines.last().unwrap().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request to a socket and reads the reply's first line.
pub(crate) fn ask(socket: &Path, request: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream
        .write_all(format!("{request}\r\n").as_bytes())
        .unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Runs the program to its end; its exit code, standard output and standard error.
pub(crate) fn run(options: &[&str], input: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(PROGRAM)
        .args(options)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}
