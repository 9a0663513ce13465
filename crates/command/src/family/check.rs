//! The rules for every table, checked while it compiles.
//!
//! Always true: at run time the same panics would come, for tables that are not constants.

use crate::row::{Arity, Begin, Family, Find, Flags, KeyFlags, Row, Spec};
use crate::syntax::Extent;

impl<H: Copy> Family<H> {
    /// Checks every row: order, names, arity against syntax, flags, key specs, and that nothing
    /// that documentation shows is missing. Meant for `const _: () = FAMILY.check();`.
    ///
    /// # Panics
    /// With the name of the first row that is wrong; in a constant that is a compile error.
    pub const fn check(&self) {
        self.check_but(&[]);
    }

    /// The same for a family in which the arity of some commands is not what their syntax asks for,
    /// because the original's is not either.
    ///
    /// # Panics
    /// As [`Self::check`].
    pub const fn check_but(&self, arity_exceptions: &[&str]) {
        let mut at = 0;
        while at < self.rows.len() {
            let row = &self.rows[at];
            if at > 0 && !precedes(self.rows[at - 1].spec.name, row.spec.name) {
                fault(row.spec.name, "stands out of order");
            }
            check_row(row, 1, arity_exceptions);
            at += 1;
        }
    }
}

const fn check_row<H: Copy>(row: &Row<H>, depth: usize, arity_exceptions: &[&str]) {
    let spec = &row.spec;
    check_name(spec.name);
    check_documentation(spec);
    check_flags(spec);
    check_keys(spec);
    let is_container = !row.subcommands.is_empty();
    if row.run.is_none() && !is_container {
        fault(spec.name, "has neither a handler nor subcommands");
    }
    if !is_container && !contains(arity_exceptions, spec.name) {
        check_arity(spec, depth);
    }
    let mut at = 0;
    while at < row.subcommands.len() {
        let sub = &row.subcommands[at];
        if depth > 1 {
            fault(sub.spec.name, "is a subcommand of a subcommand");
        }
        if at > 0 && !precedes(row.subcommands[at - 1].spec.name, sub.spec.name) {
            fault(sub.spec.name, "stands out of order among subcommands");
        }
        check_row(sub, depth + 1, arity_exceptions);
        at += 1;
    }
}

const fn check_name(name: &str) {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > 64 {
        fault(name, "has a name that is empty or too long");
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-') {
            fault(name, "has a name that is not upper case");
        }
        at += 1;
    }
}

const fn check_documentation(spec: &Spec) {
    if spec.since.is_empty() {
        fault(spec.name, "lacks a version");
    }
    let summary = spec.summary.as_bytes();
    if summary.is_empty() || summary[summary.len() - 1] != b'.' {
        fault(spec.name, "lacks a summary that ends in a full stop");
    }
}

const fn check_flags(spec: &Spec) {
    if spec.flags.has(Flags::WRITE) && spec.flags.has(Flags::READONLY) {
        fault(spec.name, "both writes and only reads");
    }
    // What neither writes nor reads may keep something for its client, as HIMPORT PREPARE does.
    if spec.flags.has(Flags::DENY_OOM) && spec.flags.has(Flags::READONLY) {
        fault(
            spec.name,
            "is refused when memory is short though it only reads",
        );
    }
}

/// The arity counts the name (and the container's), the syntax does not.
const fn check_arity(spec: &Spec, depth: usize) {
    let extent = Extent::of(spec.syntax);
    let agrees = match spec.arity {
        Arity::Exactly(count) => count as usize == extent.min + depth && !extent.open,
        Arity::AtLeast(count) => count as usize == extent.min + depth && extent.open,
    };
    if !agrees {
        fault(spec.name, "has an arity that its syntax does not have");
    }
}

const fn check_keys(spec: &Spec) {
    let mut at = 0;
    while at < spec.keys.len() {
        let key = &spec.keys[at];
        let step = match key.find {
            Find::Range { step, .. } | Find::KeyNum { step, .. } => step,
            Find::Unknown => 1,
        };
        if step == 0 || matches!(key.begin, Begin::Index(0)) {
            fault(spec.name, "has a key spec that goes nowhere");
        }
        let kinds = [KeyFlags::RO, KeyFlags::RW, KeyFlags::OW, KeyFlags::RM];
        let mut count = key.flags.has(KeyFlags::NOT_KEY) as u8;
        let mut kind = 0;
        while kind < kinds.len() {
            count += key.flags.has(kinds[kind]) as u8;
            kind += 1;
        }
        if count != 1 {
            fault(
                spec.name,
                "has a key spec that is not one of RO, RW, OW and RM",
            );
        }
        // One that may replicate keeps something beside what it reads, as PFCOUNT does.
        if spec.flags.has(Flags::READONLY)
            && !spec.flags.has(Flags::MAY_REPLICATE)
            && !key.flags.has(KeyFlags::RO)
            && kinds_matter(key.flags)
        {
            fault(spec.name, "only reads but has a key spec that writes");
        }
        at += 1;
    }
}

const fn kinds_matter(flags: KeyFlags) -> bool {
    !flags.has(KeyFlags::NOT_KEY)
}

const fn contains(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if equal(names[at].as_bytes(), name.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether `a` stands before `b` in alphabetical order, and differs from it.
const fn precedes(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return a[at] < b[at];
        }
        at += 1;
    }
    a.len() < b.len()
}

#[expect(clippy::panic, reason = "a row that is wrong is a compile error")]
const fn fault(name: &str, what: &str) -> ! {
    // Constants format nothing but a plain string; the compiler shows the call with `what`.
    let _ = what;
    panic!("{}", name)
}
