//! Patterns of SORT: which key, or which field of which hash, stands for an element.
//!
//! Always true: looking a pattern up changes nothing but counters and access clocks.

use russet_engine::Touch;

use crate::ctx::Ctx;

/// A pattern of BY or GET.
#[derive(Debug)]
pub(super) struct Pattern<'p> {
    text: &'p [u8],
    /// Where its star is.
    star: Option<usize>,
    /// Where the name of a field begins.
    field: Option<usize>,
}

impl<'p> Pattern<'p> {
    pub(super) fn new(text: &'p [u8]) -> Self {
        let star = text.iter().position(|&byte| byte == b'*');
        let arrow = star.and_then(|star| {
            let after = &text[star + 1..];
            let at = after.windows(2).position(|two| two == b"->")?;
            Some(star + 1 + at + 2)
        });
        Self {
            text,
            star,
            field: arrow.filter(|&field| field < text.len()),
        }
    }

    /// Whether an element takes part in the key.
    pub(super) fn has_star(&self) -> bool {
        self.star.is_some()
    }

    /// Looks up the value that the pattern names for an element.
    pub(super) fn look_up(&self, cx: &mut Ctx<'_>, element: &[u8]) -> Option<Vec<u8>> {
        if self.text == b"#" {
            return Some(element.to_vec());
        }
        let star = self.star?;
        let end = self.field.map_or(self.text.len(), |field| field - 2);
        let key = [&self.text[..star], element, &self.text[star + 1..end]].concat();
        let mut db = cx.keyspace.db(cx.db);
        match self.field {
            Some(field) => {
                let hash = db.hash_ref(&key, Touch::Yes).ok()??;
                Some(hash.get(&self.text[field..])?.to_vec())
            }
            None => Some(db.read(&key, Touch::Yes)?.string().ok()?.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_follows_the_first_arrow_after_the_star() {
        let parts = |text: &'static str| {
            let pattern = Pattern::new(text.as_bytes());
            (pattern.star, pattern.field.map(|field| &text[field..]))
        };
        assert_eq!(parts("weight_*"), (Some(7), None));
        assert_eq!(parts("h_*->f"), (Some(2), Some("f")));
        assert_eq!(parts("h->x_*->f->g"), (Some(5), Some("f->g")));
        assert_eq!(parts("h_*->"), (Some(2), None));
        assert_eq!(parts("nosort"), (None, None));
        assert_eq!(parts("a->b"), (None, None));
    }
}
