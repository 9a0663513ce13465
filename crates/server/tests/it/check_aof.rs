//! The tool that checks append-only files: what it prints, how it ends, what it changes.
//!
//! The texts were compared with those of `redis-check-aof` of Redis 7.0.15 on the same files.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use russet_aof::{BaseFormat, FileName, GroupWriter, Layout, Manifest, Units};
use tempfile::TempDir;

use crate::process::PROGRAM;

const SET: &str = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
const CUT: &str = "*3\r\n$3\r\nSET\r\n$1\r\nk";

/// A folder with files, and the tool under the name that it has in Redis.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(PROGRAM, folder.path().join("redis-check-aof")).unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self(folder)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap()
    }

    /// The exit code, and what was printed.
    fn run(&self, words: &[&str], input: &str) -> (i32, String) {
        let mut child = Command::new("./redis-check-aof")
            .args(words)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The tool may end without having read it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().unwrap(), text)
    }
}

#[test]
fn a_single_file_is_checked_and_cut_as_redis_does() {
    let file = format!("{SET}{CUT}");
    let folder = Folder::new(&[("good.aof", SET.as_bytes()), ("cut.aof", file.as_bytes())]);
    let analyzed = "Start checking Old-Style AOF\n\
                    AOF analyzed: filename=good.aof, size=27, ok_up_to=27, ok_up_to_line=8, diff=0\n\
                    AOF good.aof is valid\n";
    assert_eq!(folder.run(&["good.aof"], ""), (0, analyzed.to_owned()));

    let found = "Start checking Old-Style AOF\n\
                 0x              2c: Expected to read 3 bytes, got 1 bytes\n\
                 AOF analyzed: filename=cut.aof, size=45, ok_up_to=27, ok_up_to_line=12, diff=18\n";
    let (code, text) = folder.run(&["cut.aof"], "");
    let advice = "AOF cut.aof is not valid. Use the --fix option to try fixing it.\n";
    assert_eq!((code, text), (1, format!("{found}{advice}")));

    let question = "This will shrink the AOF cut.aof from 45 bytes, with 18 bytes, to 27 bytes\n\
                    Continue? [y/N]: ";
    for answer in ["n\n", "", "\n"] {
        let (code, text) = folder.run(&["--fix", "cut.aof"], answer);
        assert_eq!((code, text), (1, format!("{found}{question}Aborting...\n")));
        assert_eq!(folder.read("cut.aof"), file.as_bytes());
    }
    let (code, text) = folder.run(&["--fix", "cut.aof"], "y\n");
    let done = "Successfully truncated AOF cut.aof\n";
    assert_eq!((code, text), (0, format!("{found}{question}{done}")));
    assert_eq!(folder.read("cut.aof"), SET.as_bytes());
}

#[test]
fn the_files_of_a_manifest_are_checked_in_order_and_only_the_last_is_cut() {
    let cut = format!("{SET}{CUT}");
    let folder = Folder::new(&[
        ("b.aof", SET.as_bytes()),
        ("i1.aof", cut.as_bytes()),
        ("i2.aof", b""),
        (
            "good.manifest",
            b"file b.aof seq 1 type b\nfile i2.aof seq 2 type i\n",
        ),
        (
            "inner.manifest",
            b"file i1.aof seq 1 type i\nfile i2.aof seq 2 type i\n",
        ),
        (
            "last.manifest",
            b"file b.aof seq 1 type b\nfile i1.aof seq 1 type i\n",
        ),
        ("bad.manifest", b"file b.aof seq 1 type b\n\n"),
        ("missing.manifest", b"file i9.aof seq 9 type i\n"),
    ]);
    let (code, text) = folder.run(&["good.manifest"], "");
    let expected = "Start checking Multi Part AOF\n\
                    Start to check BASE AOF (RESP format).\n\
                    AOF analyzed: filename=b.aof, size=27, ok_up_to=27, ok_up_to_line=8, diff=0\n\
                    BASE AOF b.aof is valid\n\
                    Start to check INCR files.\n\
                    INCR AOF i2.aof is empty\n\
                    All AOF files and manifest are valid\n";
    assert_eq!((code, text.as_str()), (0, expected));

    let (code, text) = folder.run(&["--fix", "inner.manifest"], "y\n");
    assert_eq!(code, 1);
    assert!(text.ends_with("Failed to truncate AOF i1.aof because it is not the last file\n"));
    assert_eq!(folder.read("i1.aof"), cut.as_bytes());

    let (code, text) = folder.run(&["--fix", "last.manifest"], "y\n");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("ok_up_to_line=19"),
        "lines are counted over all files: {text}"
    );
    assert_eq!(folder.read("i1.aof"), SET.as_bytes());

    let (code, text) = folder.run(&["bad.manifest"], "");
    assert_eq!(code, 1);
    assert!(
        text.contains("Invalid AOF manifest file format\n"),
        "{text}"
    );
    let (code, text) = folder.run(&["missing.manifest"], "");
    let missing = "Cannot open file ./i9.aof: No such file or directory, aborting...\n";
    assert!(code == 1 && text.ends_with(missing), "{text}");
}

#[test]
fn a_file_is_cut_at_a_timestamp() {
    let file = format!("#TS:10\r\n{SET}#TS:20\r\n{SET}#TS:30\r\n{SET}");
    let cut = |until: &str| {
        let folder = Folder::new(&[("a.aof", file.as_bytes())]);
        let outcome = folder.run(&["--truncate-to-timestamp", until, "a.aof"], "");
        (outcome, folder.read("a.aof").len())
    };
    let start = "Start checking Old-Style AOF\n";
    let text = format!("{start}Successfully truncated AOF a.aof to timestamp 19\n");
    assert_eq!(cut("19"), ((0, text), 35));
    let text =
        format!("{start}Truncate nothing in AOF a.aof to timestamp 30\nAOF a.aof is valid\n");
    assert_eq!(cut("30"), ((0, text), 105));
    let text = format!("{start}AOF a.aof has nothing before timestamp 5, aborting...\n");
    assert_eq!(cut("5"), ((1, text), 105));
    assert_eq!(
        cut("x"),
        ((1, "Invalid timestamp, aborting...\n".to_owned()), 105)
    );
}

#[test]
fn decay_of_a_checked_file_is_found_and_told_from_a_torn_tail() {
    let layout = Layout::new(FileName::new("a").unwrap()).unwrap();
    let mut manifest = Manifest::default();
    manifest.add_incr(&layout, Units::Checked).unwrap();
    let text = manifest.to_text();
    let mut writer = GroupWriter::new(1, 0);
    let mut file = Vec::new();
    for _ in 0..4 {
        writer.cover(SET.as_bytes());
        file.extend_from_slice(writer.line().as_bytes());
        file.extend_from_slice(SET.as_bytes());
        writer.set_synced(file.len() as u64);
    }
    let name = "a.1.incr.aof";
    let well = Folder::new(&[(name, &file), ("a.manifest", &text)]);
    let (code, output) = well.run(&["a.manifest"], "");
    assert!(
        code == 0 && output.contains("[info] 4 check lines verified, 4 units, 0 of them without\n"),
        "{output}"
    );
    let (code, output) = well.run(&[name], "");
    assert!(
        code == 0 && output.contains("[info] 4 check lines verified, 4 units, 0 of them without\n"),
        "{output}"
    );

    // A value with another byte is a valid command, which no other tool finds.
    let mut decayed = file.clone();
    let value = decayed
        .windows(5)
        .position(|bytes| bytes == b"1\r\nv\r")
        .unwrap()
        + 3;
    decayed[value] ^= 1;
    let folder = Folder::new(&[(name, &decayed), ("a.manifest", &text)]);
    for checked in ["a.manifest", name] {
        let (code, output) = folder.run(&[checked], "");
        assert!(
            code == 1 && output.contains("checksum mismatch"),
            "{output}"
        );
        assert!(output.contains("ok_up_to=0,"), "{output}");
    }
    let (_, output) = folder.run(&["a.manifest"], "");
    assert!(output.contains("had been on the disk"), "{output}");

    let torn = &file[..file.len() - 5];
    let folder = Folder::new(&[(name, torn), ("a.manifest", &text)]);
    let (code, output) = folder.run(&["--fix", "a.manifest"], "y\n");
    assert!(
        code == 0 && !output.contains("had been on the disk"),
        "{output}"
    );
    let (code, output) = folder.run(&["a.manifest"], "");
    assert!(
        code == 0 && output.contains("[info] 3 check lines verified, 3 units, 0 of them without\n"),
        "{output}"
    );

    let mut other = text;
    other[40] ^= 1;
    let folder = Folder::new(&[(name, &file), ("a.manifest", &other)]);
    let (code, output) = folder.run(&["a.manifest"], "");
    assert!(
        code == 1 && output.contains("checksum of the AOF manifest"),
        "{output}"
    );
}

#[test]
fn a_file_that_lacks_whole_groups_is_found_by_its_size() {
    let layout = Layout::new(FileName::new("a").unwrap()).unwrap();
    let mut manifest = Manifest::default();
    let format = BaseFormat::Aof(Units::Checked);
    manifest.add_base(&layout, format).unwrap().size = Some(90);
    manifest.add_incr(&layout, Units::Checked).unwrap();
    let text = manifest.to_text();
    let files = [("a.1.base.aof", &b""[..]), ("a.1.incr.aof", b"")];
    let folder = Folder::new(&[files[0], files[1], ("a.manifest", &text)]);
    let (code, output) = folder.run(&["a.manifest"], "");
    let found = "AOF a.1.base.aof has 0 bytes, but the manifest lists 90, aborting...\n";
    assert!(code == 1 && output.ends_with(found), "{output}");
}

#[test]
fn a_dump_in_front_is_checked_too() {
    // A dump of version 9 without keys, with its checksum switched off.
    let dump = b"REDIS0009\xfe\x00\xff\0\0\0\0\0\0\0\0";
    let file = [&dump[..], SET.as_bytes()].concat();
    let folder = Folder::new(&[("a.aof", &file), ("bad.aof", b"REDIS0009\x03\x01")]);
    let (code, text) = folder.run(&["a.aof"], "");
    let expected = "Start checking Old-Style AOF\n\
                    [offset 0] Checking RDB file a.aof\n\
                    [offset 11] Selecting DB ID 0\n\
                    [offset 20] RDB file was saved with checksum disabled: no check performed.\n\
                    [offset 20] \\o/ RDB looks OK! \\o/\n\
                    [info] 0 keys read\n[info] 0 expires\n[info] 0 already expired\n\
                    [info] 0 subexpires\n[info] 0 functions\n[info] RDB version 9 of Redis\n\
                    RDB preamble is OK, proceeding with AOF tail...\n\
                    AOF analyzed: filename=a.aof, size=47, ok_up_to=47, ok_up_to_line=8, diff=0\n\
                    AOF a.aof is valid\n";
    assert_eq!((code, text.as_str()), (0, expected));
    let (code, text) = folder.run(&["bad.aof"], "");
    assert!(code == 1 && text.ends_with("RDB preamble of AOF file is not sane, aborting.\n"));
}

#[test]
fn words_that_are_no_order_are_answered_with_the_usage() {
    let folder = Folder::new(&[]);
    for words in [
        &[][..],
        &["--foo", "a"],
        &["a", "b", "c", "d"],
        &["--fix", "a", "b"],
    ] {
        let (code, text) = folder.run(words, "");
        assert_eq!(code, 1);
        assert!(
            text.starts_with("Usage: ./redis-check-aof [--fix|"),
            "{text}"
        );
    }
    let (code, text) = folder.run(&["nothing.aof"], "");
    let missing = "Cannot open file nothing.aof: No such file or directory\n";
    assert_eq!((code, text.as_str()), (1, missing));
    assert_eq!(folder.run(&["-v"], "").0, 0);
}
