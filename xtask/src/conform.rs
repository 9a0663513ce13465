//! `cargo xtask conform`: the reply scripts on our node, or on real servers.
//!
//! ```text
//!  conform                         our node, without a process
//!  conform --peer BIN              a server binary, freshly started
//!  conform --against HOST:PORT     whoever listens there; its data is flushed
//! ```
//! A difference is a bug of ours, or a step that its script marks `COMPAT:`.
//!
//! Always true: every server named is played to, also when an earlier one differs.
//! Not here: the scripts — `crates/node/tests/scripts/`; what plays them — the tests and the
//! example `conform` of `russet-node`

use crate::args::Args;
use crate::server::Server;
use crate::tool::{self, cargo};

/// `cargo xtask conform`.
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    let addresses = args.options("--against")?;
    let peers = args.options("--peer")?;
    let mut words = Vec::new();
    for flag in ["--update", "--known"] {
        if args.flag(flag) {
            words.push(flag.to_owned());
        }
    }
    words.extend(args.names()?);
    if addresses.is_empty() && peers.is_empty() {
        return tool::run(cargo().args(["test", "-p", "russet-node", "--test", "it", "scripts"]));
    }
    let mut failed = Vec::new();
    for address in addresses {
        failed.extend(play(&address, &words).err());
    }
    for peer in peers {
        let binary = tool::server_binary(Some(peer.clone()))?;
        let server = Server::start_with(&binary, None, &["--enable-debug-command", "yes"])?;
        println!("{peer}");
        failed.extend(play(&format!("127.0.0.1:{}", server.port), &words).err());
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n"))
    }
}

fn play(address: &str, words: &[String]) -> Result<(), String> {
    let mut command = cargo();
    command.args([
        "run",
        "--quiet",
        "-p",
        "russet-node",
        "--example",
        "conform",
        "--",
        address,
    ]);
    tool::run(command.args(words))
}
