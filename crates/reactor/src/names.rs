//! Names of hosts, resolved by the system's resolver.
//!
//! Always true: an error is of the kind `NotFound` and has the resolver's own words.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// The addresses of a host, at least one. Blocks for as long as the resolver takes.
pub(crate) fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let found = (host, port).to_socket_addrs().map_err(|error| {
        let text = error.to_string();
        let own = text.strip_prefix("failed to lookup address information: ");
        io::Error::new(ErrorKind::NotFound, own.unwrap_or(&text).to_owned())
    })?;
    let addresses: Vec<_> = found.collect();
    if addresses.is_empty() {
        return Err(unknown());
    }
    Ok(addresses)
}

/// The address of a host that is written as an address.
pub(crate) fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    let ip: IpAddr = host.parse().ok()?;
    Some(SocketAddr::new(ip, port))
}

/// The error of a name without addresses.
pub(crate) fn unknown() -> io::Error {
    io::Error::new(ErrorKind::NotFound, "Name or service not known")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_no_resolver_and_a_name_does() {
        let address = SocketAddr::from(([127, 0, 0, 1], 7));
        assert_eq!(literal("127.0.0.1", 7), Some(address));
        assert_eq!(literal("::1", 7), Some("[::1]:7".parse().unwrap()));
        assert_eq!(literal("localhost", 7), None);
        assert_eq!(resolve("127.0.0.1", 7).unwrap(), [address]);
    }

    #[test]
    fn an_unknown_name_is_not_found() {
        let error = resolve("no such host", 7).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(!error.to_string().contains("lookup"), "{error}");
    }
}
