//! Questions, options and their errors.

use crate::process::{Server, run};

#[test]
fn questions_are_answered_without_serving() {
    let cases = [
        (&["--version"][..], 0, "Russet server v="),
        (&["-v"], 0, "Russet server v="),
        (&["--help"], 0, "Usage: russet-server"),
        (&["--test-memory", "3"], 1, "Memory tests"),
        (&["s.conf", "--sentinel"], 1, "Sentinel mode"),
        (&["--check-system"], 0, "[slow-clocksource]..."),
        (&["--check-aof"], 1, "Usage: "),
        (
            &["--check-aof", "/nothing"],
            1,
            "Cannot open file /nothing: ",
        ),
    ];
    for (options, code, text) in cases {
        let (given, output, _) = run(options, "");
        assert!(output.starts_with(text), "{options:?}: {output}");
        // What a system check finds is not ours to say here.
        assert!(
            given == code || options[0] == "--check-system",
            "{options:?}"
        );
    }
}

#[test]
fn a_wrong_line_is_fatal_and_named() {
    let cases = [
        (
            &["--bogus", "3"][..],
            "",
            2,
            "bogus \"3\"",
            "Bad directive or wrong number of arguments",
        ),
        (
            &["--port", "abc"],
            "",
            2,
            "port \"abc\"",
            "argument couldn't be parsed into an integer",
        ),
        (&["--port"], "", 2, "port", "wrong number of arguments"),
        (
            &["-"],
            "port 0\nfoo \"bar\n",
            2,
            "foo \"bar",
            "Unbalanced quotes in configuration line",
        ),
    ];
    for (options, input, number, line, reason) in cases {
        let (code, _, error) = run(options, input);
        assert_eq!(code, 1);
        assert!(
            error.starts_with("\n*** FATAL CONFIG FILE ERROR (Russet "),
            "{error}"
        );
        let expect =
            format!("Reading the configuration file, at line {number}\n>>> '{line}'\n{reason}\n");
        assert!(error.ends_with(&expect), "{error}");
    }
}

#[test]
fn a_missing_file_is_named_by_its_absolute_path() {
    let (code, output, _) = run(&["missing.conf"], "");
    assert_eq!(code, 1);
    assert!(
        output.contains("# Fatal error, can't open config file '/"),
        "{output}"
    );
    assert!(
        output.ends_with("missing.conf': No such file or directory\n"),
        "{output}"
    );
}

#[test]
fn nowhere_to_listen_is_fatal() {
    let (code, output, _) = run(&["--port", "0"], "");
    assert_eq!(code, 1);
    assert!(
        output.ends_with("# Configured to not listen anywhere, exiting.\n"),
        "{output}"
    );
    let (code, output, _) = run(&["--port", "0", "--unixsocket", "/nonexistent/s"], "");
    assert_eq!(code, 1);
    let text = "# Failed opening Unix socket '/nonexistent/s': bind: No such file or directory\n";
    assert!(output.ends_with(text), "{output}");
    let (code, output, _) = run(&["--bind", "192.0.2.1", "--port", "1"], "");
    assert_eq!(code, 1);
    let text = "# Failed listening on port 1 (tcp), aborting.\n";
    assert!(output.ends_with(text), "{output}");
}

#[test]
fn files_and_folders_that_are_missing_are_fatal() {
    let (code, _, error) = run(&["--logfile", "/nonexistent/log"], "");
    assert_eq!(code, 1);
    assert!(
        error.ends_with("Can't open the log file '/nonexistent/log': No such file or directory\n"),
        "{error}"
    );
    let (code, _, error) = run(&["--dir", "/nonexistent"], "");
    assert_eq!(code, 1);
    assert!(error.ends_with("No such file or directory\n"), "{error}");
}

#[test]
fn the_usage_promises_nothing_that_is_not_kept() {
    let (_, usage, _) = run(&["--help"], "");
    assert!(
        !usage.contains("--appendonly") && !usage.contains("--save"),
        "{usage}"
    );
    assert!(usage.contains("--port"), "{usage}");
}

#[test]
fn an_option_with_one_dash_gets_advice() {
    let (code, _, error) = run(&["-p", "7000"], "");
    assert_eq!(code, 1);
    assert!(error.ends_with("\nDid you mean --port?\n"), "{error}");
    let (_, _, error) = run(&["-x", "7000"], "");
    assert!(
        error.ends_with("russet-server --help shows them.\n"),
        "{error}"
    );
}

#[test]
fn what_comes_later_wins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("russet.conf");
    std::fs::write(&file, "port 0\nmaxmemory 1mb\nloglevel warning\n").unwrap();
    let server = Server::start(&["--loglevel", "notice", "--maxmemory", "2mb"]);
    assert_eq!(server.ask("CONFIG GET maxmemory"), "*2");
    let (code, _, error) = run(&[file.to_str().unwrap(), "--loglevel", "bla"], "");
    assert_eq!(code, 1);
    // Three lines of the file, the empty line that joins, the option.
    assert!(
        error.contains("at line 5\n>>> 'loglevel \"bla\"'"),
        "{error}"
    );
}

#[test]
fn a_configuration_is_checked_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.conf");
    let text = "port 7000\nrequirepass canary\ncluster-enabled yes\nbogus canary\nmaxclients x\n";
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let (code, output, error) = run(&["--check-config", path, "--save", "", "--hz", "x"], "");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!((code, error.as_str()), (1, ""));
    assert_eq!(lines[0], format!("{path}:1: port 7000: understood"));
    assert_eq!(
        lines[1],
        format!("{path}:2: requirepass (redacted): understood")
    );
    assert!(lines[2].starts_with(&format!("{path}:3: cluster-enabled yes: without effect: ")));
    assert_eq!(lines[3], format!("{path}:4: bogus (redacted): unknown"));
    let reason = "invalid: argument couldn't be parsed into an integer";
    assert_eq!(lines[4], format!("{path}:5: maxclients x: {reason}"));
    assert_eq!(lines[5], "--save \"\": understood");
    assert_eq!(lines[6], format!("--hz x: {reason}"));
    assert_eq!(
        lines[7],
        "3 understood, 1 without effect, 1 unknown, 2 invalid"
    );
    let (code, output, _) = run(
        &["--check-config", "-"],
        "port 1\nuser a on nopass +nosuch\n",
    );
    assert_eq!(code, 1);
    assert!(output.contains("\ninvalid: "), "{output}");
    let (code, output, _) = run(&["--check-config", "--port", "1"], "");
    let expected = "--port 1: understood\n1 understood, 0 without effect, 0 unknown, 0 invalid\n";
    assert_eq!((code, output.as_str()), (0, expected));
    let (code, output, error) = run(&["--check-config"], "");
    assert_eq!((code, output.as_str()), (1, ""));
    assert!(error.starts_with("Usage: "), "{error}");
    let (code, _, error) = run(&["--check-config", "missing.conf"], "");
    assert!(
        code == 1 && error.contains("can't open config file"),
        "{error}"
    );
}
