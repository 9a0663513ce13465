//! How many files the process may have open, which bounds how many clients it may have.
//!
//! Always true: the answer is never more than was asked for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that the server itself needs beside those of its clients.
const RESERVED: u64 = 32;

/// The clients that the system grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    /// The number of clients that may connect at once; 0: not even the server's own files fit.
    pub(crate) max_clients: u32,
    /// Lines for the log.
    pub(crate) warnings: Vec<String>,
}

/// Raises the limit on open files for a number of clients, as far as the system lets us.
pub(crate) fn raise_open_files(max_clients: u32) -> Granted {
    let wanted = u64::from(max_clients).saturating_add(RESERVED);
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return Granted {
            max_clients,
            warnings: Vec::new(),
        };
    }
    let refusal = match set(wanted, limit.maximum.unwrap_or(u64::MAX)) {
        Ok(()) => {
            let text = format!("Increased maximum number of open files to {wanted}");
            return Granted {
                max_clients,
                warnings: vec![text],
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
    let reason = russet_reactor::log::os_text(&(*refusal).into());
    if open_files <= RESERVED {
        let least = RESERVED + 1;
        let text = format!(
            "Your current 'ulimit -n' of {open_files} is not enough for the server to start. \
             Please increase your open file limit to at least {least}, or to {wanted} for \
             {max_clients} clients. Exiting."
        );
        return Granted {
            max_clients: 0,
            warnings: vec![text],
        };
    }
    let clients = open_files - RESERVED;
    let warnings = vec![
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
        warnings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_limit_reduces_the_clients_and_says_so() {
        let granted = reduced(10_000, 45, &rustix::io::Errno::PERM);
        assert_eq!(granted.max_clients, 13);
        assert_eq!(granted.warnings.len(), 3);
        assert!(
            granted.warnings[1].ends_with("to 10032 because of OS error: Operation not permitted.")
        );
        let refused = reduced(10_000, 30, &rustix::io::Errno::PERM);
        assert_eq!((refused.max_clients, refused.warnings.len()), (0, 1));
        let text = &refused.warnings[0];
        assert!(
            text.contains("at least 33, or to 10032 for 10000 clients."),
            "{text}"
        );
    }

    #[test]
    fn few_clients_need_nothing() {
        assert_eq!(
            raise_open_files(1),
            Granted {
                max_clients: 1,
                warnings: vec![]
            }
        );
    }
}
