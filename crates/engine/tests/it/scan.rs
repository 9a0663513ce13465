//! SCAN shows what is there throughout exactly once, whatever the table does meanwhile.

use std::collections::HashMap;

use russet_base::Rng;
use russet_engine::{Keyspace, NewValue, Options};

fn keyspace() -> Keyspace {
    Keyspace::new(Options {
        databases: 1,
        seed: 21,
        ..Options::default()
    })
}

/// Scans while `churn` changes other keys, and checks that each stable key is shown once.
fn check_scan(keyspace: &mut Keyspace, stable: u32, mut churn: impl FnMut(&mut Keyspace, u32)) {
    let mut seen: HashMap<Vec<u8>, u32> = HashMap::new();
    let (mut cursor, mut before, mut step) = (0, 0, 0);
    loop {
        cursor = keyspace.db(0).scan(cursor, 10, &mut |shown| {
            *seen.entry(shown.key.to_vec()).or_default() += 1;
        });
        if cursor == 0 {
            break;
        }
        assert!(cursor > before && cursor < 1 << 48);
        before = cursor;
        churn(keyspace, step);
        step += 1;
    }
    assert!(
        seen.values().all(|&count| count == 1),
        "no key is shown twice"
    );
    let missed = (0..stable).filter(|n| !seen.contains_key(format!("stable:{n}").as_bytes()));
    assert_eq!(missed.count(), 0);
}

fn fill(keyspace: &mut Keyspace, prefix: &str, range: std::ops::Range<u32>) {
    for n in range {
        keyspace
            .db(0)
            .set(format!("{prefix}:{n}").as_bytes(), b"v", None);
    }
}

fn empty(keyspace: &mut Keyspace, prefix: &str, range: std::ops::Range<u32>) {
    for n in range {
        keyspace.db(0).remove(format!("{prefix}:{n}").as_bytes());
    }
}

const STABLE: u32 = if cfg!(miri) { 40 } else { 20_000 };

#[test]
fn keys_are_shown_once_while_the_table_grows() {
    let mut keyspace = keyspace();
    fill(&mut keyspace, "stable", 0..STABLE);
    check_scan(&mut keyspace, STABLE, |keyspace, step| {
        fill(keyspace, "new", step * 30..(step + 1) * 30);
    });
    if !cfg!(miri) {
        assert!(keyspace.db(0).len() > 100_000);
    }
}

#[test]
fn keys_are_shown_once_while_the_table_shrinks() {
    let mut keyspace = keyspace();
    fill(&mut keyspace, "stable", 0..STABLE / 10);
    fill(&mut keyspace, "old", 0..STABLE * 5);
    check_scan(&mut keyspace, STABLE / 10, |keyspace, step| {
        empty(keyspace, "old", step * 30..(step + 1) * 30);
    });
}

#[test]
fn keys_are_shown_once_under_churn() {
    let mut rng = Rng::new(8);
    let mut keyspace = keyspace();
    fill(&mut keyspace, "stable", 0..STABLE);
    check_scan(&mut keyspace, STABLE, |keyspace, _| {
        // Long stretches of growth and of shrinking.
        for _ in 0..if cfg!(miri) { 5 } else { 60 } {
            let n = rng.below(400_000) as u32;
            match rng.below(2) {
                0 => fill(keyspace, "other", n..n + 1),
                _ => empty(keyspace, "other", n..n + 20),
            }
        }
    });
}

#[test]
fn an_emptied_table_is_scanned_in_few_steps() {
    let mut keyspace = keyspace();
    let count = if cfg!(miri) { 300 } else { 200_000 };
    fill(&mut keyspace, "k", 0..count);
    empty(&mut keyspace, "k", 10..count);
    let (mut cursor, mut steps, mut shown) = (0, 0, 0);
    loop {
        cursor = keyspace.db(0).scan(cursor, 10, &mut |_| shown += 1);
        steps += 1;
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(shown, 10);
    assert!(steps < 10, "{steps}");
}

#[test]
fn any_cursor_is_safe() {
    let mut keyspace = keyspace();
    fill(&mut keyspace, "k", 0..100);
    let mut rng = Rng::new(1);
    for _ in 0..1000 {
        let (cursor, shift) = (rng.u64(), rng.below(64));
        let next = keyspace.db(0).scan(cursor >> shift, 5, &mut |_| {});
        assert!(next < 1 << 48);
    }
    assert_eq!(
        keyspace
            .db(0)
            .scan(u64::MAX, usize::MAX, &mut |_| panic!("nothing there")),
        0
    );
}

#[test]
fn a_count_bounds_the_step() {
    let mut keyspace = keyspace();
    fill(&mut keyspace, "k", 0..STABLE);
    for count in [1, 7, STABLE as usize / 2] {
        let mut shown = 0;
        keyspace.db(0).scan(0, count, &mut |_| shown += 1);
        assert!((count..count + 40).contains(&shown), "{shown} for {count}");
    }
    let mut shown = 0;
    assert_eq!(keyspace.db(0).scan(0, usize::MAX, &mut |_| shown += 1), 0);
    assert_eq!(shown, STABLE);
}

fn with_sixty_due_of_hundred() -> Keyspace {
    let mut keyspace = keyspace();
    for n in 0..100_i64 {
        let mut db = keyspace.db(0);
        db.entry(&n.to_le_bytes())
            .set(NewValue::Int(n), Some(n + 1));
    }
    // Sixty of them are gone, those whose deadline was before this moment.
    keyspace.freeze(61);
    keyspace
}

#[test]
fn keys_that_expired_are_not_shown() {
    let mut keyspace = with_sixty_due_of_hundred();
    let mut shown = 0;
    keyspace.db(0).for_each(&mut |key| {
        assert!(key.deadline.is_some_and(|at| at > 60));
        shown += 1;
    });
    assert_eq!(shown, 40);
    assert_eq!(keyspace.db(0).len(), 100);
}

#[test]
fn a_scan_removes_what_has_expired_where_it_comes_by() {
    let mut keyspace = with_sixty_due_of_hundred();
    let (mut cursor, mut shown) = (0, 0);
    loop {
        cursor = keyspace.db(0).scan(cursor, 10, &mut |_| shown += 1);
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(shown, 40);
    assert_eq!(keyspace.db(0).len(), 40);
    assert_eq!(keyspace.stats().expired, 60);
}
