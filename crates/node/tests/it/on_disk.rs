//! Servers on a disk that outlives them.

use russet_io::{Disk, FileOp, FileReply};
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

/// Starts a server with these settings, this long after the beginning of time.
pub(crate) fn start_later(disk: impl Disk + 'static, lines: &str, later_ms: u64) -> Loopback {
    let mut server = configured(lines);
    server.advance(later_ms);
    server.start(Box::new(disk));
    server
}

/// A server with these settings that has not started.
pub(crate) fn configured(lines: &str) -> Loopback {
    let sources = [Text {
        name: "test".into(),
        text: lines.into(),
    }];
    let config = Config::load(&sources, &mut |_| Err(String::new())).expect("the text is right");
    Loopback::new(config)
}

/// Starts a server with these settings.
pub(crate) fn start(disk: impl Disk + 'static, lines: &str) -> Loopback {
    start_later(disk, lines, 0)
}

/// The reply to a request, from a connection of its own.
pub(crate) fn call(server: &mut Loopback, request: &str) -> String {
    let client = server.connect();
    let replies = server.call(client, format!("{request}\r\n").as_bytes());
    server.hang_up(client);
    String::from_utf8_lossy(&replies).into_owned()
}

/// The names in a directory, in their order.
pub(crate) fn names(disk: &(impl Disk + Clone), dir: &str) -> Vec<String> {
    let listed = disk.clone().perform(FileOp::List(dir.to_owned()));
    let Ok(FileReply::Entries(entries)) = listed else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries.into_iter().map(|entry| entry.name).collect();
    names.sort();
    names
}
