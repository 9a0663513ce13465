//! Addresses: many, optional, taken, replaced; the Unix socket and its file.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use russet_io::{Address, ListenPlan, Origin, Role, TcpBind, UnixBind};

use crate::echo::{BIG, World, plan, tcp};

fn unix(path: &std::path::Path, mode: u32) -> ListenPlan {
    let path = path.to_str().unwrap().to_owned();
    ListenPlan {
        unix: Some(UnixBind {
            path,
            mode,
            ..UnixBind::default()
        }),
        backlog: 16,
        ..ListenPlan::default()
    }
}

#[test]
fn several_addresses_are_listened_on() {
    let mut world = World::silent();
    world
        .reactor
        .listen(&plan(vec![tcp("127.0.0.1", 0), tcp("*", 0), tcp("::1", 0)]))
        .unwrap();
    let addresses = world.reactor.addresses();
    assert!(addresses.len() >= 2);
    for address in addresses {
        let mut client = TcpStream::connect(address).unwrap();
        client.set_nonblocking(true).unwrap();
        client.write_all(b"x").unwrap();
        assert_eq!(world.read(&mut client, 1), b"x");
    }
}

#[test]
fn both_families_share_a_port() {
    let mut world = World::silent();
    world.reactor.listen(&plan(vec![tcp("*", 0)])).unwrap();
    let port = world.port();
    world
        .reactor
        .listen(&plan(vec![tcp("*", port), tcp("::*", port)]))
        .unwrap();
    assert!(
        world
            .reactor
            .addresses()
            .iter()
            .all(|address| address.port() == port)
    );
    assert!(!world.reactor.addresses().is_empty());
}

#[test]
fn an_address_that_is_not_ours_fails_unless_it_is_optional() {
    let absent = |optional| TcpBind {
        host: "192.0.2.1".into(),
        port: 0,
        optional,
        ..TcpBind::default()
    };
    let mut world = World::silent();
    let error = world
        .reactor
        .listen(&plan(vec![absent(false)]))
        .unwrap_err();
    let text = "Could not create server TCP listening socket 192.0.2.1:0: \
                bind: Cannot assign requested address";
    assert_eq!(error.to_string(), text);
    assert!(world.reactor.addresses().is_empty());
    world
        .reactor
        .listen(&plan(vec![absent(true), tcp("127.0.0.1", 0)]))
        .unwrap();
    assert_eq!(world.reactor.addresses().len(), 1);
    assert_eq!(
        *world.lines.0.lock().unwrap(),
        [format!("Warning: {text}"), format!("Warning: {text}")]
    );
}

#[test]
fn a_taken_port_fails_and_the_old_listeners_stay() {
    let mut world = World::listening();
    let before = world.reactor.addresses();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let wanted = plan(vec![tcp("127.0.0.1", 0), tcp("127.0.0.1", port)]);
    let error = world.reactor.listen(&wanted).unwrap_err();
    let text = format!(
        "Could not create server TCP listening socket 127.0.0.1:{port}: \
         bind: Address already in use"
    );
    assert_eq!(error.to_string(), text);
    assert_eq!(world.reactor.addresses(), before);
    let mut client = world.connect();
    client.write_all(b"still here").unwrap();
    assert_eq!(world.read(&mut client, 10), b"still here");
}

#[test]
fn an_address_in_both_plans_keeps_its_listener_and_its_queue() {
    let mut world = World::listening();
    let port = world.port();
    world
        .reactor
        .listen(&plan(vec![tcp("127.0.0.1", port)]))
        .unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.set_nonblocking(true).unwrap();
    world
        .reactor
        .listen(&plan(vec![tcp("127.0.0.1", 0), tcp("127.0.0.1", port)]))
        .unwrap();
    client.write_all(b"queued").unwrap();
    assert_eq!(world.read(&mut client, 6), b"queued");
}

#[test]
fn a_wide_address_gives_way_to_a_narrow_one_on_its_port() {
    let mut world = World::silent();
    world.reactor.listen(&plan(vec![tcp("*", 0)])).unwrap();
    let port = world.port();
    world
        .reactor
        .listen(&plan(vec![tcp("127.0.0.1", port)]))
        .unwrap();
    assert_eq!(world.reactor.addresses(), [([127, 0, 0, 1], port).into()]);
    world.connect();
}

#[test]
fn a_wide_address_comes_back_when_the_narrow_plan_fails() {
    let mut world = World::silent();
    world.reactor.listen(&plan(vec![tcp("*", 0)])).unwrap();
    let port = world.port();
    let bad = plan(vec![tcp("127.0.0.1", port), tcp("192.0.2.1", port)]);
    world.reactor.listen(&bad).unwrap_err();
    assert_eq!(world.reactor.addresses(), [([0, 0, 0, 0], port).into()]);
    world.connect();
}

#[test]
fn a_unix_socket_has_its_mode_serves_and_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("russet.sock");
    std::fs::write(&path, b"stale").unwrap();
    let mut world = World::silent();
    world.reactor.listen(&unix(&path, 0o700)).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(world.reactor.unix_path(), path.to_str());
    let mut client = UnixStream::connect(&path).unwrap();
    client.set_nonblocking(true).unwrap();
    client.write_all(b"hello").unwrap();
    assert_eq!(world.read(&mut client, 5), b"hello");
    let expect = Address::Unix {
        path: path.to_str().unwrap().to_owned(),
    };
    assert_eq!(world.echo().origins, [Origin::client(expect)]);
    client.write_all(b"B").unwrap();
    assert_eq!(world.read(&mut client, BIG).len(), BIG);
    client.write_all(b"after").unwrap();
    assert_eq!(world.read(&mut client, 5), b"after");
    assert!(world.reactor.close_listeners());
    assert!(!path.exists());
}

#[test]
fn a_unix_socket_with_another_mode_replaces_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("russet.sock");
    let mut world = World::silent();
    world.reactor.listen(&unix(&path, 0o700)).unwrap();
    world.reactor.listen(&unix(&path, 0o770)).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o770
    );
    world
        .reactor
        .listen(&plan(vec![tcp("127.0.0.1", 0)]))
        .unwrap();
    assert!(!path.exists());
    assert!(!world.reactor.close_listeners());
}

#[test]
fn a_unix_socket_in_a_missing_folder_fails() {
    let mut world = World::silent();
    let error = world
        .reactor
        .listen(&unix("/nonexistent/x.sock".as_ref(), 0))
        .unwrap_err();
    let text = "Failed opening Unix socket '/nonexistent/x.sock': bind: No such file or directory";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_host_that_does_not_resolve_fails() {
    let mut world = World::silent();
    let error = world
        .reactor
        .listen(&plan(vec![tcp("no such host", 0)]))
        .unwrap_err();
    let expect = "Could not create server TCP listening socket no such host:0: ";
    assert!(error.to_string().starts_with(expect), "{error}");
    assert!(!error.to_string().contains("lookup"), "{error}");
}

#[test]
fn a_connection_has_the_role_of_its_listener() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("russet.sock");
    let mut world = World::silent();
    let mut wanted = unix(&path, 0);
    wanted.unix.as_mut().unwrap().role = Role::Http;
    wanted.tcp = vec![tcp("127.0.0.1", 0)];
    wanted.tcp[0].role = Role::Bus;
    world.reactor.listen(&wanted).unwrap();
    let _first = world.connect();
    let _second = UnixStream::connect(&path).unwrap();
    world.turn_until(|echo| echo.sessions.len() == 2);
    let roles: Vec<_> = world.echo().origins.iter().map(|o| o.role).collect();
    assert_eq!(roles, [Role::Bus, Role::Http]);
    // The same address with another role is another listener.
    let mut wanted = plan(vec![tcp("127.0.0.1", world.port())]);
    wanted.tcp[0].role = Role::Http;
    world.reactor.listen(&wanted).unwrap();
    let port = world.port();
    let _third = TcpStream::connect(("127.0.0.1", port)).unwrap();
    world.turn_until(|echo| echo.sessions.len() == 3);
    assert_eq!(world.echo().origins[2].role, Role::Http);
    assert_eq!(world.echo().origins[2].dialed, None);
}

#[cfg(not(feature = "tls"))]
#[test]
fn listening_with_tls_is_refused_in_a_build_without_it() {
    let mut world = World::silent();
    let mut wanted = plan(vec![tcp("127.0.0.1", 0)]);
    wanted.tcp[0].transport = russet_io::Transport::tls();
    let error = world.reactor.listen(&wanted).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    let text = "Could not create server TCP listening socket 127.0.0.1:0: \
                TLS is not available in this build";
    assert_eq!(error.to_string(), text);
}

#[test]
fn the_unix_socket_gets_the_group_that_is_asked_for() {
    use std::os::unix::fs::MetadataExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let own = std::fs::metadata(folder.path()).unwrap().gid();
    let mut world = World::silent();
    let mut wanted = unix(&path, 0o770);
    for (group, is_known) in [(own.to_string(), true), ("no such group".to_owned(), false)] {
        wanted.unix.as_mut().unwrap().group = group;
        assert_eq!(world.reactor.listen(&wanted).is_ok(), is_known);
        // What is refused leaves the socket that there was.
        wanted.unix.as_mut().unwrap().path.push('2');
    }
    assert_eq!(std::fs::metadata(&path).unwrap().gid(), own);
}
