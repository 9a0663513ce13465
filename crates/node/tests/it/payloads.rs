//! Payloads that are broken on purpose, with checksums that are right.
//!
//! `MUTATIONS=1000000 cargo test --release -p russet-node --test it payloads` tries as many.

#![expect(
    clippy::disallowed_methods,
    reason = "the number of tries is asked of the environment"
)]

use russet_base::rng::Rng;
use russet_node::Config;
use russet_node::fuzz::restore::{Restorer, mutate, version};
use russet_node::loopback::Loopback;
use russet_rdb::{Version, payload};

const FILES: [&str; 3] = [
    include_str!("../../../rdb/tests/golden/redis-7.0.15.txt"),
    include_str!("../../../rdb/tests/golden/redis-8.0.6.txt"),
    include_str!("../../../rdb/tests/golden/valkey-9.1.2.txt"),
];

/// Type code and value of every payload that servers wrote, with its version.
fn objects() -> Vec<(Vec<u8>, Version)> {
    let lines = FILES.iter().flat_map(|text| text.lines());
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (_, hex) = line.split_once(' ').expect("a name and a payload");
            let digit = |byte: u8| (byte as char).to_digit(16).expect("a digit") as u8;
            let pairs = hex.as_bytes().chunks(2);
            let bytes: Vec<u8> = pairs
                .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
                .collect();
            let opened = payload::open(&bytes).expect("a payload");
            (opened.object.to_vec(), opened.version)
        })
        .collect()
}

#[test]
fn what_other_servers_dumped_is_restored_and_used() {
    let mut restorer = Restorer::new();
    for (object, version) in objects() {
        assert!(
            restorer.restore(&object, version),
            "{}",
            object.escape_ascii()
        );
    }
}

/// The type code and the version of what DUMP says of `k` after these requests.
fn dumped(requests: &str) -> (u8, u16) {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    server.call(client, format!("{requests}\r\n").as_bytes());
    let reply = server.call(client, b"DUMP k\r\n");
    let at = reply
        .iter()
        .position(|&byte| byte == b'\n')
        .expect("a line");
    let opened = payload::open(&reply[at + 1..reply.len() - 2]).expect("a payload");
    (opened.object[0], opened.version.0)
}

#[test]
fn dump_writes_the_oldest_form_that_holds_the_value() {
    let fields: Vec<String> = (0..600).map(|n| format!("f{n} v")).collect();
    let fields = fields.join(" ");
    for (requests, expect) in [
        ("SET k x", (0, 10)),
        ("RPUSH k a b", (18, 10)),
        ("SADD k 1 2", (11, 10)),
        // A set in a listpack would be of version 11.
        ("SADD k a b", (2, 10)),
        ("ZADD k 1 a", (17, 10)),
        ("HSET k f v", (16, 10)),
        (&format!("HSET k {fields}"), (4, 10)),
        ("HSET k f v\r\nHEXPIRE k 1000 FIELDS 1 f", (25, 12)),
        (
            &format!("HSET k {fields}\r\nHEXPIRE k 1000 FIELDS 1 f1"),
            (24, 12),
        ),
        // The field with a deadline is gone, so nothing needs the newer form.
        (
            "HSET k f v g w\r\nHEXPIRE k 1000 FIELDS 1 f\r\nHPERSIST k FIELDS 1 f\r\nHDEL k f",
            (4, 10),
        ),
        (
            "XADD k 1-1 f v\r\nXGROUP CREATE k g 0\r\nXREADGROUP GROUP g c STREAMS k >",
            (19, 10),
        ),
        (
            "XADD k 1-1 f v\r\nXGROUP CREATE k g 0\r\nXGROUP CREATECONSUMER k g c",
            (21, 11),
        ),
    ] {
        assert_eq!(dumped(requests), expect, "{requests:.60}");
    }
}

#[test]
fn broken_payloads_are_refused_or_are_values() {
    let count = std::env::var("MUTATIONS")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = std::env::var("MUTATION_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let objects = objects();
    let mut rng = Rng::new(seed.unwrap_or(7));
    let mut restorer = Restorer::new();
    for round in 0..count.unwrap_or(3000u64) {
        if round % 10_000 == 9999 {
            let counts = (restorer.taken, restorer.refused);
            restorer = Restorer::new();
            (restorer.taken, restorer.refused) = counts;
        }
        let (object, own) = &objects[rng.index(objects.len())];
        let (other, _) = &objects[rng.index(objects.len())];
        let mut object = object.clone();
        mutate(&mut object, other, &mut rng);
        let version = match rng.below(20) {
            0 => version(rng.u64() as u8),
            _ => *own,
        };
        restorer.restore(&object, version);
    }
    println!("{} taken, {} refused", restorer.taken, restorer.refused);
    assert!(restorer.taken > 0 && restorer.refused > 0);
}
