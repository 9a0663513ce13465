//! Files that are swept: each holds every shape of data, and is 64 KiB or a little more.
//!
//! Always true: the state at the end of each group of an increment is known.
//! Not here: the requests that make the shapes — `sweep/shapes.rs`

use russet_base::Rng;
use russet_io::{MemoryDisk, Now};
use russet_node::Config;

use super::shapes::shapes;
use crate::crash::server::{Server, config_of, empty_disk};
use crate::crash::workload::unit;

/// The least size of an increment and of a dump, in bytes.
const SIZE: usize = 64 << 10;

/// The append-only file and its settings; units are checked.
const APPENDED: &str = "appendonly yes\nappendfsync always\naof-timestamp-enabled yes\n\
                        auto-aof-rewrite-percentage 0\nsave \"\"\n";

/// A dump that also says how often its keys were used.
const DUMPED: &str = "appendonly no\nsave \"\"\nmaxmemory-policy allkeys-lfu\n";

/// The directory of the append-only file.
const DIR: &str = "appendonlydir";

/// One file among all that a node needs for its start.
pub(super) struct Subject {
    /// The file that is swept.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    /// The other files, and this one.
    disk: MemoryDisk,
    config: Config,
    now: Now,
    /// The sizes of the increment at the ends of its groups, and the state at each.
    groups: Vec<(usize, String)>,
}

/// Files that one node has written.
pub(super) struct Files {
    disk: MemoryDisk,
    config: Config,
    now: Now,
    groups: Vec<(usize, String)>,
}

impl Subject {
    /// A base, and an increment of the size that is swept.
    pub(super) fn appended() -> Files {
        let mut maker = Maker::new(APPENDED);
        shapes("base").iter().for_each(|lines| maker.write(lines));
        maker.server.node.advance(10);
        maker.write("BGREWRITEAOF\r\n");
        let path = increment(&maker.server.image());
        let mut groups = Vec::new();
        maker.note(&path, &mut groups);
        for lines in shapes("incr") {
            maker.write(&lines);
            maker.note(&path, &mut groups);
        }
        let mut rng = Rng::new(1);
        while groups.last().is_some_and(|(size, _)| *size < SIZE) {
            let now_ms = maker.server.node.now().wall_ms();
            maker.write(&unit(&mut rng, now_ms));
            maker.note(&path, &mut groups);
        }
        let files = maker.finish(groups);
        let bytes = files.disk.live(&path).unwrap_or_default();
        let lines = bytes.split(|&byte| byte == b'\n');
        let count = lines.filter(|line| line.starts_with(b"#U:")).count();
        assert_eq!(count + 1, files.groups.len(), "each group has its state");
        files
    }

    /// A dump of the size that is swept.
    pub(super) fn dumped() -> Files {
        let mut maker = Maker::new(DUMPED);
        let mut number = 0;
        loop {
            let lines = shapes(&format!("dump{number}"));
            lines.iter().for_each(|lines| maker.write(lines));
            maker.write("SAVE\r\n");
            let disk = maker.server.image();
            if disk.live(DUMP).is_some_and(|bytes| bytes.len() >= SIZE) {
                return maker.finish(Vec::new());
            }
            number += 1;
        }
    }

    /// The node starts on this file in the place of the right one.
    pub(super) fn start(&self, bytes: &[u8]) -> Server {
        let mut disk = self.disk.clone();
        disk.put(&self.path, bytes);
        self.start_on(disk)
    }

    /// The node starts on a disk.
    pub(super) fn start_on(&self, disk: MemoryDisk) -> Server {
        Server::start(&self.config, disk, self.now, false)
    }

    /// The end of the last whole group of so many bytes, and the state there.
    pub(super) fn group_before(&self, size: usize) -> &(usize, String) {
        let count = self.groups.partition_point(|(end, _)| *end <= size);
        &self.groups[count.saturating_sub(1)]
    }

    /// Whether the byte at this offset is in the last group.
    pub(super) fn is_in_last_group(&self, offset: usize) -> bool {
        offset >= self.group_before(self.bytes.len() - 1).0
    }
}

impl Files {
    /// The increment.
    pub(super) fn of_increment(&self) -> Subject {
        self.of(increment(&self.disk))
    }

    /// The base.
    pub(super) fn of_base(&self) -> Subject {
        self.of(listed(&self.disk, "type b"))
    }

    /// The manifest.
    pub(super) fn of_manifest(&self) -> Subject {
        self.of(MANIFEST.to_owned())
    }

    /// The dump.
    pub(super) fn of_dump(&self) -> Subject {
        self.of(DUMP.to_owned())
    }

    fn of(&self, path: String) -> Subject {
        let bytes = self.disk.live(&path).unwrap_or_default().to_vec();
        Subject {
            path,
            bytes,
            disk: self.disk.clone(),
            config: self.config.clone(),
            now: self.now,
            groups: self.groups.clone(),
        }
    }
}

/// All data of a node, as a digest.
pub(super) fn digest(server: &mut Server) -> String {
    format!("{:?}", server.ask("DEBUG DIGEST\r\n"))
}

const MANIFEST: &str = "appendonlydir/appendonly.aof.manifest";
const DUMP: &str = "dump.rdb";

/// The path of the last increment.
fn increment(disk: &MemoryDisk) -> String {
    listed(disk, "type i")
}

/// The path of the last file of this type that the manifest lists.
fn listed(disk: &MemoryDisk, kind: &str) -> String {
    let manifest = disk.live(MANIFEST).unwrap_or_default();
    let manifest = String::from_utf8_lossy(manifest);
    let line = manifest.lines().rfind(|line| line.contains(kind));
    let name = line.and_then(|line| line.split(' ').nth(1));
    format!("{DIR}/{}", name.unwrap_or_default())
}

/// A node that writes the files.
struct Maker {
    server: Server,
    config: Config,
}

impl Maker {
    fn new(settings: &str) -> Self {
        let config = config_of(settings);
        let start = Now {
            wall_us: 1_704_067_200_000_000,
            mono_us: 1_000_000,
        };
        let server = Server::start(&config, empty_disk(), start, false);
        Self { server, config }
    }

    fn write(&mut self, lines: &str) {
        self.server.ask(lines);
    }

    /// Notes where the increment ends now, and the state. Time stands still: nothing expires, which
    /// would be a group of its own.
    fn note(&mut self, path: &str, groups: &mut Vec<(usize, String)>) {
        let size = self.server.image().live(path).map_or(0, <[u8]>::len);
        let state = digest(&mut self.server);
        if groups.last().is_none_or(|(end, _)| *end < size) {
            groups.push((size, state));
        }
    }

    fn finish(self, groups: Vec<(usize, String)>) -> Files {
        let mut disk = self.server.image();
        disk.kill();
        Files {
            disk,
            config: self.config,
            now: self.server.node.now(),
            groups,
        }
    }
}
