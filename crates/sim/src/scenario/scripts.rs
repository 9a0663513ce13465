//! The reply scripts of the node, played in a world.
//!
//! ```text
//!  delays only      every reply is the expected one, once everything has arrived
//!  a reset          the replies heard are a prefix; the node still serves others
//! ```
//! Always true: time passes only where a script says so, when nothing is under way.
//! Not here: the scripts — `crates/node/tests/scripts/`; their notation — crate `russet-conform`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use russet_conform::{Answer, Difference, Peer, Script, Want, load, run_into, told};
use russet_node::Node;

use super::server::{Client, add_node, begin};
use crate::options::Options;
use crate::play::Play;
use crate::world::{HostId, World};

/// Plays a script that the seed draws.
pub(super) fn scripts(play: &mut Play) {
    let all = all();
    let at = play.rng.index(all.len());
    let resets_at = (play.rng.below(3) == 0).then(|| play.rng.below(60));
    let options = Options::delays(&mut play.rng);
    play_one(play, &all[at], options, resets_at);
}

/// All scripts with their texts, read once.
fn all() -> &'static [(PathBuf, String)] {
    static SCRIPTS: OnceLock<Vec<(PathBuf, String)>> = OnceLock::new();
    SCRIPTS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node/tests/scripts");
        load(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()))
    })
}

/// Plays one script; before the request of a number, its client's connection may be reset.
fn play_one(
    play: &mut Play,
    (path, text): &(PathBuf, String),
    options: Options,
    resets_at: Option<u64>,
) {
    play.record.note(format_args!("{}", path.display()));
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let mut world = begin(play, options);
    let host = add_node(&mut world, "node", "enable-debug-command local", "");
    let mut stage = Stage {
        world,
        host,
        clients: Vec::new(),
        resets_at,
        is_cut: false,
    };
    let mut differences = Vec::new();
    let end = run_into(&script, &mut stage, &mut differences);
    if !stage.is_cut
        && let Err(error) = end
    {
        panic!("{}: {error}", path.display());
    }
    if stage.is_cut {
        let cut = differences.pop();
        cut.iter().for_each(|cut| check_prefix(&script, cut));
        check_health(&mut stage);
    }
    let differences = differences.iter();
    let told: Vec<String> = differences
        .map(|one| told(path, text, &script, one))
        .collect();
    assert!(told.is_empty(), "replies differ\n{}", told.concat());
}

/// Replies that came before a reset are the beginning of the expected ones.
fn check_prefix(script: &Script, cut: &Difference) {
    let step = &script.steps[cut.step];
    let wanted = step.expected.iter().filter(|pattern| pattern.is_value());
    let wanted: Vec<_> = wanted.collect();
    let heard = &cut.answer.values;
    let is_prefix = heard.len() <= wanted.len()
        && wanted
            .iter()
            .zip(heard)
            .all(|(pattern, value)| pattern.matches(value));
    assert!(
        is_prefix,
        "line {}: heard before a reset: {}",
        step.line, cut.got
    );
}

/// Others are served, and the connection that broke is forgotten.
fn check_health(stage: &mut Stage) {
    *stage.world.options() = Options::calm();
    let mut client = Client::new(&mut stage.world, stage.host);
    // Whatever the script made the node wait for ends by then.
    stage.world.advance(60_000_000);
    let reply = client.ask_text(&mut stage.world, "PING");
    let is_served = reply == "PONG" || reply.starts_with("NOAUTH");
    assert!(is_served, "PING is answered by {reply}");
}

/// A node on a stage, with connections by name.
struct Stage {
    world: World<Node>,
    host: HostId,
    clients: Vec<(String, Client)>,
    /// Requests before the reset.
    resets_at: Option<u64>,
    is_cut: bool,
}

impl Stage {
    fn client(&mut self, name: &str) -> usize {
        let found = self.clients.iter().position(|(other, _)| other == name);
        found.unwrap_or_else(|| {
            let client = Client::new(&mut self.world, self.host);
            self.clients.push((name.to_owned(), client));
            self.clients.len() - 1
        })
    }
}

impl Peer for Stage {
    fn send(&mut self, client: &str, bytes: &[u8]) -> Result<(), String> {
        if self.is_cut {
            return Err("the connection was reset".to_owned());
        }
        let client = self.client(client);
        let id = self.clients[client].1.id;
        self.world.send(id, bytes);
        match &mut self.resets_at {
            Some(0) => {
                self.is_cut = true;
                let turns = self.world.rng().below(30);
                (0..turns).for_each(|_| self.world.turn());
                self.world.reset(id);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }

    fn receive(&mut self, client: &str, _: Want) -> Result<Answer, String> {
        let client = self.client(client);
        self.world.settle();
        let (_, client) = &mut self.clients[client];
        client.hear(&mut self.world);
        Ok(Answer {
            values: std::mem::take(&mut client.heard),
            is_closed: self.world.is_closed(client.id),
        })
    }

    fn wait(&mut self, millis: u64) {
        self.world.advance(millis.saturating_mul(1_000));
    }
}

#[cfg(test)]
mod tests {
    use russet_base::Rng;

    use super::{all, play_one};
    use crate::options::Options;
    use crate::play::Play;
    use crate::record::Record;

    /// Plays every script, each with its own faults.
    fn play_all(resets_at: fn(&mut Rng) -> Option<u64>) {
        for (at, script) in all().iter().enumerate() {
            let mut play = Play {
                rng: Rng::new(at as u64),
                record: Record::default(),
            };
            let options = Options::delays(&mut play.rng);
            let resets_at = resets_at(&mut play.rng);
            play_one(&mut play, script, options, resets_at);
        }
    }

    #[test]
    fn every_script_gets_its_replies_however_late() {
        play_all(|_| None);
    }

    #[test]
    fn every_script_gets_the_beginning_of_its_replies_before_a_reset() {
        play_all(|rng| Some(rng.below(40)));
    }

    #[test]
    #[should_panic(expected = "replies differ")]
    fn a_reply_that_is_not_the_expected_one_is_told() {
        let mut play = Play {
            rng: Rng::new(0),
            record: Record::default(),
        };
        let script = ("wrong".into(), "> SET k v\n+KO\n".to_owned());
        play_one(&mut play, &script, Options::calm(), None);
    }
}
