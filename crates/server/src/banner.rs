//! Texts of the program about itself: version, usage, logo.
//!
//! Always true: the forms are those that tools parse for Redis; the words are ours.

use std::fmt::Write as _;

/// The version of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that this program was built from, if whoever built it said so.
pub(crate) const COMMIT: &str = match option_env!("RUSSET_COMMIT") {
    Some(commit) => commit,
    None => "00000000",
};

/// Names the build: different for each version and target.
pub(crate) fn build_id() -> String {
    let parts = [
        VERSION,
        std::env::consts::ARCH,
        std::env::consts::OS,
        env!("CARGO_PKG_RUST_VERSION"),
    ];
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:x}")
}

/// The answer to `--version`.
pub(crate) fn version() -> String {
    let (bits, build) = (usize::BITS, build_id());
    format!("Russet server v={VERSION} sha={COMMIT}:0 malloc=libc bits={bits} build={build}\n")
}

/// The answer to `--help`.
pub(crate) const USAGE: &str = "\
Usage: russet-server [CONFIG-FILE | -] [--SETTING VALUE ...]... [-]

  CONFIG-FILE            a file in the format of redis.conf
  -                      read configuration from standard input
  --SETTING VALUE ...    any setting of the configuration; it overrides the file, as in --port 7000

  -v, --version          print the version
  -h, --help             print this text
  --check-aof [--fix | --truncate-to-timestamp SECONDS] FILE
                         check an append-only file, or all files of a manifest
  --check-config FILE [--SETTING VALUE ...]
                         say of each line whether it is understood, without effect, or wrong
  --check-system         check the settings of the system
  --check-rdb FILE       check an RDB file, and say what it holds: 0 in order, 1 not, 2 unreadable
  --test-memory MB       not part of this program; use a memory tester such as memtester

Examples:
  russet-server                                    port 6379 of all addresses; see protected-mode
  russet-server /etc/russet.conf
  russet-server --port 7777 --bind 127.0.0.1
  russet-server /etc/russet.conf --loglevel verbose --maxmemory 1gb
  echo 'maxmemory 128mb' | russet-server -
";

/// The logo, with what tools look for beside it.
pub(crate) fn logo(port: u16, process_id: u32) -> String {
    let (bits, mode) = (usize::BITS, "standalone");
    let facts = [
        format!("Russet {VERSION} ({COMMIT}/0) {bits} bit"),
        String::new(),
        format!("Running in {mode} mode"),
        format!("Port: {port}"),
        format!("PID: {process_id}"),
        String::new(),
        env!("CARGO_PKG_REPOSITORY").to_owned(),
    ];
    let mut logo = String::from("\n");
    for (picture, fact) in PICTURE.iter().zip(facts.iter().map(String::as_str)) {
        let line = format!("  {picture:<24} {fact}");
        let _ = writeln!(logo, "{}", line.trim_end());
    }
    logo
}

/// An apple, cut open.
const PICTURE: [&str; 7] = [
    r"          ,(",
    r"      .--' `'--.",
    r"    .'    |     `.",
    r"   /    .' `.     \",
    r"   \    `-|-'     /",
    r"    `.    |     .'",
    r"      `--.,.--'",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_has_the_fields_that_tools_parse() {
        let text = version();
        let mut words = text.split_whitespace();
        assert_eq!(words.next(), Some("Russet"));
        assert_eq!(words.next(), Some("server"));
        for name in ["v=", "sha=", "malloc=", "bits=", "build="] {
            assert!(words.next().unwrap().starts_with(name), "{text}");
        }
    }

    #[test]
    fn the_logo_names_port_and_process() {
        let logo = logo(7000, 4711);
        assert!(logo.contains(" Port: 7000\n"), "{logo}");
        assert!(logo.contains(" PID: 4711\n"), "{logo}");
    }
}
