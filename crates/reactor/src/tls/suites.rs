//! Ciphers and versions, chosen in the words of OpenSSL.
//!
//! ```text
//!  tls-protocols     TLSv1.2 TLSv1.3
//!  tls-ciphersuites  TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256
//!  tls-ciphers       DEFAULT:!AES128:-ECDHE-RSA-AES256-GCM-SHA384:+CHACHA20
//! ```
//! Of the list of ciphers: `A` appends, `-A` takes away, `!A` for good, `+A` moves to the end, and
//! `A+B` are those that are both. `@SECLEVEL` and `@STRENGTH` change nothing, for all that there
//! are here are strong.
//!
//! Always true: a word that OpenSSL does not know either is an error; a cipher that is only missing
//! here is a warning, unless none is left.

use rustls::crypto::ring::cipher_suite as suite;
use rustls::version::{TLS12, TLS13};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion};

/// A cipher of TLS 1.2: its name, words that it answers to, and itself.
type Known = (&'static str, &'static [&'static str], SupportedCipherSuite);

const TLS_12: [Known; 6] = [
    (
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        &["ECDSA", "aECDSA", "AES", "AES256", "AESGCM"],
        suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        &["ECDSA", "aECDSA", "AES", "AES128", "AESGCM"],
        suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        &["ECDSA", "aECDSA", "CHACHA20"],
        suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "ECDHE-RSA-AES256-GCM-SHA384",
        &["aRSA", "AES", "AES256", "AESGCM"],
        suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "ECDHE-RSA-AES128-GCM-SHA256",
        &["aRSA", "AES", "AES128", "AESGCM"],
        suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "ECDHE-RSA-CHACHA20-POLY1305",
        &["aRSA", "CHACHA20"],
        suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

/// Words that all of them answer to.
const ANY: &[&str] = &[
    "ALL", "DEFAULT", "HIGH", "TLSv1.2", "ECDHE", "EECDH", "kECDHE", "kEECDH",
];

const TLS_13: [(&str, SupportedCipherSuite); 3] = [
    ("TLS_AES_256_GCM_SHA384", suite::TLS13_AES_256_GCM_SHA384),
    ("TLS_AES_128_GCM_SHA256", suite::TLS13_AES_128_GCM_SHA256),
    (
        "TLS_CHACHA20_POLY1305_SHA256",
        suite::TLS13_CHACHA20_POLY1305_SHA256,
    ),
];

/// Parts of the names that OpenSSL gives ciphers, as far as none of ours has them.
#[rustfmt::skip]
const ELSEWHERE: &[&str] = &[
    "3DES", "ADH", "AECDH", "AES", "AES128", "AES256", "AESCCM", "AESCCM8", "ARIA", "ARIA128",
    "ARIA256", "ARIAGCM", "CAMELLIA", "CAMELLIA128", "CAMELLIA256", "CBC", "CBC3", "CCM", "CCM8",
    "CHACHA20", "COMPLEMENTOFALL", "COMPLEMENTOFDEFAULT", "DES", "DH", "DHE", "DSS", "ECDH",
    "ECDHE", "ECDSA", "EDH", "EXP", "EXPORT", "GCM", "GOST94", "IDEA", "LOW", "MD5", "MEDIUM",
    "NULL", "POLY1305", "PSK", "RC2", "RC4", "RSA", "SEED", "SHA", "SHA1", "SHA256", "SHA384",
    "SRP", "SSLv3", "TLSv1", "TLSv1.0", "aDSS", "aNULL", "aPSK", "eNULL", "kDHE", "kDHEPSK",
    "kECDHEPSK", "kEDH", "kPSK", "kRSA", "kRSAPSK",
];

/// The ciphers of TLS 1.2 that a list names, in its order. What is missing here becomes a warning.
///
/// # Errors
/// The reason in words.
pub(super) fn ciphers(
    list: &str,
    warnings: &mut Vec<String>,
) -> Result<Vec<SupportedCipherSuite>, String> {
    let mut chosen: Vec<&Known> = Vec::new();
    let mut killed: Vec<&str> = Vec::new();
    for word in words(if list.is_empty() { "DEFAULT" } else { list }) {
        if word.starts_with('@') {
            continue;
        }
        let (mark, rule) = match word.split_at_checked(1) {
            Some((mark @ ("!" | "-" | "+"), rule)) => (mark, rule),
            _ => ("", word),
        };
        let found: Vec<&Known> = TLS_12.iter().filter(|known| answers(known, rule)).collect();
        if found.is_empty() {
            if !is_elsewhere(rule) {
                return Err(format!("there is no cipher '{rule}'"));
            }
            if mark.is_empty() {
                warnings.push(format!("The TLS cipher '{rule}' is not available here."));
            }
            continue;
        }
        let is_found = |known: &&Known| found.iter().any(|other| other.0 == known.0);
        let had: Vec<&Known> = chosen.extract_if(.., |known| is_found(known)).collect();
        match mark {
            "!" => killed.extend(found.iter().map(|known| known.0)),
            "-" => {}
            "+" => chosen.extend(had),
            _ => {
                // Those that were chosen keep their order before the new ones.
                let is_new = |known: &&Known| !had.iter().any(|other| other.0 == known.0);
                let new: Vec<&Known> = found.iter().copied().filter(is_new).collect();
                chosen.extend(had);
                chosen.extend(new.iter().filter(|known| !killed.contains(&known.0)));
            }
        }
    }
    if chosen.is_empty() {
        return Err("no cipher is left that is available here".to_owned());
    }
    Ok(chosen.iter().map(|known| known.2).collect())
}

/// The ciphers of TLS 1.3 that a list names, in its order.
///
/// # Errors
/// The reason in words.
pub(super) fn ciphersuites(list: &str) -> Result<Vec<SupportedCipherSuite>, String> {
    if list.is_empty() {
        return Ok(TLS_13.map(|(_, suite)| suite).to_vec());
    }
    let find = |word: &str| {
        let known = TLS_13.iter().find(|(name, _)| *name == word);
        known.map(|(_, suite)| *suite).ok_or_else(|| {
            let is_lacking = word.starts_with("TLS_AES_128_CCM");
            match is_lacking {
                true => format!("the cipher '{word}' is not available here"),
                false => format!("there is no cipher '{word}'"),
            }
        })
    };
    words(list).map(find).collect()
}

/// The versions that a list names.
///
/// # Errors
/// The line for the log.
pub(super) fn versions(
    list: &str,
    warnings: &mut Vec<String>,
) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    if list.is_empty() {
        return Ok(vec![&TLS13, &TLS12]);
    }
    let mut chosen = Vec::new();
    for word in list.split(' ').filter(|word| !word.is_empty()) {
        match word.to_ascii_lowercase().as_str() {
            "tlsv1.3" => chosen.push(&TLS13),
            "tlsv1.2" => chosen.push(&TLS12),
            "tlsv1" | "tlsv1.1" => {
                warnings.push(format!("{word} of tls-protocols is not available here."));
            }
            _ => {
                let known = "'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'";
                return Err(format!(
                    "Invalid tls-protocols specified. Use a combination of {known}."
                ));
            }
        }
    }
    match chosen.is_empty() {
        true => Err("No version of tls-protocols is available here.".to_owned()),
        false => Ok(chosen),
    }
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split([':', ',', ' ', ';'])
        .filter(|word| !word.is_empty())
}

/// Whether a cipher is all that a rule says.
fn answers(known: &Known, rule: &str) -> bool {
    let is = |word: &str| known.0 == word || known.1.contains(&word) || ANY.contains(&word);
    rule.split('+').all(is)
}

fn is_elsewhere(rule: &str) -> bool {
    let is_known = |word: &str| {
        let is_ours = |known: &Known| known.1.contains(&word);
        ELSEWHERE.contains(&word) || ANY.contains(&word) || TLS_12.iter().any(is_ours)
    };
    !rule.is_empty() && rule.split(['-', '+']).all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> Result<Vec<&'static str>, String> {
        let chosen = ciphers(list, &mut Vec::new())?;
        let name = |suite: &SupportedCipherSuite| {
            let known = TLS_12.iter().find(|known| known.2 == *suite);
            known.unwrap().0
        };
        Ok(chosen.iter().map(name).collect())
    }

    #[test]
    fn a_list_is_read_as_openssl_reads_it() {
        assert_eq!(names("").unwrap().len(), 6);
        assert_eq!(names("DEFAULT").unwrap().len(), 6);
        assert_eq!(
            names("ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256").unwrap(),
            ["ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256"]
        );
        assert_eq!(
            names("ALL:!ECDSA:-AES256:+AES128@STRENGTH".trim_end_matches("@STRENGTH")).unwrap(),
            ["ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256"]
        );
        assert_eq!(
            names("HIGH:!aRSA:!AESGCM:HIGH:@SECLEVEL=2").unwrap(),
            ["ECDHE-ECDSA-CHACHA20-POLY1305"]
        );
        assert_eq!(
            names("-ALL:EECDH+AESGCM+aRSA,!AES128").unwrap(),
            ["ECDHE-RSA-AES256-GCM-SHA384"]
        );
    }

    #[test]
    fn what_is_missing_is_a_warning_and_what_is_unknown_an_error() {
        let mut warnings = Vec::new();
        let mixed = "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:!aNULL";
        assert_eq!(ciphers(mixed, &mut warnings).unwrap().len(), 1);
        let lacking = "The TLS cipher 'DHE-RSA-AES128-GCM-SHA256' is not available here.";
        assert_eq!(warnings, [lacking]);
        assert_eq!(names("DEFAULT:-AES128-SHA256").unwrap().len(), 6);
        assert_eq!(
            names("AES128-SHA256:AES256-SHA256").unwrap_err(),
            "no cipher is left that is available here"
        );
        assert_eq!(
            names("DEFAULT:AES-512").unwrap_err(),
            "there is no cipher 'AES-512'"
        );
        let unknown = ciphersuites("TLS_AES_128_GCM_SHA256:TLS_AES").unwrap_err();
        assert_eq!(unknown, "there is no cipher 'TLS_AES'");
        let two = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
        assert_eq!(ciphersuites(two).unwrap(), [TLS_13[2].1, TLS_13[1].1]);
    }

    #[test]
    fn versions_are_named_in_any_case() {
        let mut warnings = Vec::new();
        assert_eq!(versions("", &mut warnings).unwrap(), [&TLS13, &TLS12]);
        assert_eq!(
            versions("tlsv1.1 TLSV1.2", &mut warnings).unwrap(),
            [&TLS12]
        );
        assert_eq!(
            warnings,
            ["tlsv1.1 of tls-protocols is not available here."]
        );
        assert!(versions("TLSv1", &mut warnings).is_err());
        let unknown = versions("TLSv1.4", &mut warnings).unwrap_err();
        assert!(unknown.starts_with("Invalid tls-protocols"), "{unknown}");
    }
}
