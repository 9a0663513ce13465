//! Supervision by systemd or upstart, which are notified when the server is ready.
//!
//! Always true: nobody watching is no error; it is a line of the log.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use russet_io::LogLevel;
use rustix::process::{Signal, getpid, kill_process};

use crate::log::Log;

/// The supervisor of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supervisor {
    None,
    Systemd,
    Upstart,
}

impl Supervisor {
    /// Finds out from the setting `supervised`, and from the environment when it says `auto`.
    pub(crate) fn of(setting: &str, log: &Log) -> Self {
        match setting {
            "systemd" => Self::Systemd,
            "upstart" => Self::Upstart,
            "auto" if is_set("UPSTART_JOB") => {
                log.write(LogLevel::Verbose, "Upstart supervision detected.");
                Self::Upstart
            }
            "auto" if is_set("NOTIFY_SOCKET") => {
                log.write(LogLevel::Verbose, "Systemd supervision detected.");
                Self::Systemd
            }
            _ => Self::None,
        }
    }

    /// Tells that the start begins. Upstart waits for the server to stop itself, and wakes it.
    pub(crate) fn announce_start(self, log: &Log) {
        match self {
            Self::None => return,
            Self::Systemd => {
                log.warning(
                    "Supervised by systemd. Please make sure you set appropriate values for \
                     TimeoutStartSec and TimeoutStopSec in your service unit.",
                );
                return self.notify(log, "STATUS=Russet is loading...\n");
            }
            Self::Upstart => {}
        }
        if !is_set("UPSTART_JOB") {
            log.warning("upstart supervision requested, but UPSTART_JOB not found!");
            return;
        }
        log.notice("supervised by upstart, will stop to signal readiness.");
        let _ = kill_process(getpid(), Signal::STOP);
    }

    /// Tells systemd how things are.
    pub(crate) fn notify(self, log: &Log, state: &str) {
        if self != Self::Systemd {
            return;
        }
        match send(state) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                log.warning("systemd supervision error: NOTIFY_SOCKET not found!");
            }
            Err(error) => log.warning(&format!("systemd supervision error: {error}")),
        }
    }
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

fn send(state: &str) -> io::Result<()> {
    let path = std::env::var("NOTIFY_SOCKET").map_err(|_| io::ErrorKind::NotFound)?;
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(&path)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}
