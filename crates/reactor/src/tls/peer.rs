//! Names in a certificate: the common name of its subject, and the URIs among its alternative
//! names.
//!
//! ```text
//!  Certificate { tbs { [0] version, serial, algorithm, issuer, validity, subject, key,
//!                      [1] [2] [3] extensions { .. 2.5.29.17 { [6] URI .. } } } .. }
//! ```
//! Always true: a name is given whole, or not at all: bytes that could end it for somebody else
//! (NUL, other control characters) make it no name.
//! Not here: whether the certificate is to be believed — the verifier, which came before.

use russet_io::PeerField;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const BOOLEAN: u8 = 0x01;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// An alternative name that is a URI.
const URI: u8 = 0x86;

/// 2.5.4.3
const SUBJECT_CN: &[u8] = &[0x55, 0x04, 0x03];
/// 2.5.29.17
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

/// The parts of a certificate that are looked at.
struct Parts<'a> {
    subject: &'a [u8],
    /// The public key, with its tag.
    key: &'a [u8],
    extensions: Option<&'a [u8]>,
}

/// The names in a field of a certificate, in its order.
pub(crate) fn names(certificate: &[u8], field: PeerField) -> Box<[Box<[u8]>]> {
    let Some(parts) = parts(certificate) else {
        return Box::default();
    };
    let found: Vec<&[u8]> = match field {
        PeerField::Nothing => Vec::new(),
        PeerField::CommonName => subject_cn(parts.subject).into_iter().collect(),
        PeerField::Uri => parts.extensions.map(uris).unwrap_or_default(),
    };
    let is_sound = |name: &&[u8]| !name.is_empty() && !name.iter().any(u8::is_ascii_control);
    found.into_iter().filter(is_sound).map(Box::from).collect()
}

/// The public key of a certificate, as its field holds it.
pub(super) fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    parts(certificate).map(|parts| parts.key)
}

fn parts(certificate: &[u8]) -> Option<Parts<'_>> {
    let (certificate, _) = expect(certificate, SEQUENCE)?;
    let (mut rest, _) = expect(certificate, SEQUENCE)?;
    if let Some((_, after)) = expect(rest, VERSION) {
        rest = after;
    }
    (_, rest) = expect(rest, INTEGER)?;
    // The algorithm, the issuer, the validity.
    for _ in 0..3 {
        (_, rest) = expect(rest, SEQUENCE)?;
    }
    let (subject, rest) = expect(rest, SEQUENCE)?;
    let (_, mut after) = expect(rest, SEQUENCE)?;
    let key = &rest[..rest.len() - after.len()];
    let mut extensions = None;
    while let Some((tag, content, next)) = element(after) {
        if tag == EXTENSIONS {
            extensions = expect(content, SEQUENCE).map(|(list, _)| list);
        }
        after = next;
    }
    Some(Parts {
        subject,
        key,
        extensions,
    })
}

/// The first common name.
fn subject_cn(mut subject: &[u8]) -> Option<&[u8]> {
    while let Some((mut set, next)) = expect(subject, SET) {
        while let Some((pair, rest)) = expect(set, SEQUENCE) {
            let (oid, value) = expect(pair, OID)?;
            if oid == SUBJECT_CN {
                return element(value).map(|(_, text, _)| text);
            }
            set = rest;
        }
        subject = next;
    }
    None
}

fn uris(mut extensions: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((extension, next)) = expect(extensions, SEQUENCE) {
        extensions = next;
        let Some((ALTERNATIVE_NAMES, mut value)) = expect(extension, OID) else {
            continue;
        };
        if let Some((_, after)) = expect(value, BOOLEAN) {
            value = after;
        }
        let list = expect(value, OCTETS).and_then(|(octets, _)| expect(octets, SEQUENCE));
        let mut names = list.map(|(list, _)| list).unwrap_or_default();
        while let Some((tag, name, rest)) = element(names) {
            if tag == URI {
                found.push(name);
            }
            names = rest;
        }
    }
    found
}

/// The content of the first element, which must have this tag, and what follows it.
fn expect(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(input)?;
    (found == tag).then_some((content, rest))
}

/// The tag and the content of the first element, and what follows it.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], mut rest) = input.split_first_chunk()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.is_empty() || digits.len() > 4 {
            return None;
        }
        let value = |sum: usize, &digit: &u8| sum << 8 | usize::from(digit);
        length = digits.iter().fold(0, value);
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], &content].concat()
    }

    fn certificate(name: &[u8], uri: &[u8]) -> Vec<u8> {
        let empty = tlv(SEQUENCE, &[]);
        let pair = tlv(SEQUENCE, &[&tlv(OID, &[SUBJECT_CN]), &tlv(0x0c, &[name])]);
        let subject = tlv(SEQUENCE, &[&tlv(SET, &[&pair])]);
        let names = tlv(SEQUENCE, &[&tlv(0x82, &[b"dns"]), &tlv(URI, &[uri])]);
        let names = [tlv(OID, &[ALTERNATIVE_NAMES]), tlv(OCTETS, &[&names])].concat();
        let extensions = tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&names])]);
        let body = [
            tlv(VERSION, &[&tlv(INTEGER, &[&[2]])]),
            tlv(INTEGER, &[&[1]]),
            empty.clone(),
            empty.clone(),
            empty.clone(),
            subject,
            empty,
            tlv(EXTENSIONS, &[&extensions]),
        ];
        tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&body.concat()])])
    }

    fn shown(certificate: &[u8], field: PeerField) -> Vec<Vec<u8>> {
        let found = names(certificate, field);
        found.iter().map(|name| name.to_vec()).collect()
    }

    #[test]
    fn a_field_is_found_and_others_are_passed_over() {
        let certificate = certificate(b"alice", b"urn:a");
        assert_eq!(shown(&certificate, PeerField::CommonName), [b"alice"]);
        assert_eq!(shown(&certificate, PeerField::Uri), [b"urn:a"]);
        assert!(shown(&certificate, PeerField::Nothing).is_empty());
        let length = certificate.len();
        for end in 0..length {
            assert!(shown(&certificate[..end], PeerField::CommonName).is_empty());
        }
    }

    proptest! {
        #[test]
        fn damage_makes_no_name_that_is_not_in_the_certificate(
            at in 0..200_usize, byte: u8, cut in 0..200_usize
        ) {
            let mut damaged = certificate(b"alice", b"urn:a");
            let length = damaged.len();
            damaged[at % length] = byte;
            damaged.truncate(length.max(cut) - cut);
            for field in [PeerField::CommonName, PeerField::Uri] {
                for name in shown(&damaged, field) {
                    prop_assert!(damaged.windows(name.len()).any(|part| part == name));
                    prop_assert!(!name.iter().any(u8::is_ascii_control));
                }
            }
        }

        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>) {
            for field in [PeerField::CommonName, PeerField::Uri] {
                let _ = names(&bytes, field);
            }
            let _ = public_key(&bytes);
        }
    }
}
