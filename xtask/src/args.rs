//! The arguments of one chore: flags and options are taken out, what is left are its files.
//!
//! Always true: an option nobody took is an error, so a misspelled one never passes silently.
//! Not here: which chore takes which option — the `usage` lines in `main.rs`

/// The words after the chore's name.
#[derive(Debug)]
pub(crate) struct Args {
    words: Vec<String>,
}

impl Args {
    /// Wraps the words of a command line.
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self {
            words: words.into_iter().collect(),
        }
    }

    /// Takes a flag such as `--check`; true when it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// Takes `NAME VALUE` or `NAME=VALUE` once.
    pub(crate) fn option(&mut self, name: &str) -> Result<Option<String>, String> {
        for at in 0..self.words.len() {
            let word = &self.words[at];
            if word == name {
                if at + 1 == self.words.len() {
                    return Err(format!("{name} needs a value"));
                }
                self.words.remove(at);
                return Ok(Some(self.words.remove(at)));
            }
            if let Some(value) = word
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('='))
            {
                let value = value.to_owned();
                self.words.remove(at);
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Takes an option that may be given several times.
    pub(crate) fn options(&mut self, name: &str) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        while let Some(value) = self.option(name)? {
            values.push(value);
        }
        Ok(values)
    }

    /// Takes an option that is a number.
    pub(crate) fn number<T: std::str::FromStr>(
        &mut self,
        name: &str,
        default: T,
    ) -> Result<T, String> {
        match self.option(name)? {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| format!("{name}: not a number: {text}")),
        }
    }

    /// Everything after a lone `--`.
    pub(crate) fn after_dashes(&mut self) -> Vec<String> {
        let Some(at) = self.words.iter().position(|word| word == "--") else {
            return Vec::new();
        };
        self.words.split_off(at).split_off(1)
    }

    /// The remaining words, which must all be names.
    pub(crate) fn names(self) -> Result<Vec<String>, String> {
        match self.words.iter().find(|word| word.starts_with('-')) {
            Some(word) => Err(format!("unknown option {word}")),
            None => Ok(self.words),
        }
    }

    /// For a chore that takes nothing more.
    pub(crate) fn nothing_more(self) -> Result<(), String> {
        match self.words.first() {
            Some(word) => Err(format!("unexpected argument {word}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Args;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_taken_in_both_spellings_and_names_are_left() {
        let mut args = args("a --seconds 3 b --peer=x=1 --peer y=2 -v -- --tail");
        assert_eq!(args.after_dashes(), ["--tail"]);
        assert_eq!(args.number("--seconds", 10_u64), Ok(3));
        assert_eq!(args.number("--rounds", 5_u64), Ok(5));
        assert_eq!(
            args.options("--peer"),
            Ok(vec!["x=1".to_owned(), "y=2".to_owned()])
        );
        assert!(args.flag("-v"));
        assert_eq!(args.names(), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn a_misspelled_option_is_an_error() {
        assert!(args("--chek").names().is_err());
        assert!(args("x").nothing_more().is_err());
        assert!(args("--seconds").option("--seconds").is_err());
    }
}
