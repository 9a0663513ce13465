//! Scripts that take long, are ended, or meet what others do.

use std::cell::RefCell;
use std::rc::Rc;

use russet_io::{ConnId, Disk, Failure, FileOp, FileReply, MemoryDisk};
use russet_node::Config;
use russet_node::loopback::Loopback;

use crate::limits::{ask, server};
use crate::on_disk::{call, start_later};

/// A server on which a script runs that never ends, and its client.
fn with_endless(script: &str) -> (Loopback, ConnId) {
    let mut server = server("busy-reply-threshold 100\n");
    server.bound_runs(20);
    let client = server.connect();
    server.send(client, format!("EVAL \"{script}\" 0\r\n").as_bytes());
    (server, client)
}

/// The bytes that a connection has received.
fn heard(server: &mut Loopback, client: ConnId) -> String {
    let mut bytes = Vec::new();
    server.receive_into(client, &mut bytes);
    String::from_utf8(bytes).expect("replies here are text")
}

const ENDLESS: &str = "while true do end";
const BUSY: &str = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or \
                    SHUTDOWN NOSAVE.\r\n";

#[test]
fn others_wait_for_a_script_and_are_refused_once_it_takes_too_long() {
    let (mut server, client) = with_endless(ENDLESS);
    let (other, late) = (server.connect(), server.connect());
    assert_eq!(ask(&mut server, other, "GET k"), "");
    server.advance(99);
    assert_eq!(heard(&mut server, other), "");
    server.advance(1);
    assert_eq!(heard(&mut server, other), BUSY);
    assert_eq!(ask(&mut server, late, "GET k"), BUSY);
    assert_eq!(ask(&mut server, late, "MULTI"), "+OK\r\n");
    assert_eq!(ask(&mut server, late, "GET k"), BUSY);
    assert_eq!(ask(&mut server, late, "DISCARD"), "+OK\r\n");
    assert_eq!(ask(&mut server, late, "FUNCTION STATS"), BUSY);
    assert_eq!(ask(&mut server, late, "FUNCTION KILL"), BUSY);
    assert_eq!(ask(&mut server, late, "SCRIPT KILL"), "+OK\r\n");
    let reply = heard(&mut server, client);
    let begins = "-ERR Script killed by user with SCRIPT KILL. script: ";
    assert!(
        reply.starts_with(begins) && reply.ends_with(", on @user_script:1.\r\n"),
        "{reply}"
    );
    assert_eq!(ask(&mut server, late, "GET k"), "$-1\r\n");
    let not_busy = "-NOTBUSY No scripts in execution right now.\r\n";
    assert_eq!(ask(&mut server, late, "SCRIPT KILL"), not_busy);
}

#[test]
fn a_script_is_killed_whatever_it_catches() {
    for script in [
        "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "while true do redis.pcall('nosuch') end",
        "string.rep('x', 1000000):gsub('x', function() while true do end end)",
    ] {
        let (mut server, client) = with_endless(script);
        let other = server.connect();
        assert_eq!(ask(&mut server, other, "SCRIPT KILL"), "+OK\r\n");
        let reply = heard(&mut server, client);
        assert!(reply.contains("killed by user"), "{script}: {reply}");
    }
}

#[test]
fn the_memory_of_scripts_is_bounded_by_that_of_the_server() {
    let mut server = server("maxmemory 100mb\n");
    let client = server.connect();
    let script = "local t = {} for i = 1, 200 do t[i] = string.rep('x', 1000000) .. i end \
                  return #t";
    let reply = ask(&mut server, client, &format!("EVAL \"{script}\" 0"));
    assert!(reply.starts_with("-ERR not enough memory"), "{reply}");
    ask(&mut server, client, "CONFIG SET maxmemory 0");
    let reply = ask(&mut server, client, &format!("EVAL \"{script}\" 0"));
    assert_eq!(reply, ":200\r\n");
    let info = ask(&mut server, client, "INFO memory");
    let used = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory_lua:"));
    let used: u64 = used.expect("a field").parse().expect("a number");
    assert!(used < 1 << 20, "{used}");
}

#[test]
fn a_script_that_has_written_ends_by_itself_only() {
    let (mut server, _) = with_endless("redis.call('SET','k','v') while true do end");
    let other = server.connect();
    let reply = ask(&mut server, other, "SCRIPT KILL");
    assert!(reply.starts_with("-UNKILLABLE "), "{reply}");
    let reply = ask(&mut server, other, "SHUTDOWN");
    assert_eq!((reply.as_str(), server.exit()), (BUSY, None));
    ask(&mut server, other, "SHUTDOWN NOSAVE");
    assert_eq!(server.exit(), Some(0));
}

#[test]
fn a_long_script_goes_on_without_its_client_and_time_stands_still_for_it() {
    let mut server = server("");
    server.bound_runs(3);
    let (client, other) = (server.connect(), server.connect());
    let script = "redis.call('SET','k','v','PX','10') local t = redis.call('TIME') \
                  for i = 1, 1000000 do end \
                  redis.call('SET','same', tostring(t[1] == redis.call('TIME')[1])) \
                  redis.call('SET','there', redis.call('GET','k'))";
    server.send(client, format!("EVAL \"{script}\" 0\r\n").as_bytes());
    server.hang_up(client);
    assert_eq!(ask(&mut server, other, "MGET same there k"), "");
    for _ in 0..20 {
        server.advance(1_000);
    }
    let replies = heard(&mut server, other);
    assert_eq!(replies, "*3\r\n$4\r\ntrue\r\n$1\r\nv\r\n$-1\r\n");
}

#[test]
fn a_transaction_goes_on_behind_a_long_script() {
    let mut server = server("");
    server.bound_runs(3);
    let (client, other) = (server.connect(), server.connect());
    let long = "for i = 1, 1000000 do end return redis.call('INCR','n')";
    for request in ["MULTI", "INCR n", &format!("EVAL \"{long}\" 0"), "INCR n"] {
        ask(&mut server, client, request);
    }
    let mut replies = ask(&mut server, client, "EXEC");
    assert_eq!(replies, "*3\r\n:1\r\n");
    assert_eq!(ask(&mut server, other, "INCR n"), "");
    for _ in 0..20 {
        server.advance(1);
    }
    replies += &heard(&mut server, client);
    assert_eq!(replies, "*3\r\n:1\r\n:2\r\n:3\r\n");
    assert_eq!(heard(&mut server, other), ":4\r\n");
}

#[test]
fn a_script_is_one_unit_of_the_journal_without_what_it_silences() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    let reader = server.node().attach_reader(1 << 20);
    let script = "redis.call('SET','a','1') redis.set_repl(redis.REPL_NONE) \
                  redis.call('SET','b','2') redis.set_repl(redis.REPL_ALL) \
                  redis.call('SELECT','3') redis.call('SET','c','3')";
    ask(&mut server, client, &format!("EVAL \"{script}\" 0"));
    let journal = server.node().read_journal(reader).expect("it keeps up");
    let journal = String::from_utf8(journal.expect("there is some").to_vec());
    let journal = journal.expect("it is text").replace("\r\n", " ");
    let multi = "*1 $5 MULTI *2 $6 SELECT $1 0 *3 $3 SET $1 a $1 1 *2 $6 SELECT $1 3 \
                 *3 $3 SET $1 c $1 3 *1 $4 EXEC ";
    assert_eq!(journal, multi);
}

#[test]
fn who_waits_is_served_behind_the_script() {
    let mut server = Loopback::new(Config::default());
    let (client, other) = (server.connect(), server.connect());
    ask(&mut server, other, "BLPOP list 0");
    let script = "redis.call('RPUSH','list','a') redis.call('RPUSH','list','b') \
                  return redis.call('LLEN','list')";
    let reply = ask(&mut server, client, &format!("EVAL \"{script}\" 0"));
    assert_eq!(reply, ":2\r\n");
    assert_eq!(heard(&mut server, other), "*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
}

#[test]
fn errors_and_calls_are_counted_once() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    for request in [
        "SET k v",
        "CONFIG RESETSTAT",
        "EVAL \"return redis.call('SET','k')\" 0",
        "EVAL \"return redis.call('INCRBY','k','a')\" 0",
        "EVAL \"return redis.pcall('INCRBY','k','a')\" 0",
        "EVAL \"return {1,{err='MY x'}}\" 0",
        "EVAL \"error('boo')\" 0",
        "EVAL \"redis.pcall('INCRBY','k','a') return 1\" 0",
    ] {
        ask(&mut server, client, request);
    }
    let info = ask(&mut server, client, "INFO everything");
    let has = |text: &str| assert!(info.contains(text), "{text} is not in {info}");
    has("total_error_replies:6\r\n");
    has("errorstat_ERR:count=5\r\n");
    has("errorstat_MY:count=1\r\n");
    let field = |command: &str| {
        let lines = info.lines();
        let mut line = lines.filter(|line| line.starts_with(&format!("cmdstat_{command}:")));
        line.next().expect("it is there").to_owned()
    };
    assert!(field("incrby").contains("calls=3,") && field("incrby").ends_with("failed_calls=3"));
    assert!(field("set").contains("calls=0,") && field("set").contains("rejected_calls=1,"));
    assert!(field("eval").contains("calls=6,") && field("eval").ends_with("failed_calls=5"));
}

#[test]
fn monitors_see_a_script_and_then_its_commands() {
    let mut server = Loopback::new(Config::default());
    let (client, monitor) = (server.connect(), server.connect());
    ask(&mut server, monitor, "MONITOR");
    let script = "redis.call('select','3') return redis.call('get','k')";
    ask(&mut server, client, &format!("EVAL \"{script}\" 0"));
    let seen = heard(&mut server, monitor);
    let seen: Vec<&str> = seen
        .lines()
        .map(|line| &line[line.find('[').unwrap_or(0)..])
        .collect();
    let eval = format!("[0 unix:loopback] \"EVAL\" \"{script}\" \"0\"");
    assert_eq!(
        seen,
        [&eval, "[3 lua] \"select\" \"3\"", "[3 lua] \"get\" \"k\""]
    );
}

#[test]
fn a_client_tracks_what_its_scripts_read_and_nothing_that_they_declare() {
    let mut server = Loopback::new(Config::default());
    let (client, other) = (server.connect(), server.connect());
    ask(&mut server, client, "HELLO 3");
    ask(&mut server, client, "CLIENT TRACKING ON OPTIN");
    let read = "EVAL_RO \"redis.call('GET','a') redis.call('GET','b')\" 1 c";
    for (caching, told) in [("CLIENT CACHING YES", 2), ("PING", 0)] {
        ask(&mut server, client, caching);
        ask(&mut server, client, read);
        ask(&mut server, other, "MSET a 1 b 1 c 1");
        let heard = heard(&mut server, client);
        assert_eq!(heard.matches("invalidate").count(), told, "{heard}");
    }
}

/// The lines that a debugger sends, one below the other.
fn told(server: &mut Loopback, client: ConnId, request: &str) -> String {
    let reply = ask(server, client, request);
    let lines = reply.lines().filter_map(|line| line.strip_prefix('+'));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_script_is_debugged_line_by_line() {
    let mut server = Loopback::new(Config::default());
    let (client, other) = (server.connect(), server.connect());
    assert_eq!(ask(&mut server, client, "SCRIPT DEBUG SYNC"), "+OK\r\n");
    let script = "local a = 1\\nlocal function f(n)\\n  return n + 1\\nend\\na = f(5)\\n\
                  redis.call('set',KEYS[1],ARGV[1])\\nredis.debug('x',a)\\n\
                  if redis.breakpoint() then a = 3 end\\nfor i=1,3 do\\n  a = a + i\\nend\\nreturn a";
    let begins = told(&mut server, client, &format!("EVAL \"{script}\" 1 k v"));
    assert_eq!(
        begins,
        "* Stopped at 1, stop reason = step over\n-> 1   local a = 1"
    );
    // Others wait for the end.
    assert_eq!(ask(&mut server, other, "GET k"), "");
    for (request, lines) in [
        ("p", "No local variables in the current context."),
        ("s", "* Stopped at 4, stop reason = step over\n-> 4   end"),
        ("p", "<value> a = 1"),
        ("p a", "<value> 1"),
        ("p nosuch", "No such variable."),
        ("p KEYS", "<value> {\"k\"}"),
        ("l 1 1", "   1   local a = 1\n   2   local function f(n)"),
        ("b", "No breakpoints set. Use 'b <line>' to add one."),
        ("b 11", "   10    a = a + i\n  #11  end\n   12  return a"),
        ("b 99", "Wrong line number."),
        ("b x", "Invalid argument:'x'"),
        ("b", "1 breakpoints set:\n  #11  end"),
        ("b -11", "Breakpoint removed."),
        ("b -11", "No breakpoint in the specified line."),
        (
            "b 10",
            "   9   for i=1,3 do\n  #10    a = a + i\n   11  end",
        ),
        ("t", "In top level:\n-> 4   end"),
        ("e 1+1", "<retval> 2"),
        (
            "e a",
            "<error> ldb_eval:1: Script attempted to access nonexistent global variable 'a'",
        ),
        ("r get k", "<redis> get k\n<reply> NULL"),
        (
            "r nosuch",
            "<redis> nosuch\n<error> Unknown Redis command called from script",
        ),
        ("m 5", "<value> replies are truncated at 60 bytes."),
        ("m 0", "<value> replies are unlimited."),
        (
            "x",
            "<error> Unknown Redis Lua debugger command or wrong number of arguments.",
        ),
        (
            "n",
            "* Stopped at 5, stop reason = step over\n-> 5   a = f(5)",
        ),
        (
            "n",
            "* Stopped at 3, stop reason = step over\n-> 3     return n + 1",
        ),
        (
            "t",
            "In f:\n-> 3     return n + 1\nFrom top level:\n   5   a = f(5)",
        ),
        (
            "n",
            "* Stopped at 6, stop reason = step over\n-> 6   redis.call('set',KEYS[1],ARGV[1])",
        ),
        (
            "n",
            "<redis> set k v\n<reply> \"+OK\"\n* Stopped at 7, stop reason = step over\n\
             -> 7   redis.debug('x',a)",
        ),
        (
            "c",
            "<debug> line 7: \"x\", 6\n\
             * Stopped at 9, stop reason = redis.breakpoint() called\n-> 9   for i=1,3 do",
        ),
        (
            "c",
            "* Stopped at 10, stop reason = break point\n->#10    a = a + i",
        ),
        ("b 0", "All breakpoints removed."),
    ] {
        assert_eq!(told(&mut server, client, request), lines, "{request}");
    }
    assert_eq!(
        ask(&mut server, client, "c"),
        "*1\r\n+<endsession>\r\n:9\r\n"
    );
    assert!(server.is_closed(client));
    assert_eq!(heard(&mut server, other), "$1\r\nv\r\n");
}

#[test]
fn a_debugged_script_is_aborted_or_goes_on_without_its_client() {
    for end in ["abort", "SCRIPT KILL", "hang up", "*1\r\n$x"] {
        let mut server = Loopback::new(Config::default());
        let (client, other) = (server.connect(), server.connect());
        ask(&mut server, client, "SCRIPT DEBUG SYNC");
        ask(
            &mut server,
            client,
            "EVAL \"local a = 1\\nreturn redis.call('incr','n')\" 0",
        );
        assert_eq!(ask(&mut server, other, "GET n"), "", "{end}");
        let is_run = match end {
            "hang up" => {
                server.hang_up(client);
                server.advance(1);
                true
            }
            "SCRIPT KILL" => {
                let killer = server.connect();
                assert_eq!(ask(&mut server, killer, end), "+OK\r\n");
                false
            }
            _ => {
                let reply = ask(&mut server, client, end);
                assert!(
                    reply.contains("script aborted for user request"),
                    "{end}: {reply}"
                );
                false
            }
        };
        let reply = ask(&mut server, other, "EXISTS n");
        assert!(
            reply.ends_with(if is_run { ":1\r\n" } else { ":0\r\n" }),
            "{end}: {reply}"
        );
    }
}

#[test]
fn only_administrators_debug_scripts() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    ask(
        &mut server,
        client,
        "ACL SETUSER u on nopass ~* +@all -@admin +script",
    );
    ask(&mut server, client, "AUTH u x");
    let reply = ask(&mut server, client, "SCRIPT DEBUG SYNC");
    assert!(reply.starts_with("-NOPERM "), "{reply}");
    assert_eq!(ask(&mut server, client, "SCRIPT DEBUG NO"), "+OK\r\n");
}

/// A disk that outlives its node.
#[derive(Clone)]
struct Shared(Rc<RefCell<MemoryDisk>>);

impl Disk for Shared {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        self.0.borrow_mut().perform(op)
    }
}

#[test]
fn functions_and_effects_of_scripts_survive_a_restart() {
    for (lines, save) in [
        ("appendonly yes", "PING"),
        ("appendonly yes\naof-use-rdb-preamble no", "BGREWRITEAOF"),
        ("", "SAVE"),
    ] {
        let disk = Shared(Rc::new(RefCell::new(MemoryDisk::new("/data"))));
        let mut server = start_later(disk.clone(), lines, 0);
        let load = "FUNCTION LOAD \"#!lua name=l\\nredis.register_function('f', function(k) \
                    return redis.call('GET', k[1]) end)\"";
        assert_eq!(call(&mut server, load), "$1\r\nl\r\n");
        assert_eq!(
            call(
                &mut server,
                &load.replace("name=l", "name=m").replace("'f'", "'g'")
            ),
            "$1\r\nm\r\n"
        );
        assert_eq!(call(&mut server, "FUNCTION DELETE m"), "+OK\r\n");
        let script = "redis.call('SET','k','v') return redis.call('INCR','n')";
        assert_eq!(call(&mut server, &format!("EVAL \"{script}\" 0")), ":1\r\n");
        call(&mut server, save);
        drop(server);
        let mut server = start_later(disk, lines, 0);
        assert_eq!(call(&mut server, "FCALL f 1 k"), "$1\r\nv\r\n", "{lines}");
        assert_eq!(
            call(&mut server, "FCALL g 1 k"),
            "-ERR Function not found\r\n"
        );
        assert_eq!(call(&mut server, "GET n"), "$1\r\n1\r\n");
    }
}

#[test]
fn a_long_script_of_a_file_is_repeated_to_its_end() {
    let disk = Shared(Rc::new(RefCell::new(MemoryDisk::new("/data"))));
    let script = "for i = 1, 1000000 do end redis.call('INCR', 'n')";
    let part = "appendonly.aof.1.incr.aof";
    let manifest = format!("file {part} seq 1 type i\n");
    let eval = format!(
        "*3\r\n$4\r\nEVAL\r\n${}\r\n{script}\r\n$1\r\n0\r\n",
        script.len()
    );
    let set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
    let put = |name: &str, text: String| {
        let path = format!("appendonlydir/{name}");
        disk.0.borrow_mut().put(&path, text.as_bytes());
    };
    put("appendonly.aof.manifest", manifest);
    put(part, format!("{eval}{set}"));
    let lines = "appendonly yes\nenable-debug-command yes";
    let mut server = start_later(disk.clone(), lines, 0);
    assert_eq!(
        call(&mut server, "MGET n k"),
        "*2\r\n$1\r\n1\r\n$1\r\nv\r\n"
    );
    assert_eq!(call(&mut server, "DEBUG LOADAOF"), "+OK\r\n");
    assert_eq!(
        call(&mut server, "MGET n k"),
        "*2\r\n$1\r\n1\r\n$1\r\nv\r\n"
    );
    assert_eq!(call(&mut server, "EVAL \"return 1\" 0"), ":1\r\n");
}
