//! Basic authentication: a name and a password from the value of `Authorization`.
//!
//! Not here: whether they are right — `acl/users.rs`.

use base64ct::{Base64, Encoding};

/// The name and the password of a value; `None` if it is of another scheme or malformed.
pub(crate) fn credentials(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let value = std::str::from_utf8(value).ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Base64::decode_vec(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    let (name, password) = decoded.split_at(colon);
    Some((name.to_vec(), password[1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::credentials;

    #[test]
    fn names_end_at_the_first_colon() {
        let right = Some((b"scraper".to_vec(), b"a:b".to_vec()));
        assert_eq!(credentials(b"Basic c2NyYXBlcjphOmI="), right);
        assert_eq!(credentials(b"basic  c2NyYXBlcjphOmI= "), right);
        let empty = Some((Vec::new(), Vec::new()));
        assert_eq!(credentials(b"Basic Og=="), empty);
        for wrong in [
            &b""[..],
            b"Basic",
            b"Basic ",
            b"Bearer c2NyYXBlcjphOmI=",
            b"Basic c2NyYXBlcg==",
            b"Basic c2NyYX",
            b"Basic \xff",
        ] {
            assert_eq!(credentials(wrong), None, "{wrong:?}");
        }
    }
}
