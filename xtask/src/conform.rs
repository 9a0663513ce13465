//! `cargo xtask conform`: the reply scripts on our node, or on real servers.
//!
//! ```text
//!  conform [SCRIPT…]               our node, without a process
//!  conform --peer BIN              a server binary, freshly started
//!  conform --against HOST:PORT     a running server; its data is flushed
//! ```
//! A script is named as `docs/compat.md` does, `string/set`, or by its path; a family, `string`,
//! stands for all of its scripts. A difference is a bug of ours, or a step that its script marks
//! `COMPAT:`.
//!
//! Always true: every server named is played to, also when an earlier one differs; an unknown
//! script is an error.
//! Not here: the scripts — `crates/node/tests/scripts/`; the players — the tests of the node and
//! `tools/src/bin/conform.rs`

use std::fs;
use std::path::Path;

use crate::args::Args;
use crate::server::Server;
use crate::tool::{self, cargo};
use crate::tree;

const SCRIPTS: &str = "crates/node/tests/scripts";

/// `cargo xtask conform`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let addresses = args.options("--against");
    let peers = args.options("--peer");
    let flags = ["--update", "--known"].map(|flag| args.flag(flag).then(|| flag.to_owned()));
    let names = chosen(&all(&tree::root().join(SCRIPTS))?, args.names())?;
    if addresses.is_empty() && peers.is_empty() {
        let mut command = cargo();
        command.args(["test", "-p", "russet-node", "--test", "it", "scripts"]);
        return tool::run(command.env("SCRIPTS", names.join(",")));
    }
    let paths = names.iter().map(|name| format!("{SCRIPTS}/{name}.resp"));
    let words: Vec<String> = flags.into_iter().flatten().chain(paths).collect();
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

/// The names of all scripts, `family/topic`, in order.
fn all(root: &Path) -> Result<Vec<String>, String> {
    let list = |dir: &Path| -> Result<Vec<String>, String> {
        let fail = |error| format!("{}: {error}", dir.display());
        let entries = fs::read_dir(dir).map_err(fail)?;
        Ok(entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect())
    };
    let mut names = Vec::new();
    for family in list(root)? {
        let topics = list(&root.join(&family))?;
        let topics = topics
            .iter()
            .filter_map(|topic| topic.strip_suffix(".resp"));
        names.extend(topics.map(|topic| format!("{family}/{topic}")));
    }
    names.sort();
    Ok(names)
}

/// The scripts that the words name; nothing for all of them.
fn chosen(all: &[String], words: &[String]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for word in words {
        let word = word.trim_start_matches("./").trim_start_matches(SCRIPTS);
        let word = word.trim_matches('/').trim_end_matches(".resp");
        let is_meant = |name: &&String| {
            *name == word
                || name
                    .strip_prefix(word)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let before = names.len();
        names.extend(all.iter().filter(is_meant).cloned());
        if names.len() == before {
            return Err(format!("no script {word}: they are in {SCRIPTS}"));
        }
    }
    Ok(names)
}

fn play(address: &str, words: &[String]) -> Result<(), String> {
    tool::run(tool::our_tool("conform").arg(address).args(words))
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn scripts_are_named_as_pages_do_or_by_path_or_family() {
        let all = ["string/get", "string/set", "stringy/x"].map(str::to_owned);
        let names = |word: &str| chosen(&all, &[word.to_owned()]).map(|names| names.join(" "));
        assert_eq!(names("string/set").as_deref(), Ok("string/set"));
        let path = "crates/node/tests/scripts/string/set.resp";
        assert_eq!(names(path).as_deref(), Ok("string/set"));
        assert_eq!(names("string").as_deref(), Ok("string/get string/set"));
        assert!(names("nosuch").is_err());
        assert!(names("strin").is_err());
        assert_eq!(chosen(&all, &[]), Ok(Vec::new()));
    }
}
