//! The command log: requests that were slow or large, and requests with large replies.
//!
//! Each kind has entries of its own, the last one first (`SLOWLOG`, `COMMANDLOG`).
//!
//! Always true: no log is longer than its setting says, no entry has more than 32 arguments of
//! about 128 bytes, and none holds a password.
//! Not here: which requests are measured — `notice.rs`; the commands — `control/commandlog.rs`.

use std::collections::VecDeque;

use russet_resp::Args;

use crate::config::Typed;
use crate::secrets::{REDACTED, Secrets};

/// How many arguments an entry keeps, with the one that says how many more there are.
const ARGS_MAX: usize = 32;

/// How many bytes of an argument an entry keeps.
const ARG_LEN_MAX: usize = 128;

/// The kinds of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command took long: entries tell microseconds.
    Slow,
    /// The request was large: entries tell bytes.
    LargeRequest,
    /// The reply was large: entries tell bytes.
    LargeReply,
}

/// A request that was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number among those of its kind, never used twice.
    pub id: u64,
    /// The time at which it was logged, in seconds.
    pub at_s: i64,
    /// Microseconds or bytes.
    pub cost: u64,
    /// Its arguments, cut.
    pub args: Vec<Vec<u8>>,
    /// The address of its client.
    pub client: String,
    /// The name of its client.
    pub name: Vec<u8>,
}

/// The entries of one kind.
#[derive(Debug, Default)]
struct Log {
    entries: VecDeque<Entry>,
    created: u64,
    /// From this cost on a request is logged; `None`: none is.
    cost_min: Option<u64>,
    len_max: usize,
}

/// All logs.
#[derive(Debug, Default)]
pub(crate) struct CommandLog {
    logs: [Log; 3],
}

impl CommandLog {
    /// Takes over the settings.
    pub(crate) fn configure(&mut self, config: &Typed) {
        let settings = [
            (config.slowlog_log_slower_than, config.slowlog_max_len),
            (
                config.commandlog_request_larger_than,
                config.commandlog_large_request_max_len,
            ),
            (
                config.commandlog_reply_larger_than,
                config.commandlog_large_reply_max_len,
            ),
        ];
        for (log, (cost_min, len_max)) in self.logs.iter_mut().zip(settings) {
            // What is too long already is cut when the next request is logged, as Redis does.
            log.len_max = usize::try_from(len_max).unwrap_or(usize::MAX);
            log.cost_min = u64::try_from(cost_min).ok().filter(|_| len_max > 0);
        }
    }

    /// The cost from which on requests are logged; `None`: none is.
    pub(crate) fn cost_min(&self, kind: Kind) -> Option<u64> {
        self.logs[kind as usize].cost_min
    }

    /// Logs a request: its number is given here.
    pub(crate) fn push(&mut self, kind: Kind, mut entry: Entry) {
        let log = &mut self.logs[kind as usize];
        entry.id = log.created;
        log.created += 1;
        log.entries.push_front(entry);
        log.entries.truncate(log.len_max);
    }

    /// The entries of a kind, the last one first.
    pub(crate) fn entries(&self, kind: Kind) -> impl ExactSizeIterator<Item = &Entry> {
        self.logs[kind as usize].entries.iter()
    }

    /// Removes the entries of a kind.
    pub(crate) fn clear(&mut self, kind: Kind) {
        self.logs[kind as usize].entries = VecDeque::new();
    }
}

/// The arguments of a request as an entry keeps them.
pub(crate) fn cut(args: &Args<'_>, secrets: &Secrets) -> Vec<Vec<u8>> {
    let kept = match args.len() {
        0..=ARGS_MAX => args.len(),
        _ => ARGS_MAX - 1,
    };
    let shown = args.iter().take(kept).enumerate();
    let shown = shown.map(|(at, arg)| match secrets.has(at) {
        true => REDACTED.to_vec(),
        false => cut_one(arg),
    });
    let mut cut: Vec<Vec<u8>> = shown.collect();
    if kept < args.len() {
        cut.push(format!("... ({} more arguments)", args.len() - kept).into_bytes());
    }
    cut
}

fn cut_one(arg: &[u8]) -> Vec<u8> {
    let mut cut = arg[..arg.len().min(ARG_LEN_MAX)].to_vec();
    if arg.len() > ARG_LEN_MAX {
        let rest = arg.len() - ARG_LEN_MAX;
        cut.extend_from_slice(format!("... ({rest} more bytes)").as_bytes());
    }
    cut
}

#[cfg(test)]
mod tests {
    use russet_resp::ArgBuf;

    use super::*;

    fn entry(cost: u64) -> Entry {
        Entry {
            id: 0,
            at_s: 0,
            cost,
            args: Vec::new(),
            client: String::new(),
            name: Vec::new(),
        }
    }

    #[test]
    fn the_oldest_entries_go_and_numbers_go_on() {
        let mut log = CommandLog::default();
        let config = Typed {
            slowlog_log_slower_than: 10,
            slowlog_max_len: 2,
            commandlog_request_larger_than: -1,
            commandlog_large_request_max_len: 5,
            commandlog_reply_larger_than: 0,
            ..Typed::default()
        };
        log.configure(&config);
        assert_eq!(log.cost_min(Kind::Slow), Some(10));
        assert_eq!(log.cost_min(Kind::LargeRequest), None);
        assert_eq!(log.cost_min(Kind::LargeReply), None, "it has no room");
        for cost in 0..5 {
            log.push(Kind::Slow, entry(cost));
        }
        let shown = |log: &CommandLog| -> Vec<(u64, u64)> {
            let entries = log.entries(Kind::Slow);
            entries.map(|entry| (entry.id, entry.cost)).collect()
        };
        assert_eq!(shown(&log), [(4, 4), (3, 3)]);
        log.clear(Kind::Slow);
        log.push(Kind::Slow, entry(9));
        assert_eq!(shown(&log), [(5, 9)]);
        assert_eq!(log.entries(Kind::LargeReply).len(), 0);
    }

    #[test]
    fn long_requests_are_cut_and_secrets_are_hidden() {
        let numbers: Vec<String> = (0..34).map(|n| n.to_string()).collect();
        let request: ArgBuf = numbers.iter().collect();
        let kept = cut(&request.args(), &Secrets::default());
        assert_eq!(kept.len(), 32);
        assert_eq!(kept[30], b"30");
        assert_eq!(kept[31], b"... (3 more arguments)");
        assert_eq!(
            cut(&request.args().slice(0..32), &Secrets::default()).len(),
            32
        );

        let long = "x".repeat(130);
        let request: ArgBuf = ["AUTH", &long].iter().collect();
        let kept = cut(&request.args(), &Secrets::default());
        assert!(kept[1].ends_with(b"xx... (2 more bytes)"));
        let secrets = Secrets::of("auth", &request.args());
        assert_eq!(cut(&request.args(), &secrets)[1], b"(redacted)");
    }
}
