//! CONFIG SET with several settings, and CONFIG REWRITE, beside a real server.
//!
//! Always true: of a rewritten file, the lines above the signature are equal; those below it may
//! stand in any order, as Redis keeps them in a table.
//! Always true: no `timeout` is so short that a slow machine loses its connection.
//! Not here: one setting at a time — `settings.rs`

use std::path::Path;

use super::peer::Peer;

/// Commands whose replies must be equal, in this order.
const SETS: &[&[&str]] = &[
    &["SET", "timeout", "500", "hz", "20"],
    &["GET", "timeout", "hz"],
    // One is refused: none changes.
    &["SET", "timeout", "600", "hz", "nonsense"],
    &["SET", "timeout", "600", "no-such-setting", "1", "hz", "30"],
    &["SET", "timeout", "600", "databases", "20"],
    &["SET", "timeout", "600", "save", "1"],
    &[
        "SET",
        "maxmemory",
        "1gb",
        "maxmemory-policy",
        "allkeys-none",
    ],
    &[
        "GET",
        "timeout",
        "hz",
        "save",
        "maxmemory",
        "maxmemory-policy",
    ],
    &["SET", "timeout", "700", "timeout", "800"],
    &["SET", "timeout", "700", "TIMEOUT", "800"],
    &["SET", "slave-priority", "7", "replica-priority", "8"],
    &["GET", "replica-priority", "timeout"],
    &["SET", "timeout"],
    &["SET", "timeout", "100", "hz"],
    &["SET"],
    &["GET"],
    &["GET", "no-such-setting"],
    &["GET", "TimeOut", "time*", "timeou?"],
    &["SET", "save", "", "timeout", "0"],
    &["GET", "save"],
    &[
        "SET",
        "save",
        "100 1 200 2",
        "client-output-buffer-limit",
        "slave 1mb 2mb 3",
    ],
    &["GET", "save", "client-output-buffer-limit"],
    // The directory cannot be entered: what came before it is taken back.
    &["SET", "timeout", "900", "dir", "/no/such/directory"],
    &["GET", "timeout"],
    &["REWRITE", "now"],
    &["REWRITE"],
];

/// Plays the dialogues; gives the command, our reply and theirs, where they differ.
pub(super) fn differences(
    ours: &mut Peer,
    theirs: &mut Peer,
) -> Result<Vec<(String, String, String)>, String> {
    let mut found = Vec::new();
    for words in SETS {
        let words = [&["CONFIG"], *words].concat();
        // Pairs of CONFIG GET come in the order of a table.
        let mut replies = [ours.ask(&words)?, theirs.ask(&words)?];
        if words.get(1) == Some(&"GET") {
            replies.iter_mut().for_each(sort_pairs);
        }
        let [ours, theirs] = replies.map(|reply| reply.join(" "));
        found.push((words.join(" "), ours, theirs));
    }
    Ok(found)
}

fn sort_pairs(reply: &mut Vec<String>) {
    let mut pairs: Vec<(String, String)> = reply
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect();
    pairs.sort();
    *reply = pairs.into_iter().flat_map(|(a, b)| [a, b]).collect();
}

/// A file, and the settings that change before it is written again.
struct Rewrite {
    name: &'static str,
    file: &'static str,
    changes: &'static [&'static [&'static str]],
}

const REWRITES: &[Rewrite] = &[
    Rewrite {
        name: "comments and order",
        file: "# first\n\ntimeout 1000\n# second\nhz 20\n\n\n   maxmemory 1024\n#last",
        changes: &[&["timeout", "1100"], &["maxmemory", "100mb"]],
    },
    Rewrite {
        name: "no change",
        file: "timeout   1000\nmaxmemory 1024kb\nmaxmemory-policy ALLKEYS-LRU\nappendonly No\n",
        changes: &[],
    },
    Rewrite {
        name: "lines twice",
        file: "timeout 1000\nhz 20\ntimeout 2000\n# between\ntimeout 3000\n",
        changes: &[&["timeout", "4000"]],
    },
    Rewrite {
        name: "a value goes back to the default",
        file: "timeout 1000\nmaxmemory-policy allkeys-lru\n",
        changes: &[&["timeout", "0"], &["maxmemory-policy", "noeviction"]],
    },
    Rewrite {
        name: "save lines",
        file: "save 900 1\n# more\nsave 300 10\nsave 60 100\n",
        changes: &[&["save", "900 1 300 20"]],
    },
    Rewrite {
        name: "more save lines than before",
        file: "save 900 1\nhz 20\n",
        changes: &[&["save", "900 1 300 20 60 5"]],
    },
    Rewrite {
        name: "no saves",
        file: "save 900 1\nsave 300 10\n",
        changes: &[&["save", ""]],
    },
    Rewrite {
        name: "defaults of saves",
        file: "hz 20\n",
        changes: &[&["timeout", "300"]],
    },
    Rewrite {
        name: "renamed commands and users",
        file: "rename-command DEBUG other\nrename-command FLUSHALL \"\"\nuser alice on nopass ~a* +get\n\
            # more\nuser bob off\nuser default on nopass ~* &* +@all\n",
        changes: &[&["timeout", "300"]],
    },
    Rewrite {
        name: "included files",
        file: "include INCLUDED\ntimeout 1000\ninclude INCLUDED\n",
        changes: &[&["timeout", "2000"]],
    },
    Rewrite {
        name: "aliases",
        file: "slave-priority 50\nhash-max-ziplist-entries 10\nslave-read-only no\n",
        changes: &[&["replica-priority", "60"]],
    },
    Rewrite {
        name: "output limits",
        file: "client-output-buffer-limit slave 1mb 1mb 10\nclient-output-buffer-limit pubsub 0 0 0\n",
        changes: &[&["client-output-buffer-limit", "normal 100mb 50mb 5"]],
    },
    Rewrite {
        name: "text that needs quotes",
        file: "masteruser \"a \\\"b\\\"\"\nnotify-keyspace-events \"\"\nsyslog-ident 'x y'\n",
        changes: &[
            &["masterauth", "c\td\u{1}"],
            &["notify-keyspace-events", "KEA"],
        ],
    },
    Rewrite {
        name: "units",
        file: "maxmemory 3000000\nclient-query-buffer-limit 1gb\nrepl-backlog-size 1m\n",
        changes: &[&["maxmemory", "3221225472"], &["maxmemory-clients", "5%"]],
    },
    Rewrite {
        name: "lists",
        file: "bind 127.0.0.1\noom-score-adj-values 0 100 200\n\
            latency-tracking-info-percentiles 50 99.5\nshutdown-on-sigterm nosave now\n",
        changes: &[&["shutdown-on-sigint", "save force"]],
    },
    Rewrite {
        name: "what was rewritten before",
        file: "hz 20\n# Generated by CONFIG REWRITE\ntimeout 400\n\n",
        changes: &[&["timeout", "500"], &["list-compress-depth", "1"]],
    },
];

/// Has both servers rewrite the files; gives the name of each, and both results.
pub(super) fn rewrites(
    ours: &Path,
    theirs: &Path,
) -> Result<Vec<(String, String, String)>, String> {
    let mut found = Vec::new();
    for case in REWRITES {
        let ours = rewrite(ours, case).map_err(|error| format!("{}: {error}", case.name))?;
        let theirs = rewrite(theirs, case).map_err(|error| format!("{}: {error}", case.name))?;
        found.push((case.name.to_owned(), ours, theirs));
    }
    Ok(found)
}

fn rewrite(binary: &Path, case: &Rewrite) -> Result<String, String> {
    let mut peer = Peer::start_on(binary, case.file)?;
    for change in case.changes {
        let words = [&["CONFIG", "SET"], *change].concat();
        let reply = peer.ask(&words)?.concat();
        if reply != "+OK" {
            return Err(format!("{}: {reply}", words.join(" ")));
        }
    }
    let reply = peer.ask(&["CONFIG", "REWRITE"])?.concat();
    if reply != "+OK" {
        return Err(reply);
    }
    // Redis says since 7.2 that a user's dumps are checked.
    let text = peer.file()?.replace(" sanitize-payload", "");
    // The first lines are those that let it be reached.
    let (above, below) = text
        .split_once("# Generated by CONFIG REWRITE\n")
        .unwrap_or((&text, ""));
    let mut below: Vec<&str> = below.lines().filter(|line| !is_of_place(line)).collect();
    below.sort_unstable();
    Ok(format!("{above}--\n{}", below.join("\n")))
}

/// Lines that say where a server is, or that only one of the two writes for good reason.
fn is_of_place(line: &str) -> bool {
    line.is_empty() || line.starts_with("dir ")
}
