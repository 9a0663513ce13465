//! Admission: which connections a node takes, and what it says to the others.

use std::net::SocketAddr;

use russet_io::{Address, Admission, ConnId, Origin, Service};
use russet_node::loopback::Loopback;

/// A connection from this address; what the node says when it refuses it.
fn come(server: &mut Loopback, index: u32, peer: &str) -> Option<&'static str> {
    let peer: SocketAddr = peer.parse().expect("an address");
    let local = "0.0.0.0:6379".parse().expect("an address");
    let origin = Origin::client(Address::Tcp { peer, local });
    let conn = ConnId {
        index,
        generation: 1,
    };
    let now = server.now();
    match server.node().opened(conn, &origin, now) {
        Admission::Accept => None,
        Admission::Refuse(text) => Some(text),
    }
}

fn count(server: &mut Loopback, client: ConnId, name: &str) -> String {
    let info = server.call(client, b"INFO stats\r\n");
    let info = String::from_utf8(info).expect("INFO is text");
    let mut lines = info.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.expect("a field").to_owned()
}

#[test]
fn a_server_without_a_password_takes_nobody_from_outside() {
    let mut server = Loopback::new(Default::default());
    let admin = server.connect();
    let mut index = 100;
    let mut is_taken = |server: &mut Loopback, peer: &str| {
        index += 1;
        come(server, index, peer)
    };
    let refusal = is_taken(&mut server, "192.0.2.2:5000").expect("it is refused");
    let head = "-DENIED Redis is running in protected mode because protected mode is enabled and no \
                password is set for the default user. ";
    assert!(refusal.starts_with(head) && refusal.ends_with(" from the outside.\r\n"));
    for local in [
        "127.0.0.1:1",
        "127.8.9.10:1",
        "[::1]:1",
        "[::ffff:127.0.0.1]:1",
    ] {
        assert_eq!(is_taken(&mut server, local), None, "{local}");
    }
    for other in ["[fd00::2]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1"] {
        assert_eq!(is_taken(&mut server, other), Some(refusal), "{other}");
    }
    for (request, expected) in [
        ("CONFIG SET protected-mode no", None),
        ("CONFIG SET protected-mode yes", Some(refusal)),
        ("CONFIG SET requirepass x", None),
        ("CONFIG SET requirepass \"\"", Some(refusal)),
        ("ACL SETUSER default off", Some(refusal)),
        ("ACL SETUSER default on >pw", None),
        ("ACL SETUSER default resetpass", None),
        ("ACL SETUSER default nopass", Some(refusal)),
    ] {
        server.call(admin, format!("{request}\r\n").as_bytes());
        assert_eq!(is_taken(&mut server, "10.0.0.1:1"), expected, "{request}");
    }
    assert_eq!(count(&mut server, admin, "rejected_connections"), "8");
    assert_eq!(count(&mut server, admin, "total_connections_received"), "9");
}

#[test]
fn clients_beyond_the_limit_are_told_so_first_of_all() {
    let mut server = Loopback::new(Default::default());
    let admin = server.connect();
    server.call(admin, b"CONFIG SET maxclients 1\r\n");
    let told = Some("-ERR max number of clients reached\r\n");
    assert_eq!(come(&mut server, 100, "127.0.0.1:1"), told);
    assert_eq!(come(&mut server, 101, "10.0.0.1:1"), told);
    assert_eq!(Some(server.node().turned_away()), told);
    server.call(admin, b"CONFIG SET maxclients 2\r\n");
    assert_eq!(come(&mut server, 102, "127.0.0.1:1"), None);
    assert_eq!(come(&mut server, 103, "127.0.0.1:1"), told);
    assert_eq!(count(&mut server, admin, "rejected_connections"), "4");
    assert_eq!(count(&mut server, admin, "total_connections_received"), "2");
}
