//! The command line: what to do, and options as lines of configuration.
//!
//! ```text
//!  russet-server [FILE | -] [--name value …]… [-]
//!
//!  --port 7777 --save 3600 1        port "7777"
//!                            ──►    save "3600" "1"
//! ```
//! A word that begins with `--` names a setting, unless it stands right after a name that came
//! alone: then it is that setting's value. `--save` is the exception, for it may have none.
//!
//! Always true: parsing cannot fail; what is wrong with a line, the configuration says.
//! Not here: what the settings are — `russet-node`; reading files — `config.rs`; tools under other
//! names — `check.rs`, `check_aof.rs`; what is said of a configuration — `check_config.rs`.

use russet_base::quote::{quote_into, split_words};

use crate::check::Check;
use crate::check_aof::CheckAof;

/// The task that the command line gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// Run the server.
    Serve(Launch),
    /// Print the version.
    Version,
    /// Print the usage.
    Help,
    /// Test the machine's memory.
    TestMemory,
    /// Check the system's settings.
    CheckSystem,
    /// Check a file.
    Check(Check),
    /// Check append-only files.
    CheckAof(CheckAof),
    /// Check a configuration.
    CheckConfig(Launch),
    /// Run as a Sentinel.
    Sentinel,
}

/// Where the configuration of a server comes from, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Launch {
    /// The configuration file.
    pub(crate) file: Option<Vec<u8>>,
    /// Whether standard input holds configuration too.
    pub(crate) stdin: bool,
    /// The options as lines of configuration.
    pub(crate) options: Vec<u8>,
}

impl Launch {
    /// A better spelling of the first option, if it has one dash only.
    pub(crate) fn advice(&self) -> Option<String> {
        let line = self.options.split(|&byte| byte == b'\n').next()?;
        let words = split_words(line).ok()?;
        let is_short =
            |word: &&Vec<u8>| matches!(word.as_slice(), [b'-', other, ..] if *other != b'-');
        let word = words.first().filter(is_short)?;
        Some(match word.as_slice() {
            b"-p" => "Did you mean --port?".to_owned(),
            _ => "Options begin with two dashes; russet-server --help shows them.".to_owned(),
        })
    }

    /// Whether nothing at all was configured.
    pub(crate) fn is_bare(&self) -> bool {
        self.file.is_none() && !self.stdin && self.options.is_empty()
    }
}

/// Understands the name of the program and the words after it.
pub(crate) fn parse(program: &[u8], words: &[Vec<u8>]) -> Invocation {
    if let Some(check) = Check::by_name(program, words) {
        return Invocation::Check(check);
    }
    if let Some(check) = CheckAof::by_name(program, words) {
        return Invocation::CheckAof(check);
    }
    match words.first().map(Vec::as_slice) {
        Some(b"-v" | b"--version") => return Invocation::Version,
        Some(b"-h" | b"--help") => return Invocation::Help,
        Some(b"--test-memory") => return Invocation::TestMemory,
        Some(b"--check-system") => return Invocation::CheckSystem,
        Some(b"--check-rdb") => {
            return Invocation::Check(Check {
                tool: None,
                words: words[1..].to_vec(),
            });
        }
        Some(b"--check-aof") => {
            return Invocation::CheckAof(CheckAof::by_option(&words[1..]));
        }
        Some(b"--check-config") => return Invocation::CheckConfig(launch(&words[1..])),
        _ => {}
    }
    if words.iter().any(|word| word == b"--sentinel") {
        return Invocation::Sentinel;
    }
    Invocation::Serve(launch(words))
}

fn launch(mut words: &[Vec<u8>]) -> Launch {
    let mut launch = Launch::default();
    if let [first, rest @ ..] = words {
        match first.as_slice() {
            b"-" => {
                launch.stdin = true;
                words = rest;
            }
            [b'-', ..] => {}
            file => {
                launch.file = Some(file.to_owned());
                words = rest;
            }
        }
    }
    if let [rest @ .., last] = words
        && last == b"-"
    {
        launch.stdin = true;
        words = rest;
    }
    launch.options = options(words);
    launch
}

/// Writes options as lines: each name begins one, each value is quoted.
fn options(words: &[Vec<u8>]) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut takes_any_value = false;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let Some(name) = word.strip_prefix(b"--").filter(|_| !takes_any_value) else {
            quote_into(word, &mut lines);
            lines.push(b' ');
            takes_any_value = false;
            continue;
        };
        if !lines.is_empty() {
            lines.push(b'\n');
        }
        lines.extend_from_slice(name);
        lines.push(b' ');
        let is_alone = split_words(name).is_ok_and(|parts| parts.len() == 1);
        let is_save = word.eq_ignore_ascii_case(b"--save");
        let is_without_value = words.peek().is_none_or(|next| next.starts_with(b"--"));
        if is_save && is_without_value {
            lines.extend_from_slice(b"\"\"");
        } else {
            takes_any_value = is_alone;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Vec<Vec<u8>> {
        line.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    fn lines(line: &[&str]) -> Vec<String> {
        let Invocation::Serve(launch) = parse(b"russet-server", &words(line)) else {
            panic!("{line:?} serves");
        };
        let text = String::from_utf8(launch.options).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn options_become_lines_as_redis_makes_them() {
        let cases: &[(&[&str], &[&str])] = &[
            (&[], &[]),
            (&["--port", "7777"], &[r#"port "7777""#]),
            (
                &["--save", "3600", "1", "--save", "60", "10000"],
                &[r#"save "3600" "1""#, r#"save "60" "10000""#],
            ),
            (&["--save", ""], &[r#"save """#]),
            (&["--save"], &[r#"save """#]),
            (
                &["--save", "--loglevel", "verbose"],
                &[r#"save """#, r#"loglevel "verbose""#],
            ),
            (&["--port"], &["port"]),
            (
                &["--port", "--loglevel", "verbose"],
                &[r#"port "--loglevel" "verbose""#],
            ),
            (
                &["--port", "--bla", "--loglevel", "verbose"],
                &[r#"port "--bla""#, r#"loglevel "verbose""#],
            ),
            (
                &["--replicaof", "--127.0.0.1", "--abc"],
                &[r#"replicaof "--127.0.0.1""#, "abc"],
            ),
            (
                &["--maxmemory 700mb", "--maxmemory-policy 'volatile-lru'"],
                &["maxmemory 700mb", "maxmemory-policy 'volatile-lru'"],
            ),
            (
                &["--proc-title-template --my--title", "--loglevel verbose"],
                &["proc-title-template --my--title", "loglevel verbose"],
            ),
            (
                &["--proc-title-template", "--save", "--save", ""],
                &[r#"proc-title-template "--save""#, r#"save """#],
            ),
            (&["-x"], &[r#""-x""#]),
            (
                &["--requirepass", "a \"b\"\n"],
                &[r#"requirepass "a \"b\"\n""#],
            ),
        ];
        for (given, expect) in cases {
            assert_eq!(lines(given), *expect, "{given:?}");
        }
    }

    #[test]
    fn the_sources_are_told_apart() {
        let launch = |line: &[&str]| match parse(b"russet-server", &words(line)) {
            Invocation::Serve(launch) => launch,
            other => panic!("{other:?}"),
        };
        assert!(launch(&[]).is_bare());
        let file = launch(&["/etc/r.conf", "--port", "1", "-"]);
        assert_eq!(file.file.as_deref(), Some(&b"/etc/r.conf"[..]));
        assert!(file.stdin);
        assert_eq!(file.options, b"port \"1\" ");
        let stdin = launch(&["-", "--port", "1"]);
        assert!(stdin.stdin && stdin.file.is_none());
        assert_eq!(stdin.options, b"port \"1\" ");
        assert!(launch(&["-"]).stdin);
        assert!(launch(&["-", "-"]).options.is_empty());
        assert!(launch(&["--port", "1", "-"]).stdin);
    }

    #[test]
    fn a_check_is_asked_for_by_an_option_or_by_the_name_of_the_program() {
        let check = |program: &str, line: &[&str]| match parse(program.as_bytes(), &words(line)) {
            Invocation::Check(check) => Some(check),
            _ => None,
        };
        let asked = check("russet-server", &["--check-rdb", "a.rdb"]).unwrap();
        assert_eq!((asked.tool, asked.words), (None, words(&["a.rdb"])));
        for name in ["/usr/bin/redis-check-rdb", "russet-check-rdb"] {
            let named = check(name, &["a.rdb", "b"]).unwrap();
            let tool = name.rsplit('/').next().map(str::to_owned);
            assert_eq!((named.tool, named.words), (tool, words(&["a.rdb", "b"])));
        }
        assert_eq!(check("/opt/redis-check-rdb/russet-server", &["a"]), None);
        assert_eq!(
            check("russet-server", &["--port", "1", "--check-rdb", "a"]),
            None
        );
    }

    #[test]
    fn a_configuration_is_checked_with_its_options() {
        let line = words(&["--check-config", "a.conf", "--port", "1"]);
        let Invocation::CheckConfig(launch) = parse(b"russet-server", &line) else {
            panic!("it is a check");
        };
        assert_eq!(launch.file.as_deref(), Some(&b"a.conf"[..]));
        assert_eq!(launch.options, b"port \"1\" ");
    }

    #[test]
    fn questions_are_recognised_only_in_first_place() {
        let cases = [
            ("-v", Invocation::Version),
            ("--version", Invocation::Version),
            ("-h", Invocation::Help),
            ("--help", Invocation::Help),
            ("--test-memory", Invocation::TestMemory),
            ("--check-system", Invocation::CheckSystem),
            ("--sentinel", Invocation::Sentinel),
        ];
        for (word, expect) in cases {
            assert_eq!(
                parse(b"russet-server", &words(&[word, "--port", "3"])),
                expect
            );
        }
        assert_eq!(
            lines(&["--port", "3", "--version"]),
            [r#"port "3""#, "version"]
        );
        assert_eq!(
            parse(b"russet-server", &words(&["s.conf", "--sentinel"])),
            Invocation::Sentinel
        );
    }
}
