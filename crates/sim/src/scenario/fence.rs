//! Replies that wait for the journal.
//!
//! Always true: a reply that a client has heard tells of a change in front of the allowed offset.
//! Always true: once everything is allowed, every reply is there.

use russet_node::{Node, Offset, ReaderId};
use russet_resp::{ReplyDecoder, Value};

use super::server::{Client, add_node, begin};
use crate::options::Options;
use crate::play::Play;
use crate::world::{HostId, World};

/// The journal as it is read, and how much of it is allowed.
struct Watch {
    reader: ReaderId,
    journal: Vec<u8>,
    /// Ends of units.
    ends: Vec<u64>,
    allowed: u64,
}

impl Watch {
    fn read(&mut self, world: &mut World<Node>, node: HostId) {
        while let Ok(Some(bytes)) = world.service(node).read_journal(self.reader) {
            self.journal.extend_from_slice(&bytes);
        }
        let end = world.service(node).journal_end().0;
        if self.ends.last() != Some(&end) {
            self.ends.push(end);
        }
    }

    fn allow(&mut self, world: &mut World<Node>, node: HostId, end: u64) {
        self.allowed = self.allowed.max(end);
        world.service(node).allow_replies(Offset(self.allowed));
        world.wake(node);
    }

    /// The number of times that a key was incremented in front of the allowed offset.
    fn count(&self, key: &str) -> usize {
        let allowed = usize::try_from(self.allowed).unwrap_or(usize::MAX);
        let mut rest = &self.journal[..allowed.min(self.journal.len())];
        let (mut decoder, mut count) = (ReplyDecoder::new(), 0);
        while let Ok(Some(request)) = decoder.decode(&mut rest) {
            let words = request.as_elements().unwrap_or_default();
            let word = |at: usize| words.get(at).and_then(|word| word.as_bytes());
            let is_incr = word(0).is_some_and(|word| &**word == b"INCR");
            count += usize::from(is_incr && word(1).is_some_and(|word| &**word == key.as_bytes()));
        }
        count
    }
}

pub(super) fn fence(play: &mut Play) {
    let mut options = Options::swarm(&mut play.rng);
    options.reset_one_in = 0;
    let mut world = begin(play, options);
    let node = add_node(&mut world, "node", "", "");
    let reader = world.service(node).attach_reader(u64::MAX);
    let start = world.service(node).journal_end();
    world.service(node).fence_replies(start);
    let mut watch = Watch {
        reader,
        journal: Vec::new(),
        ends: vec![start.0],
        allowed: start.0,
    };
    let mut clients: Vec<Client> = Vec::new();
    clients.resize_with(1 + play.rng.index(4), || Client::new(&mut world, node));
    let mut asked = vec![0; clients.len()];
    for _ in 0..play.rng.below(80) {
        let at = play.rng.index(clients.len());
        match play.rng.below(6) {
            0 | 1 => (0..play.rng.below(20)).for_each(|_| world.turn()),
            2 => {
                watch.read(&mut world, node);
                let end = watch.ends[play.rng.index(watch.ends.len())];
                watch.allow(&mut world, node, end);
            }
            3 if play.rng.below(3) == 0 => world.advance(10_000),
            _ => {
                clients[at].say(&mut world, &format!("INCR n{at}"));
                asked[at] += 1;
            }
        }
        check(&mut world, node, &mut watch, &mut clients);
    }
    world.advance(1_000_000);
    check(&mut world, node, &mut watch, &mut clients);
    let end = world.service(node).journal_end().0;
    watch.allow(&mut world, node, end);
    world.advance(1_000_000);
    check(&mut world, node, &mut watch, &mut clients);
    for (client, asked) in clients.iter().zip(asked) {
        assert_eq!(client.count, asked, "replies that are allowed are missing");
    }
}

/// Nobody has heard of a change that is behind the allowed offset.
fn check(world: &mut World<Node>, node: HostId, watch: &mut Watch, clients: &mut [Client]) {
    watch.read(world, node);
    for (at, client) in clients.iter_mut().enumerate() {
        client.hear(world);
        let Some(Value::Integer(heard)) = client.heard.last() else {
            continue;
        };
        let heard = usize::try_from(*heard).unwrap_or(0);
        let allowed = watch.count(&format!("n{at}"));
        assert!(
            heard <= allowed,
            "{heard} was heard where {allowed} is allowed"
        );
    }
}
