//! Times of brief commands of scripts: one in eight of each kind is measured, and the others count
//! as long as the last that was.
//!
//! Always true: every command is counted; what is measured is never chosen by what ran before.
//! Not here: commands that may take long, which are measured one by one — `host.rs`

// PERF: two readings of the clock take half as long as an INCR does, with all around it.

use russet_command::registry::CommandId;

/// How many commands share a measurement.
const SHARED: u8 = 8;

/// The times of all kinds of commands.
#[derive(Debug, Default)]
pub(crate) struct Paces {
    /// By the index of the command.
    paces: Vec<Pace>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    /// The time of the last one that was measured, in nanoseconds.
    took_ns: u64,
    /// How many more count as long.
    left: u8,
}

impl Paces {
    /// The time that the next command of this kind counts, in nanoseconds; `None` if it is to be
    /// measured.
    #[inline]
    pub(crate) fn next(&mut self, id: CommandId) -> Option<u64> {
        let pace = self.paces.get_mut(id.index())?;
        pace.left = pace.left.checked_sub(1)?;
        Some(pace.took_ns)
    }

    /// A command of this kind was measured.
    pub(crate) fn note(&mut self, id: CommandId, took_ns: u64) {
        if self.paces.len() <= id.index() {
            self.paces.resize(id.index() + 1, Pace::default());
        }
        self.paces[id.index()] = Pace {
            took_ns,
            left: SHARED - 1,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_in_eight_of_each_kind_is_measured() {
        let registry = crate::registry::commands(&[]);
        let id = |name: &str| registry.find(name.as_bytes()).expect("it exists");
        let (get, set) = (id("GET"), id("SET"));
        let mut paces = Paces::default();
        let mut measured = [0, 0];
        for turn in 0..80 {
            for (at, id) in [get, set].into_iter().enumerate() {
                match paces.next(id) {
                    Some(took_ns) => assert_eq!(took_ns, turn / 8 * 8 + at as u64),
                    None => {
                        measured[at] += 1;
                        paces.note(id, turn + at as u64);
                    }
                }
            }
        }
        assert_eq!(measured, [10, 10]);
    }
}
