//! `cargo xtask lua`: the recorded replies of scripts against those of a real server.
//!
//! ```text
//!  lua                       the redis-server of this machine
//!  lua --peer BIN            another server binary, freshly started
//!  lua --peer BIN --update   record its replies
//! ```
//! The replies were recorded from Redis 8.0.6. Other versions differ: Valkey names no script in an
//! error, and puts the keys of a table in another order; Redis 7.0.15 crashes.
//!
//! Always true: a file is written only when the server has replied to all of its scripts.
//! Not here: the same scripts on our machine — `crates/script/tests/it/corpus.rs`

use std::fs;
use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::server::{Client, Server};
use crate::tool;
use crate::tree;

const CORPUS: &str = "crates/script/tests/corpus";
const BETWEEN_SCRIPTS: &str = "\n----\n";

/// `cargo xtask lua`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let peer = args.option("--peer");
    let peer = peer.unwrap_or_else(|| "redis-server".to_owned());
    let is_update = args.flag("--update");
    let binary = tool::find(&peer).unwrap_or_else(|| PathBuf::from(&peer));
    let server = Server::start(&binary, None)?;
    let mut differences = 0;
    for file in recorded()? {
        let scripts = read(&file.with_extension("lua"))?;
        let replies = ask(&mut server.connect()?, &scripts)?;
        if is_update {
            fs::write(&file, replies.join("\n") + "\n").map_err(|error| error.to_string())?;
            continue;
        }
        let recorded = read(&file)?;
        if recorded.lines().count() != replies.len() {
            return Err(format!("{}: not one line a script", file.display()));
        }
        let scripts = scripts.split(BETWEEN_SCRIPTS);
        for ((script, reply), recorded) in scripts.zip(&replies).zip(recorded.lines()) {
            if reply != recorded {
                differences += 1;
                println!("{script}\n  replied   {reply}\n  recorded  {recorded}");
            }
        }
    }
    match differences {
        0 => Ok(()),
        count => Err(format!("{count} replies of {peer} differ")),
    }
}

/// The files of replies.
fn recorded() -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(tree::root().join(CORPUS)).map_err(|error| error.to_string())?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "replies"))
        .collect();
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The replies to scripts, one line each.
fn ask(client: &mut Client, scripts: &str) -> Result<Vec<String>, String> {
    let scripts = scripts.split(BETWEEN_SCRIPTS);
    let ask = |script: &str| {
        let reply = client.ask_any(&[b"EVAL", script.as_bytes(), b"0"]);
        let reply = reply.map_err(|error| format!("{error}, after this script:\n{script}"))?;
        Ok(reply.escape_ascii().to_string())
    };
    scripts.map(ask).collect()
}
