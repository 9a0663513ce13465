//! Checking files, by option and under the name of a tool.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::process::PROGRAM;

/// Exit code, standard output, standard error.
fn output(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn a_file_is_checked_and_described() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.rdb");
    std::fs::write(&file, b"REDIS0003\xfe\x02\x00\x05fruit\x05apple\xff").unwrap();
    let (code, out, error) = output(Command::new(PROGRAM).arg("--check-rdb").arg(&file));
    assert_eq!((code, error.as_str()), (0, ""));
    let file = file.display();
    let expect = format!(
        "[offset 0] Checking RDB file {file}\n[offset 11] Selecting DB ID 2\n[offset 25] RDB files \
         of this version have no checksum: no check performed.\n[offset 25] \\o/ RDB looks OK! \
         \\o/\n[info] 1 keys read\n[info] 0 expires\n[info] 0 already expired\n[info] 0 \
         subexpires\n[info] 0 functions\n[info] RDB version 3 of Redis\n[info] db 2: 1 keys, 0 \
         expires, 13 bytes\n[info] db 2, string: 1 keys, 1 elements, 13 bytes\n[info] largest: \
         string 'fruit' of db 2: 13 bytes, 1 elements\n"
    );
    assert_eq!(out, expect);
}

#[test]
fn codes_tell_a_bad_file_from_one_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.rdb");
    std::fs::write(&file, b"REDIS0003\xfe\x02\x00\x05fruit\x05app").unwrap();
    let (code, out, _) = output(Command::new(PROGRAM).arg("--check-rdb").arg(&file));
    assert_eq!(code, 1);
    let error = "--- RDB ERROR DETECTED ---\n[offset 22] Unexpected EOF reading RDB file\n";
    assert!(out.contains(error), "{out}");

    let missing = folder.path().join("missing");
    let (code, _, error) = output(Command::new(PROGRAM).arg("--check-rdb").arg(&missing));
    assert_eq!(code, 2);
    assert!(error.starts_with("Cannot read "), "{error}");
    let (code, _, error) = output(Command::new(PROGRAM).arg("--check-rdb"));
    assert_eq!((code, error.starts_with("Usage: ")), (2, true));
}

#[test]
fn under_its_name_the_program_is_the_tool() {
    let folder = tempfile::tempdir().unwrap();
    for (name, code_unread) in [("redis-check-rdb", 1), ("russet-check-rdb", 2)] {
        let tool = folder.path().join(name);
        symlink(PROGRAM, &tool).unwrap();
        let (code, out, _) = output(Command::new(&tool).arg("--version"));
        assert_eq!(code, 0);
        assert!(out.starts_with(&format!("{name} ")), "{out}");
        let (code, out, error) = output(Command::new(&tool).args(["a", "b"]));
        assert_eq!((code, out.as_str()), (code_unread, ""));
        assert_eq!(error, format!("Usage: {name} <rdb-file-name>\n"));
        let file = folder.path().join("dump.rdb");
        std::fs::write(&file, b"hello").unwrap();
        let (code, ..) = output(Command::new(&tool).arg(&file));
        assert_eq!(code, 1);
    }
}
