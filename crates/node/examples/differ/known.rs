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
    match &*request.name {
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
