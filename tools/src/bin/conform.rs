//! Plays the reply scripts to a running server: `conform HOST:PORT [--update] [--known] [SCRIPT…]`.
//!
//! Every script begins after FLUSHALL, with new connections. Waiting is real, so scripts that wait
//! for longer than two seconds are left out. Steps under a `COMPAT:` comment may differ; `--known`
//! shows them, too. `--update` writes the server's answers into the scripts: how one begins.
//!
//! Always true: it fails if and only if there is a difference that no script explains.
//! Not here: starting a server — `cargo xtask conform --peer`; the notation —
//! `crates/conform/`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool: it talks to its user and to servers"
)]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use russet_conform::{Action, Answer, Difference, Peer, Script, Want, paths, rewritten, run, told};
use russet_resp::ReplyDecoder;

/// Scripts that wait for longer are left out.
const WAIT_MS_MAX: u64 = 2_000;
/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long nothing must come for nothing to have come.
const SILENCE: Duration = Duration::from_millis(40);

fn main() -> ExitCode {
    match conform() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("conform: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The command line, parsed.
struct Asked {
    address: String,
    is_update: bool,
    shows_known: bool,
    scripts: Vec<PathBuf>,
}

fn asked() -> Result<Asked, String> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let before = words.len();
        words.retain(|word| word != name);
        words.len() != before
    };
    let (is_update, shows_known) = (flag("--update"), flag("--known"));
    let mut words = words.into_iter();
    let address = words.next().ok_or("conform HOST:PORT [SCRIPT…]")?;
    let mut scripts: Vec<PathBuf> = words.map(PathBuf::from).collect();
    if scripts.is_empty() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/node/tests/scripts");
        scripts = paths(&root).map_err(|error| format!("{}: {error}", root.display()))?;
    }
    Ok(Asked {
        address,
        is_update,
        shows_known,
        scripts,
    })
}

/// Plays all scripts; gives the number of unexplained differences.
fn conform() -> Result<usize, String> {
    let asked = asked()?;
    let (mut requests, mut known, mut unknown) = (0, 0, 0);
    for path in &asked.scripts {
        let fail = |error: String| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
        let script = Script::parse(&text).map_err(fail)?;
        if longest_wait(&script) > WAIT_MS_MAX {
            println!("{}: left out, it waits for too long", path.display());
            continue;
        }
        let differences = play(&asked.address, &script).map_err(fail)?;
        for difference in &differences {
            let is_known = script.steps[difference.step].compat;
            known += usize::from(is_known);
            unknown += usize::from(!is_known);
            if !is_known || asked.shows_known {
                print!("{}", told(path, &text, &script, difference));
            }
        }
        requests += script.steps.len();
        if asked.is_update && !differences.is_empty() {
            let text = rewritten(&text, &script, &differences);
            fs::write(path, text).map_err(|error| fail(error.to_string()))?;
        }
    }
    println!(
        "{}: {requests} steps, {unknown} differences, {known} more that scripts explain",
        asked.address
    );
    Ok(unknown)
}

fn longest_wait(script: &Script) -> u64 {
    let waits = script.steps.iter().map(|step| match step.action {
        Action::Wait(millis) => millis,
        _ => 0,
    });
    waits.max().unwrap_or(0)
}

fn play(address: &str, script: &Script) -> Result<Vec<Difference>, String> {
    let mut server = Server {
        address: address.to_owned(),
        clients: Vec::new(),
    };
    server.send("first", b"FLUSHALL\r\nCONFIG RESETSTAT\r\n")?;
    server.receive(
        "first",
        Want {
            values: 2,
            end: false,
        },
    )?;
    server.clients.clear();
    run(script, &mut server)
}

/// A server far away.
struct Server {
    address: String,
    clients: Vec<Client>,
}

struct Client {
    name: String,
    stream: TcpStream,
    decoder: ReplyDecoder,
}

impl Server {
    fn client(&mut self, name: &str) -> Result<&mut Client, String> {
        let found = self.clients.iter().position(|client| client.name == name);
        let index = match found {
            Some(index) => index,
            None => {
                let stream = TcpStream::connect(&self.address).map_err(|e| e.to_string())?;
                stream.set_nodelay(true).map_err(|e| e.to_string())?;
                self.clients.push(Client {
                    name: name.to_owned(),
                    stream,
                    decoder: ReplyDecoder::new(),
                });
                self.clients.len() - 1
            }
        };
        Ok(&mut self.clients[index])
    }
}

impl Peer for Server {
    fn send(&mut self, client: &str, bytes: &[u8]) -> Result<(), String> {
        // The other side may have closed already: then the answer tells.
        let _ = self.client(client)?.stream.write_all(bytes);
        Ok(())
    }

    fn receive(&mut self, client: &str, want: Want) -> Result<Answer, String> {
        let client = self.client(client)?;
        let mut answer = Answer::default();
        let mut bytes = [0; 16 << 10];
        loop {
            let is_short = answer.values.len() < want.values || (want.end && !answer.is_closed);
            if answer.is_closed
                || (!is_short
                    && want
                        != (Want {
                            values: 0,
                            end: false,
                        }))
            {
                return Ok(answer);
            }
            let patience = if is_short { PATIENCE } else { SILENCE };
            client
                .stream
                .set_read_timeout(Some(patience))
                .map_err(|e| e.to_string())?;
            let count = match client.stream.read(&mut bytes) {
                Ok(count) => count,
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Ok(answer);
                }
                Err(_) => 0,
            };
            answer.is_closed = count == 0;
            let mut rest = &bytes[..count];
            while let Some(value) = client
                .decoder
                .decode(&mut rest)
                .map_err(|e| e.to_string())?
            {
                answer.values.push(value);
            }
        }
    }

    fn wait(&mut self, millis: u64) {
        thread::sleep(Duration::from_millis(millis));
    }
}
