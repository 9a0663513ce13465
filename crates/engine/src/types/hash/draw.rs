//! Random fields of a hash.
//!
//! Always true: every field that is stored has the same chance; call [`HashMut::expire`] first.
//!
//! [`HashMut::expire`]: super::HashMut::expire

use std::collections::BTreeSet;

use russet_base::Rng;

use super::field::Field;
use super::view::{HashForm, HashRef};

/// Up to one in `SPARSE` fields, distinct numbers are drawn; above, fields are walked over.
const SPARSE: usize = 4;

impl<'a> HashRef<'a> {
    /// A random field; none if nothing is stored.
    pub fn random(&self, rng: &mut Rng) -> Option<Field<'a>> {
        self.nth(rng.index(self.len()))
    }

    /// Shows `count` random fields, each of them once; all if there are fewer.
    pub fn draw(&self, rng: &mut Rng, count: usize, mut visit: impl FnMut(Field<'a>)) {
        let len = self.len();
        if let HashForm::Pages(_) = self.form
            && count <= len / SPARSE
        {
            let mut drawn = BTreeSet::new();
            while drawn.len() < count {
                let number = rng.index(len);
                if drawn.insert(number) {
                    self.nth(number).into_iter().for_each(&mut visit);
                }
            }
            return;
        }
        // Each field is taken with the chance that as many as are wanted are among those left.
        let (mut left, mut wanted) = (len, count);
        self.each(|field| {
            if rng.index(left) < wanted {
                visit(field);
                wanted -= 1;
            }
            left -= 1;
        });
    }

    fn nth(&self, number: usize) -> Option<Field<'a>> {
        match self.form {
            HashForm::Packed(packed) => packed.fields().nth(number).map(|(_, field)| field),
            HashForm::Pages(hash) => hash.table().nth(number).map(Field::from),
        }
    }
}
