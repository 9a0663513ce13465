//! Files of a Redis server of this machine, loaded here, and files from here, loaded there.
//!
//! ```text
//!  redis-server ─► commands of every type ─► dump or append-only file ─► ours: equal
//!  ours         ─► the same               ─► the same                 ─► redis-server: equal
//! ```
//! Always true: both servers are stopped in good order, and hold the same keys with the same
//! values.
//! Not here: what a file holds byte by byte — tests of `crates/rdb` and `crates/aof`

use std::path::Path;

use crate::server::{Client, Server, scratch_dir};
use crate::tool;

/// A way to keep data, as options of a server.
const WAYS: &[(&str, &[&str])] = &[
    ("dump", &["--appendonly", "no"]),
    ("append-only file", &["--appendonly", "yes"]),
];

/// Fills servers, and compares what they load of each other.
pub(super) fn exchange(_: &Server) -> Result<(), String> {
    let ours = tool::server_binary(None)?;
    let theirs = tool::find("redis-server").ok_or("redis-server is not installed")?;
    for (way, options) in WAYS {
        for (from, to) in [(&theirs, &ours), (&ours, &theirs)] {
            carry(from, to, options).map_err(|error| {
                format!("{way} of {} in {}: {error}", from.display(), to.display())
            })?;
        }
    }
    Ok(())
}

fn carry(from: &Path, to: &Path, options: &[&str]) -> Result<(), String> {
    let dir = scratch_dir("files")?;
    let dir_text = dir.to_string_lossy().into_owned();
    let mut more = vec!["--enable-debug-command", "yes", "--dir", &dir_text];
    more.extend(options);
    let before = {
        let server = Server::start_with(from, None, &more)?;
        let mut client = server.connect()?;
        fill(&mut client)?;
        if options.contains(&"no") {
            expect(&client.ask(&[b"SAVE"])?, b"+OK")?;
        } else {
            rewrite(&mut client)?;
            fill_more(&mut client)?;
        }
        let picture = picture(&mut client)?;
        // The connection ends with the server.
        let _ended = client.ask(&[b"SHUTDOWN", b"NOSAVE"]);
        picture
    };
    let server = Server::start_with(to, None, &more)?;
    let mut client = server.connect()?;
    let after = picture(&mut client)?;
    let _removed = std::fs::remove_dir_all(&dir);
    let lost = before
        .iter()
        .zip(&after)
        .find(|(before, after)| before != after);
    match lost {
        None if before.len() == after.len() => Ok(()),
        None => Err(format!("{} keys became {}", before.len(), after.len())),
        Some((before, after)) => Err(format!("`{before}` became `{after}`\n{}", server.log())),
    }
}

/// Every key with its value, in an order that is the same for every server.
fn picture(client: &mut Client) -> Result<Vec<String>, String> {
    let mut picture = Vec::new();
    for db in ["0", "3"] {
        ask(client, &format!("SELECT {db}"))?;
        let reply = text(client.ask(&[b"KEYS", b"*"])?);
        let mut keys: Vec<&str> = reply
            .lines()
            .skip(1)
            .filter(|l| !l.starts_with('$'))
            .collect();
        keys.sort_unstable();
        for key in keys {
            let kind = text(client.ask(&[b"TYPE", key.as_bytes()])?);
            let read: &[&[u8]] = match kind.trim_end() {
                "+string" => &[b"GET"],
                "+list" => &[b"LRANGE", b"0", b"-1"],
                "+set" => &[b"SMEMBERS"],
                "+hash" => &[b"HGETALL"],
                "+zset" => &[b"ZRANGE", b"0", b"-1", b"WITHSCORES"],
                "+stream" => &[b"XRANGE", b"-", b"+"],
                other => return Err(format!("{key} is {other}")),
            };
            let mut words = vec![read[0], key.as_bytes()];
            words.extend(&read[1..]);
            let value = text(client.ask(&words)?);
            let mut lines: Vec<&str> = value.lines().collect();
            if matches!(kind.trim_end(), "+set" | "+hash") {
                lines.sort_unstable();
            }
            let deadline = text(client.ask(&[b"PEXPIRETIME", key.as_bytes()])?);
            let mut shown = format!("{db} {key} {} {}", deadline.trim_end(), lines.join(" "));
            if kind.trim_end() == "+stream" {
                shown += &text(client.ask(&[b"XPENDING", key.as_bytes(), b"group"])?);
            }
            picture.push(shown);
        }
    }
    Ok(picture)
}

fn text(reply: Vec<u8>) -> String {
    reply.escape_ascii().to_string().replace("\\r\\n", "\n")
}

/// Has the append-only file rewritten, and waits for the end of it.
fn rewrite(client: &mut Client) -> Result<(), String> {
    client.ask(&[b"BGREWRITEAOF"])?;
    for _ in 0..200 {
        let info = client.ask(&[b"INFO", b"persistence"])?;
        let info = String::from_utf8_lossy(&info).into_owned();
        let is_over = info.contains("aof_rewrite_in_progress:0\r")
            && info.contains("aof_rewrite_scheduled:0\r");
        if is_over {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Err("the rewrite does not end".to_owned())
}

fn fill(client: &mut Client) -> Result<(), String> {
    let long = "a long text that repeats itself; ".repeat(700);
    let lines = [
        "SET string value",
        "SET number -1234567890123",
        "SET volatile value EX 100000",
        "SETBIT bits 100000 1",
        "PFADD log a b c d e f",
        "GEOADD places 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
        "XADD stream 1-1 field value",
        "XADD stream 1-2 field value other 2",
        "XADD stream 5-0 x y",
        "XDEL stream 1-2",
        "XGROUP CREATE stream group 0",
        "XREADGROUP GROUP group alice COUNT 1 STREAMS stream >",
        "SELECT 3",
        "SET elsewhere value",
        "SELECT 0",
    ];
    for line in lines {
        ask(client, line)?;
    }
    let reply = client.ask(&[b"SET", b"long", long.as_bytes()])?;
    expect(&reply, b"+OK")?;
    for (size, name) in [(5, "small"), (3000, "large")] {
        for n in 0..size {
            ask(client, &format!("RPUSH list:{name} {n} element:{n}"))?;
            ask(client, &format!("SADD set:{name} member:{n}"))?;
            ask(client, &format!("SADD integers:{name} {}", n * 7))?;
            ask(client, &format!("HSET hash:{name} field:{n} value:{n}"))?;
            ask(client, &format!("ZADD zset:{name} {}.5 member:{n}", n * 3))?;
        }
    }
    Ok(())
}

fn fill_more(client: &mut Client) -> Result<(), String> {
    let lines = [
        "INCRBY number 1",
        "SPOP set:small",
        "LPOP list:large 10",
        "EXPIRE string 100000",
        "XADD stream 6-0 a b",
        "XACK stream group 1-1",
        "MULTI",
        "SET in transaction",
        "DEL long",
        "EXEC",
    ];
    lines.iter().try_for_each(|line| ask(client, line))
}

fn ask(client: &mut Client, line: &str) -> Result<(), String> {
    let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
    let reply = client.ask(&words)?;
    match reply.starts_with(b"-") {
        true => Err(format!("{line}: {}", reply.escape_ascii())),
        false => Ok(()),
    }
}

fn expect(reply: &[u8], beginning: &[u8]) -> Result<(), String> {
    match reply.starts_with(beginning) {
        true => Ok(()),
        false => Err(reply.escape_ascii().to_string()),
    }
}
