//! Traces of calls: addresses at once, names of functions when there is time.
//!
//! ```text
//!  russet-server(+0x1a2b3c) [0x5581c0a2b3c4]                         an address
//!  0x5581c0a2b3c4 russet_node::run::run_group at …/run.rs:310        the same, with its name
//! ```
//! The number behind the plus is the place in the file, for `addr2line -fCie russet-server`.
//!
//! Always true: taking a trace and writing its addresses allocates nothing.
//! Not here: who takes one — `crash.rs`, `watchdog.rs`; walking the stack — `fault.rs`.

use std::fmt::Write;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::fault::{self, FRAMES_MAX};

/// Where the program was loaded to.
static BASE: AtomicUsize = AtomicUsize::new(0);

/// The addresses that calls came from, the innermost first.
pub(crate) struct Trace {
    frames: [usize; FRAMES_MAX],
    len: usize,
}

/// Finds out where the program was loaded to; without it, addresses are shown as they are.
pub(crate) fn prepare() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    BASE.store(base_of(&maps).unwrap_or(0), Ordering::Relaxed);
}

/// The first address of the first mapping, which is that of the program.
fn base_of(maps: &str) -> Option<usize> {
    let (start, rest) = maps.lines().next()?.split_once('-')?;
    let offset = rest.split(' ').nth(2)?;
    let start = usize::from_str_radix(start, 16).ok()?;
    start.checked_sub(usize::from_str_radix(offset, 16).ok()?)
}

impl Trace {
    /// No calls.
    pub(crate) const fn empty() -> Self {
        Self {
            frames: [0; FRAMES_MAX],
            len: 0,
        }
    }

    /// The calls that led here.
    pub(crate) fn here() -> Self {
        let mut trace = Self::empty();
        trace.len = fault::trace(&mut trace.frames);
        trace
    }

    /// Of these addresses, up to the first 0.
    pub(crate) fn of(addresses: impl Iterator<Item = usize>) -> Self {
        let mut trace = Self::empty();
        for (to, address) in trace.frames.iter_mut().zip(addresses) {
            if address == 0 {
                break;
            }
            *to = address;
            trace.len += 1;
        }
        trace
    }

    /// The addresses.
    pub(crate) fn addresses(&self) -> &[usize] {
        &self.frames[..self.len]
    }

    /// Writes one address a line.
    pub(crate) fn write_addresses(&self, out: &mut impl Write) {
        self.addresses()
            .iter()
            .for_each(|address| write_address(*address, out));
    }

    /// Writes the names of functions, those that were inlined among them. It reads the program's
    /// file the first time, and allocates.
    pub(crate) fn write_names(&self, out: &mut impl Write) {
        for &address in self.addresses() {
            backtrace::resolve(ptr::without_provenance_mut(address), |symbol| {
                let _ = write!(out, "{address:#x} ");
                let _ = match symbol.name() {
                    Some(name) => write!(out, "{name:#}"),
                    None => write!(out, "?"),
                };
                if let (Some(file), Some(line)) = (symbol.filename(), symbol.lineno()) {
                    let _ = write!(out, " at {}:{line}", file.display());
                }
                let _ = writeln!(out);
            });
        }
    }
}

/// Writes the line of an address.
pub(crate) fn write_address(address: usize, out: &mut impl Write) {
    let place = address.wrapping_sub(BASE.load(Ordering::Relaxed));
    let _ = writeln!(out, "russet-server(+{place:#x}) [{address:#x}]");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_start_of_the_first_mapping() {
        let maps = "55d0c0a00000-55d0c0b00000 r--p 00000000 fd:00 1 /bin/russet-server\n7f00-7f01";
        assert_eq!(base_of(maps), Some(0x55d0_c0a0_0000));
        assert_eq!(base_of(""), None);
    }

    #[test]
    fn a_trace_names_the_function_that_it_was_taken_in() {
        let mut text = String::new();
        Trace::here().write_names(&mut text);
        assert!(text.contains("a_trace_names_the_function"), "{text}");
    }

    #[test]
    fn a_trace_has_a_line_for_each_address() {
        let mut text = String::new();
        let trace = Trace::of([0x10, 0x20, 0, 0x30].into_iter());
        trace.write_addresses(&mut text);
        assert_eq!(trace.addresses(), [0x10, 0x20]);
        assert_eq!(text.lines().count(), 2);
    }
}
