//! Drives a server with the Rust client: arguments are a port, a protocol, and a directory of
//! certificates if TLS is spoken.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

use redis::{
    Client, ClientTlsConfig, Commands, Connection, ErrorKind, PushKind, RedisError, RedisResult,
    ServerErrorKind, TlsCertificates, cmd, pipe,
};

const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    port: String,
    protocol: String,
    /// Where certificates are, if TLS is spoken.
    certificates: Option<PathBuf>,
}

impl Server {
    fn client(&self, user: &str) -> RedisResult<Client> {
        let Self { port, protocol, .. } = self;
        let rest = format!("{user}127.0.0.1:{port}/?protocol={protocol}");
        let Some(dir) = &self.certificates else {
            return Client::open(format!("redis://{rest}"));
        };
        let read = |name: &str| std::fs::read(dir.join(name));
        let certificates = TlsCertificates {
            client_tls: Some(ClientTlsConfig {
                client_cert: read("client.crt")?,
                client_key: read("client.key")?,
            }),
            root_cert: Some(read("ca.crt")?),
        };
        Client::build_with_tls(format!("rediss://{rest}"), certificates)
    }

    fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client("")?.get_connection()?;
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(connection)
    }
}

fn values(connection: &mut Connection) -> RedisResult<()> {
    let () = connection.set("rust:s", "v")?;
    let found: Option<String> = connection.get("rust:s")?;
    assert_eq!(found.as_deref(), Some("v"));
    let absent: Option<String> = connection.get("rust:absent")?;
    assert_eq!(absent, None);
    let every: Vec<u8> = (0..=255).collect();
    let () = connection.set("rust:b", &every)?;
    let found: Vec<u8> = connection.get("rust:b")?;
    assert_eq!(found, every);
    let () = connection.hset_multiple("rust:h", &[("a", 1), ("b", 2)])?;
    let found: HashMap<String, i64> = connection.hgetall("rust:h")?;
    assert_eq!(found, HashMap::from([("a".into(), 1), ("b".into(), 2)]));
    let () = connection.zadd("rust:z", "one", 1.5)?;
    let found: Vec<(String, f64)> = connection.zrange_withscores("rust:z", 0, -1)?;
    assert_eq!(found, [("one".to_owned(), 1.5)]);
    let id: String = connection.xadd("rust:x", "*", &[("field", "value")])?;
    let found: redis::streams::StreamRangeReply = connection.xrange_all("rust:x")?;
    assert_eq!(found.ids[0].id, id);
    Ok(())
}

fn units(server: &Server, connection: &mut Connection) -> RedisResult<()> {
    let (set, count): (String, i64) = pipe()
        .atomic()
        .set("rust:n", 1)
        .incr("rust:n", 1)
        .query(connection)?;
    assert_eq!((&*set, count), ("OK", 2));
    let wrong: RedisResult<i64> = connection.lpush("rust:n", 1);
    assert_eq!(kind(&wrong), Some(ErrorKind::Extension));
    let mut other = server.connect()?;
    let () = cmd("WATCH").arg("rust:n").query(connection)?;
    let () = other.set("rust:n", "x")?;
    let result: Option<(i64,)> = pipe().atomic().incr("rust:n", 1).query(connection)?;
    assert_eq!(result, None);
    Ok(())
}

fn kind<T>(result: &Result<T, RedisError>) -> Option<ErrorKind> {
    result.as_ref().err().map(RedisError::kind)
}

fn messages(server: &Server, connection: &mut Connection) -> RedisResult<()> {
    let mut listener = server.connect()?;
    let mut subscriber = listener.as_pubsub();
    subscriber.subscribe("rust:c")?;
    subscriber.psubscribe("rust:p*")?;
    let receivers: i64 = connection.publish("rust:c", "m")?;
    assert_eq!(receivers, 1);
    let message = subscriber.get_message()?;
    assert_eq!(message.get_channel_name(), "rust:c");
    assert_eq!(message.get_payload::<String>()?, "m");
    let () = connection.publish("rust:px", "m")?;
    let message = subscriber.get_message()?;
    assert_eq!(message.get_pattern::<String>()?, "rust:p*");
    drop(subscriber);
    // The connection is an ordinary one again.
    assert_eq!(listener.get::<_, String>("rust:s")?, "v");
    Ok(())
}

/// Messages and invalidations among the replies, which only RESP3 has.
fn pushes(server: &Server, connection: &mut Connection) -> RedisResult<()> {
    if server.protocol != "resp3" {
        return Ok(());
    }
    let (sender, pushes) = channel();
    let mut cached = server.connect()?;
    cached.set_push_sender(sender);
    let () = cmd("CLIENT").arg("TRACKING").arg("ON").query(&mut cached)?;
    assert_eq!(cached.get::<_, String>("rust:s")?, "v");
    let () = connection.set("rust:s", "v")?;
    cached.subscribe_resp3("rust:push")?;
    // The client has sharded channels for clusters only.
    cached.send_packed_command(&cmd("SSUBSCRIBE").arg("rust:shard").get_packed_command())?;
    assert_eq!(cached.get::<_, String>("rust:s")?, "v");
    let receivers: i64 = connection.publish("rust:push", "m")?;
    assert_eq!(receivers, 1);
    let receivers: i64 = connection.spublish("rust:shard", "m")?;
    assert_eq!(receivers, 1);
    assert_eq!(cached.get::<_, String>("rust:s")?, "v");
    let kinds: Vec<PushKind> = pushes.try_iter().map(|push| push.kind).collect();
    for kind in [PushKind::Invalidate, PushKind::Message, PushKind::SMessage] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    Ok(())
}

fn users(server: &Server, connection: &mut Connection) -> RedisResult<()> {
    let rules = ["on", ">secret", "~rust:*", "+@all", "-@dangerous"];
    let () = cmd("ACL")
        .arg("SETUSER")
        .arg("rust-user")
        .arg(&rules)
        .query(connection)?;
    let mut user = server.client("rust-user:secret@")?.get_connection()?;
    let name: String = cmd("ACL").arg("WHOAMI").query(&mut user)?;
    assert_eq!(name, "rust-user");
    let other: RedisResult<Option<String>> = user.get("other");
    let no_right = Some(ErrorKind::Server(ServerErrorKind::NoPerm));
    assert_eq!(kind(&other), no_right);
    let flush: RedisResult<()> = cmd("FLUSHALL").query(&mut user);
    assert_eq!(kind(&flush), no_right);
    let wrong = server.client("rust-user:wrong@")?.get_connection();
    let text = wrong.err().expect("the password is wrong").to_string();
    let is_refused = text.contains("invalid username-password pair");
    assert!(is_refused || text.contains("authentication failed"), "{text}");
    let removed: i64 = connection.acl_deluser(&["rust-user"])?;
    assert_eq!(removed, 1);
    Ok(())
}

fn main() -> RedisResult<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program of its own, with few arguments"
    )]
    let mut args = std::env::args().skip(1);
    let (Some(port), Some(protocol)) = (args.next(), args.next()) else {
        panic!("usage: russet-e2e PORT 2|3 [DIRECTORY]");
    };
    let certificates = args.next().map(PathBuf::from);
    if certificates.is_some() {
        let provider = rustls::crypto::ring::default_provider();
        provider.install_default().expect("it is the first");
    }
    let protocol = format!("resp{protocol}");
    let server = Server {
        port,
        protocol,
        certificates,
    };
    let mut connection = server.connect()?;
    let () = cmd("FLUSHDB").query(&mut connection)?;
    values(&mut connection)?;
    units(&server, &mut connection)?;
    messages(&server, &mut connection)?;
    pushes(&server, &mut connection)?;
    users(&server, &mut connection)
}
