//! A world: services, clients, peers, links and time, all from one seed.
//!
//! ```text
//!  turn:     links carry bytes ─► clients and peers read ─► each service has a turn
//!  settle:   turns until nothing can happen
//!  advance:  settle, then time moves to the next deadline, and again
//! ```
//! Always true: equal seeds and equal calls give equal worlds.
//! Always true: without `tick_us` time passes in [`World::advance`] and while a service sleeps,
//! and nowhere else.
//! Not here: one service's loop — `host.rs`; bytes between parties — `link.rs`.

use core::net::SocketAddr;

use russet_base::Rng;
use russet_io::{Address, CrashModel, ListenPlan, MemoryDisk, Now, Origin, Service};

use crate::air::{Air, Arrival, Client, Listener, Party, complain};
use crate::host::Host;
use crate::link::Link;
use crate::options::Options;
use crate::peer::{Next, Peer};
use crate::record::Record;

/// The first moment: the first second of 2024.
const START: Now = Now {
    wall_us: 1_704_067_200_000_000,
    mono_us: 1_000_000,
};

/// Turns in which nothing happened, in a row, before a run ends with a complaint.
const IDLE_TURNS_MAX: u32 = 100_000;

/// Turns that everything under way takes at most.
const TURNS_MAX: u32 = 5_000_000;

/// A service of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(usize);

/// A client of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(usize);

/// A peer and the links to it.
struct Outside {
    peer: Box<dyn Peer>,
    links: Vec<usize>,
}

/// Everything that a seed brings about.
pub struct World<S> {
    air: Air,
    hosts: Vec<Host<S>>,
    peers: Vec<Outside>,
    idle_turns: u32,
}

impl<S: Service> World<S> {
    /// An empty world.
    #[must_use]
    pub fn new(rng: Rng, options: Options, record: Record) -> Self {
        let air = Air {
            rng,
            options,
            now: START,
            turn: 0,
            links: Vec::new(),
            clients: Vec::new(),
            listeners: Vec::new(),
            arrivals: Vec::new(),
            record,
            has_moved: false,
        };
        Self {
            air,
            hosts: Vec::new(),
            peers: Vec::new(),
            idle_turns: 0,
        }
    }

    /// An empty world without faults and delays.
    #[must_use]
    pub fn calm() -> Self {
        Self::new(Rng::new(0), Options::calm(), Record::default())
    }

    /// Adds a service under a name, listening as planned.
    pub fn start(&mut self, name: &str, plan: ListenPlan, service: S) -> HostId {
        let number = self.hosts.len();
        let mut host = Host::new(number, name, service);
        let fail_one_in = std::mem::take(&mut self.air.options.fail_one_in);
        // Without failures this cannot fail.
        let _ = host.listen(plan, &mut self.air);
        self.air.options.fail_one_in = fail_one_in;
        self.hosts.push(host);
        HostId(number)
    }

    /// Adds a peer that accepts connections to this name and port.
    pub fn add_peer(&mut self, name: &str, port: u16, peer: impl Peer + 'static) {
        self.air.listeners.push(Listener {
            party: Party::Peer(self.peers.len()),
            name: name.to_owned(),
            port,
            role: Default::default(),
        });
        self.peers.push(Outside {
            peer: Box::new(peer),
            links: Vec::new(),
        });
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Now {
        self.air.now
    }

    /// Faults and delays, to be changed between turns.
    pub fn options(&mut self) -> &mut Options {
        &mut self.air.options
    }

    /// Chance, in the order of the run.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.air.rng
    }

    /// A service.
    pub fn service(&mut self, host: HostId) -> &mut S {
        &mut self.hosts[host.0].service
    }

    /// The files of a service.
    pub fn disk(&mut self, host: HostId) -> &mut MemoryDisk {
        &mut self.hosts[host.0].disk
    }

    /// The addresses that a service listens on.
    #[must_use]
    pub fn plan(&self, host: HostId) -> &ListenPlan {
        &self.hosts[host.0].plan
    }

    /// The most output, in bytes, that waits for one connection of a service.
    #[must_use]
    pub fn waiting_max(&self, host: HostId) -> usize {
        self.hosts[host.0].waiting_max()
    }

    /// The exit code of a service that asked for its end.
    #[must_use]
    pub fn exit(&self, host: HostId) -> Option<i32> {
        self.hosts[host.0].exit
    }

    /// A client that connects over TCP from the service's own machine.
    pub fn connect(&mut self, host: HostId) -> ClientId {
        let port = (30_000 + self.air.clients.len() % 30_000) as u16;
        let address = Address::Tcp {
            peer: SocketAddr::from(([127, 0, 0, 1], port)),
            local: SocketAddr::from(([127, 0, 0, 1], 6379)),
        };
        self.connect_as(host, Origin::client(address))
    }

    /// A client with this origin.
    pub fn connect_as(&mut self, host: HostId, origin: Origin) -> ClientId {
        let link = self.air.links.len();
        self.air.links.push(Link::default());
        self.air.arrivals.push(Arrival {
            party: Party::Host(host.0),
            link,
            origin,
        });
        self.air.clients.push(Client {
            link,
            inbox: Vec::new(),
            reads: true,
            is_closed: false,
        });
        ClientId(self.air.clients.len() - 1)
    }

    /// A client sends bytes; they arrive as the seed decides.
    pub fn send(&mut self, client: ClientId, bytes: &[u8]) {
        let link = self.air.clients[client.0].link;
        let pipe = &mut self.air.links[link].pipes[0];
        if !pipe.is_reset && !pipe.is_shut {
            pipe.push(bytes.iter().copied());
        }
    }

    /// Takes what arrived at a client.
    pub fn take(&mut self, client: ClientId) -> Vec<u8> {
        std::mem::take(&mut self.air.clients[client.0].inbox)
    }

    /// Whether the service ended the connection, and the client has read everything.
    #[must_use]
    pub fn is_closed(&self, client: ClientId) -> bool {
        self.air.clients[client.0].is_closed
    }

    /// A client begins to read, or stops.
    pub fn set_reads(&mut self, client: ClientId, reads: bool) {
        self.air.clients[client.0].reads = reads;
    }

    /// A client sends no more, and still reads.
    pub fn shut(&mut self, client: ClientId) {
        let link = self.air.clients[client.0].link;
        self.air.links[link].pipes[0].is_shut = true;
    }

    /// A client closes: it neither sends nor reads any more.
    pub fn hang_up(&mut self, client: ClientId) {
        self.shut(client);
        let client = &mut self.air.clients[client.0];
        client.is_closed = true;
        self.air.links[client.link].pipes[1].abandon();
    }

    /// The connection of a client breaks.
    pub fn reset(&mut self, client: ClientId) {
        let link = self.air.clients[client.0].link;
        let keeps_visible = self.air.rng.below(2) == 0;
        self.air.links[link].reset(keeps_visible);
    }

    /// Somebody asks a service to end.
    pub fn signal(&mut self, host: HostId, signal: &'static str) {
        let host = &mut self.hosts[host.0];
        host.service.shutdown_requested(self.air.now, signal);
        host.wake();
    }

    /// A service runs in the next turn, without another cause.
    pub fn wake(&mut self, host: HostId) {
        self.hosts[host.0].wake();
    }

    /// The process of a service ends at once, and so does its machine if there is a model for what
    /// that leaves of its files. Another service takes its place.
    pub fn restart(&mut self, host: HostId, model: Option<CrashModel>, service: S) {
        let leaves = |disk: &mut MemoryDisk, rng: &mut Rng| match model {
            Some(model) => disk.crash_with(rng, model),
            None => disk.kill(),
        };
        let host = &mut self.hosts[host.0];
        host.crash(leaves, &mut self.air);
        host.restart(service);
    }

    /// One turn: links carry, everybody reads, services run.
    pub fn turn(&mut self) {
        self.air.turn += 1;
        self.air.has_moved = false;
        self.break_links();
        self.air.carry();
        self.hear_peers();
        let mut order: Vec<usize> = (0..self.hosts.len()).collect();
        if self.air.options.delays {
            self.air.rng.shuffle(&mut order);
        }
        for at in order {
            self.hosts[at].turn(&mut self.air);
        }
        self.idle_turns = match self.air.has_moved {
            true => 0,
            false => self.idle_turns + 1,
        };
        if self.idle_turns > IDLE_TURNS_MAX {
            complain(format_args!("{IDLE_TURNS_MAX} turns, and nothing happened"));
        }
    }

    /// Turns until nothing can happen before time passes or somebody acts.
    pub fn settle(&mut self) {
        let mut turns = 0;
        while !self.is_quiet() {
            self.turn();
            turns += 1;
            if turns > TURNS_MAX {
                complain(format_args!("{TURNS_MAX} turns, and no end"));
            }
        }
        for host in &self.hosts {
            host.check_quiet(&mut self.air);
        }
    }

    /// Lets this much time pass, and everything happen that it makes due, each at its time.
    pub fn advance(&mut self, micros: u64) {
        let until_us = self.air.now.mono_us.saturating_add(micros);
        loop {
            self.settle();
            let now_us = self.air.now.mono_us;
            if now_us >= until_us {
                return;
            }
            let next_us = self.next_us().unwrap_or(until_us);
            self.air.pass(next_us.clamp(now_us + 1, until_us) - now_us);
        }
    }

    fn next_us(&self) -> Option<u64> {
        let running = self.hosts.iter().filter(|host| host.exit.is_none());
        let now_us = self.air.now.mono_us;
        running.filter_map(|host| host.next_us(now_us)).min()
    }

    fn is_quiet(&self) -> bool {
        let awaits_peer = |arrival: &Arrival| matches!(arrival.party, Party::Peer(_));
        !self.air.is_carrying()
            && !self.air.arrivals.iter().any(awaits_peer)
            && self.peers.iter().all(|outside| {
                let mut links = outside.links.iter();
                links.all(|link| self.air.links[*link].pipes[0].visible() == 0)
            })
            && self.hosts.iter().all(|host| host.is_quiet(&self.air))
    }

    /// Resets a link now and then.
    fn break_links(&mut self) {
        if self.air.links.is_empty() || !self.air.chance(self.air.options.reset_one_in) {
            return;
        }
        let link = self.air.rng.index(self.air.links.len());
        let keeps_visible = self.air.rng.below(2) == 0;
        self.air.links[link].reset(keeps_visible);
    }

    /// Peers accept, read and answer.
    fn hear_peers(&mut self) {
        let arrivals = &mut self.air.arrivals;
        let arrived = arrivals.extract_if(.., |other| matches!(other.party, Party::Peer(_)));
        let arrived: Vec<Arrival> = arrived.collect();
        for Arrival { party, link, .. } in arrived {
            let Party::Peer(number) = party else { continue };
            self.peers[number].links.push(link);
            let conn = self.peers[number].links.len() - 1;
            self.tell_peer(number, conn, &[]);
        }
        for number in 0..self.peers.len() {
            for conn in 0..self.peers[number].links.len() {
                let link = self.peers[number].links[conn];
                let input = &mut self.air.links[link].pipes[0];
                let bytes: Vec<u8> = input.pull(input.visible()).collect();
                if !bytes.is_empty() {
                    self.tell_peer(number, conn, &bytes);
                }
            }
        }
    }

    fn tell_peer(&mut self, number: usize, conn: usize, bytes: &[u8]) {
        let outside = &mut self.peers[number];
        let link = &mut self.air.links[outside.links[conn]];
        self.air.has_moved = true;
        let mut reply = Vec::new();
        let next = outside.peer.heard(conn, bytes, &mut reply);
        link.pipes[1].push(reply);
        match next {
            Next::Keep => {}
            Next::Close => {
                link.pipes[1].is_shut = true;
                link.pipes[0].abandon();
            }
            Next::Reset => link.reset(false),
        }
    }
}
