//! CONFIG REWRITE on a disk that fails.
//!
//! Always true: the file is the one of some rewrite, whole, or the one that was there first; after
//! an answer of OK it is that of the last rewrite.
//! Always true: nothing of other clients runs within a transaction that rewrites.

use std::collections::BTreeSet;

use russet_node::Node;

use super::server::{Client, add_node, begin, text};
use crate::options::Options;
use crate::play::Play;
use crate::world::{HostId, World};

const PATH: &str = "/sim/redis.conf";

/// Settings that change together; a file that mixes two changes is torn.
const SETTINGS: &[&str] = &["timeout", "acllog-max-len", "hz"];

pub(super) fn rewrite(play: &mut Play) {
    let mut options = Options::swarm(&mut play.rng);
    options.reset_one_in = 0;
    let mut world = begin(play, options);
    let settings = "timeout 10\nacllog-max-len 10\nhz 10\n";
    let node = add_node(&mut world, "node", settings, PATH);
    let mut writer = Client::new(&mut world, node);
    let mut onlooker = Client::new(&mut world, node);
    let mut written = BTreeSet::from([10]);
    let mut asked = 0;
    for change in 11..11 + play.rng.below(30) {
        let values = SETTINGS.iter().map(|name| format!(" {name} {change}"));
        let set = format!("CONFIG SET{}", values.collect::<String>());
        let unit = ["MULTI", "INCR n", &set, "CONFIG REWRITE", "INCR n", "EXEC"];
        let lines = match play.rng.below(3) {
            0 => &unit[..],
            _ => &[&set, "CONFIG REWRITE"][..],
        };
        lines.iter().for_each(|line| writer.say(&mut world, line));
        asked += lines.len();
        written.insert(change);
        for _ in 0..play.rng.below(4) {
            onlooker.say(&mut world, "GET n");
            (0..play.rng.below(30)).for_each(|_| world.turn());
        }
        if play.rng.below(4) == 0 {
            world.advance(1_000_000);
            let last = check_file(&mut world, node, &written);
            writer.hear(&mut world);
            let is_ok = writer.heard.last().is_some_and(|reply| {
                let said = text(reply);
                said == "OK" || said.contains("OK OK")
            });
            assert!(
                !is_ok || last == change,
                "OK was answered, and the file is that of {last}"
            );
        }
    }
    world.advance(2_000_000);
    writer.hear(&mut world);
    assert_eq!(writer.count, asked, "replies are missing");
    check_file(&mut world, node, &written);
    onlooker.hear(&mut world);
    for value in &onlooker.heard {
        let count: u64 = text(value).parse().unwrap_or(0);
        assert!(
            count.is_multiple_of(2),
            "half of a transaction was seen: {count}"
        );
    }
}

/// The change that the file is of.
fn check_file(world: &mut World<Node>, node: HostId, written: &BTreeSet<u64>) -> u64 {
    let disk = world.disk(node);
    let live = disk.live(PATH).map(<[u8]>::to_vec);
    assert_eq!(
        live.as_deref(),
        disk.durable(PATH),
        "the file is not durable"
    );
    let file = String::from_utf8_lossy(&live.unwrap_or_default()).into_owned();
    let value = |name: &&str| {
        let line = file.lines().find(|line| line.starts_with(*name));
        let value = line.and_then(|line| line.split(' ').nth(1)?.parse().ok());
        value.unwrap_or_else(|| panic!("the file has no {name}:\n{file}"))
    };
    let values: BTreeSet<u64> = SETTINGS.iter().map(value).collect();
    assert_eq!(values.len(), 1, "the file is torn:\n{file}");
    let found = values.iter().next().copied().unwrap_or_default();
    assert!(written.contains(&found), "nobody wrote {found}");
    found
}
