//! Reading arguments: numbers by the protocol's rules, keyword options as data, and a cursor.
//!
//! Three tools, from the plainest to the freest:
//!
//! * [`integer`], [`positive`], [`timeout_seconds`], [`is_word`] read one argument.
//! * [`options`] reads trailing options from a grammar that is a table: options of one group
//!   exclude one another, a repeated option's last value counts, and values are not looked at yet,
//!   so a syntax error comes before a bad number.
//! * [`Cursor`] walks arguments where order matters; its first error latches, later reads return
//!   placeholders, and [`Cursor::finish`] tells.
//!
//! Always true: nothing here allocates on the way to success; keywords match in any case.
//! Not here: the numbers themselves — `russet_base::num`; which arguments are keys — the rows.

pub use russet_base::num::parse_i64 as parse_integer;
use russet_base::num::{LongDouble, parse_u64};
use russet_engine::Millis;
use russet_resp::Args;

use crate::error::CommandError;

/// Reads an integer argument: decimal, no plus sign, no leading zero, no space.
///
/// # Errors
/// [`CommandError::NotInteger`].
#[inline]
pub fn integer(arg: &[u8]) -> Result<i64, CommandError> {
    parse_integer(arg).ok_or(CommandError::NotInteger)
}

/// Reads an integer argument that must be at least zero.
///
/// # Errors
/// [`CommandError::NotPositive`], also for what is no integer.
pub fn positive(arg: &[u8]) -> Result<i64, CommandError> {
    parse_integer(arg)
        .filter(|n| *n >= 0)
        .ok_or(CommandError::NotPositive)
}

/// Reads a number that must be at least `least`; any other is answered by `error`.
///
/// # Errors
/// The one given, also for what is no integer.
pub fn at_least(least: i64, arg: &[u8], error: CommandError) -> Result<usize, CommandError> {
    parse_integer(arg)
        .filter(|n| *n >= least)
        .map(|n| usize::try_from(n).unwrap_or(usize::MAX))
        .ok_or(error)
}

/// Reads the count of a command that shows random elements: below zero they may repeat.
///
/// # Errors
/// [`CommandError::NotInteger`], and [`CommandError::CountRange`] for the one number without a
/// negative.
pub fn random_count(arg: &[u8]) -> Result<i64, CommandError> {
    match integer(arg)? {
        i64::MIN => Err(CommandError::CountRange),
        count => Ok(count),
    }
}

/// Checks that random elements do not repeat without end: at most 2^30 are shown.
///
/// # Errors
/// [`CommandError::CountRange`].
pub fn check_repeats(count: i64) -> Result<(), CommandError> {
    match count < 0 && count.unsigned_abs() > REPEATS_MAX {
        true => Err(CommandError::CountRange),
        false => Ok(()),
    }
}

/// Reads what is no unsigned number in canonical form as the C library does.
///
/// COMPAT: leading blanks, a sign and zeros are allowed, and a minus sign counts from above; but a
/// number below zero in canonical form is out of range. The text ends at a zero byte.
///
/// # Examples
/// ```
/// use russet_command::args::lenient_u64;
/// assert_eq!(lenient_u64(b" +07"), Some(7));
/// assert_eq!(lenient_u64(b"-01"), Some(u64::MAX));
/// assert_eq!(lenient_u64(b"-1"), None);
/// ```
#[cold]
pub fn lenient_u64(arg: &[u8]) -> Option<u64> {
    let end = arg.iter().position(|byte| *byte == 0);
    let text = &arg[..end.unwrap_or(arg.len())];
    if parse_integer(text).is_some_and(|number| number < 0) {
        return None;
    }
    let start = text.iter().position(|byte| !is_blank(*byte))?;
    let (is_negative, digits) = match &text[start..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let number = match &digits[zeros..] {
        [] if zeros > 0 => 0,
        digits => parse_u64(digits)?,
    };
    Some(if is_negative {
        number.wrapping_neg()
    } else {
        number
    })
}

/// No reply has more elements that may repeat.
const REPEATS_MAX: u64 = 1 << 30;

/// White space of the C library.
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Reads a timeout in seconds, with decimals, as the moment it ends; zero is never.
///
/// # Errors
/// [`CommandError::TimeoutNotFloat`], [`CommandError::TimeoutNegative`],
/// [`CommandError::TimeoutRange`].
///
/// # Examples
/// ```
/// use russet_command::args::timeout_seconds;
/// assert_eq!(timeout_seconds(b"1.5", 1000), Ok(Some(2500)));
/// assert_eq!(timeout_seconds(b"0.0001", 1000), Ok(Some(1001)));
/// assert_eq!(timeout_seconds(b"0", 1000), Ok(None));
/// ```
pub fn timeout_seconds(arg: &[u8], now: Millis) -> Result<Option<Millis>, CommandError> {
    let seconds = LongDouble::parse(arg).ok_or(CommandError::TimeoutNotFloat)?;
    let millis = seconds.scaled_up(1000);
    timeout(millis.ok_or(CommandError::TimeoutRange)?, now)
}

/// Reads a timeout in whole milliseconds as the moment it ends; zero is never.
///
/// # Errors
/// [`CommandError::TimeoutNotInteger`], [`CommandError::TimeoutNegative`],
/// [`CommandError::TimeoutRange`].
pub fn timeout_millis(arg: &[u8], now: Millis) -> Result<Option<Millis>, CommandError> {
    let millis = parse_integer(arg).ok_or(CommandError::TimeoutNotInteger)?;
    timeout(millis, now)
}

fn timeout(millis: Millis, now: Millis) -> Result<Option<Millis>, CommandError> {
    match millis {
        ..0 => Err(CommandError::TimeoutNegative),
        0 => Ok(None),
        1.. => match now.checked_add(millis) {
            Some(deadline) => Ok(Some(deadline)),
            None => Err(CommandError::TimeoutRange),
        },
    }
}

/// Whether an argument is this keyword, in any case.
#[inline]
pub fn is_word(arg: &[u8], word: &str) -> bool {
    arg.eq_ignore_ascii_case(word.as_bytes())
}

/// One option that a command understands.
#[derive(Debug, Clone, Copy)]
pub struct Keyword<T> {
    /// Its word, in upper case.
    pub word: &'static str,
    /// The meaning that the command gives it.
    pub means: T,
    /// Options of one group exclude one another; a number below the `GROUPS` of [`options`].
    pub group: usize,
    /// Whether its value follows it.
    pub has_value: bool,
    /// Whether it may be given again; its last value counts then.
    pub repeats: bool,
}

impl<T> Keyword<T> {
    /// An option without a value.
    pub const fn flag(word: &'static str, means: T, group: usize) -> Self {
        Self {
            word,
            means,
            group,
            has_value: false,
            repeats: true,
        }
    }

    /// An option whose value follows it.
    pub const fn valued(word: &'static str, means: T, group: usize) -> Self {
        Self {
            word,
            means,
            group,
            has_value: true,
            repeats: true,
        }
    }

    /// The same option, refused when it is given twice.
    pub const fn once(mut self) -> Self {
        self.repeats = false;
        self
    }
}

/// The option given of each group, and its value (empty for an option without a value).
pub type Chosen<'a, T, const GROUPS: usize> = [Option<(T, &'a [u8])>; GROUPS];

/// Reads all arguments from `from` on as options of a grammar.
///
/// # Errors
/// [`CommandError::Syntax`] for an unknown word, a missing value, two different options of one
/// group, or one given again that may not be.
///
/// # Examples
///
/// ```
/// use russet_command::args::{Keyword, options};
/// use russet_resp::ArgBuf;
///
/// const GRAMMAR: &[Keyword<char>] =
///     &[Keyword::flag("NX", 'n', 0), Keyword::flag("XX", 'x', 0), Keyword::valued("EX", 'e', 1)];
///
/// let request = ArgBuf::from_slices(&[b"SET", b"k", b"v", b"ex", b"10", b"nx"]);
/// let [condition, expiry] = options::<_, 2>(request.args(), 3, GRAMMAR).unwrap();
/// assert_eq!((condition, expiry), (Some(('n', &b""[..])), Some(('e', &b"10"[..]))));
/// ```
pub fn options<'a, T: Copy + PartialEq, const GROUPS: usize>(
    args: Args<'a>,
    from: usize,
    grammar: &[Keyword<T>],
) -> Result<Chosen<'a, T, GROUPS>, CommandError> {
    let mut chosen: Chosen<'a, T, GROUPS> = [None; GROUPS];
    let mut rest = args.skip(from).iter();
    while let Some(arg) = rest.next() {
        let keyword = grammar
            .iter()
            .find(|k| is_word(arg, k.word))
            .ok_or(CommandError::Syntax)?;
        let slot = &mut chosen[keyword.group];
        if slot.is_some_and(|(means, _)| means != keyword.means || !keyword.repeats) {
            return Err(CommandError::Syntax);
        }
        let value = match keyword.has_value {
            true => rest.next().ok_or(CommandError::Syntax)?,
            false => &[],
        };
        *slot = Some((keyword.means, value));
    }
    Ok(chosen)
}

/// A walk over arguments whose first error latches.
#[derive(Debug)]
pub struct Cursor<'a> {
    args: Args<'a>,
    next: usize,
    error: Option<CommandError>,
}

impl<'a> Cursor<'a> {
    /// A walk that begins at argument `from`.
    pub fn new(args: Args<'a>, from: usize) -> Self {
        Self {
            args,
            next: from,
            error: None,
        }
    }

    /// Takes the next argument, if there is one and nothing went wrong so far.
    #[expect(
        clippy::should_implement_trait,
        reason = "a cursor is read in many ways, not iterated"
    )]
    pub fn next(&mut self) -> Option<&'a [u8]> {
        if self.error.is_some() {
            return None;
        }
        let arg = self.args.get(self.next)?;
        self.next += 1;
        Some(arg)
    }

    /// Takes the next argument if it is this keyword.
    pub fn eat(&mut self, word: &str) -> bool {
        let eaten = self.error.is_none() && self.peek().is_some_and(|arg| is_word(arg, word));
        self.next += usize::from(eaten);
        eaten
    }

    /// Takes this keyword and the value after it; without a value nothing is taken.
    pub fn eat_valued(&mut self, word: &str) -> Option<&'a [u8]> {
        let value = self.args.get(self.next + 1)?;
        if !self.eat(word) {
            return None;
        }
        self.next += 1;
        Some(value)
    }

    /// Takes an argument that must be there; empty after an error.
    pub fn bytes(&mut self) -> &'a [u8] {
        match self.next() {
            Some(arg) => arg,
            None => {
                self.fail(CommandError::Syntax);
                &[]
            }
        }
    }

    /// Takes an integer that must be there; zero after an error.
    pub fn integer(&mut self) -> i64 {
        let arg = self.bytes();
        match (&self.error, parse_integer(arg)) {
            (None, Some(n)) => n,
            _ => {
                self.fail(CommandError::NotInteger);
                0
            }
        }
    }

    /// Latches an error, unless there is one already.
    pub fn fail(&mut self, error: CommandError) {
        self.error.get_or_insert(error);
    }

    /// The next argument, not taken.
    pub fn peek(&self) -> Option<&'a [u8]> {
        self.args.get(self.next)
    }

    /// The index of the next argument.
    pub fn position(&self) -> usize {
        self.next
    }

    /// Whether there is more to read and nothing went wrong so far.
    pub fn has_more(&self) -> bool {
        self.error.is_none() && self.next < self.args.len()
    }

    /// Ends the walk.
    ///
    /// # Errors
    /// The first error that latched; [`CommandError::Syntax`] when arguments are left.
    pub fn finish(self) -> Result<(), CommandError> {
        match self.error {
            Some(error) => Err(error),
            None if self.next < self.args.len() => Err(CommandError::Syntax),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use russet_resp::ArgBuf;

    #[test]
    fn options_of_one_group_exclude_one_another_and_repeat_freely() {
        const GRAMMAR: &[Keyword<u8>] = &[
            Keyword::flag("NX", 1, 0),
            Keyword::flag("XX", 2, 0),
            Keyword::valued("EX", 3, 1),
            Keyword::flag("KEEPTTL", 4, 1),
            Keyword::valued("IFEQ", 5, 0).once(),
        ];
        let read = |words: &[&str]| {
            let request: ArgBuf = words.iter().map(|word| word.as_bytes()).collect();
            options(request.args(), 0, GRAMMAR)
                .map(|chosen: Chosen<'_, u8, 2>| format!("{:?}", chosen.map(|c| c.map(|c| c.0))))
        };
        let chosen = |text: &str| Ok(text.to_owned());
        assert_eq!(read(&[]), chosen("[None, None]"));
        assert_eq!(read(&["nX", "NX"]), chosen("[Some(1), None]"));
        assert_eq!(read(&["ex", "1", "EX", "2"]), chosen("[None, Some(3)]"));
        assert_eq!(
            read(&["IFEQ", "NX", "keepttl"]),
            chosen("[Some(5), Some(4)]")
        );
        let request = ArgBuf::from_slices(&[b"EX", b"1", b"EX", b"EX"]);
        let last: Chosen<'_, u8, 2> = options(request.args(), 0, GRAMMAR).unwrap();
        assert_eq!(last, [None, Some((3, &b"EX"[..]))]);
        for wrong in [
            &["NX", "XX"][..],
            &["EX"],
            &["EX", "1", "KEEPTTL"],
            &["NX", ""],
            &["N"],
            &["IFEQ", "a", "IFEQ", "a"],
        ] {
            assert_eq!(read(wrong), Err(CommandError::Syntax), "{wrong:?}");
        }
    }

    #[test]
    fn a_timeout_is_rounded_up_and_must_be_a_moment() {
        use CommandError::{TimeoutNegative, TimeoutNotFloat, TimeoutNotInteger, TimeoutRange};
        let seconds = |text: &str| timeout_seconds(text.as_bytes(), 7);
        for (text, millis) in [("0.001", 8), ("1", 1007), ("1e-9", 8), ("0x1p0", 1007)] {
            assert_eq!(seconds(text), Ok(Some(millis)), "{text}");
        }
        for (text, error) in [
            ("", TimeoutNotFloat),
            ("nan", TimeoutNotFloat),
            ("1s", TimeoutNotFloat),
            ("-1", TimeoutNegative),
            ("-1e300", TimeoutNegative),
            ("-inf", TimeoutNegative),
            ("inf", TimeoutRange),
            ("1e300", TimeoutRange),
            ("9223372036854775.807", TimeoutRange),
        ] {
            assert_eq!(seconds(text), Err(error), "{text}");
        }
        // Less than a millisecond below zero rounds up to zero, which is for ever.
        assert_eq!(seconds("-0.0001"), Ok(None));
        assert_eq!(timeout_millis(b"5", 7), Ok(Some(12)));
        assert_eq!(timeout_millis(b"0", 7), Ok(None));
        assert_eq!(timeout_millis(b"1.5", 7), Err(TimeoutNotInteger));
        assert_eq!(timeout_millis(b"-1", 7), Err(TimeoutNegative));
        assert_eq!(timeout_millis(b"9223372036854775807", 7), Err(TimeoutRange));
    }

    #[test]
    fn a_cursor_keeps_its_first_error() {
        let request = ArgBuf::from_slices(&[b"COUNT", b"x", b"y"]);
        let mut cursor = Cursor::new(request.args(), 0);
        assert!(cursor.eat("count"));
        assert_eq!(cursor.integer(), 0);
        assert_eq!(cursor.bytes(), b"");
        assert!(!cursor.has_more());
        assert_eq!(cursor.finish(), Err(CommandError::NotInteger));

        let mut cursor = Cursor::new(request.args(), 0);
        assert_eq!(cursor.eat_valued("COUNT"), Some(&b"x"[..]));
        assert_eq!(cursor.eat_valued("Y"), None);
        assert_eq!(cursor.finish(), Err(CommandError::Syntax));
    }
}
