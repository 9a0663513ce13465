//! Requests that both sides can be sent: nothing that comes from a clock or from chance, nothing
//! that takes gigabytes.
//!
//! Always true: what is not asked is named here, with its reason.

/// Whether both sides can be compared after a random command.
pub(crate) fn is_harmless(name: &str, words: &[String]) -> bool {
    let is_large = |word: &String| word.parse::<i64>().is_ok_and(|n| n.unsigned_abs() > 10_000);
    if comes_soon(name, words) {
        return false;
    }
    match name {
        // Some versions cut indexes to 32 bits, and change another element.
        "LSET" => !words.iter().any(is_large),
        _ => is_comparable(name, words),
    }
}

/// Whether the reply to a command is the same wherever it is asked, and can be had.
pub(crate) fn is_comparable(name: &str, words: &[String]) -> bool {
    let has = |word: &str| words.iter().any(|w| w.eq_ignore_ascii_case(word));
    // So many elements would be returned, one of them many times.
    let is_flood = |word: &String| {
        word.parse::<i64>()
            .is_ok_and(|n| (-i64::MAX..-10_000).contains(&n))
    };
    match name {
        // The order of members by their bytes means something among equal scores only.
        "ZADD" if words[1].starts_with('y') => !has("INCR") && scores_are_zero(words),
        _ if words.iter().any(|word| word == "y1" || word == "y2") => name.contains("LEX"),
        // What weighs the same may be stored in any order.
        "SORT" => !(has("STORE") && has("ALPHA") && has("BY")),
        "XADD" => !has("*") && !has("~"),
        "XTRIM" => !has("~"),
        // Who is taken is chance, unless all or none are.
        "SPOP" => words.len() > 2 && !words[2].parse().is_ok_and(|n| (1..1000).contains(&n)),
        "SRANDMEMBER" | "HRANDFIELD" | "ZRANDMEMBER" => !words.iter().any(is_flood),
        "XREAD" | "XREADGROUP" => {
            !words.iter().any(|w| w.eq_ignore_ascii_case("BLOCK")) || has("STREAMS")
        }
        _ => true,
    }
}

/// Whether every other word from the first zero on is a zero.
fn scores_are_zero(words: &[String]) -> bool {
    let Some(first) = words.iter().position(|word| word == "0") else {
        return false;
    };
    words[first..].iter().step_by(2).all(|word| word == "0")
}

/// Whether a command sets a deadline that may pass on one side before it is seen on the other.
pub(crate) fn comes_soon(name: &str, words: &[String]) -> bool {
    let is_soon = |word: &String| {
        word.parse::<i64>()
            .is_ok_and(|n| (1..100_000_000).contains(&n))
    };
    let sets_span = matches!(
        name,
        "SETEX" | "PSETEX" | "EXPIRE" | "PEXPIRE" | "HEXPIRE" | "HPEXPIRE" | "RESTORE"
    );
    let is_option =
        |word: &String| word.eq_ignore_ascii_case("EX") || word.eq_ignore_ascii_case("PX");
    let by_option = words
        .windows(2)
        .any(|pair| is_option(&pair[0]) && is_soon(&pair[1]));
    by_option || (sets_span && words.get(2).is_some_and(is_soon))
}
