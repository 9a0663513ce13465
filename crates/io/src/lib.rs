#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod failure;
mod file;
mod job;
mod listen;
mod log;
mod memory;
mod ready;
mod service;
mod task;
mod tls;
mod usage;

pub use failure::Failure;
pub use file::{Disk, Entry, FileId, FileOp, FileReply, OpenHow};
pub use job::{Dial, Job, JobId, OomScore, Outcome, Script};
pub use listen::{ListenPlan, Role, TcpBind, Transport, UnixBind};
pub use log::{LogLevel, LogLine};
pub use memory::{CrashModel, MemoryDisk};
pub use ready::{Append, Exit, Ready};
pub use russet_base::time::Now;
pub use service::{Address, Admission, ConnId, HangUp, Origin, Piece, Service};
pub use task::{Step, Task};
pub use tls::{Identity, PeerCertificate, PeerField, TlsSettings};
pub use usage::Usage;
