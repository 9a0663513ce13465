//! The table of connections: small reused indices, and generations that tell their users apart.
//!
//! Always true: an id of a connection that ended finds nothing, whoever has its place now.

use russet_io::ConnId;
use slab::Slab;

use crate::socket::{Connection, Kind};
use crate::transport::Layer;

/// All open connections.
#[derive(Debug, Default)]
pub(crate) struct Table {
    connections: Slab<Connection>,
    generation: u32,
}

impl Table {
    /// Adds a connection and names it.
    pub(crate) fn insert(&mut self, socket: socket2::Socket, layer: Layer, kind: Kind) -> ConnId {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let index = self
            .connections
            .insert(Connection::new(socket, layer, kind, generation));
        let index = u32::try_from(index).expect("there are fewer descriptors than 2^31");
        ConnId { index, generation }
    }

    pub(crate) fn get_mut(&mut self, conn: ConnId) -> Option<&mut Connection> {
        self.connections
            .get_mut(conn.index as usize)
            .filter(|connection| connection.generation == conn.generation)
    }

    /// Forgets a connection; dropping it closes the socket.
    pub(crate) fn remove(&mut self, conn: ConnId) -> Option<Connection> {
        self.get_mut(conn)?;
        self.connections.try_remove(conn.index as usize)
    }

    /// All connections, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().map(|(_, connection)| connection)
    }

    /// The same, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        let all = self.connections.iter_mut();
        all.map(|(_, connection)| connection)
    }

    pub(crate) fn len(&self) -> usize {
        self.connections.len()
    }
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};

    use super::*;

    fn socket() -> Socket {
        Socket::new(Domain::UNIX, Type::STREAM, None).unwrap()
    }

    #[test]
    fn a_place_is_reused_but_an_old_id_finds_nothing() {
        let mut table = Table::default();
        let first = table.insert(socket(), Layer::Plain, Kind::Unix);
        assert!(table.get_mut(first).is_some());
        assert!(table.remove(first).is_some());
        let second = table.insert(socket(), Layer::Plain, Kind::Unix);
        assert_eq!(first.index, second.index);
        assert!(table.get_mut(first).is_none());
        assert!(table.remove(first).is_none());
        assert!(table.get_mut(second).is_some());
        assert_eq!(table.len(), 1);
    }
}
