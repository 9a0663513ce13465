//! Makes one listening socket.
//!
//! Always true: a socket that is returned listens, does not block and closes on `exec`. The file
//! of a Unix socket never has wider permissions than its plan allows, not even for a moment.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener as StdUnixListener;

use russet_io::{TcpBind, UnixBind};
use rustix::fs::Mode;
use socket2::{Domain, SockAddr, Socket, Type};

use super::{Acceptor, Bind, Refusal};
use crate::{names, transport};

pub(super) fn open(bind: &Bind, backlog: u32) -> Result<Acceptor, Refusal> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    match bind {
        Bind::Tcp(tcp) => open_tcp(tcp, backlog),
        Bind::Unix(unix) => open_unix(unix, backlog),
    }
}

/// Tries the addresses of a name until one can be listened on.
fn open_tcp(bind: &TcpBind, backlog: i32) -> Result<Acceptor, Refusal> {
    transport::check(&bind.transport).map_err(|error| Refusal { call: "", error })?;
    let mut last = None;
    for address in resolve(bind)? {
        match open_address(address, backlog) {
            Ok(acceptor) => return Ok(acceptor),
            Err(refusal) => last = Some(refusal),
        }
    }
    Err(last.unwrap_or_else(|| Refusal {
        call: "",
        error: names::unknown(),
    }))
}

fn resolve(bind: &TcpBind) -> Result<Vec<SocketAddr>, Refusal> {
    let any = match bind.host.as_str() {
        "*" => Some(Ipv4Addr::UNSPECIFIED.into()),
        "::*" => Some(Ipv6Addr::UNSPECIFIED.into()),
        _ => None,
    };
    if let Some(ip) = any {
        return Ok(vec![SocketAddr::new(ip, bind.port)]);
    }
    names::resolve(&bind.host, bind.port).map_err(|error| Refusal { call: "", error })
}

fn open_address(address: SocketAddr, backlog: i32) -> Result<Acceptor, Refusal> {
    let at = |call| move |error| Refusal { call, error };
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, None).map_err(at("socket"))?;
    if address.is_ipv6() {
        socket.set_only_v6(true).map_err(at("setsockopt"))?;
    }
    socket
        .set_reuse_address(true)
        .map_err(at("setsockopt SO_REUSEADDR"))?;
    socket.bind(&address.into()).map_err(at("bind"))?;
    // Accepted sockets inherit it.
    socket
        .set_tcp_nodelay(true)
        .map_err(at("setsockopt TCP_NODELAY"))?;
    socket.listen(backlog).map_err(at("listen"))?;
    socket.set_nonblocking(true).map_err(at("fcntl"))?;
    Ok(Acceptor::Tcp(mio::net::TcpListener::from_std(
        socket.into(),
    )))
}

fn open_unix(bind: &UnixBind, backlog: i32) -> Result<Acceptor, Refusal> {
    let at = |call| move |error| Refusal { call, error };
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(at("socket"))?;
    let address = SockAddr::unix(&bind.path).map_err(at("bind"))?;
    remove_stale(&bind.path);
    bind_within(&socket, &address, bind.mode).map_err(at("bind"))?;
    if bind.mode != 0 {
        let mode = std::fs::Permissions::from_mode(bind.mode);
        std::fs::set_permissions(&bind.path, mode).map_err(at("chmod"))?;
    }
    if !bind.group.is_empty() {
        let group = group_id(&bind.group).map_err(at("getgrnam"))?;
        std::os::unix::fs::chown(&bind.path, None, Some(group)).map_err(at("chown"))?;
    }
    socket.listen(backlog).map_err(at("listen"))?;
    socket.set_nonblocking(true).map_err(at("fcntl"))?;
    Ok(Acceptor::Unix(mio::net::UnixListener::from_std(
        StdUnixListener::from(socket),
    )))
}

/// The number of a group of this machine, by its name or as it is.
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(number) = group.parse() {
        return Ok(number);
    }
    let groups = std::fs::read_to_string("/etc/group")?;
    let mut lines = groups.lines().map(|line| line.split(':'));
    let found = lines.find_map(|mut fields| {
        let number = (fields.next() == Some(group)).then(|| fields.nth(1))?;
        number?.parse().ok()
    });
    found.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Removes the file that an earlier server left. COMPAT: whatever it is, as Redis does. What cannot
/// be removed makes the bind fail.
fn remove_stale(path: &str) {
    let _ = std::fs::remove_file(path);
}

/// Binds under an umask that forbids what the mode does not grant.
fn bind_within(socket: &Socket, address: &SockAddr, mode: u32) -> io::Result<()> {
    if mode == 0 {
        return socket.bind(address);
    }
    let old = rustix::process::umask(Mode::from_raw_mode(!mode & 0o777));
    let bound = socket.bind(address);
    rustix::process::umask(old);
    bound
}
