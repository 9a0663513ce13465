//! The parts that all parties of a world share: time, chance, links, names.
//!
//! Always true: chance comes from one generator, in one order.
//! Not here: who acts when — `world.rs`, `host/`.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use russet_base::Rng;
use russet_io::{Address, Now, Origin, Role};

use crate::link::{Link, Pipe, part};
use crate::options::Options;
use crate::record::Record;

/// Turns that a late job waits at most.
const LATE_TURNS_MAX: u64 = 60;

/// Ports of outgoing connections begin here.
const PORT_FIRST: usize = 20_000;

/// A party that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party {
    Host(usize),
    Peer(usize),
}

/// An address at which a party accepts connections.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) party: Party,
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) role: Role,
}

/// A connection that was made and is not accepted yet. The party that accepts is end 1.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) party: Party,
    pub(crate) link: usize,
    pub(crate) origin: Origin,
}

/// A client outside: end 0 of a link whose end 1 is a host.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) link: usize,
    pub(crate) inbox: Vec<u8>,
    /// It reads what arrives.
    pub(crate) reads: bool,
    /// The link ended.
    pub(crate) is_closed: bool,
}

/// The shared part of a world.
#[derive(Debug)]
pub(crate) struct Air {
    pub(crate) rng: Rng,
    pub(crate) options: Options,
    pub(crate) now: Now,
    pub(crate) turn: u64,
    pub(crate) links: Vec<Link>,
    pub(crate) clients: Vec<Client>,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) record: Record,
    /// Something happened in this turn.
    pub(crate) has_moved: bool,
}

impl Air {
    pub(crate) fn pass(&mut self, micros: u64) {
        self.now.mono_us += micros;
        self.now.wall_us = self.now.wall_us.saturating_add_unsigned(micros);
    }

    /// One chance in `n`; never when `n` is 0.
    pub(crate) fn chance(&mut self, n: u64) -> bool {
        n > 0 && self.rng.below(n) == 0
    }

    /// How many of `len` bytes, at least one, one read or write carries.
    pub(crate) fn part(&mut self, len: usize) -> usize {
        match self.options.splits {
            true => part(len, &mut self.rng),
            false => len,
        }
    }

    /// The turn in which a job may end.
    pub(crate) fn due_turn(&mut self) -> u64 {
        match self.options.late_jobs {
            true => self.turn + self.rng.below(LATE_TURNS_MAX),
            false => self.turn,
        }
    }

    /// Moves bytes on, on every link, and lets clients read.
    pub(crate) fn carry(&mut self) {
        for link in &mut self.links {
            for pipe in &mut link.pipes {
                self.has_moved |= pipe.is_moving();
                pipe.carry(self.turn, &self.options, &mut self.rng);
            }
        }
        for client in self.clients.iter_mut().filter(|client| client.reads) {
            let input = &mut self.links[client.link].pipes[1];
            let count = input.visible();
            client.inbox.extend(input.pull(count));
            client.is_closed |= input.is_at_end() || (input.is_reset && !input.is_moving());
        }
    }

    /// Whether bytes are on their way, or wait for a client that reads.
    pub(crate) fn is_carrying(&self) -> bool {
        let mut pipes = self.links.iter().flat_map(|link| &link.pipes);
        let mut clients = self.clients.iter().filter(|client| client.reads);
        pipes.any(Pipe::is_moving)
            || clients.any(|client| {
                let input = &self.links[client.link].pipes[1];
                let is_over = input.is_at_end() || input.is_reset;
                input.visible() > 0 || (is_over && !client.is_closed)
            })
    }

    pub(crate) fn listener(&self, host: &str, port: u16) -> Option<&Listener> {
        let mut listeners = self.listeners.iter();
        listeners.find(|listener| {
            let is_named = listener.name == host || address_of(listener.party).to_string() == host;
            is_named && listener.port == port
        })
    }

    /// A link to whoever listens there, for end 0, and the address of it as end 0 sees it.
    pub(crate) fn connect(
        &mut self,
        from: IpAddr,
        host: &str,
        port: u16,
    ) -> Option<(usize, Address)> {
        let listener = self.listener(host, port)?;
        let (party, role) = (listener.party, listener.role);
        let theirs = SocketAddr::new(address_of(party), port);
        let link = self.links.len();
        let ours = SocketAddr::new(from, (PORT_FIRST + link % 40_000) as u16);
        let origin = Origin {
            role,
            ..Origin::client(Address::Tcp {
                peer: ours,
                local: theirs,
            })
        };
        self.links.push(Link::default());
        self.arrivals.push(Arrival {
            party,
            link,
            origin,
        });
        let address = Address::Tcp {
            peer: theirs,
            local: ours,
        };
        Some((link, address))
    }
}

/// The address of a party.
pub(crate) fn address_of(party: Party) -> IpAddr {
    let (net, number) = match party {
        Party::Host(number) => (1, number),
        Party::Peer(number) => (2, number),
    };
    IpAddr::V4(Ipv4Addr::new(10, net, (number >> 8) as u8, number as u8))
}

/// Ends a run: a party broke the contract.
pub(crate) fn complain(what: fmt::Arguments<'_>) -> ! {
    panic!("contract: {what}")
}
