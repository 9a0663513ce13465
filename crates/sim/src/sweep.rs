//! Sweeps over files of a node: every prefix of them, and every single bit that is wrong.
//!
//! ```text
//!  subject ─► files ─┬─ an increment cut at n ─► start ─► the state at its last whole group
//!                    │                            └─ write ─► crash ─► start ─► it is there
//!                    ├─ a dump or a manifest cut at n ─► refused
//!                    └─ a bit flipped ─► refused; in the last group: cut off
//! ```
//! Always true: a panic of the node is a failure of the sweep, and names the place.
//! Not here: the data — `sweep/subject.rs`; crashes at any operation — `crash.rs`

mod shapes;
mod subject;

use std::panic::{AssertUnwindSafe, catch_unwind};

use subject::{Subject, digest};

use crate::crash::server::Server;

/// A file, what is done to it, and what must come of that.
struct Sweep {
    name: &'static str,
    file: File,
    damage: Damage,
}

/// A file that is swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    Increment,
    Base,
    Manifest,
    Dump,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    /// The file ends early.
    Prefix,
    /// A bit is wrong.
    Flip,
}

const fn sweep(name: &'static str, file: File, damage: Damage) -> Sweep {
    Sweep { name, file, damage }
}

/// All sweeps, the longest one last.
const SWEEPS: &[Sweep] = &[
    sweep("prefixes of a manifest", File::Manifest, Damage::Prefix),
    sweep("bits of a manifest", File::Manifest, Damage::Flip),
    sweep("prefixes of an increment", File::Increment, Damage::Prefix),
    sweep("prefixes of a base", File::Base, Damage::Prefix),
    sweep("prefixes of a dump", File::Dump, Damage::Prefix),
    sweep("bits of a base", File::Base, Damage::Flip),
    sweep("bits of a dump", File::Dump, Damage::Flip),
    sweep("bits of an increment", File::Increment, Damage::Flip),
];

/// Runs the sweeps whose names hold a text, of each the places whose number this divides; a line
/// is told after each.
///
/// # Errors
/// Damage was not found, something was lost, or the node panicked: where.
pub fn run((one_in, only): (usize, &str), told: &mut dyn FnMut(&str)) -> Result<(), String> {
    let (appended, dumped) = (Subject::appended(), Subject::dumped());
    for sweep in SWEEPS.iter().filter(|sweep| sweep.name.contains(only)) {
        let subject = match sweep.file {
            File::Dump => dumped.of_dump(),
            File::Increment => appended.of_increment(),
            File::Base => appended.of_base(),
            File::Manifest => appended.of_manifest(),
        };
        let size = subject.bytes.len();
        let places = match sweep.damage {
            Damage::Prefix => size,
            Damage::Flip => 8 * size,
        };
        // Small files are swept as a whole.
        let step = if places < SMALL { 1 } else { one_in };
        for place in (0..places).step_by(step) {
            let tried = catch_unwind(AssertUnwindSafe(|| sweep.try_place(&subject, place)));
            let tried = tried.unwrap_or_else(|_| Err("the node panicked".to_owned()));
            tried.map_err(|why| format!("{} of {size} bytes, place {place}: {why}", sweep.name))?;
        }
        let count = places.div_ceil(step);
        told(&format!("{} of {size} bytes: {count} tried", sweep.name));
    }
    Ok(())
}

/// Files with fewer places are swept as a whole.
const SMALL: usize = 10_000;

impl Sweep {
    fn try_place(&self, subject: &Subject, place: usize) -> Result<(), String> {
        match self.damage {
            Damage::Prefix => {
                let server = subject.start(&subject.bytes[..place]);
                match self.file {
                    File::Increment => check_cut(subject, place, server),
                    _ => check_refused(&server),
                }
            }
            Damage::Flip => {
                let mut bytes = subject.bytes.clone();
                bytes[place / 8] ^= 1 << (place % 8);
                let server = subject.start(&bytes);
                match self.file {
                    File::Increment if subject.is_in_last_group(place / 8) => {
                        check_last(subject, server)
                    }
                    _ => check_refused(&server),
                }
            }
        }
    }
}

fn check_refused(server: &Server) -> Result<(), String> {
    match server.node.exit() {
        Some(_) => Ok(()),
        None => Err("the file was loaded".to_owned()),
    }
}

/// The increment ended early: what its whole groups hold is there, and what is written now stays.
fn check_cut(subject: &Subject, size: usize, mut server: Server) -> Result<(), String> {
    check_digest(&mut server, &subject.group_before(size).1)?;
    let reply = server.ask(&format!("SET later {size}\r\n"));
    if reply.iter().any(|reply| reply.as_error().is_some()) {
        return Err(format!("a write is refused: {reply:?}"));
    }
    let written = digest(&mut server);
    let mut disk = server.image();
    disk.crash();
    check_digest(&mut subject.start_on(disk), &written)
}

/// The last group is wrong: it counts as torn, since nothing says that it had been on the disk.
fn check_last(subject: &Subject, mut server: Server) -> Result<(), String> {
    let (start, state) = subject.group_before(subject.bytes.len() - 1);
    check_digest(&mut server, state)?;
    match server.image().live(&subject.path).map(<[u8]>::len) {
        Some(size) if size == *start => Ok(()),
        size => Err(format!("the file was cut at {size:?}, not at {start}")),
    }
}

fn check_digest(server: &mut Server, expected: &str) -> Result<(), String> {
    if let Some(code) = server.node.exit() {
        return Err(format!("the start was refused with code {code}"));
    }
    let found = digest(server);
    match found == expected {
        true => Ok(()),
        false => Err(format!("the state is {found}, not {expected}")),
    }
}
