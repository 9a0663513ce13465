//! A disk on which operations fail by chance.
//!
//! Always true: a failed write may have written a part; a failed [`FileOp::Replace`] leaves the
//! whole old or the whole new contents.

use std::io::ErrorKind;

use russet_base::Rng;
use russet_io::{Disk, Failure, FileOp, FileReply};

use russet_io::MemoryDisk;

/// A disk and the chance that an operation on it fails.
pub(crate) struct Faulty<'d> {
    pub(crate) disk: &'d mut MemoryDisk,
    pub(crate) rng: &'d mut Rng,
    /// One operation in this many fails; 0 for never.
    pub(crate) fail_one_in: u64,
}

impl Disk for Faulty<'_> {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        if self.fail_one_in == 0 || self.rng.below(self.fail_one_in) > 0 {
            return self.disk.perform(op);
        }
        match op {
            FileOp::Write {
                file,
                offset,
                bytes,
            } => {
                let bytes = bytes.slice(..self.rng.index(bytes.len() + 1));
                self.disk.perform(FileOp::Write {
                    file,
                    offset,
                    bytes,
                })?;
                Err(no_space())
            }
            FileOp::Sync(file) => {
                if self.rng.below(2) == 0 {
                    self.disk.perform(FileOp::Sync(file))?;
                }
                self.disk.lose(file);
                Err(broken())
            }
            FileOp::Link { .. } if self.rng.below(2) == 0 => Err(Failure::new(
                ErrorKind::Unsupported,
                "Operation not supported",
            )),
            FileOp::Replace { .. } if self.rng.below(2) == 0 => {
                self.disk.perform(op)?;
                Err(broken())
            }
            FileOp::Close(_) => {
                self.disk.perform(op)?;
                Err(broken())
            }
            FileOp::Open { .. } | FileOp::List(_) | FileOp::ChangeDir(_) => Err(Failure::new(
                ErrorKind::PermissionDenied,
                "Permission denied",
            )),
            FileOp::SetLen { .. } | FileOp::CreateDir(_) | FileOp::Replace { .. } => {
                Err(no_space())
            }
            _ => Err(broken()),
        }
    }
}

fn no_space() -> Failure {
    Failure::new(ErrorKind::StorageFull, "No space left on device")
}

fn broken() -> Failure {
    Failure::new(ErrorKind::Other, "Input/output error")
}
