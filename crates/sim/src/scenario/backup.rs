//! Backups of a node that crashes.
//!
//! ```text
//!  SEAL is asked for ─► units that were acknowledged until then are in the backup
//!  OK is heard ───────► units from then on are not; the files do not change any more
//! ```
//! Always true: a server that starts on a sealed backup has the state after some whole units
//! between these two moments, and again after any crash.
//! Always true: without an append-only file of the server nothing of a backup is left by a start.
//! Not here: the data of the node itself — `scenario/persist.rs`

use russet_io::{Disk, FileOp, FileReply, MemoryDisk};
use russet_node::Node;

use super::persist::{Run, run};
use crate::crash::promise::Policy;
use crate::crash::server::{Server, config_of};
use crate::crash::state::State;
use crate::play::Play;
use crate::world::{HostId, World};

/// The directories of backups and of append-only files.
const BACKUPS: &str = "/sim/backupdir";
const APPENDED: &str = "/sim/appendonlydir";

/// What is known of the backups of a run.
#[derive(Default)]
pub(super) struct Backups {
    /// The units that must be in the backup that is to be sealed.
    owed: usize,
    /// The state that the sealed one has, unless it is being removed.
    sealed: Option<State>,
}

pub(super) fn backup(play: &mut Play) {
    run(play, &Policy::ALL, Some(Backups::default()));
}

impl Backups {
    /// SEAL is asked for, when this many units are acknowledged.
    pub(super) fn ask_seal(&mut self, acknowledged: usize) {
        self.owed = acknowledged;
    }

    /// The files may be removed from now on.
    pub(super) fn forget(&mut self) {
        self.sealed = None;
    }

    /// SEAL has answered OK.
    pub(super) fn check(&mut self, run: &mut Run, world: &mut World<Node>) {
        let state = restored(world, run.node).expect("a sealed backup has a manifest");
        let now_ms = world.now().wall_ms();
        let states = &run.model.states[self.owed..];
        let is_one = states
            .iter()
            .any(|expected| expected.is_same(&state, now_ms));
        let (first, last) = (&states[0], &states[states.len() - 1]);
        assert!(
            is_one,
            "the backup has none of the last {} states: from what was acknowledged: {}; from all: {}",
            states.len(),
            first.difference(&state, now_ms),
            last.difference(&state, now_ms)
        );
        self.sealed = Some(state);
    }

    /// The node has crashed, and started again. A reply that was not heard leaves open which files
    /// there are.
    pub(super) fn check_crashed(
        &mut self,
        world: &mut World<Node>,
        node: HostId,
        is_unknown: bool,
    ) {
        let now_ms = world.now().wall_ms();
        let found = restored(world, node);
        let Some(sealed) = self.sealed.take() else {
            return;
        };
        match found {
            Some(state) => {
                let difference = sealed.difference(&state, now_ms);
                assert!(sealed.is_same(&state, now_ms), "the backup: {difference}");
            }
            None => assert!(is_unknown, "the sealed backup is gone"),
        }
        // It is still there, until somebody removes it.
        self.sealed = Some(sealed).filter(|_| !is_unknown);
    }

    /// A start has removed all files that were there for a backup alone.
    pub(super) fn check_leftover(&self, world: &mut World<Node>, node: HostId) {
        let names = list(world.disk(node), APPENDED);
        assert!(names.is_empty(), "a backup has left {names:?}");
    }
}

/// The state of a server that starts on the backup, if that has a manifest.
fn restored(world: &mut World<Node>, node: HostId) -> Option<State> {
    let now = world.now();
    let disk = world.disk(node);
    let names = list(disk, BACKUPS);
    if !names.iter().any(|name| name == "appendonly.aof.manifest") {
        return None;
    }
    let mut copy = MemoryDisk::new("/sim");
    for name in names {
        let bytes = disk.live(&format!("{BACKUPS}/{name}")).unwrap_or_default();
        copy.put(&format!("{APPENDED}/{name}"), bytes);
    }
    let config = config_of("appendonly yes\nsave \"\"\n");
    let mut server = Server::start(&config, copy, now, false);
    assert_eq!(server.node.exit(), None, "the backup was refused");
    Some(server.state())
}

/// The names of the files of a directory.
fn list(disk: &mut MemoryDisk, dir: &str) -> Vec<String> {
    match disk.perform(FileOp::List(dir.to_owned())) {
        Ok(FileReply::Entries(entries)) => entries.into_iter().map(|entry| entry.name).collect(),
        _ => Vec::new(),
    }
}
