//! Differences that are meant, or that an older server has by its age. `docs/compat.md` names them.

use russet_resp::Value;

use crate::generate::Request;

/// Whether a difference is one of those.
pub(crate) fn explains(request: &Request, our: &Value, their: &Value, version: &str) -> bool {
    let is_before = |major: &str| !version.starts_with('V') && version < major;
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
        // Arguments are looked at before the key since Redis 7.2.
        "BITCOUNT" | "BITPOS" => is_before("7.2") && only_we_fail,
        // What cannot be negated is refused since Redis 7.2.
        "LREM" | "LPOS" if is_before("7.2") => error.contains("must between -9223372036854775807"),
        // Large indexes are cut to 32 bits by some versions.
        "LSET" => only_we_fail && error.contains("index out of range"),
        // Cursors are plain numbers since Redis 7.4.
        "SCAN" | "SSCAN" | "HSCAN" | "ZSCAN" if error.contains("invalid cursor") => {
            is_before("7.4")
        }
        "HSCAN" => is_before("7.4") && request.has("NOVALUES"),
        // The text names the command, and `+`, since Redis 7.4.
        "XREAD" | "XREADGROUP" => both_fail && error.contains("list of streams: for each"),
        // Small lists and sets are listpacks since Redis 7.2.
        "OBJECT|ENCODING" if is_before("7.2") => {
            our_text == "listpack" && matches!(&*their_text, "quicklist" | "hashtable")
        }
        // Longer strings are embedded in Valkey.
        "OBJECT|ENCODING" if version.starts_with('V') => {
            our_text == "raw" && their_text == "embstr"
        }
        // Nothing is shared here, so nothing counts who shares it.
        "OBJECT|REFCOUNT" => our.as_error().is_none() && their.as_error().is_none(),
        _ => false,
    }
}
