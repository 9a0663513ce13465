//! The direction of dependency: which crate may know which, and who may use which library.
//!
//! ```text
//!  L6   server ─► node, reactor, rdb, aof      cli ─► resp      benchmark ─► resp
//!  L5   reactor ─► io                sim ─► node, command, conform, io, resp
//!  L4   node ─► command, engine, replication, script, cluster, sentinel, rdb, aof, io, resp
//!  L3   command ─► engine, resp      replication · script · cluster · sentinel ─► resp
//!  L2   engine ─► pack               rdb ─► pack      aof ─► resp, pack      io ─► base
//!  L1   pack                         resp
//!  L0   base   ◄─ everyone
//! ```
//!
//! Always true: an edge goes down at least one level, never sideways; [`CRATES`] names all of them.
//! Not here: arrows between the files of a crate — `circles/`; the same picture for readers, with
//! reasons — `docs/ARCHITECTURE.md`

use std::path::Path;

use crate::args::Args;
use crate::circles;
use crate::manifest::{self, Kind, Manifest};
use crate::offence::{Offence, report};
use crate::tree;

/// A crate's room: its level and the crates it may use besides `base`.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    pub(crate) level: u8,
    pub(crate) uses: &'static [&'static str],
}

const fn room(name: &'static str, level: u8, uses: &'static [&'static str]) -> Room {
    Room { name, level, uses }
}

/// The table. A new edge needs a row here and a record in `docs/decisions/`.
#[rustfmt::skip]
pub(crate) const CRATES: &[Room] = &[
    // The binaries hand the reactor's contract to the node, so they name its types; tools that
    // check files need no node.
    room("server", 6, &["node", "reactor", "io", "rdb", "aof"]),
    room("cli", 6, &["resp"]),
    room("benchmark", 6, &["resp"]),
    room("reactor", 5, &["io"]),
    room("sim", 5, &["node", "command", "conform", "io", "resp"]),
    room("node", 4, &["command", "engine", "replication", "script", "cluster", "sentinel", "rdb", "aof", "io", "resp"]),
    room("command", 3, &["engine", "resp"]),
    room("replication", 3, &["resp"]),
    room("script", 3, &["resp"]),
    room("cluster", 3, &["resp"]),
    room("sentinel", 3, &["resp"]),
    room("engine", 2, &["pack"]),
    room("rdb", 2, &["pack"]),
    room("aof", 2, &["resp", "pack"]),
    // A tool of the tests: reply scripts.
    room("conform", 2, &["resp"]),
    room("io", 2, &[]),
    room("pack", 1, &[]),
    room("resp", 1, &[]),
    room("base", 0, &[]),
];

/// Libraries that only these crates may use, tests aside.
const OWNED: &[(&str, &[&str])] = &[
    ("backtrace", &["server"]),
    (
        "crossbeam-channel",
        &["reactor", "server", "cli", "benchmark"],
    ),
    ("hdrhistogram", &["benchmark", "node"]),
    ("lexopt", &["cli", "benchmark"]),
    ("libc", &["reactor", "server"]),
    ("memmap2", &["reactor", "server", "cli"]),
    ("mio", &["reactor"]),
    ("mlua", &["script"]),
    ("rustc_apfloat", &["base"]),
    ("rustix", &["reactor", "server", "cli"]),
    ("rustls", &["reactor"]),
    ("rustyline", &["cli"]),
    ("signal-hook", &["reactor", "server"]),
    ("socket2", &["reactor"]),
];

/// Libraries for tests and measurements: never a normal dependency.
const DEV_ONLY: &[&str] = &["criterion", "proptest", "tempfile"];

/// Crates that are tools of this checkout: they may use any of ours.
const TOOLS: &[&str] = &["xtask", "tools", "benches"];

/// `cargo xtask layers`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    if args.flag("--circles") {
        return circles::print(args.names());
    }
    let root = tree::root();
    let mut offences = offences(&root)?;
    offences.extend(circles::offences(&root)?);
    report(offences)
}

fn offences(root: &Path) -> Result<Vec<Offence>, String> {
    let mut offences = Vec::new();
    for manifest in manifest::all(root)? {
        let dir = manifest.path.trim_end_matches("/Cargo.toml");
        if let Some(name) = dir.strip_prefix("crates/") {
            check(name, &manifest, &mut offences);
        } else if !TOOLS.contains(&dir) || manifest.is_published {
            let fix = "a tool is listed in xtask/src/layers.rs and says `publish = false`";
            offences.push(Offence::new(&manifest.path, 1, "layer", fix));
        }
    }
    Ok(offences)
}

/// The names of the directories under `crates/`, sorted.
pub(crate) fn crate_dirs(root: &Path) -> Result<Vec<String>, String> {
    let dir = root.join("crates");
    let entries = std::fs::read_dir(&dir).map_err(|error| format!("crates: {error}"))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

fn check(name: &str, manifest: &Manifest, offences: &mut Vec<Offence>) {
    let mut offend =
        |line, fix: String| offences.push(Offence::new(&manifest.path, line, "layer", fix));
    let Some(room) = find(name) else {
        offend(
            1,
            format!("give `{name}` a row in xtask/src/layers.rs and a decision record"),
        );
        return;
    };
    if manifest.name != format!("russet-{name}") {
        offend(1, format!("name the package `russet-{name}`"));
    }
    for dependency in &manifest.dependencies {
        let is_dev = dependency.kind == Kind::Development;
        if let Some(ours) = dependency.name.strip_prefix("russet-") {
            let is_known = ours == "base" || room.uses.contains(&ours);
            // A test may use any crate below its own; more would be a cycle in the making.
            let is_below = find(ours).is_some_and(|other| other.level < room.level);
            if !(is_known || (is_dev && is_below)) {
                let fix = format!("`{name}` may not use `{ours}`: see docs/ARCHITECTURE.md");
                offend(dependency.line, fix);
            }
            continue;
        }
        let owned = OWNED
            .iter()
            .find(|(library, _)| *library == dependency.name);
        if let (Some((library, owners)), false) = (owned, is_dev)
            && !owners.contains(&name)
        {
            offend(
                dependency.line,
                format!("`{library}` is for {}", owners.join(", ")),
            );
        }
        if !is_dev && DEV_ONLY.contains(&&*dependency.name) {
            offend(
                dependency.line,
                format!("`{}` is for tests and benches", dependency.name),
            );
        }
    }
}

fn find(name: &str) -> Option<&'static Room> {
    CRATES.iter().find(|room| room.name == name)
}

#[cfg(test)]
mod tests {
    use super::{CRATES, Kind, Manifest, check, find, offences};
    use crate::manifest::Dependency;
    use crate::tree;

    const NONE: [usize; 0] = [];

    /// The lines with offences: 1 for the crate itself, from 2 on its dependencies.
    fn wrong(name: &str, kind: Kind, dependencies: &[&str]) -> Vec<usize> {
        let dependencies = dependencies
            .iter()
            .enumerate()
            .map(|(idx, name)| Dependency {
                name: (*name).to_owned(),
                kind,
                line: idx + 2,
            });
        let manifest = Manifest {
            path: "Cargo.toml".to_owned(),
            name: format!("russet-{name}"),
            is_published: true,
            dependencies: dependencies.collect(),
        };
        let mut offences = Vec::new();
        check(name, &manifest, &mut offences);
        offences.into_iter().map(|offence| offence.line).collect()
    }

    #[test]
    fn the_checkout_keeps_its_layers() {
        let offences = offences(&tree::root()).expect("the manifests are readable");
        assert!(offences.is_empty(), "{offences:#?}");
    }

    #[test]
    fn every_edge_of_the_table_goes_down() {
        for room in CRATES {
            for name in room.uses {
                let below = find(name).unwrap_or_else(|| panic!("{name} has no row"));
                assert!(below.level < room.level, "{} -> {name}", room.name);
            }
        }
    }

    #[test]
    fn edges_and_libraries_outside_the_table_are_offences() {
        let wrong = |name, dependencies| wrong(name, Kind::Normal, dependencies);
        assert_eq!(wrong("engine", &["russet-base", "mio"]), [3]);
        assert_eq!(wrong("engine", &["russet-resp"]), [2]);
        assert_eq!(wrong("command", &["russet-resp", "proptest"]), [3]);
        assert_eq!(wrong("reactor", &["mio"]), NONE);
        assert_eq!(wrong("novel", &[]), [1]);
    }

    #[test]
    fn tests_may_use_what_is_below_them() {
        let wrong = |name, dependencies| wrong(name, Kind::Development, dependencies);
        assert_eq!(wrong("engine", &["russet-resp", "mio"]), NONE);
        assert_eq!(wrong("engine", &["russet-node"]), [2]);
    }
}
