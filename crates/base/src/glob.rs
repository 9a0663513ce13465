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
/// The empty text matches the empty pattern only, not even `*`: KEYS and the SCANs, which do list an
/// empty key under `*`, ask [`is_all`] first.
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
    !pattern
        .iter()
        .any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'))
}

fn run<const NOCASE: bool>(pattern: &[u8], text: &[u8]) -> bool {
    // COMPAT: Redis enters its loop only with text left, so that `*` does not match the empty text.
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut p, mut t) = (0, 0);
    // Where to resume when the text after the last star does not match: after it, one byte later.
    let mut resume: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            if p == pattern.len() {
                return true;
            }
            resume = Some((p, t));
            continue;
        }
        match step::<NOCASE>(&pattern[p..], text[t]) {
            Some(len) => (p, t) = (p + len, t + 1),
            None => {
                let Some((after_star, at)) = resume else {
                    return false;
                };
                (p, t) = (after_star, at + 1);
                resume = Some((p, t));
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// Matches one byte against the element that starts `pattern`; the element's length if it does.
#[inline]
fn step<const NOCASE: bool>(pattern: &[u8], byte: u8) -> Option<usize> {
    match *pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', ref class @ ..] => {
            let (matched, len) = class_matches::<NOCASE>(class, byte);
            matched.then_some(len + 1)
        }
        [b'\\', literal, ..] => equal::<NOCASE>(literal, byte).then_some(2),
        [literal, ..] => equal::<NOCASE>(literal, byte).then_some(1),
    }
}

/// Matches one byte against a class, given from after its `[`; also the length with its `]`.
///
/// A class that is not closed ends with the pattern.
fn class_matches<const NOCASE: bool>(class: &[u8], byte: u8) -> (bool, usize) {
    let negated = class.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    loop {
        match class[at.min(class.len())..] {
            [] => break,
            // COMPAT: an escaped byte is compared as it is, even when case is ignored.
            [b'\\', literal, ..] => {
                found |= literal == byte;
                at += 2;
            }
            [b']', ..] => {
                at += 1;
                break;
            }
            [first, b'-', last, ..] => {
                found |= in_range::<NOCASE>(first, last, byte);
                at += 3;
            }
            [literal, ..] => {
                found |= equal::<NOCASE>(literal, byte);
                at += 1;
            }
        }
    }
    (found != negated, at)
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

#[inline]
fn equal<const NOCASE: bool>(a: u8, b: u8) -> bool {
    a == b || (NOCASE && a.eq_ignore_ascii_case(&b))
}

#[cfg(test)]
mod tests;
