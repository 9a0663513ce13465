//! The pattern matcher of `KEYS`, `SCAN … MATCH`, `PSUBSCRIBE`, ACL patterns and `CONFIG GET`.
//!
//! ```text
//!  *        any run of bytes            [abc]  one of these       \x   x itself, inside [] too
//!  ?        any one byte                [a-c]  a range            [^…] any byte but these
//! ```
//! Patterns are hostile input. A star never recurses: on a mismatch the matcher returns to the last
//! star only and lets it take one byte more, which is enough, since an earlier star cannot reach
//! anything that the last one cannot.
//!
//! Always true: at most `pattern × text` steps, no allocation, no recursion.
//! Always true: every byte string is a pattern; what looks unfinished has a meaning (see tests).
//! Not here: Sentinel and cluster names, which are compared as they are.

/// Whether the whole `text` matches `pattern`.
///
/// The empty text matches the empty pattern only, not even `*`: KEYS and the SCANs, which do list
/// an empty key under `*`, ask [`is_all`] first.
///
/// # Examples
/// ```
/// use russet_base::glob::matches;
/// assert!(matches(b"h[a-e]llo*", b"hello world"));
/// assert!(!matches(b"h[^e]llo", b"hello"));
/// ```
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    run::<false>(pattern, text)
}

/// As [`matches()`], with ASCII letters of either case equal.
#[must_use]
pub fn matches_nocase(pattern: &[u8], text: &[u8]) -> bool {
    run::<true>(pattern, text)
}

/// Whether KEYS and the SCANs take the pattern for "everything", without matching.
#[must_use]
pub fn is_all(pattern: &[u8]) -> bool {
    pattern == b"*"
}

/// Whether a pattern has no special byte, so that only its own bytes match it.
///
/// # Examples
/// ```
/// use russet_base::glob::is_literal;
/// assert!(is_literal(b"user:1"));
/// assert!(!is_literal(b"user:*"));
/// ```
#[must_use]
pub fn is_literal(pattern: &[u8]) -> bool {
    !pattern.iter().any(|&byte| is_special(byte))
}

/// The bytes that every text begins with that a pattern matches: those before its first special
/// byte.
///
/// # Examples
/// ```
/// use russet_base::glob::literal_start;
/// assert_eq!(literal_start(b"user:*"), b"user:");
/// ```
#[must_use]
pub fn literal_start(pattern: &[u8]) -> &[u8] {
    let end = pattern.iter().position(|&byte| is_special(byte));
    &pattern[..end.unwrap_or(pattern.len())]
}

/// The bytes that every text ends with that a pattern matches: those behind its last special
/// element.
///
/// # Examples
/// ```
/// use russet_base::glob::literal_end;
/// assert_eq!(literal_end(b"*:user"), b":user");
/// assert_eq!(literal_end(b"[a-]x"), b"");
/// ```
#[must_use]
pub fn literal_end(pattern: &[u8]) -> &[u8] {
    let (mut rest, mut end) = (pattern, pattern);
    while let [element, tail @ ..] = rest {
        rest = match (element, tail) {
            (b'[', _) => look_up::<false>(tail, 0).1,
            (b'\\', [_, tail @ ..]) => tail,
            _ => tail,
        };
        if is_special(*element) {
            end = rest;
        }
    }
    end
}

/// The most stars of a pattern, apart from each other and before its end, that anything matches.
const STARS_MAX: usize = 1000;

fn run<const NOCASE: bool>(pattern: &[u8], text: &[u8]) -> bool {
    // COMPAT: Redis enters its loop only with text left, so that `*` does not match the empty text.
    if text.is_empty() {
        return pattern.is_empty();
    }
    // PERF: most patterns start with bytes that match only themselves; a quarter of `step`'s time.
    let literal = literal_start(pattern).len();
    let (prefix, pattern) = pattern.split_at(literal);
    if text.len() < literal || !equal_all::<NOCASE>(prefix, &text[..literal]) {
        return false;
    }
    let (mut pattern, mut text) = (pattern, &text[literal..]);
    // Where to go on when the text after the last star does not match: one byte later each time.
    let mut after_star: Option<(&[u8], &[u8])> = None;
    let mut stars = 0;
    while let [byte, tail @ ..] = text {
        if let [b'*', rest @ ..] = pattern {
            if rest.is_empty() {
                return true;
            }
            // COMPAT: Redis recurses for each star, and gives up where that goes too deep.
            stars += usize::from(rest[0] != b'*');
            if stars > STARS_MAX {
                return false;
            }
            pattern = rest;
            text = skip_to::<NOCASE>(rest, text);
            after_star = Some((pattern, text));
            continue;
        }
        if let Some(rest) = step::<NOCASE>(pattern, *byte) {
            (pattern, text) = (rest, tail);
            continue;
        }
        let Some((rest, [_, later @ ..])) = after_star else {
            return false;
        };
        pattern = rest;
        text = skip_to::<NOCASE>(rest, later);
        after_star = Some((pattern, text));
    }
    pattern.iter().all(|&byte| byte == b'*')
}

/// Matches one byte against the element that starts `pattern`; what follows it if it does.
#[inline]
fn step<const NOCASE: bool>(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    let (&element, rest) = pattern.split_first()?;
    match (element, rest) {
        (b'?', _) => Some(rest),
        (b'[', _) => class::<NOCASE>(rest, byte),
        (b'\\', [literal, rest @ ..]) => equal::<NOCASE>(*literal, byte).then_some(rest),
        _ => equal::<NOCASE>(element, byte).then_some(rest),
    }
}

/// PERF: after a star, drops text that cannot start a match; half the time of `*middle*`.
fn skip_to<'a, const NOCASE: bool>(pattern: &[u8], text: &'a [u8]) -> &'a [u8] {
    match pattern {
        [literal, ..] if !is_special(*literal) => {
            let found = text
                .iter()
                .position(|&byte| equal::<NOCASE>(*literal, byte));
            &text[found.unwrap_or(text.len())..]
        }
        _ => text,
    }
}

/// Matches one byte against a class, given from after its `[`; what follows the class if it does.
#[inline]
fn class<const NOCASE: bool>(class: &[u8], byte: u8) -> Option<&[u8]> {
    let (is_in, rest) = look_up::<NOCASE>(class, byte);
    is_in.then_some(rest)
}

/// Whether a byte is in a class, given from after its `[`, and what follows the class.
///
/// A class that is not closed ends with the pattern.
#[inline]
fn look_up<const NOCASE: bool>(class: &[u8], byte: u8) -> (bool, &[u8]) {
    let (negated, mut rest) = match class {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, class),
    };
    let mut found = false;
    loop {
        rest = match rest {
            [] => break,
            // COMPAT: an escaped byte is compared as it is, even when case is ignored.
            [b'\\', literal, rest @ ..] => {
                found |= *literal == byte;
                rest
            }
            [b']', after @ ..] => {
                rest = after;
                break;
            }
            [first, b'-', last, rest @ ..] => {
                found |= in_range::<NOCASE>(*first, *last, byte);
                rest
            }
            [literal, rest @ ..] => {
                found |= equal::<NOCASE>(*literal, byte);
                rest
            }
        };
    }
    (found != negated, rest)
}

/// Whether `byte` lies between two bounds, which may come in either order.
fn in_range<const NOCASE: bool>(first: u8, last: u8, byte: u8) -> bool {
    // COMPAT: bounds are ordered as signed bytes and before case is dropped.
    let (mut low, mut high) = (first.cast_signed(), last.cast_signed());
    if low > high {
        (low, high) = (high, low);
    }
    let mut byte = byte.cast_signed();
    if NOCASE {
        (low, high, byte) = (lower(low), lower(high), lower(byte));
    }
    (low..=high).contains(&byte)
}

fn lower(byte: i8) -> i8 {
    byte.cast_unsigned().to_ascii_lowercase().cast_signed()
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'\\')
}

fn equal_all<const NOCASE: bool>(a: &[u8], b: &[u8]) -> bool {
    a == b || (NOCASE && a.eq_ignore_ascii_case(b))
}

#[inline]
fn equal<const NOCASE: bool>(a: u8, b: u8) -> bool {
    a == b || (NOCASE && a.eq_ignore_ascii_case(&b))
}

#[cfg(test)]
mod tests;
