//! `cargo xtask differ`: random commands, or tables of cases, to our node and to a real server,
//! replies compared.
//!
//! ```text
//!  differ                          the redis-server of this machine, RESP2 and RESP3
//!  differ --peer BIN               another server binary, freshly started
//!  differ --commands N --seed S --only NAME,…
//!  differ --tables                 every number at its limits, every aliasing of keys
//! ```
//! Always true: the server is a fresh one on a loopback port, and gone at the end.
//! Not here: what is sent and how it is compared — `tools/src/bin/differ/`

use std::path::PathBuf;

use crate::args::Args;
use crate::server::Server;
use crate::tool::{self, Outcome};

/// The number of commands that a run of `ci` sends in each protocol.
const STEP_COMMANDS: &str = "40000";

/// One case of the tables in this many is a part of a run of `ci`.
const STEP_THIN: &str = "5";

/// `cargo xtask differ`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let mut peers = args.options("--peer");
    let mut words = Vec::new();
    for name in ["--commands", "--seed", "--only", "--shown", "--thin"] {
        if let Some(value) = args.option(name) {
            words.extend([name.to_owned(), value]);
        }
    }
    words.extend(args.flag("--tables").then(|| "--tables".to_owned()));
    if peers.is_empty() {
        peers.push("redis-server".to_owned());
    }
    let mut failed = Vec::new();
    for peer in peers {
        failed.extend(compare(&peer, &words).err());
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed.join("\n")),
    }
}

/// The step of `ci`.
pub(crate) fn step() -> Outcome {
    if tool::find("redis-server").is_none() {
        return Outcome::Skipped("not installed: redis-server".to_owned());
    }
    let words = ["--commands", STEP_COMMANDS].map(str::to_owned);
    let random = compare("redis-server", &words);
    let words = ["--tables", "--thin", STEP_THIN].map(str::to_owned);
    random.and(compare("redis-server", &words)).into()
}

fn compare(peer: &str, words: &[String]) -> Result<(), String> {
    let binary = tool::find(peer).unwrap_or_else(|| PathBuf::from(peer));
    let server = Server::start_with(&binary, None, &["--enable-debug-command", "yes"])?;
    let address = format!("127.0.0.1:{}", server.port);
    let mut failed = Vec::new();
    for protocol in ["2", "3"] {
        println!("{peer}, RESP{protocol}");
        let mut command = tool::our_tool("differ");
        command.args([&*address, "--resp", protocol]);
        failed.extend(tool::run(command.args(words)).err());
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed.join("\n")),
    }
}
