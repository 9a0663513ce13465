//! Open files: how many the process may have, which bounds its clients, and one kept in reserve.
//!
//! ```text
//!  accept ─► EMFILE ─► close the reserve ─► accept ─► say no, close ─► open the reserve
//! ```
//! Without a reserve a client could not even be refused when descriptors run out, and the system
//! would go on to announce it.
//!
//! Always true: the limit is never raised for more clients than were asked for.
//! Not here: accepting — `reactor/accept.rs`.

use std::fs::File;

use russet_io::LogLevel;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::log::os_text;

/// Descriptors that the server itself needs beside those of its clients.
const RESERVED: u64 = 32;

/// The clients that the system grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The number of clients that may connect at once; 0: not even the server's own files fit.
    pub max_clients: u32,
    /// Lines for the log.
    pub lines: Vec<(LogLevel, String)>,
}

/// A descriptor to be given up when there is no other.
#[derive(Debug)]
pub(crate) struct Reserve(Option<File>);

impl Reserve {
    /// A reserve, if a descriptor is free.
    pub(crate) fn new() -> Self {
        let mut reserve = Self(None);
        reserve.fill();
        reserve
    }

    /// Takes a descriptor again, if it has none and one is free.
    pub(crate) fn fill(&mut self) {
        if self.0.is_none() {
            self.0 = File::open("/dev/null").ok();
        }
    }

    /// Gives the descriptor up; false if there was none.
    pub(crate) fn give_up(&mut self) -> bool {
        self.0.take().is_some()
    }
}

/// Raises the limit on open files for a number of clients, as far as the system lets us.
#[must_use]
pub fn raise(max_clients: u32) -> Granted {
    let wanted = u64::from(max_clients).saturating_add(RESERVED);
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return Granted {
            max_clients,
            lines: Vec::new(),
        };
    }
    let refusal = match set(wanted, limit.maximum.unwrap_or(u64::MAX)) {
        Ok(()) => {
            let text = format!(
                "Increased maximum number of open files to {wanted} (it was originally set to \
                 {current})."
            );
            return Granted {
                max_clients,
                lines: vec![(LogLevel::Notice, text)],
            };
        }
        Err(error) => error,
    };
    let best = best_below(wanted, current, limit.maximum.unwrap_or(u64::MAX));
    reduced(max_clients, best, &refusal)
}

fn set(current: u64, maximum: u64) -> rustix::io::Result<()> {
    let limit = Rlimit {
        current: Some(current),
        maximum: Some(maximum.max(current)),
    };
    setrlimit(Resource::Nofile, limit)
}

/// The highest limit that the system accepts.
fn best_below(wanted: u64, current: u64, maximum: u64) -> u64 {
    let reachable = maximum.min(wanted);
    if reachable > current && set(reachable, maximum).is_ok() {
        return reachable;
    }
    current
}

fn reduced(max_clients: u32, open_files: u64, refusal: &rustix::io::Errno) -> Granted {
    let wanted = u64::from(max_clients).saturating_add(RESERVED);
    let reason = os_text(&(*refusal).into());
    if open_files <= RESERVED {
        let least = RESERVED + 1;
        let text = format!(
            "Your current 'ulimit -n' of {open_files} is not enough for the server to start. \
             Please increase your open file limit to at least {least}, or to {wanted} for \
             {max_clients} clients. Exiting."
        );
        return Granted {
            max_clients: 0,
            lines: vec![(LogLevel::Warning, text)],
        };
    }
    let clients = open_files - RESERVED;
    let lines = [
        format!(
            "You requested maxclients of {max_clients} requiring at least {wanted} max file \
             descriptors."
        ),
        format!("Server can't set maximum open files to {wanted} because of OS error: {reason}."),
        format!(
            "Current maximum open files is {open_files}. maxclients has been reduced to {clients} \
             to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'."
        ),
    ];
    Granted {
        max_clients: u32::try_from(clients).unwrap_or(max_clients),
        lines: lines.map(|line| (LogLevel::Warning, line)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_limit_reduces_the_clients_and_says_so() {
        let granted = reduced(10_000, 45, &rustix::io::Errno::PERM);
        assert_eq!(granted.max_clients, 13);
        assert_eq!(granted.lines.len(), 3);
        assert!(
            granted.lines[1]
                .1
                .ends_with("to 10032 because of OS error: Operation not permitted.")
        );
        let refused = reduced(10_000, 30, &rustix::io::Errno::PERM);
        assert_eq!((refused.max_clients, refused.lines.len()), (0, 1));
        let text = &refused.lines[0].1;
        assert!(
            text.contains("at least 33, or to 10032 for 10000 clients."),
            "{text}"
        );
    }

    #[test]
    fn a_reserve_is_given_up_once() {
        let mut reserve = Reserve::new();
        assert!(reserve.give_up() && !reserve.give_up());
        reserve.fill();
        assert!(reserve.give_up());
    }

    #[test]
    fn few_clients_need_nothing() {
        assert_eq!(
            raise(1),
            Granted {
                max_clients: 1,
                lines: vec![]
            }
        );
    }
}
