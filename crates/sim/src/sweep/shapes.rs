//! Requests that make every shape in which data is kept and saved.
//!
//! Always true: equal names give equal requests.
//! Not here: which shapes files know — `crates/node/src/persist/translate/`

use russet_base::Rng;

/// Requests, each a line or several that run together; their keys bear this name.
pub(super) fn shapes(name: &str) -> Vec<String> {
    let mut rng = Rng::new(name.len() as u64 + 7);
    let mut noise = |size: usize| -> String {
        (0..size)
            .map(|_| char::from(b'!' + rng.below(90) as u8))
            .map(plain)
            .collect()
    };
    let mut units = Vec::new();
    strings(name, &mut noise, &mut units);
    collections(name, &mut noise, &mut units);
    fields(name, &mut noise, &mut units);
    streams(name, &mut units);
    units.push(format!(
        "MULTI\r\nSET {name}:t1 a\r\nSELECT 2\r\nRPUSH {name}:t2 b\r\nSELECT 0\r\nDEL {name}:gone\r\nEXEC\r\n"
    ));
    units
}

/// A character that needs no quotes in a line.
fn plain(character: char) -> char {
    match character {
        '"' | '\'' | '\\' => '-',
        character => character,
    }
}

fn strings(name: &str, noise: &mut impl FnMut(usize) -> String, units: &mut Vec<String>) {
    let runs = "ab".repeat(400);
    let mut line = |line: String| units.push(format!("{line}\r\n"));
    for number in [0, -1, 127, 40_000, -3_000_000_000_i64, i64::MAX] {
        line(format!("SET {name}:int{number} {number}"));
    }
    line(format!("SET {name}:empty \"\""));
    line(format!("SET {name}:short {}", noise(9)));
    line(format!("SET {name}:noise {}", noise(700)));
    line(format!("SET {name}:runs {runs}"));
    line(format!("SET {name}:bytes \"\\x00\\xff\\r\\n\""));
    line(format!("SET \"{name}:\\x00\\xfe key\" v PX 90000000"));
    line(format!("SET {name}:gone x PXAT 1704067200001"));
    line(format!("SETBIT {name}:bits 4000 1"));
    line(format!("PFADD {name}:sparse a b c"));
    let many: Vec<String> = (0..900).map(|number| number.to_string()).collect();
    line(format!("PFADD {name}:dense {}", many.join(" ")));
    line(format!("GEOADD {name}:geo 13.36 38.11 a 15.08 37.50 b"));
}

fn collections(name: &str, noise: &mut impl FnMut(usize) -> String, units: &mut Vec<String>) {
    let numbers = |count: usize, scale: usize| -> Vec<String> {
        (0..count)
            .map(|number| (number * scale).to_string())
            .collect()
    };
    let mut line = |line: String| units.push(format!("{line}\r\n"));
    line(format!("RPUSH {name}:list a 1 -5 300 70000 {}", noise(80)));
    line(format!("RPUSH {name}:long {}", numbers(300, 977).join(" ")));
    line(format!(
        "RPUSH {name}:plain {} {}",
        noise(300),
        noise(9_000)
    ));
    line(format!("SADD {name}:ints16 {}", numbers(20, 3).join(" ")));
    line(format!(
        "SADD {name}:ints32 1 {}",
        numbers(20, 70_000).join(" ")
    ));
    line(format!("SADD {name}:ints64 1 9000000000"));
    line(format!("SADD {name}:pack a b 3"));
    line(format!("SADD {name}:table {} x", numbers(140, 7).join(" ")));
    line(format!("HSET {name}:pack2 f v g 12"));
    line(format!(
        "HSET {name}:table2 f {} {}",
        noise(90),
        numbers(60, 5).join(" ")
    ));
    line(format!("ZADD {name}:zpack 1 a -inf b 2.5 c"));
    let pairs: Vec<String> = (0..140)
        .map(|number| format!("{number}.25 m{number}"))
        .collect();
    line(format!("ZADD {name}:ztable {} +inf z", pairs.join(" ")));
}

fn fields(name: &str, noise: &mut impl FnMut(usize) -> String, units: &mut Vec<String>) {
    let mut line = |line: String| units.push(format!("{line}\r\n"));
    line(format!("HSET {name}:f a 1 b 2 c 3"));
    line(format!("HPEXPIRE {name}:f 90000000 FIELDS 2 a b"));
    line(format!("HSET {name}:g a {} b 2 c 3", noise(90)));
    line(format!("HPEXPIRE {name}:g 90000000 FIELDS 2 a c"));
    line(format!("PEXPIRE {name}:g 95000000"));
}

fn streams(name: &str, units: &mut Vec<String>) {
    let mut line = |line: String| units.push(format!("{line}\r\n"));
    line(format!("XGROUP CREATE {name}:none g $ MKSTREAM"));
    for number in 0..120 {
        let field = if number % 9 == 0 { "other" } else { "same" };
        line(format!(
            "XADD {name}:x 5-{} {field} v{number} n {number}",
            number + 1
        ));
    }
    line(format!("XGROUP CREATE {name}:x g 0"));
    line(format!("XGROUP CREATE {name}:x idle 5-7 ENTRIESREAD 7"));
    line(format!("XREADGROUP GROUP g c1 COUNT 5 STREAMS {name}:x >"));
    line(format!("XREADGROUP GROUP g c2 COUNT 2 STREAMS {name}:x >"));
    line(format!("XACK {name}:x g 5-2"));
    line(format!("XCLAIM {name}:x g c2 0 5-3"));
    line(format!("XGROUP CREATECONSUMER {name}:x g c3"));
    line(format!("XDEL {name}:x 5-60 5-61"));
}
