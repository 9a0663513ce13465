//! The cost of slots: bytes per key without them, with keys of all slots, with keys of one.
//!
//! `cargo run --release -p russet-benches --example slots [KEYS]`
//!
//! Always true: keys and values have 16 bytes each in all three cases.

#![expect(clippy::print_stdout, reason = "its figures are its purpose")]

use russet_engine::{Keyspace, Options};

fn main() {
    let count = std::env::args().nth(1).and_then(|arg| arg.parse().ok());
    let count: u64 = count.unwrap_or(1_000_000);
    println!("{count} keys       weight   with pages   (bytes per key)");
    for (name, slots, tag) in [
        ("off", false, "key:"),
        ("all slots", true, "key:"),
        ("one slot", true, "{t}:"),
    ] {
        let mut keyspace = Keyspace::new(Options {
            databases: 1,
            seed: 1,
            slots,
        });
        for n in 0..count {
            let key = format!("{tag}{n:012}");
            keyspace
                .db(0)
                .set(key.as_bytes(), b"0123456789abcdef", None);
        }
        let (weight, slack) = (keyspace.weight() as f64, keyspace.slack() as f64);
        let each = |bytes: f64| bytes / count as f64;
        println!(
            "{name:12} {:11.2} {:12.2}",
            each(weight),
            each(weight + slack)
        );
    }
}
