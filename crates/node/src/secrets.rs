//! Secrets within requests: the arguments that logs and monitors must not show.
//!
//! Always true: what may be a password is hidden, behind a mistake in the request as well.
//! Not here: who is shown requests — `monitors.rs`, `commandlog.rs`.

use russet_resp::Args;

use crate::config::is_sensitive;

/// The text that stands in the place of a secret.
pub(crate) const REDACTED: &[u8] = b"(redacted)";

/// Positions of arguments that may be passwords, or belong to one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Secrets(Vec<usize>);

/// An option, the number of its values, and whether they are secret.
type Opt = (&'static str, usize, bool);

const HELLO: &[Opt] = &[("AUTH", 2, true), ("SETNAME", 1, false)];
const MIGRATE: &[Opt] = &[
    ("COPY", 0, false),
    ("REPLACE", 0, false),
    ("AUTH", 1, true),
    ("AUTH2", 2, true),
    ("KEYS", usize::MAX, false),
];

impl Secrets {
    /// The secrets in a request of the command with this full name, which is in lower case.
    pub(crate) fn of(full_name: &str, args: &Args<'_>) -> Self {
        Self(match full_name {
            // COMPAT: Redis shows those of a request with too many.
            "auth" => (1..args.len()).collect(),
            "hello" => values_of(args, 2, HELLO),
            "migrate" => values_of(args, 6, MIGRATE),
            "acl|setuser" | "acl|deluser" | "acl|getuser" => (2..args.len()).collect(),
            "acl|setrole" | "acl|delrole" | "acl|getrole" => (2..args.len()).collect(),
            "config|set" => values_of_settings(args),
            _ => Vec::new(),
        })
    }

    /// Whether the argument at this position is one.
    pub(crate) fn has(&self, at: usize) -> bool {
        self.0.contains(&at)
    }
}

/// The positions of secret values of CONFIG SET.
fn values_of_settings(args: &Args<'_>) -> Vec<usize> {
    let names = (2..args.len()).step_by(2);
    let mut secret = names.filter(|&at| is_sensitive(&args[at])).map(|at| at + 1);
    match args.len().is_multiple_of(2) {
        true => secret.collect(),
        // A value is missing, or has two words: what is a name is not certain.
        false => secret.next().map_or(0..0, |at| at..args.len()).collect(),
    }
}

/// The positions of secret values of options, from an argument on.
// COMPAT: Redis shows all that stands behind a mistake; here it might be a password.
fn values_of(args: &Args<'_>, from: usize, options: &[Opt]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(word) = args.get(at) {
        let is_asked = |option: &&Opt| word.eq_ignore_ascii_case(option.0.as_bytes());
        let Some(&(_, count, is_secret)) = options.iter().find(is_asked) else {
            found.extend(at..args.len());
            break;
        };
        let next = at.saturating_add(count).saturating_add(1);
        if is_secret {
            found.extend(at + 1..next);
        }
        at = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use russet_resp::ArgBuf;

    use super::*;

    fn hidden(line: &str) -> Vec<usize> {
        let words: Vec<&str> = line.split(' ').collect();
        let request: ArgBuf = words.iter().collect();
        let name = match words[0] {
            "ACL" | "CONFIG" => words[..2].join("|"),
            name => name.to_owned(),
        };
        Secrets::of(&name.to_ascii_lowercase(), &request.args()).0
    }

    #[test]
    fn all_that_may_be_a_password_is_hidden() {
        let cases: &[(&str, &[usize])] = &[
            ("AUTH p", &[1]),
            ("AUTH u p", &[1, 2]),
            ("AUTH u p q", &[1, 2, 3]),
            ("HELLO", &[]),
            ("HELLO 3 SETNAME auth auth u p", &[5, 6]),
            ("HELLO 9 AUTH auth p SETNAME n", &[3, 4]),
            ("HELLO 3 foo AUTH u p", &[2, 3, 4, 5]),
            ("HELLO auth u p", &[2, 3]),
            ("MIGRATE h 1 k 0 9 COPY auth p", &[8]),
            ("MIGRATE h 1 k 0 9 AUTH2 u p KEYS auth b", &[7, 8]),
            ("MIGRATE h 1 k 0 9 replace p", &[7]),
            ("SET auth p", &[]),
            ("ACL SETUSER u >p", &[2, 3]),
            ("ACL WHOAMI", &[]),
            ("CONFIG SET port 1 RequirePass p masterauth q", &[5, 7]),
            ("CONFIG SET port 1 requirepass two words", &[5, 6]),
            ("CONFIG SET port", &[]),
            ("CONFIG GET requirepass", &[]),
        ];
        for (line, expected) in cases {
            assert_eq!(hidden(line), *expected, "{line}");
        }
    }
}
