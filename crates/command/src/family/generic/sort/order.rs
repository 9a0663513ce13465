//! The order of SORT: by numbers or by bytes, of the elements or of what BY finds for them.
//!
//! Always true: equal numbers are in the order of the elements' bytes, and the sort is stable.

use std::cmp::Ordering;

use super::pattern::Pattern;
use crate::ctx::Ctx;
use crate::error::CommandError;

/// Which order is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Order {
    pub(super) is_descending: bool,
    pub(super) is_alphabetical: bool,
}

impl Order {
    fn directed(self, ordering: Ordering) -> Ordering {
        if self.is_descending {
            ordering.reverse()
        } else {
            ordering
        }
    }
}

/// Sorts elements.
///
/// # Errors
/// When a weight is no number.
pub(super) fn sorted(
    cx: &mut Ctx<'_>,
    elements: Vec<Vec<u8>>,
    by: Option<&Pattern<'_>>,
    order: Order,
) -> Result<Vec<Vec<u8>>, CommandError> {
    if order.is_alphabetical {
        return Ok(by_bytes(cx, elements, by, order));
    }
    let mut weighed = Vec::with_capacity(elements.len());
    let mut is_number = true;
    for element in elements {
        let weight = match by {
            Some(pattern) => pattern.look_up(cx, &element).map(|found| number(&found)),
            None => Some(number(&element)),
        };
        // Without a weight an element weighs nothing.
        let weight = weight.unwrap_or(Some(0.0));
        is_number &= weight.is_some();
        weighed.push((weight.unwrap_or_default(), element));
    }
    if !is_number {
        return Err(CommandError::text(
            "ERR One or more scores can't be converted into double",
        ));
    }
    weighed.sort_by(|(a, x), (b, y)| {
        let ordering = a.partial_cmp(b).unwrap_or(Ordering::Equal);
        order.directed(ordering.then_with(|| x.cmp(y)))
    });
    Ok(weighed.into_iter().map(|(_, element)| element).collect())
}

fn by_bytes(
    cx: &mut Ctx<'_>,
    mut elements: Vec<Vec<u8>>,
    by: Option<&Pattern<'_>>,
    order: Order,
) -> Vec<Vec<u8>> {
    let Some(pattern) = by else {
        elements.sort_by(|a, b| order.directed(a.cmp(b)));
        return elements;
    };
    let weighed = elements.into_iter();
    let weighed = weighed.map(|element| (pattern.look_up(cx, &element), element));
    let mut weighed: Vec<(Option<Vec<u8>>, Vec<u8>)> = weighed.collect();
    weighed.sort_by(|(a, _), (b, _)| order.directed(a.cmp(b)));
    weighed.into_iter().map(|(_, element)| element).collect()
}

/// The number that a weight is: in decimals, up to a zero byte; nothing at all is zero.
///
/// COMPAT: no white space, no hexadecimal, as since Redis 8.
fn number(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!number.is_nan()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_what_c_would_read() {
        for (text, expected) in [
            ("", Some(0.0)),
            ("3", Some(3.0)),
            (" 3.5", None),
            ("0x10", None),
            ("1e400", Some(f64::INFINITY)),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("1\0x", Some(1.0)),
            ("x", None),
            ("1x", None),
            ("nan", None),
            ("  ", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text:?}");
        }
    }
}
