//! Databases that a request names besides the selected one.
//!
//! Always true: an argument that is no number of a database names none: its command refuses it.
//! Not here: which databases are allowed — `selector.rs`.

use russet_base::num::parse_i64;
use russet_command::Spec;
use russet_command::args::is_word;
use russet_resp::Args;

/// A database that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Every one.
    All,
    /// One, by an argument.
    One {
        /// The argument.
        at: usize,
        /// The number it holds.
        db: u64,
    },
}

/// The databases that a request names.
pub(crate) fn targets(spec: &Spec, args: Args<'_>) -> Vec<Target> {
    let one = |at: usize| {
        let db = parse_i64(args.get(at)?)?;
        let db = u64::try_from(db).ok()?;
        Some(Target::One { at, db })
    };
    match spec.name {
        "COPY" => {
            let options = 3..args.len();
            let values = options
                .filter(|&at| is_word(&args[at], "DB"))
                .map(|at| at + 1);
            values.filter_map(one).collect()
        }
        "FLUSHALL" => vec![Target::All],
        "MOVE" => one(2).into_iter().collect(),
        "SELECT" => one(1).into_iter().collect(),
        "SWAPDB" => [1, 2].into_iter().filter_map(one).collect(),
        _ => Vec::new(),
    }
}
