//! Every way in which up to four keys of a command can be the same, over keys of every content.
//!
//! ```text
//!  three keys     a a a    a a b    a b a    a b b    a b c
//! ```
//! Always true: keys that differ may have the same kind of content, and every other.

use super::Table;
use super::contents::{ABSENT, KEYS_MAX, kinds};
use super::forms::{Form, forms};
use crate::rows::Command;

/// The largest number of keys in the shortest forms, in forms with one more choice, and with two.
const KEYS_OF_FORMS: [usize; 3] = [KEYS_MAX, 3, 2];

/// Asks a command with its keys in every partition.
pub(super) fn ask(table: &mut Table<'_>, command: &Command) -> Result<(), String> {
    let version = table.version();
    let mut fewer: Vec<usize> = Vec::new();
    for times in 1..=KEYS_MAX {
        let all = forms(command, &version, times);
        for (at, form) in all.iter().enumerate() {
            let keys = form.keys();
            // What is repeated need not be keys.
            let is_new = fewer.get(at) != Some(&keys);
            let keys_max = KEYS_OF_FORMS.get(form.departures);
            if is_new && keys >= 2 && keys_max.is_some_and(|max| keys <= *max) {
                ask_form(table, command, form)?;
            }
        }
        fewer = all.iter().map(Form::keys).collect();
    }
    Ok(())
}

fn ask_form(table: &mut Table<'_>, command: &Command, form: &Form) -> Result<(), String> {
    let keys = form.keys();
    let (right, wrong) = kinds(command, form);
    let all: Vec<&str> = right.iter().chain(wrong).copied().chain([ABSENT]).collect();
    for partition in partitions(keys) {
        let blocks = partition.iter().max().map_or(0, |last| last + 1);
        for mut number in 0..all.len().pow(blocks as u32) {
            let kinds: Vec<&str> = (0..blocks)
                .map(|_| {
                    let kind = all[number % all.len()];
                    number /= all.len();
                    kind
                })
                .collect();
            let keys: Vec<(&str, usize)> = partition.iter().map(|at| (kinds[*at], *at)).collect();
            table.ask(command, form, &keys)?;
        }
    }
    Ok(())
}

/// All partitions of some places, each as the block that a place belongs to.
fn partitions(places: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..places {
        let longer = all.iter().flat_map(|begin: &Vec<usize>| {
            let blocks = begin.iter().max().map_or(0, |last| last + 1);
            (0..=blocks).map(move |block| [begin.as_slice(), &[block]].concat())
        });
        all = longer.collect();
    }
    all
}
