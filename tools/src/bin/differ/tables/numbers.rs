//! Every number argument of every form at every limit, and in forms that are no numbers.
//!
//! Always true: all other arguments are valid.

use std::collections::BTreeSet;

use super::Table;
use super::contents::{ABSENT, kinds};
use super::forms::{Form, Role, forms};
use crate::rows::Command;

/// Asks a command with each of its numbers in turn.
pub(super) fn ask(table: &mut Table<'_>, command: &Command) -> Result<(), String> {
    let version = table.version();
    for times in [1, 2] {
        let all = forms(command, &version, times);
        for form in all
            .into_iter()
            .filter(|form| times == 1 || form.departures < 2)
        {
            for at in 0..form.slots.len() {
                if is_asked(&form, at, times) {
                    ask_slot(table, command, &form, at)?;
                }
            }
        }
    }
    Ok(())
}

/// Whether a number is not met by a shorter form.
fn is_asked(form: &Form, at: usize, times: usize) -> bool {
    let slot = &form.slots[at];
    let is_number = matches!(slot.role, Role::Integer | Role::Double);
    is_number && slot.repetition == times - 1 && (form.departures < 2 || slot.depth > 0)
}

fn ask_slot(
    table: &mut Table<'_>,
    command: &Command,
    form: &Form,
    at: usize,
) -> Result<(), String> {
    let keys = form.keys();
    let (right, wrong) = kinds(command, form);
    let mut asked: BTreeSet<&str> = right.iter().copied().collect();
    if form.departures < 2 {
        asked.extend(wrong);
        asked.insert(ABSENT);
    } else {
        asked = right.iter().copied().take(1).collect();
    }
    if keys == 0 {
        asked = [ABSENT].into();
    }
    let more: &[&str] = match form.slots[at].role {
        Role::Double => DOUBLES,
        _ => &[],
    };
    for kind in asked {
        let keys: Vec<(&str, usize)> = (0..keys).map(|at| (kind, at % 4)).collect();
        for value in INTEGERS.iter().chain(more) {
            let mut form = form.clone();
            form.slots[at].word = value.as_bytes().to_vec();
            table.ask(command, &form, &keys)?;
        }
    }
    Ok(())
}

/// The limits of integers of every width, of strings, and of databases, with what lies beside
/// them; then texts that are no integers, or not in the shortest form.
const INTEGERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "-2",
    "127",
    "128",
    "-128",
    "-129",
    "255",
    "256",
    "32767",
    "32768",
    "-32768",
    "-32769",
    "65535",
    "65536",
    "1048575",
    "1048576",
    "1048577",
    "8388607",
    "8388608",
    "536870911",
    "536870912",
    "2147483646",
    "2147483647",
    "2147483648",
    "-2147483647",
    "-2147483648",
    "-2147483649",
    "4294967294",
    "4294967295",
    "4294967296",
    "1099511627776",
    "9223372036854775806",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775807",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551614",
    "18446744073709551615",
    "18446744073709551616",
    "100000000000000000000",
    "-100000000000000000000",
    "00000000000000000001",
    "+1",
    "01",
    " 1",
    "1 ",
    "-0",
    "1.0",
    "1e2",
    "0x1",
    "",
    "-",
    "abc",
    "1\u{0}",
];

/// The same for numbers with a fraction.
const DOUBLES: &[&str] = &[
    "1.5",
    "-1.5",
    ".5",
    "5.",
    "(1",
    "(1.5",
    "inf",
    "-inf",
    "+inf",
    "infinity",
    "nan",
    "1e400",
    "-1e400",
    "1e-400",
    "1e308",
    "-1e308",
    "0x1p3",
    "9007199254740993",
    "180",
    "180.1",
    "-180",
    "85.06",
    "3.0e5",
    "1.5abc",
    "1,5",
];
