//! The query of a target: names and values, percent-encoded.
//!
//! Always true: a `%` without two digits behind it stands for itself.

/// The values that a query gives to a name, decoded, in order.
pub(crate) fn values(query: &str, name: &str) -> Vec<String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let named = pairs.filter(|(key, _)| decode(key) == name);
    named.map(|(_, value)| decode(value)).collect()
}

/// The text that a percent-encoded one stands for.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let digits = after.first_chunk::<2>();
        match (first, digits.and_then(hex)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_are_found_by_their_decoded_names() {
        let cases: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("name[]=a&x=1&name[]=b", &["a", "b"]),
            ("name%5B%5d=a%20b&name[]", &["a b", ""]),
            ("name[]=%zz%4&name[]=c+d%", &["%zz%4", "c d%"]),
            ("name[]=%ff", &["\u{fffd}"]),
            ("name=a&&=&names[]=b", &[]),
        ];
        for (query, expected) in cases {
            assert_eq!(values(query, "name[]"), expected, "{query}");
        }
    }
}
