//! TLS at the start: what a server says that cannot speak it.

use crate::process::{Server, run};

const UNABLE: &str = "Failed to configure TLS. Check logs for more info.";

#[test]
fn a_server_without_a_certificate_that_it_can_read_does_not_start() {
    let no_ca = "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, \
                 tls-replication or tls-auth-clients are enabled!";
    let cases: &[(&[&str], &str)] = &[
        (&[], "No tls-cert-file configured!"),
        (&["--tls-cert-file", "a.crt"], "No tls-key-file configured!"),
        (
            &["--tls-cert-file", "a.crt", "--tls-key-file", "a.key"],
            no_ca,
        ),
        (
            &[
                "--tls-cert-file",
                "a.crt",
                "--tls-key-file",
                "a.key",
                "--tls-auth-clients",
                "no",
            ],
            "Failed to load certificate: a.crt: No such file or directory",
        ),
    ];
    for (options, expect) in cases {
        let options = [&["--port", "0", "--tls-port", "1"][..], options].concat();
        let (code, output, _) = run(&options, "");
        assert_eq!(code, 1, "{options:?}");
        let lines: Vec<&str> = output.lines().collect();
        let [.., cause, last] = lines.as_slice() else {
            panic!("{output}")
        };
        assert!(cause.ends_with(expect), "{cause}");
        assert!(last.ends_with(UNABLE), "{last}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_leaves_the_server_as_it_was() {
    let mut server = Server::start(&["--bind", "127.0.0.1", "--tls-key-file-pass", "secret"]);
    let ask = |request: &str| server.ask(request);
    assert_eq!(
        ask("CONFIG SET tls-cert-file a.crt tls-key-file b.key"),
        "+OK"
    );
    let refused = ask("CONFIG SET tls-cluster yes tls-ca-cert-file c.crt");
    let text = "'tls-cluster') - Unable to update TLS configuration. Check server logs.";
    assert!(refused.ends_with(text), "{refused}");
    server.read_until("Failed to load certificate: a.crt: No such file or directory");
    let shown = server.lines.join("\n");
    assert!(!shown.contains("secret"), "{shown}");
    assert_eq!(server.ask("CONFIG GET tls-ca-cert-file"), "*2");
}
