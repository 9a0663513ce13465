//! The score by which the kernel's out-of-memory killer chooses a process.
//!
//! Always true: a score that is given up is what it was before the first change.
//! Not here: which score there is to be — the service, by `Job::OomScore`.

use std::fs;
use std::io;

use russet_io::OomScore;

/// The file of this process.
const PATH: &str = "/proc/self/oom_score_adj";
/// The least and the greatest score.
const RANGE: (i32, i32) = (-1000, 1000);

/// The score of the process.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    /// The score before the first change, while there is one.
    before: Option<i32>,
}

impl Keeper {
    /// Sets the score.
    ///
    /// # Errors
    /// The text for the log.
    pub(crate) fn set(&mut self, score: OomScore) -> Result<(), String> {
        let before = match (self.before, score) {
            (Some(before), _) => before,
            (None, OomScore::Unchanged) => return Ok(()),
            (None, _) => read().map_err(|error| complaint("read", &error))?,
        };
        let wanted = match score {
            OomScore::Unchanged => before,
            OomScore::Relative(score) => before.saturating_add(score),
            OomScore::Absolute(score) => score,
        };
        self.before = (score != OomScore::Unchanged).then_some(before);
        let wanted = wanted.clamp(RANGE.0, RANGE.1);
        fs::write(PATH, format!("{wanted}\n")).map_err(|error| complaint("write", &error))
    }
}

fn read() -> io::Result<i32> {
    let text = fs::read_to_string(PATH)?;
    text.trim()
        .parse()
        .map_err(|_| io::ErrorKind::InvalidData.into())
}

fn complaint(what: &str, error: &io::Error) -> String {
    format!(
        "Unable to {what} oom_score_adj: {}",
        crate::log::os_text(error)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_that_is_given_up_is_that_from_before() {
        let before = read().unwrap();
        let mut keeper = Keeper::default();
        keeper.set(OomScore::Unchanged).unwrap();
        // Nobody needs a right to raise the score, nor to lower it to what it was.
        for (score, expect) in [
            (OomScore::Relative(5), before + 5),
            (OomScore::Relative(7), before + 7),
            (OomScore::Absolute(5000), 1000),
            (OomScore::Unchanged, before),
        ] {
            keeper.set(score).unwrap();
            assert_eq!(read().unwrap(), expect);
        }
        assert_eq!(keeper.before, None);
    }
}
