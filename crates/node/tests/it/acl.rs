//! Users in files, users of connections, and secrets that are never shown.

use std::cell::RefCell;
use std::rc::Rc;

use russet_io::{ConnId, Disk, Failure, FileOp, FileReply, MemoryDisk, Ready, Service};
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_node::{Config, check_users};

#[derive(Clone)]
struct Shared(Rc<RefCell<MemoryDisk>>);

impl Disk for Shared {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        self.0.borrow_mut().perform(op)
    }
}

impl Shared {
    fn new() -> Self {
        Self(Rc::new(RefCell::new(MemoryDisk::new("/data"))))
    }

    fn text(&self, path: &str) -> String {
        let disk = self.0.borrow();
        let text = disk.durable(path).expect("the file is durable");
        String::from_utf8_lossy(text).into_owned()
    }
}

fn config(lines: &str) -> Result<Config, String> {
    let sources = [Text {
        name: "test".into(),
        text: lines.into(),
    }];
    let config = Config::load(&sources, &mut |_| Err(String::new()));
    config.map_err(|error| error.to_string())
}

/// A server on a disk with a file of users.
fn server(disk: &Shared, users: &str) -> Loopback {
    disk.0.borrow_mut().put("/data/users.acl", users.as_bytes());
    let mut config = config("aclfile users.acl").expect("the text is right");
    config.set_users_file(users.as_bytes().to_vec());
    check_users(&config).expect("the users are right");
    let mut server = Loopback::new(config);
    server.start(Box::new(disk.clone()));
    server
}

fn call(server: &mut Loopback, conn: ConnId, request: &str) -> String {
    let replies = server.call(conn, format!("{request}\r\n").as_bytes());
    String::from_utf8_lossy(&replies).into_owned()
}

const USERS: &str = "user alice on nopass ~* +@all\nuser bob on nopass ~b* +get\n\
                     user default on nopass ~* &* +@all\n";

#[test]
fn users_are_saved_and_loaded_and_sessions_keep_theirs() {
    let disk = Shared::new();
    let mut server = server(&disk, USERS);
    let (main, alice, bob) = (server.connect(), server.connect(), server.connect());
    assert_eq!(call(&mut server, alice, "AUTH alice x"), "+OK\r\n");
    assert_eq!(call(&mut server, bob, "AUTH bob x"), "+OK\r\n");
    assert_eq!(
        call(
            &mut server,
            main,
            "ACL SETUSER carl on >secret ~* (+get %R~c)"
        ),
        "+OK\r\n"
    );
    assert_eq!(call(&mut server, main, "ACL SETUSER bob +set"), "+OK\r\n");
    assert_eq!(call(&mut server, main, "ACL SAVE"), "+OK\r\n");
    let text = disk.text("/data/users.acl");
    assert!(
        text.contains("user bob on nopass sanitize-payload ~b* resetchannels -@all +get +set\n")
    );
    assert!(
        text.contains(" (%R~c resetchannels -@all +get)\n"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");

    let changed = "user bob on nopass ~b* +get\nuser default on nopass ~* &* +@all\n";
    disk.0
        .borrow_mut()
        .put("/data/users.acl", changed.as_bytes());
    assert_eq!(call(&mut server, main, "ACL LOAD"), "+OK\r\n");
    assert!(server.is_closed(alice), "her user is gone");
    assert_eq!(call(&mut server, bob, "GET b"), "$-1\r\n");
    assert!(call(&mut server, bob, "SET b v").starts_with("-NOPERM User bob"));
    assert_eq!(
        call(&mut server, main, "ACL USERS"),
        "*2\r\n$3\r\nbob\r\n$7\r\ndefault\r\n"
    );
}

#[test]
fn a_file_with_errors_leaves_the_users_as_they_are() {
    let disk = Shared::new();
    let mut server = server(&disk, USERS);
    let main = server.connect();
    let wrong = format!("{USERS}user alice on +nosuch\nbob\n");
    disk.0.borrow_mut().put("/data/users.acl", wrong.as_bytes());
    assert_eq!(
        call(&mut server, main, "ACL LOAD"),
        "-ERR WARNING: Duplicate user 'alice' found on line 4. users.acl:5 should start with user \
         keyword followed by the username. WARNING: ACL errors detected, no change to the previously \
         active ACL rules was performed\r\n"
    );
    let users = "*3\r\n$5\r\nalice\r\n$3\r\nbob\r\n$7\r\ndefault\r\n";
    assert_eq!(call(&mut server, main, "ACL USERS"), users);
    disk.0
        .borrow_mut()
        .perform(FileOp::Remove("/data/users.acl".into()))
        .expect("it is there");
    assert!(
        call(&mut server, main, "ACL LOAD")
            .starts_with("-ERR Error loading ACLs, opening file 'users.acl': ")
    );
    // Within a transaction, too, and the next command sees the users that were read.
    disk.0.borrow_mut().put("/data/users.acl", b"");
    let replies = call(&mut server, main, "MULTI\r\nACL LOAD\r\nACL USERS\r\nEXEC");
    assert!(
        replies.ends_with("*2\r\n+OK\r\n*1\r\n$7\r\ndefault\r\n"),
        "{replies}"
    );
}

#[test]
fn a_server_does_not_start_with_users_that_are_wrong() {
    let refused = |lines: &str, file: Option<&str>| {
        let mut config = config(lines)?;
        if let Some(file) = file {
            config.set_users_file(file.as_bytes().to_vec());
        }
        check_users(&config)
    };
    assert_eq!(refused("user alice on >x ~* +@all", None), Ok(()));
    assert_eq!(
        refused("user alice on +nosuch", None),
        Err(
            "Error loading ACL rule '+nosuch' for the user named 'alice': Unknown command or \
             category name in ACL"
                .to_owned()
        )
    );
    let both = refused("user alice on\naclfile users.acl", Some("")).expect_err("both are given");
    assert!(both.starts_with("Configuring Redis with users defined in redis.conf and at"));
    let file = refused("aclfile users.acl", Some("nonsense")).expect_err("it is wrong");
    assert!(file.starts_with("Aborting Redis startup because of ACL errors: users.acl:1 should"));
    assert!(
        refused("aclfile users.acl", None).is_err(),
        "nobody has read the file"
    );
}

#[test]
fn users_of_the_configuration_are_there_and_are_written_back() {
    let mut config = config(
        "user alice on nopass ~a* (+get ~b)\nuser off\nrequirepass x\nrename-command GET FETCH",
    )
    .expect("the text is right");
    config.set_file(
        "/data/redis.conf".into(),
        b"# mine\nuser alice off\nuser gone on\n".to_vec(),
    );
    let disk = Shared::new();
    let mut server = Loopback::new(config);
    server.start(Box::new(disk.clone()));
    let main = server.connect();
    assert_eq!(
        call(&mut server, main, "PING"),
        "-NOAUTH Authentication required.\r\n"
    );
    assert_eq!(call(&mut server, main, "AUTH alice x"), "+OK\r\n");
    assert_eq!(call(&mut server, main, "FETCH b"), "$-1\r\n");
    assert_eq!(call(&mut server, main, "AUTH x"), "+OK\r\n");
    assert_eq!(call(&mut server, main, "CONFIG REWRITE"), "+OK\r\n");
    let text = disk.text("/data/redis.conf");
    let hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    let lines = format!(
        "# mine\nuser alice on nopass sanitize-payload ~a* resetchannels -@all (~b resetchannels \
         -@all +get)\nuser default on sanitize-payload #{hash} ~* &* +@all\n"
    );
    assert!(text.starts_with(&lines), "{text}");
    assert!(
        text.contains("\nuser off off sanitize-payload resetchannels -@all\n"),
        "{text}"
    );
}

#[test]
fn roles_of_the_configuration_are_there_and_are_written_back() {
    let mut config = config(
        "user alice on nopass ~own +set role=reader\nrole reader ~a* +get (+ping)\nrole idle",
    )
    .expect("the text is right");
    check_users(&config).expect("the users are right");
    config.set_file(
        "/data/redis.conf".into(),
        b"# mine\nrole gone +get\nuser alice off\n".to_vec(),
    );
    let disk = Shared::new();
    let mut server = Loopback::new(config);
    server.start(Box::new(disk.clone()));
    let (main, other) = (server.connect(), server.connect());
    assert_eq!(call(&mut server, other, "AUTH alice x"), "+OK\r\n");
    assert_eq!(call(&mut server, other, "GET a"), "$-1\r\n");
    assert_eq!(call(&mut server, main, "ACL DELROLE idle"), ":1\r\n");
    assert_eq!(call(&mut server, main, "CONFIG REWRITE"), "+OK\r\n");
    let text = disk.text("/data/redis.conf");
    let lines = "# mine\nrole reader ~a* resetchannels -@all +get (resetchannels -@all +ping)\n\
                 user alice on nopass sanitize-payload ~own resetchannels -@all +set role=reader\n";
    assert!(text.starts_with(lines), "{text}");
    for (lines, error) in [
        (
            "role a\nrole a",
            "Error in role declaration 'a': Duplicate role found.",
        ),
        (
            "role \"\" +get",
            "Error in role declaration '': Role names can't be empty",
        ),
        ("role a >x", "Error in role declaration '>x': Syntax error"),
    ] {
        let refused = self::config(lines).expect_err("it is wrong");
        assert!(refused.contains(error), "{refused}");
    }
    for (lines, error) in [
        (
            "role a +nosuch",
            "Error loading ACL rule '+nosuch' for the role named 'a': Unknown command",
        ),
        (
            "user b role=a",
            "Error loading ACL rule 'role=a' for the user named 'b': The specified ACL role does",
        ),
        (
            "role a\naclfile users.acl",
            "Configuring Redis with users defined",
        ),
    ] {
        let config = self::config(lines).expect("it can be read");
        let refused = check_users(&config).expect_err("it is wrong");
        assert!(refused.starts_with(error), "{refused}");
    }
}

#[test]
fn roles_are_saved_and_loaded() {
    let disk = Shared::new();
    let users =
        "user alice on nopass role=all\nrole all ~* +@all\nuser default on nopass ~* &* +@all";
    let mut server = server(&disk, users);
    let (main, other) = (server.connect(), server.connect());
    assert_eq!(call(&mut server, other, "AUTH alice x"), "+OK\r\n");
    assert_eq!(call(&mut server, other, "SET k v"), "+OK\r\n");
    assert_eq!(call(&mut server, main, "ACL SETROLE new ~a"), "+OK\r\n");
    assert_eq!(call(&mut server, main, "ACL SAVE"), "+OK\r\n");
    let saved = disk.text("/data/users.acl");
    assert!(
        saved.starts_with(
            "role all ~* resetchannels +@all\nrole new ~a resetchannels -@all\n\
             user alice on nopass sanitize-payload resetchannels -@all role=all\n"
        ),
        "{saved}"
    );
    let narrower = saved.replace("role all ~*", "role all ~b");
    disk.0
        .borrow_mut()
        .put("/data/users.acl", narrower.as_bytes());
    assert_eq!(call(&mut server, main, "ACL LOAD"), "+OK\r\n");
    assert!(call(&mut server, other, "SET k v").starts_with("-NOPERM"));
    assert_eq!(call(&mut server, other, "SET b v"), "+OK\r\n");
    let wrong = narrower.replace("role=all", "role=none");
    disk.0.borrow_mut().put("/data/users.acl", wrong.as_bytes());
    assert!(call(&mut server, main, "ACL LOAD").contains("The specified ACL role does not exist"));
    assert_eq!(call(&mut server, other, "SET b v"), "+OK\r\n");
}

#[test]
fn a_role_that_changes_changes_the_sessions_of_all_who_hold_it() {
    let mut server = Loopback::new(Config::default());
    let clients: Vec<ConnId> = (0..5).map(|_| server.connect()).collect();
    let [main, subscriber, shard, reader, queuing] = clients[..] else {
        unreachable!("there are five");
    };
    let setup = "ACL SETROLE wide ~* &news* +@all\r\nACL SETUSER alice on nopass role=wide\r\n\
                 ACL SETUSER bob on nopass role=wide &news1\r\n";
    assert_eq!(call(&mut server, main, setup), "+OK\r\n+OK\r\n+OK\r\n");
    for (client, requests) in [
        (subscriber, "AUTH bob x\r\nSUBSCRIBE news1"),
        (shard, "AUTH alice x\r\nSSUBSCRIBE news1"),
        (reader, "AUTH alice x\r\nBLPOP l 0"),
        (queuing, "AUTH alice x\r\nMULTI\r\nSET k v"),
    ] {
        call(&mut server, client, requests);
    }
    let narrow = "ACL SETROLE wide resetchannels &other resetkeys ~o*";
    assert_eq!(call(&mut server, main, narrow), "+OK\r\n");
    assert!(server.is_closed(shard), "alice may not hear news any more");
    assert!(
        !server.is_closed(subscriber),
        "bob may by a rule of his own"
    );
    assert!(call(&mut server, queuing, "EXEC").contains("NOPERM"));
    assert_eq!(call(&mut server, main, "RPUSH l v"), ":1\r\n");
    assert!(call(&mut server, reader, "").starts_with("-NOPERM"));
    assert_eq!(
        call(
            &mut server,
            main,
            "ACL SETUSER bob resetroles resetchannels"
        ),
        "+OK\r\n"
    );
    assert!(server.is_closed(subscriber));
}

#[test]
fn a_session_may_narrow_the_role_that_it_holds_itself() {
    let mut server = Loopback::new(Config::default());
    let (main, other) = (server.connect(), server.connect());
    call(&mut server, main, "ACL SETROLE admin ~* &* +@all");
    call(&mut server, main, "ACL SETUSER alice on nopass role=admin");
    call(&mut server, main, "ACL SETUSER bob on nopass role=admin");
    call(&mut server, main, "AUTH alice x");
    call(&mut server, other, "AUTH bob x");
    assert_eq!(call(&mut server, main, "ACL SETROLE admin -get"), "+OK\r\n");
    for client in [main, other] {
        assert!(call(&mut server, client, "GET k").starts_with("-NOPERM"));
        assert_eq!(call(&mut server, client, "SET k v"), "+OK\r\n");
    }
}

#[test]
fn passwords_stand_nowhere() {
    const SECRETS: [&str; 4] = ["canary-one", "canary-two", "canary-three", "canary-four"];
    let mut server = Loopback::new(Config::default());
    let (main, other, monitor) = (server.connect(), server.connect(), server.connect());
    call(&mut server, monitor, "MONITOR");
    for request in [
        "ACL SETUSER alice on >canary-one ~* +@all",
        "ACL SETUSER alice <canary-one >canary-two (~x",
        "ACL SETROLE admin >canary-two",
        "AUTH alice canary-one",
        "AUTH alice canary-three",
        "AUTH canary-three",
        "HELLO 3 AUTH alice canary-three",
        "HELLO 3 AUTH alice canary-one NOSUCH",
        "CONFIG SET requirepass canary-four",
        "MULTI",
        "AUTH alice canary-three",
        "MIGRATE 127.0.0.1 1 k 0 10 AUTH2 alice canary-three",
    ] {
        call(&mut server, main, request);
    }
    call(&mut server, other, "ACL SETUSER bob on nopass -@all");
    call(&mut server, other, "AUTH bob x");
    call(&mut server, other, "ACL SETUSER alice >canary-two");
    call(&mut server, other, "CONFIG SET requirepass canary-two");
    let reader = server.connect();
    call(&mut server, reader, "AUTH canary-four");
    for request in [
        "CLIENT LIST",
        "CLIENT INFO",
        "ACL LIST",
        "ACL GETUSER alice",
        "ACL LOG 100",
        "INFO everything",
    ] {
        let shown = call(&mut server, reader, request);
        assert!(!shown.starts_with('-'), "{request}: {shown}");
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{request} shows {secret}: {shown}");
        }
    }
    let seen = call(&mut server, monitor, "ECHO behind");
    assert!(
        seen.contains("\"HELLO\"") && seen.contains("behind"),
        "{seen}"
    );
    assert!(
        SECRETS.iter().all(|secret| !seen.contains(secret)),
        "{seen}"
    );
    let mut ready = Ready::default();
    server.node().ready(&mut ready);
    let lines: Vec<String> = ready.log.iter().map(|line| line.text.clone()).collect();
    let is_clean = |line: &String| SECRETS.iter().all(|secret| !line.contains(secret));
    assert!(lines.iter().all(is_clean), "{lines:?}");
}

/// SORT can read keys that the request does not name.
#[test]
fn a_user_of_few_commands_who_may_read_all_keys_sorts_by_any() {
    let users = "user all on nopass ~* +sort\nuser some on nopass ~l* +sort\n\
                 user default on nopass ~* &* +@all\n";
    let mut server = server(&Shared::new(), users);
    let client = server.connect();
    call(&mut server, client, "RPUSH l a b");
    call(&mut server, client, "MSET w_a 2 w_b 1");
    let denied = "-ERR BY option of SORT denied due to insufficient ACL permissions.\r\n";
    for (user, reply) in [("all", "*2\r\n$1\r\nb\r\n$1\r\na\r\n"), ("some", denied)] {
        let client = server.connect();
        call(&mut server, client, &format!("AUTH {user} any"));
        assert_eq!(call(&mut server, client, "SORT l BY w_*"), reply, "{user}");
    }
}
