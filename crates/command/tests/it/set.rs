//! Sets through their commands: what the journal and the observers of keys hear.

use crate::world::{World, check_effects};
use russet_resp::Protocol;

#[test]
fn changes_events_and_what_is_logged() {
    check_effects(&[
        ("SADD s a b", "2 | new s, sadd s | verbatim"),
        ("SADD s a", "0 |  | "),
        ("SADD s a c", "1 | sadd s | verbatim"),
        ("SREM s z", "0 |  | "),
        ("SREM s a z", "1 | srem s | verbatim"),
        ("SMEMBERS nothing", "0 | keymiss nothing | "),
        ("SREM nothing a", "0 |  | "),
        ("SMOVE s t b", "2 | srem s, new t, sadd t | verbatim"),
        ("SADD t c", "1 | sadd t | verbatim"),
        ("SMOVE s t c", "1 | srem s, del s | verbatim"),
        ("SMOVE s t c", "0 |  | "),
        ("SINTERSTORE d t nothing", "0 | keymiss nothing | "),
        ("SUNIONSTORE d t", "1 | new d, sunionstore d | verbatim"),
        (
            "SDIFFSTORE d d nothing",
            "1 | keymiss nothing, sdiffstore d | verbatim",
        ),
        ("SINTERSTORE d d t", "1 | sinterstore d | verbatim"),
        ("SDIFFSTORE d d t", "1 | del d | verbatim"),
        ("SPOP nothing", "0 |  | "),
        ("SPOP t 0", "0 |  | "),
        ("SPOP t 5", "2 | spop t, del t | DEL t"),
        ("SADD one a", "1 | new one, sadd one | verbatim"),
        ("SPOP one", "1 | spop one, del one | SREM one a"),
    ]);
}

#[test]
fn members_that_are_popped_are_recorded_as_removed() {
    let mut world = World::new(Protocol::Resp2);
    for (count, len) in [(1, 3), (2, 100), (90, 100), (1500, 3000), (2900, 3000)] {
        let members: Vec<String> = (0..len).map(|n| format!("m{n}")).collect();
        let mut words = vec!["SADD".to_owned(), "s".to_owned()];
        words.extend(members.iter().cloned());
        world.run("DEL s");
        world.run_words(&words);
        let popped = world.run(&format!("SPOP s {count}"));
        let mut popped: Vec<&str> = popped
            .split(' ')
            .filter(|word| word.starts_with('m'))
            .collect();
        let effects = world.effects();
        let (dirty, records) = (effects.split(" | ").next(), effects.split(" | ").nth(2));
        assert_eq!(dirty, Some(count.to_string().as_str()));
        let requests: Vec<&str> = records.unwrap().split("; ").collect();
        assert_eq!(requests.len(), (count as usize).div_ceil(1024));
        let mut recorded: Vec<&str> = requests
            .iter()
            .flat_map(|request| request.strip_prefix("SREM s ").unwrap().split(' '))
            .collect();
        popped.sort_unstable();
        recorded.sort_unstable();
        assert_eq!(popped, recorded);
        let left = world.run("SMEMBERS s");
        assert!(
            popped
                .iter()
                .all(|member| !left.contains(&format!("{member} ")))
        );
        assert_eq!(world.run("SCARD s"), format!(":{}", len - count));
    }
}

#[test]
fn what_few_members_are_left_of_a_table_is_packed_again() {
    let mut world = World::new(Protocol::Resp2);
    let fill = |world: &mut World, member: &dyn Fn(usize) -> String| {
        let mut words = vec!["SADD".to_owned(), "s".to_owned()];
        words.extend((0..600).map(member));
        world.run("DEL s");
        world.run_words(&words);
        assert_eq!(world.run("OBJECT ENCODING s"), "$9 hashtable");
    };
    fill(&mut world, &|n| format!("m{n}"));
    world.run("SPOP s 400");
    assert_eq!(world.run("OBJECT ENCODING s"), "$9 hashtable");
    world.run("SPOP s 190");
    assert_eq!(world.run("OBJECT ENCODING s"), "$8 listpack");
    fill(&mut world, &|n| n.to_string());
    world.run("SPOP s 590");
    assert_eq!(world.run("OBJECT ENCODING s"), "$8 listpack");
}

#[test]
fn random_members_are_different_ones_unless_they_may_repeat() {
    let mut world = World::new(Protocol::Resp2);
    for len in [5, 100, 2000] {
        let mut words = vec!["SADD".to_owned(), "s".to_owned()];
        words.extend((0..len).map(|n| format!("m{n}")));
        world.run("DEL s");
        world.run_words(&words);
        for wanted in [1, 3, 50, 700, 1999] {
            let reply = world.run(&format!("SRANDMEMBER s {wanted}"));
            let mut members: Vec<&str> = reply.split(' ').filter(|w| w.starts_with('m')).collect();
            members.sort_unstable();
            members.dedup();
            assert_eq!(members.len(), wanted.min(len), "{wanted} of {len}");
            let reply = world.run(&format!("SRANDMEMBER s -{wanted}"));
            let repeated = reply
                .split(' ')
                .filter(|word| word.starts_with('m'))
                .count();
            assert_eq!(repeated, wanted);
        }
    }
}
