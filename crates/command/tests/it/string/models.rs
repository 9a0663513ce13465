//! Commands against naive models, on many inputs.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use russet_resp::Protocol;

use crate::world::World;

fn bulk(bytes: &[u8]) -> String {
    let text = bytes.escape_ascii().to_string().replace("\\r\\n", " ");
    format!("${} {text}", bytes.len())
}

fn world_with(key: &str, value: &[u8]) -> World {
    let mut world = World::new(Protocol::Resp2);
    world.run_words(&[b"SET", key.as_bytes(), value]);
    world
}

/// Any position, most of them near a short string.
fn position() -> impl Strategy<Value = i64> {
    prop_oneof![8 => -40i64..40, 1 => any::<i64>(), 1 => Just(i64::MIN), 1 => Just(i64::MAX)]
}

/// Bytes without line ends, so that replies stay readable.
fn text(len_max: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(
        prop_oneof![b'a'..=b'f', Just(0u8), Just(255u8)],
        0..=len_max,
    )
}

proptest! {
    #[test]
    fn getrange_takes_what_the_indexes_name(
        value in text(30),
        start in position(),
        end in position(),
    ) {
        let len = value.len() as i128;
        let absolute = |n: i64| (if n < 0 { i128::from(n) + len } else { i128::from(n) }).max(0);
        let is_reversed = start < 0 && end < 0 && start > end;
        let expected: Vec<u8> = (0i128..)
            .zip(&value)
            .filter(|(at, _)| !is_reversed && (absolute(start)..=absolute(end)).contains(at))
            .map(|(_, byte)| *byte)
            .collect();
        let mut world = world_with("k", &value);
        let words = ["GETRANGE".to_owned(), "k".to_owned(), start.to_string(), end.to_string()];
        prop_assert_eq!(world.run_words(&words), bulk(&expected));
    }

    #[test]
    fn setrange_writes_over_zeros(value in text(30), offset in 0usize..60, part in text(20)) {
        let mut expected = value.clone();
        if !part.is_empty() {
            expected.resize(value.len().max(offset + part.len()), 0);
            expected[offset..offset + part.len()].copy_from_slice(&part);
        }
        let mut world = world_with("k", &value);
        let offset = offset.to_string();
        let reply = world.run_words(&[b"SETRANGE", &b"k"[..], offset.as_bytes(), &part]);
        prop_assert_eq!(reply, format!(":{}", expected.len()));
        prop_assert_eq!(world.run("GET k"), bulk(&expected));
    }

    #[test]
    fn appends_add_up(parts in vec(text(12), 1..8)) {
        let mut world = World::new(Protocol::Resp2);
        let mut whole = Vec::new();
        for part in &parts {
            whole.extend_from_slice(part);
            let reply = world.run_words(&[b"APPEND", &b"k"[..], part]);
            prop_assert_eq!(reply, format!(":{}", whole.len()));
        }
        prop_assert_eq!(world.run("GET k"), bulk(&whole));
    }

    #[test]
    fn counters_add_or_refuse(
        start in any::<i64>(),
        steps in vec((any::<bool>(), any::<i64>()), 1..8),
    ) {
        let mut world = world_with("n", start.to_string().as_bytes());
        let mut number = start;
        for (up, step) in steps {
            let sum = match up {
                true => number.checked_add(step),
                false => step.checked_neg().and_then(|step| number.checked_add(step)),
            };
            let reply = world.run(&format!("{} n {step}", if up { "INCRBY" } else { "DECRBY" }));
            match sum {
                Some(sum) => {
                    number = sum;
                    prop_assert_eq!(reply, format!(":{sum}"));
                }
                None => prop_assert!(reply.ends_with("would overflow"), "{}", reply),
            }
            prop_assert_eq!(world.run("GET n"), bulk(number.to_string().as_bytes()));
        }
    }

    #[test]
    fn bounded_increments_stay_within_their_bounds(
        start in any::<i64>(),
        step in any::<i64>(),
        bounds in (any::<i64>(), any::<i64>()),
        saturate in any::<bool>(),
    ) {
        let (lower, upper) = (bounds.0.min(bounds.1), bounds.0.max(bounds.1));
        let mut world = world_with("n", start.to_string().as_bytes());
        let word = if saturate { "SATURATE" } else { "" };
        let line = format!("INCREX n BYINT {step} LBOUND {lower} UBOUND {upper} {word}");
        let reply = world.run(&line);
        let exact = i128::from(start) + i128::from(step);
        let sum = exact.clamp(i128::from(lower), i128::from(upper));
        let expected = match (sum == exact || saturate, i64::try_from(sum - i128::from(start))) {
            (false, _) => format!("*2 :{start} :0"),
            (true, Ok(applied)) => format!("*2 :{sum} :{applied}"),
            (true, Err(_)) => "-ERR applied increment would overflow".to_owned(),
        };
        prop_assert_eq!(reply, expected);
    }

    #[test]
    fn several_keys_are_a_map(requests in vec(vec((0u8..5, text(4)), 1..5), 1..8)) {
        let mut world = World::new(Protocol::Resp2);
        let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for (at, pairs) in requests.iter().enumerate() {
            let only_new = at % 2 == 1;
            let mut words = vec![if only_new { b"MSETNX".to_vec() } else { b"MSET".to_vec() }];
            for (key, value) in pairs {
                words.extend([vec![b'a' + key], value.clone()]);
            }
            let is_refused = only_new && words[1..].chunks(2).any(|p| model.contains_key(&p[0]));
            if !is_refused {
                model.extend(words[1..].chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())));
            }
            let expected = match (only_new, is_refused) {
                (false, _) => "+OK",
                (true, false) => ":1",
                (true, true) => ":0",
            };
            prop_assert_eq!(world.run_words(&words), expected);
        }
        let expected: Vec<String> = (b'a'..b'f')
            .map(|key| model.get(&vec![key]).map_or("$-1".to_owned(), |value| bulk(value)))
            .collect();
        prop_assert_eq!(world.run("MGET a b c d e"), format!("*5 {}", expected.join(" ")));
    }

    #[test]
    fn the_common_subsequence_is_in_both_and_as_long_as_said(a in text(40), b in text(40)) {
        let mut world = world_with("a", &a);
        world.run_words(&[b"SET", &b"b"[..], &b]);
        let reply = world.run("LCS a b");
        let len: usize = world.run("LCS a b LEN")[1..].parse().unwrap();
        prop_assert!(reply.starts_with(&format!("${len} ")), "{} {}", reply, len);
        prop_assert_eq!(&world.run("LCS b a LEN")[1..], len.to_string());
        let places = world.run("LCS a b IDX WITHMATCHLEN");
        prop_assert!(places.ends_with(&format!("$3 len :{len}")), "{}", places);
    }
}
