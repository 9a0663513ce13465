#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod exchange;
pub mod job;
pub mod ready;
pub mod service;

pub use exchange::{Attempt, Exchange, Exchanged, LinkId, Phase, Source};
pub use job::{Job, JobId, ListenPlan, Outcome, TcpBind, UnixBind};
pub use ready::{LogLevel, LogLine, Ready};
pub use service::{Admission, ConnId, HangUp, Origin, Service};
