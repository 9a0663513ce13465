//! A server that listens on a Unix socket only, so that its settings are those of a fresh start.
//!
//! Always true: the process and its directory are gone when the value is dropped.
//! Not here: servers that clients reach by a port — `crate::server`

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::processes::Group;
use crate::server::{encode, scratch_dir};

/// A line that ends every start.
const STOP: &str = "port no-number";

/// A running server and a connection to it.
#[derive(Debug)]
pub(super) struct Peer {
    /// Held for its end.
    _group: Group,
    dir: PathBuf,
    stream: BufReader<UnixStream>,
}

impl Peer {
    /// Starts a server without a file.
    pub(super) fn start(binary: &Path) -> Result<Self, String> {
        let dir = scratch_dir("settings")?;
        let mut command = Command::new(binary);
        command.args(["--port", "0", "--unixsocket"]);
        command.arg(dir.join("socket"));
        Self::run(command, dir)
    }

    /// Starts a server on a file, in which `INCLUDED` stands for the path of another.
    pub(super) fn start_on(binary: &Path, text: &str) -> Result<Self, String> {
        let dir = scratch_dir("settings")?;
        let shown = dir.to_string_lossy();
        let text = text.replace("INCLUDED", &format!("{shown}/included.conf"));
        let text = format!("port 0\nunixsocket {shown}/socket\n{text}");
        fs::write(dir.join("included.conf"), "hz 30\n")
            .and_then(|()| fs::write(dir.join("server.conf"), text))
            .map_err(|error| error.to_string())?;
        let mut command = Command::new(binary);
        command.arg(dir.join("server.conf"));
        Self::run(command, dir)
    }

    fn run(mut command: Command, dir: PathBuf) -> Result<Self, String> {
        let fail = |error: std::io::Error| error.to_string();
        let socket = dir.join("socket");
        let log = fs::File::create(dir.join("log")).map_err(fail)?;
        let errors = log.try_clone().map_err(fail)?;
        command.current_dir(&dir).stdin(Stdio::null()).stdout(log);
        let mut group = Group::spawn(command.stderr(errors))?;
        for _ in 0..600 {
            if let Ok(stream) = UnixStream::connect(&socket) {
                let limit = Some(Duration::from_secs(60));
                stream.set_read_timeout(limit).map_err(fail)?;
                return Ok(Self {
                    _group: group,
                    dir,
                    stream: BufReader::new(stream),
                });
            }
            if group.has_ended() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
        Err(format!(
            "{} did not start\n{log}",
            command.get_program().display()
        ))
    }

    /// The file that it was started on, as it is now, with `DIR` for its directory.
    pub(super) fn file(&self) -> Result<String, String> {
        let text = fs::read_to_string(self.dir.join("server.conf"));
        let text = text.map_err(|error| error.to_string())?;
        Ok(text.replace(&*self.dir.to_string_lossy(), "DIR"))
    }

    /// All settings that CONFIG GET shows.
    pub(super) fn settings(&mut self) -> Result<BTreeMap<String, String>, String> {
        let all = self.ask(&["CONFIG", "GET", "*"])?;
        let pairs = all.chunks_exact(2);
        Ok(pairs.map(|p| (p[0].clone(), p[1].clone())).collect())
    }

    /// The value of one setting; none if it is not known.
    pub(super) fn value(&mut self, name: &str) -> Result<Vec<String>, String> {
        self.ask(&["CONFIG", "GET", name])
    }

    /// The reply of CONFIG SET, and the value from then on.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<String, String> {
        let reply = self
            .ask(&["CONFIG", "SET", name, value])
            .map_err(|error| format!("CONFIG SET {name} {value:?}: {error}"))?
            .concat();
        if reply != "+OK" {
            return Ok(reply);
        }
        let value = self
            .value(name)
            .map_err(|error| format!("CONFIG SET {name} {value:?} brought the end: {error}"))?;
        Ok(format!("{reply} {:?}", value.last()))
    }

    /// All strings of a reply in their order.
    pub(super) fn ask(&mut self, words: &[&str]) -> Result<Vec<String>, String> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let mut bytes = Vec::new();
        encode(&words, &mut bytes);
        let fail = |error: std::io::Error| error.to_string();
        self.stream.get_mut().write_all(&bytes).map_err(fail)?;
        let mut words = Vec::new();
        self.receive(&mut words)?;
        Ok(words)
    }

    /// Reads a reply: all its strings in their order.
    fn receive(&mut self, words: &mut Vec<String>) -> Result<(), String> {
        let fail = |error: std::io::Error| error.to_string();
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).map_err(fail)?;
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let count = || text.get(1..).and_then(|n| n.parse::<usize>().ok());
        match text.as_bytes().first() {
            Some(b'$') => {
                let mut bytes = vec![0; count().unwrap_or(0) + 2];
                self.stream.read_exact(&mut bytes).map_err(fail)?;
                bytes.truncate(bytes.len() - 2);
                words.push(String::from_utf8_lossy(&bytes).into_owned());
            }
            Some(b'*') => {
                for _ in 0..count().unwrap_or(0) {
                    self.receive(words)?;
                }
            }
            Some(_) => words.push(text),
            None => return Err("the server closed the connection".to_owned()),
        }
        Ok(())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.dir);
    }
}

/// Starts a server with a file of one line: `OK` if it goes on to the next line, else the reason.
pub(super) fn start_with(binary: &Path, name: &str, value: &str) -> Result<String, String> {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    let dir = scratch_dir("settings-file")?;
    let path = dir.join("server.conf");
    let text = format!("{name} \"{value}\"\n{STOP}\n");
    let printed = fs::write(&path, text)
        .and_then(|()| {
            let mut command = Command::new(binary);
            command.arg(&path).current_dir(&dir).stdin(Stdio::null());
            command.output()
        })
        .map_err(|error| error.to_string());
    let _removed = fs::remove_dir_all(&dir);
    let printed = String::from_utf8_lossy(&printed?.stderr).into_owned();
    if printed.contains(STOP) {
        return Ok("OK".to_owned());
    }
    Ok(printed.trim().lines().last().unwrap_or_default().to_owned())
}

/// The name and version of a server: `redis 7.0`.
pub(super) fn version(binary: &Path) -> Result<String, String> {
    let printed = crate::tool::output(Command::new(binary).arg("--version"))?;
    let name = match printed.starts_with("Valkey") {
        true => "valkey",
        false => "redis",
    };
    let version = printed.split("v=").nth(1).unwrap_or_default();
    let version: Vec<&str> = version.split(['.', ' ']).take(2).collect();
    Ok(format!("{name}-{}", version.join(".")))
}
