//! The arguments of one chore: options, and the names behind them.
//!
//! lexopt takes the words apart by the options that the chore's row declares. An option is declared
//! as it is written in the usage line: `--check`, `--suite DIR`, `-j N`.
//!
//! Always true: an option that is not declared is an error, so a misspelled one never passes.
//! Not here: which chore has which options — the rows in `main.rs`

use std::str::FromStr;

use lexopt::Arg;

/// The words after the chore's name.
#[derive(Debug, Default)]
pub(crate) struct Args {
    /// Options in their order, each with its value if it takes one.
    given: Vec<(String, Option<String>)>,
    names: Vec<String>,
    /// Everything after a lone `--`.
    rest: Vec<String>,
}

/// A command line, or the request to explain it.
#[derive(Debug)]
pub(crate) enum Line {
    Help,
    Args(Args),
}

impl Args {
    /// Takes words apart by the declared options; names are an error unless they are expected.
    pub(crate) fn parse(
        mut words: Vec<String>,
        options: &[&str],
        has_names: bool,
    ) -> Result<Line, String> {
        let mut args = Self::default();
        if let Some(at) = words.iter().position(|word| word == "--") {
            args.rest = words.split_off(at).split_off(1);
        }
        let fail = |error: lexopt::Error| error.to_string();
        let mut parser = lexopt::Parser::from_args(words);
        while let Some(arg) = parser.next().map_err(fail)? {
            let name = match &arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(Line::Help),
                Arg::Long(name) => format!("--{name}"),
                Arg::Short(name) => format!("-{name}"),
                Arg::Value(name) if has_names => {
                    args.names.push(name.to_string_lossy().into_owned());
                    continue;
                }
                Arg::Value(_) => return Err(fail(arg.unexpected())),
            };
            let row = options
                .iter()
                .find(|row| row.split(' ').next() == Some(&name));
            let Some(row) = row else {
                return Err(fail(arg.unexpected()));
            };
            let value = match row.contains(' ') {
                true => Some(parser.value().map_err(fail)?.to_string_lossy().into_owned()),
                false => None,
            };
            args.given.push((name, value));
        }
        Ok(Line::Args(args))
    }

    /// Whether a flag such as `--check` was given.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    /// The value of an option; the last one when it was given several times.
    pub(crate) fn option(&self, name: &str) -> Option<String> {
        self.options(name).pop()
    }

    /// The values of an option that may be given several times.
    pub(crate) fn options(&self, name: &str) -> Vec<String> {
        let given = self.given.iter().filter(|(given, _)| given == name);
        given.filter_map(|(_, value)| value.clone()).collect()
    }

    /// The value of an option that is a number.
    pub(crate) fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        match self.option(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| format!("{name}: not a number: {text}")),
        }
    }

    /// Everything after a lone `--`.
    pub(crate) fn rest(&self) -> &[String] {
        &self.rest
    }

    /// The names that were given.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::{Args, Line};

    const OPTIONS: &[&str] = &["--seconds N", "--peer NAME=BIN…", "--check", "-v", "-j N"];

    fn parse(line: &str) -> Result<Args, String> {
        let words = line.split_whitespace().map(str::to_owned).collect();
        match Args::parse(words, OPTIONS, true)? {
            Line::Args(args) => Ok(args),
            Line::Help => Err("help".to_owned()),
        }
    }

    #[test]
    fn options_are_taken_in_every_spelling_and_names_are_left() {
        let args = parse("a --seconds 3 b --peer=x=1 --peer y=2 -v -j2 -- --tail").expect("valid");
        assert_eq!(args.rest(), ["--tail"]);
        assert_eq!(args.number("--seconds", 10_u64), Ok(3));
        assert_eq!(args.number("-j", 1_u64), Ok(2));
        assert_eq!(args.number("--rounds", 5_u64), Ok(5));
        assert_eq!(args.options("--peer"), ["x=1", "y=2"]);
        assert!(args.flag("-v") && !args.flag("--check"));
        assert_eq!(args.names(), ["a", "b"]);
    }

    #[test]
    fn a_misspelled_option_is_an_error_and_help_is_a_request() {
        for line in ["--chek", "--seconds", "--check=yes"] {
            assert!(parse(line).is_err_and(|error| error != "help"), "{line}");
        }
        assert_eq!(parse("x --help").err().as_deref(), Some("help"));
        let names = Args::parse(vec!["x".to_owned()], OPTIONS, false);
        assert!(names.is_err());
    }
}
