//! Random units: writes of every type, transactions, and orders to the server.
//!
//! Always true: the requests of a unit change the data in one step, or not at all.
//! Not here: what is owed for them — `promise.rs`

use russet_base::Rng;

use super::promise::Policy;
use super::state::DATABASES;

/// One thing to do.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Requests that are one unit.
    Write(String),
    /// BGREWRITEAOF.
    Rewrite,
    /// CONFIG SET appendfsync.
    Switch(Policy),
    /// CONFIG SET appendonly.
    Append(bool),
    /// SAVE or BGSAVE.
    Save(&'static str),
    /// Whether all changes so far are durable.
    Ask,
    /// Time passes, in milliseconds.
    Pass(u64),
}

/// Draws the next act of a run under this policy.
pub(crate) fn next(rng: &mut Rng, policy: Policy, now_ms: i64) -> Act {
    let is_append_only = policy != Policy::Saves;
    match rng.below(60) {
        0 if is_append_only => Act::Rewrite,
        1 if is_append_only => {
            Act::Switch([Policy::Always, Policy::EverySecond, Policy::Never][rng.index(3)])
        }
        2 if is_append_only => Act::Append(rng.below(4) > 0),
        0 | 3 => Act::Save(["SAVE", "BGSAVE"][rng.index(2)]),
        4..8 if is_append_only => Act::Ask,
        8..16 => Act::Pass(1 + rng.below(400)),
        _ => Act::Write(unit(rng, now_ms)),
    }
}

/// Draws the requests of one unit.
pub(crate) fn unit(rng: &mut Rng, now_ms: i64) -> String {
    let db = rng.index(DATABASES);
    let mut lines = format!("SELECT {db}\r\n");
    if rng.below(4) > 0 {
        lines.push_str(&write(rng, now_ms));
        return lines;
    }
    lines.push_str("MULTI\r\n");
    for _ in 0..=rng.below(4) {
        lines.push_str(&write(rng, now_ms));
        if rng.below(6) == 0 {
            lines.push_str(&format!("SELECT {}\r\n", rng.index(DATABASES)));
        }
    }
    lines.push_str("EXEC\r\n");
    lines
}

/// Draws one request that changes data, or may.
pub(crate) fn write(rng: &mut Rng, now_ms: i64) -> String {
    let k = rng.below(5);
    let n = rng.below(100);
    let size = match rng.below(12) {
        0 => 500 + rng.below(2_000),
        _ => 1 + rng.below(20),
    };
    let letter = char::from(b'a' + rng.below(26) as u8);
    let text: String = std::iter::repeat_n(letter, size as usize).collect();
    let soon = now_ms + 1 + rng.below(3_000) as i64;
    let any = ["s", "l", "h", "e", "z", "x"][rng.index(6)];
    let line = match rng.below(24) {
        0..4 => format!("SET s{k} {text}{n}"),
        4 => format!("SET s{k} {n} PX {}", 1 + rng.below(3_000)),
        5 => format!("APPEND s{k} {text}"),
        6 => format!("SETRANGE s{k} {n} {text}"),
        7 => format!("RPUSH l{k} {text} {n}"),
        8 => format!("LPUSH l{k} {n}"),
        9 => format!("LPOP l{k}"),
        10 => format!("HSET h{k} f{} {text}", n % 7),
        11 => format!("HDEL h{k} f{}", n % 7),
        12 => format!("SADD e{k} {} {text}", n % 10),
        13 => format!("SPOP e{k}"),
        14 => format!("ZADD z{k} {n} m{}", n % 9),
        15 => format!("ZINCRBY z{k} 1.5 m{}", n % 9),
        16 => format!("XADD x{k} * f {text}"),
        17 => format!("XTRIM x{k} MAXLEN 3"),
        18 => format!("DEL {any}{k}"),
        19 => format!("PEXPIREAT {any}{k} {soon}"),
        20 => format!("PERSIST {any}{k}"),
        21 => format!("INCR n{k}"),
        22 => format!("RENAME s{k} s{}", (k + 1) % 5),
        _ if n < 5 => ["FLUSHDB", "SWAPDB 0 1", "FLUSHALL"][rng.index(3)].to_owned(),
        _ => format!("COPY s{k} s{} DB {}", (k + 1) % 5, rng.index(DATABASES)),
    };
    format!("{line}\r\n")
}
