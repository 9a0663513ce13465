//! Where users are kept: read at the start, and by ACL LOAD on a thread of the pool.
//!
//! ```text
//!  user, role lines of redis.conf ─┐
//!  or the file of aclfile ─────────┴─► Users       both at once are refused
//!  ACL LOAD ─► ReadUsers (pool) ─► Users, or all errors of the file
//! ```
//! Always true: users that cannot be read whole are not used at all.
//! Not here: the text of a file — `file.rs`; what becomes of sessions — `permissions.rs`.

use std::io::ErrorKind;
use std::sync::Arc;

use russet_command::Registry;
use russet_io::{Disk, Failure, FileId, FileOp, FileReply, OpenHow, Step, Task};

use super::file;
use super::selector::Channels;
use super::user::Rulebook;
use super::users::Users;
use crate::config::Config;

/// A file of users is refused beyond this size.
const FILE_SIZE_MAX: u64 = 256 << 20;

/// How much is read at a time.
const PIECE_SIZE: usize = 1 << 20;

/// The users of a file, or what is wrong with it.
pub(crate) type Loaded = Result<Users, Vec<u8>>;

/// Reads the users of a file.
pub(crate) struct ReadUsers<H> {
    /// The path.
    pub path: String,
    /// A number for the file.
    pub file: FileId,
    /// The commands that rules name.
    pub table: Arc<Registry<H>>,
    /// The channels of new users.
    pub channels: Channels,
}

impl<H: Send + Sync> Task for ReadUsers<H> {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        let text = self.contents(disk);
        let loaded: Loaded = match text {
            Ok(text) => file::read(&text, &self.path, &self.book()),
            Err(failure) => Err(unreadable(&self.path, &failure.text)),
        };
        Step::Finished(Box::new(loaded))
    }
}

impl<H> ReadUsers<H> {
    fn book(&self) -> Rulebook<'_, H> {
        Rulebook {
            table: &self.table,
            channels: self.channels.clone(),
        }
    }

    fn contents(&self, disk: &mut dyn Disk) -> Result<Vec<u8>, Failure> {
        let file = self.file;
        disk.perform(FileOp::Open {
            file,
            path: self.path.clone(),
            how: OpenHow::Read,
        })?;
        let contents = read_all(disk, file);
        let _ = disk.perform(FileOp::Close(file));
        contents
    }
}

fn read_all(disk: &mut dyn Disk, file: FileId) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    while (text.len() as u64) < FILE_SIZE_MAX {
        let read = FileOp::Read {
            file,
            offset: text.len() as u64,
            len: PIECE_SIZE,
        };
        match disk.perform(read)? {
            FileReply::Bytes(bytes) if !bytes.is_empty() => text.extend_from_slice(&bytes),
            _ => return Ok(text),
        }
    }
    Err(Failure::new(ErrorKind::FileTooLarge, "File too large"))
}

/// The error of a file that cannot be read.
pub(crate) fn unreadable(path: &str, reason: &str) -> Vec<u8> {
    format!("Error loading ACLs, opening file '{path}': {reason}").into_bytes()
}

/// The users that a configuration names, before anybody connects.
///
/// # Errors
/// The line of the log that says why the server does not start.
pub(crate) fn configured<H>(config: &Config, table: &Registry<H>) -> Loaded {
    let book = Rulebook {
        table,
        channels: Channels::by_default(config.acl_pubsub_default),
    };
    let is_declared = config.declares_users();
    if is_declared && !config.aclfile.is_empty() {
        return Err(BOTH.as_bytes().to_vec());
    }
    match config.users_file() {
        Some(text) => file::read(text, &config.aclfile, &book).map_err(|errors| {
            let head = b"Aborting Redis startup because of ACL errors: ";
            [head, errors.as_slice()].concat()
        }),
        None if !config.aclfile.is_empty() => Err(unreadable(&config.aclfile, "not read")),
        None => {
            let default = Users::default();
            let default = default.default_user().with_password(&config.requirepass);
            let (roles, users) = (config.declared_roles(), config.declared_users());
            file::declared(default, roles, users, &book)
        }
    }
}

/// The error of users in two places.
const BOTH: &str = "Configuring Redis with users defined in redis.conf and at the same setting an \
                    ACL file path is invalid. This setup is very likely to lead to configuration \
                    errors and security holes, please define either an ACL file or declare users \
                    directly in your redis.conf, but not both.";
