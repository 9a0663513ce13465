//! A node on a disk that is watched: every operation leaves an image, and may fail.
//!
//! Always true: an image is the disk before an operation that changes it.
//! Not here: what is asked of the node — `course.rs`

use std::cell::RefCell;
use std::rc::Rc;

use russet_base::Rng;
use russet_io::{ConnId, Disk, Failure, FileOp, FileReply, MemoryDisk, Now};
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_resp::Value;

use super::promise::Policy;
use super::state::{State, decode};
use crate::faulty::Faulty;

/// The working directory.
const DIR: &str = "/sim";

/// The disk, and what is noted of it.
pub(crate) struct Tape {
    pub(crate) disk: MemoryDisk,
    /// Whether images are taken.
    pub(crate) takes_images: bool,
    pub(crate) images: Vec<(String, MemoryDisk)>,
    /// Operations that change the disk, so far.
    pub(crate) count: u64,
    rng: Rng,
    /// One operation in this many fails; 0 for never.
    pub(crate) fail_one_in: u64,
}

/// The disk as the node sees it.
struct Watched(Rc<RefCell<Tape>>);

impl Disk for Watched {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        let tape = &mut *self.0.borrow_mut();
        let is_change = !matches!(
            op,
            FileOp::Read { .. } | FileOp::List(_) | FileOp::Close(_) | FileOp::Lock(_)
        );
        if is_change {
            tape.count += 1;
            if tape.takes_images {
                let name = format!("{op:?}").chars().take(100).collect();
                tape.images.push((name, tape.disk.clone()));
            }
        }
        Faulty {
            disk: &mut tape.disk,
            rng: &mut tape.rng,
            fail_one_in: tape.fail_one_in,
        }
        .perform(op)
    }
}

/// A node, its disk, and a client.
pub(crate) struct Server {
    pub(crate) node: Loopback,
    pub(crate) tape: Rc<RefCell<Tape>>,
    pub(crate) conn: ConnId,
}

impl Server {
    /// Starts a node on what is on the disk.
    pub(crate) fn start(config: &Config, disk: MemoryDisk, now: Now, takes_images: bool) -> Self {
        let tape = Rc::new(RefCell::new(Tape {
            disk,
            takes_images,
            images: Vec::new(),
            count: 0,
            rng: Rng::new(now.mono_us),
            fail_one_in: 0,
        }));
        let mut node = Loopback::at(config.clone(), now);
        node.start(Box::new(Watched(Rc::clone(&tape))));
        let conn = node.connect();
        Self { node, tape, conn }
    }

    /// All keys.
    pub(crate) fn state(&mut self) -> State {
        let Self { node, conn, .. } = self;
        read(node, *conn)
    }

    /// Sends requests, one a line, and gives the replies that are there.
    pub(crate) fn ask(&mut self, lines: &str) -> Vec<Value> {
        decode(&self.node.call(self.conn, lines.as_bytes()))
    }

    /// The disk as it is.
    pub(crate) fn image(&self) -> MemoryDisk {
        self.tape.borrow().disk.clone()
    }
}

/// All keys of a node.
pub(crate) fn read(node: &mut Loopback, conn: ConnId) -> State {
    State::read(&mut |lines| decode(&node.call(conn, lines.as_bytes())))
}

/// A configuration for a policy.
pub(crate) fn config(policy: Policy) -> Config {
    config_of(policy.settings())
}

/// A configuration with these settings.
pub(crate) fn config_of(settings: &str) -> Config {
    let text = Text {
        name: "settings".to_owned(),
        text: format!("{settings}databases 4\nenable-debug-command yes\n").into_bytes(),
    };
    let config = Config::load(&[text], &mut |_| Err("no files".to_owned()));
    let mut config = config.unwrap_or_else(|error| panic!("settings: {error}"));
    config.set_directory(DIR);
    config
}

/// A disk without files.
pub(crate) fn empty_disk() -> MemoryDisk {
    MemoryDisk::new(DIR)
}
