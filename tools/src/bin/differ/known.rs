//! Differences that are meant, or that an older server has by its age. `docs/compat.md` names them.

use russet_resp::Value;

use crate::compare::timeless;
use crate::generate::Request;

/// Whether a difference is one of those.
pub(crate) fn explains(request: &Request, our: &Value, their: &Value, version: &str) -> bool {
    let is_valkey = version.starts_with('V');
    let is_before = |major: &str| !is_valkey && version < major;
    let text = |value: &Value| {
        let bytes = value.as_bytes().map(|bytes| bytes.to_vec());
        String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    };
    let (our_text, their_text) = (text(our), text(their));
    let both_fail = our.as_error().is_some() && their.as_error().is_some();
    let only_we_fail = our.as_error().is_some() && their.as_error().is_none();
    let error = our
        .as_error()
        .map(|text| String::from_utf8_lossy(text).into_owned());
    let error = error.unwrap_or_default();
    match &*request.name {
        // Valkey alone takes a start without an end, and conditions on the key.
        "BITCOUNT" if !is_valkey && request.words.len() == 3 => true,
        "HSETEX" if !is_valkey && (request.has("NX") || request.has("XX")) => true,
        // Arguments are looked at before the key since Redis 7.2.
        "BITCOUNT" | "BITPOS" => is_before("7.2") && (only_we_fail || both_fail),
        // What cannot be negated is refused since Redis 7.2.
        "LREM" | "LPOS" if is_before("7.2") => error.contains("must between -9223372036854775807"),
        // Large indexes are cut to 32 bits by some versions.
        "LSET" => only_we_fail && error.contains("index out of range"),
        // Cursors are plain numbers since Redis 7.4.
        "SCAN" | "SSCAN" | "HSCAN" | "ZSCAN" if error.contains("invalid cursor") => {
            is_before("7.4")
        }
        "SCAN" | "SSCAN" | "HSCAN" | "ZSCAN" if their.as_error().is_some() => is_before("7.4"),
        // Scores beyond 64 bits are shown there as they are packed.
        "ZSCAN" => same_page(our, their),
        "HSCAN" => is_before("7.4") && request.has("NOVALUES"),
        // The text names the command, and `+`, since Redis 7.4.
        "XREAD" | "XREADGROUP" if both_fail && error.contains("list of streams: for each") => true,
        // The last entry may be asked for by `+` since Redis 7.4.
        "XREAD" if is_before("7.4") && request.has("+") => true,
        // Small lists, sets and stored results are listpacks since Redis 7.2.
        "OBJECT|ENCODING" if is_before("7.2") => {
            let theirs = ["quicklist", "hashtable", "skiplist"];
            our_text == "listpack" && theirs.contains(&&*their_text)
        }
        // Scores come with ranks since Redis 7.2.
        "ZRANK" | "ZREVRANK" | "queued" if is_before("7.2") => their
            .as_error()
            .is_some_and(|text| text.ends_with(b"rank' command")),
        "EXEC" if is_before("7.2") => {
            let refused = their
                .as_error()
                .is_some_and(|text| text.starts_with(b"EXECABORT"));
            refused
                && request
                    .inner
                    .iter()
                    .any(|inner| inner.name.ends_with("RANK"))
        }
        // Small sorted sets are converted there when SORT reads them.
        "OBJECT|ENCODING" if our_text == "listpack" && their_text == "skiplist" => true,
        // Longer strings are embedded in Valkey.
        "OBJECT|ENCODING" if version.starts_with('V') => {
            our_text == "raw" && their_text == "embstr"
        }
        _ => explains_values(request, our, their, version),
    }
}

/// The same, of what differs in values rather than in arguments.
fn explains_values(request: &Request, our: &Value, their: &Value, version: &str) -> bool {
    let is_before = |major: &str| !version.starts_with('V') && version < major;
    let error = our
        .as_error()
        .map(|text| String::from_utf8_lossy(text).into_owned());
    let error = error.unwrap_or_default();
    match &*request.name {
        // Bounds are plain decimals since Redis 8.
        name if name.starts_with('Z') && error.contains("min or max is not a float") => {
            is_before("8")
        }
        // Strings with zero bytes are equal to their beginnings in some collations.
        // A number out of range spoils those after it before Redis 7.2.
        "SORT" | "SORT_RO" if their.as_error().is_some() => is_before("7.2"),
        "SORT" | "SORT_RO" if request.has("ALPHA") => has_zero_byte(our) || request.has("BY"),
        // Sets have no order that LIMIT could be of.
        "SORT" | "SORT_RO" => request.has("BY") && request.has("LIMIT"),
        // What was read is never more than was added, since Redis 8.4.
        "XINFO|GROUPS" | "XINFO|STREAM" => same_but_reads(our, their),
        // Consumers have been telling more since Redis 7.2.
        "XINFO|CONSUMERS" => is_before("7.2"),
        // A deleted id is no id to go back to since Redis 8.
        "XSETID" => is_before("8") && error.contains("max_deleted_entry_id"),
        // An option given twice is taken since Redis 7.2.
        "XGROUP|CREATE" => is_before("7.2") && request.words.len() > 8,
        // Timeouts beyond the end of time are told as such since Redis 7.2.
        _ if error.contains("timeout is out of range") => is_before("7.2"),
        // Offsets below zero count from the end of large sorted sets by mistake since Redis 8.
        "ZRANGE" | "ZRANGEBYLEX" | "ZRANGEBYSCORE" | "ZREVRANGEBYLEX" | "ZREVRANGEBYSCORE"
            if has_negative_offset(request) && !is_before("8") =>
        {
            our.as_elements().is_some_and(<[Value]>::is_empty)
        }
        // The order of members by their bytes means nothing among different scores.
        "ZRANGE" | "ZRANGESTORE" if request.has("BYLEX") => true,
        // Conditions on deadlines that lie a moment apart.
        name if name.contains("EXPIRE") => request.has("GT") || request.has("LT"),
        // Positions are printed with as few digits as tell them apart since Redis 7.2.
        name if name.starts_with("GEO") && is_before("7.2") => near_numbers(our, their),
        // Doubles are printed with as few digits as tell them apart since Redis 7.2.
        _ if is_before("7.2") && same_numbers(our, their) => true,
        // Keys whose deadline has passed count there until somebody looks.
        "DBSIZE" => matches!((our, their), (Value::Integer(n), Value::Integer(m)) if n < m),
        // Nothing is shared here, so nothing counts who shares it.
        "OBJECT|REFCOUNT" => our.as_error().is_none() && their.as_error().is_none(),
        _ => false,
    }
}

fn has_negative_offset(request: &Request) -> bool {
    let mut pairs = request.words.windows(2);
    pairs.any(|pair| pair[0].eq_ignore_ascii_case(b"LIMIT") && pair[1].starts_with(b"-"))
}

fn has_zero_byte(value: &Value) -> bool {
    let items = value.as_elements().unwrap_or_default();
    let mut texts = items.iter().filter_map(Value::as_bytes);
    texts.any(|text| text.contains(&0))
}

/// Whether two replies are equal but for how their doubles are printed.
fn same_numbers(our: &Value, their: &Value) -> bool {
    let number = |value: &Value| -> Option<f64> {
        let text = value.as_bytes()?;
        std::str::from_utf8(text).ok()?.parse().ok()
    };
    match (our.as_elements(), their.as_elements()) {
        (Some(ours), Some(theirs)) => {
            let mut both = ours.iter().zip(theirs);
            ours.len() == theirs.len() && both.all(|(our, their)| same_numbers(our, their))
        }
        _ => our == their || (number(our).is_some() && number(our) == number(their)),
    }
}

/// Whether two replies are equal but for the last digits of their doubles.
fn near_numbers(our: &Value, their: &Value) -> bool {
    let number = |value: &Value| -> Option<f64> {
        match value {
            Value::Double(number) => Some(*number),
            value => std::str::from_utf8(value.as_bytes()?).ok()?.parse().ok(),
        }
    };
    match (our.as_elements(), their.as_elements()) {
        (Some(ours), Some(theirs)) => {
            let mut both = ours.iter().zip(theirs);
            ours.len() == theirs.len() && both.all(|(our, their)| near_numbers(our, their))
        }
        _ => match (number(our), number(their)) {
            (Some(our), Some(their)) => (our - their).abs() <= 1e-12,
            _ => our == their,
        },
    }
}

/// Whether two accounts of groups are equal but for `entries-read` and `lag`.
fn same_but_reads(our: &Value, their: &Value) -> bool {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    without_reads(&timeless(our), &mut ours);
    without_reads(&timeless(their), &mut theirs);
    ours == theirs
}

fn without_reads(value: &Value, out: &mut Vec<Value>) {
    const READS: &[&[u8]] = &[b"entries-read", b"lag", b"inactive", b"active-time"];
    let is_left_out = |name: &Value| name.as_bytes().is_some_and(|name| READS.contains(&&**name));
    match value {
        Value::Map(pairs) => {
            for (name, value) in pairs.iter().filter(|(name, _)| !is_left_out(name)) {
                out.push(name.clone());
                without_reads(value, out);
            }
        }
        value => match value.as_elements() {
            Some(items) => {
                let mut skips = false;
                for item in items {
                    if !std::mem::take(&mut skips) {
                        skips = is_left_out(item);
                        if !skips {
                            without_reads(item, out);
                        }
                    }
                }
            }
            None => out.push(value.clone()),
        },
    }
}

/// Whether two pages are equal in any order but for how their doubles are printed.
fn same_page(our: &Value, their: &Value) -> bool {
    let pairs = |value: &Value| -> Vec<(Vec<u8>, Option<f64>)> {
        let page = value
            .as_elements()
            .and_then(|page| page.get(1)?.as_elements());
        let pairs = page.unwrap_or_default().chunks(2);
        let mut pairs: Vec<_> = pairs
            .map(|pair| {
                let member = pair[0].as_bytes().map(|bytes| bytes.to_vec());
                let score = pair.get(1).and_then(Value::as_bytes);
                let score = score.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
                (member.unwrap_or_default(), score)
            })
            .collect();
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        pairs
    };
    pairs(our) == pairs(their)
}
