//! The tables of metrics.

use std::collections::BTreeSet;

use super::labelled::FAMILIES;
use super::names::{PREFIX, ROWS};
use crate::info::SECTIONS;

fn is_legal(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let bytes = name.as_bytes();
    is_letter(bytes[0])
        && bytes
            .iter()
            .all(|&byte| is_letter(byte) || byte.is_ascii_digit())
}

#[test]
fn names_are_legal_and_unique_and_say_what_they_are() {
    let rows = ROWS
        .iter()
        .map(|row| (format!("{PREFIX}{}", row.name), row.help));
    let families = FAMILIES
        .iter()
        .map(|family| (family.name.to_owned(), family.help));
    let mut names = BTreeSet::new();
    for (name, help) in rows.chain(families) {
        assert!(is_legal(&name), "{name}");
        assert!(
            help.ends_with('.') || help.contains(':') || help.contains(';'),
            "{name}: {help}"
        );
        assert!(
            !help.contains(['\n', '\\']) && help.len() > 10,
            "{name}: {help}"
        );
        assert!(names.insert(name.clone()), "{name} is there twice");
    }
}

#[test]
fn every_row_has_a_field_of_its_own() {
    let fields = SECTIONS.iter().flat_map(|section| section.fields);
    let mut fields: Vec<&str> = fields.map(|field| field.name).collect();
    // Fields of parts that do not exist yet.
    fields.extend([
        "aof_rewrite_buffer_length",
        "slave_priority",
        "used_active_time_main_thread",
    ]);
    let mut seen = BTreeSet::new();
    for row in ROWS {
        let count = fields.iter().filter(|name| **name == row.field).count();
        assert_eq!(count, 1, "{}", row.field);
        assert!(seen.insert(row.field), "{} is there twice", row.field);
    }
}
