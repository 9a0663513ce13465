//! Checks beyond those at compile time: every row's notation parses, and agrees with its specs.

use super::FAMILIES;
use crate::registry::Registry;
use crate::row::{KeyFlags, Spec};
use crate::syntax::{Argument, ArgumentKind, parse};

fn every_spec(check: impl Fn(&str, &Spec)) {
    let registry: Registry<()> = Registry::new().with(FAMILIES, |_| ());
    for command in registry.iter() {
        check(&command.full_name, command.spec);
    }
}

/// How many arguments are keys, or patterns of keys.
fn count_keys(arguments: &[Argument<'_>]) -> usize {
    let one = |a: &Argument<'_>| {
        let is_key = a.kind == ArgumentKind::Key || a.key_spec.is_some();
        usize::from(is_key) + count_keys(&a.arguments)
    };
    arguments.iter().map(one).sum()
}

#[test]
fn every_syntax_parses_and_has_keys_where_specs_find_some() {
    let faults = std::cell::RefCell::new(Vec::new());
    every_spec(|name, spec| {
        let arguments = match parse(spec.syntax, spec.keys.len()) {
            Ok(arguments) => arguments,
            Err(error) => return faults.borrow_mut().push(format!("{name}: {error}")),
        };
        let keys = spec
            .keys
            .iter()
            .filter(|key| !key.flags.has(KeyFlags::NOT_KEY))
            .count();
        if count_keys(&arguments) < keys {
            let fault = format!("{name} shows fewer keys than its specs find");
            faults.borrow_mut().push(fault);
        }
        if keys == 0 && count_keys(&arguments) > 0 {
            let fault = format!("{name} shows keys that no spec finds");
            faults.borrow_mut().push(fault);
        }
    });
    let faults = faults.into_inner();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_tip_is_written_as_clients_read_it() {
    every_spec(|name, spec| {
        for tip in spec.tips {
            assert_eq!(*tip, tip.to_ascii_lowercase(), "{name}");
        }
    });
}

#[test]
fn versions_look_like_versions_and_histories_go_forward() {
    let numbers = |version: &str| -> Vec<u32> {
        let digits = version.trim_start_matches('V');
        digits
            .split('.')
            .map(|part| part.parse().expect("a version is made of numbers"))
            .collect()
    };
    every_spec(|name, spec| {
        let mut last = numbers(spec.since);
        assert_eq!(last.len(), 3, "{name}");
        for (version, change) in spec.history {
            let next = numbers(version);
            // What came before the command came with the option of another.
            let is_inherited = name == "zrevrangebyscore";
            assert!(
                version.starts_with('V') || next >= last || is_inherited,
                "{name}: {version}"
            );
            assert!(change.ends_with('.'), "{name}: {change}");
            last = next;
        }
    });
}
