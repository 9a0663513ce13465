//! Certificates and keys that are read: while the loop runs, from encrypted files, and in vain.

use std::io::ErrorKind;
use std::sync::Arc;

use russet_io::{
    Address, Dial, Identity, Job, JobId, Outcome, PeerCertificate, Role, TlsSettings, Transport,
};
use rustls::HandshakeKind;

use super::certs::{Files, KEY, Subject, pem};
use super::client::{Client, config, listening, settings};
use super::{BOTH, World};

fn load(settings: &TlsSettings) -> Result<Vec<String>, String> {
    let mut world = World::silent();
    world.reactor.load_tls(settings)?;
    Ok(world.lines.0.lock().unwrap().clone())
}

#[test]
fn a_failure_names_the_file_and_the_cause() {
    let files = Files::new();
    let good = settings(&files);
    let with = |change: &dyn Fn(&mut TlsSettings)| {
        let mut wanted = good.clone();
        change(&mut wanted);
        load(&wanted).unwrap_err()
    };
    files.write("empty", "");
    files.write("other.key", include_str!("keys/pkcs1.pem"));
    let missing = files.path("missing");
    let empty = files.path("empty");
    let other = files.path("other.key");
    let none = "No such file or directory";
    let cases = [
        (
            with(&|s| s.server.cert_file.clear()),
            "No tls-cert-file configured!".to_owned(),
        ),
        (
            with(&|s| s.server.key_file.clear()),
            "No tls-key-file configured!".to_owned(),
        ),
        (
            with(&|s| s.server.cert_file.clone_from(&missing)),
            format!("Failed to load certificate: {missing}: {none}"),
        ),
        (
            with(&|s| s.server.cert_file.clone_from(&empty)),
            format!("Failed to load certificate: {empty}: no certificate in PEM"),
        ),
        (
            with(&|s| s.server.key_file.clone_from(&missing)),
            format!("Failed to load private key: {missing}: {none}"),
        ),
        (
            with(&|s| s.server.key_file.clone_from(&empty)),
            format!("Failed to load private key: {empty}: no private key in PEM"),
        ),
        (
            with(&|s| s.server.key_file.clone_from(&other)),
            format!("Failed to load private key: {other}: the key is not that of the certificate"),
        ),
        (
            with(&|s| s.ca_file.clone_from(&missing)),
            format!("Failed to configure CA certificate(s) file/directory: {missing}: {none}"),
        ),
        (
            with(&|s| s.ca_dir.clone_from(&missing)),
            format!("Failed to configure CA certificate(s) file/directory: {missing}: {none}"),
        ),
        (
            with(&|s| s.ciphers = "BOGUS".to_owned()),
            "Failed to configure ciphers: BOGUS: there is no cipher 'BOGUS'".to_owned(),
        ),
        (
            with(&|s| s.ciphersuites = "BOGUS".to_owned()),
            "Failed to configure ciphersuites: BOGUS: there is no cipher 'BOGUS'".to_owned(),
        ),
    ];
    for (text, expect) in cases {
        assert_eq!(text, expect);
    }
    let untrusting = with(&|s| {
        s.ca_file.clear();
        s.peer_certificate = PeerCertificate::Required;
    });
    assert!(
        untrusting.starts_with("Either tls-ca-cert-file or"),
        "{untrusting}"
    );
    assert!(with(&|s| s.protocols = "SSLv3".to_owned()).starts_with("Invalid tls-protocols"));
}

#[test]
fn keys_are_read_in_every_form_that_openssl_writes() {
    let files = Files::new();
    let cases = [
        ("", include_str!("keys/sec1.pem")),
        ("secret", include_str!("keys/pkcs8-aes256.pem")),
        ("secret", include_str!("keys/pkcs8-des3-sha1.pem")),
        ("secret", include_str!("keys/pkcs8-scrypt.pem")),
        ("secret", include_str!("keys/sec1-aes128.pem")),
        ("secret", include_str!("keys/sec1-aes256.pem")),
        ("secret", include_str!("keys/sec1-des3.pem")),
    ];
    for (passphrase, key) in cases {
        files.write("server.key", &format!("Bag Attributes\n  name: x\n{key}"));
        let mut wanted = settings(&files);
        wanted.server.passphrase = passphrase.into();
        assert_eq!(load(&wanted), Ok(Vec::new()), "{key}");
        for wrong in ["", "wrong"] {
            wanted.server.passphrase = wrong.into();
            let failed = load(&wanted);
            assert_eq!(failed.is_err(), !passphrase.is_empty(), "{key}");
            let text = failed.err().unwrap_or_default();
            assert!(
                text.is_empty() || text.ends_with("is wrong, or missing"),
                "{text}"
            );
        }
    }
    // Encrypted PKCS#1 is what comes out: a key, though that of another certificate.
    for (passphrase, key) in [
        ("", include_str!("keys/pkcs1.pem")),
        ("secret", include_str!("keys/pkcs1-aes256.pem")),
    ] {
        files.write("server.key", key);
        let mut wanted = settings(&files);
        wanted.server.passphrase = passphrase.into();
        let failed = load(&wanted).unwrap_err();
        assert!(failed.ends_with("not that of the certificate"), "{failed}");
    }
}

#[test]
fn files_are_read_again_while_connections_stay() {
    let files = Files::new();
    let wanted = settings(&files);
    let mut world = listening(&wanted);
    let resuming = config(BOTH, None);
    let mut first = Client::connect(&mut world, Arc::clone(&resuming));
    first.say(b"x");
    world.read(&mut first, 1);
    let reload = |world: &mut World, id: u64| {
        let settings = Box::new(settings(&files));
        world.echo().job(id, Job::Tls(settings));
        world.turn_until(|echo| echo.outcomes.iter().any(|(job, _)| *job == JobId(id)));
        let outcome = world.echo().outcomes.pop().unwrap().1;
        outcome.failure().map(|failure| failure.text.clone())
    };
    // The same files: sessions go on.
    assert_eq!(reload(&mut world, 1), None);
    let same = Client::connect(&mut world, Arc::clone(&resuming));
    assert_eq!(same.tls.handshake_kind(), Some(HandshakeKind::Resumed));
    // A bad file: the old certificate stays.
    files.write("server.crt", "no certificate");
    let path = files.path("server.crt");
    let reason = format!("Failed to load certificate: {path}: no certificate in PEM");
    assert_eq!(reload(&mut world, 2), Some(reason));
    Client::connect(&mut world, config(BOTH, None));
    // Another certificate: nobody resumes a session of the old one.
    let renewed = Subject::new(b"renewed").certificate();
    files.write("server.crt", &pem(&renewed));
    assert_eq!(reload(&mut world, 3), None);
    let other = Client::connect(&mut world, resuming);
    assert_eq!(other.tls.handshake_kind(), Some(HandshakeKind::Full));
    assert_eq!(other.tls.peer_certificates().unwrap()[0], renewed);
    first.say(b"still here");
    assert_eq!(world.read(&mut first, 10), b"still here");
}

#[test]
fn a_certificate_of_version_1_may_be_shown() {
    let files = Files::new();
    let old = Subject {
        is_version_1: true,
        ..Subject::new(b"server")
    };
    files.write("server.crt", &pem(&old.certificate()));
    assert_eq!(load(&settings(&files)), Ok(Vec::new()));
}

#[test]
fn a_directory_of_certificates_is_trusted_whatever_else_is_in_it() {
    let files = Files::new();
    let mut wanted = settings(&files);
    wanted.ca_dir = std::mem::take(&mut wanted.ca_file).replace("/ca.crt", "");
    wanted.peer_certificate = PeerCertificate::Required;
    let mut world = listening(&wanted);
    let alice = Subject::new(b"alice").certificate();
    Client::connect(&mut world, config(BOTH, Some(alice)));
}

#[test]
fn a_dial_shows_its_certificate_and_trusts_whom_it_was_told_to() {
    let files = Files::new();
    let mut wanted = settings(&files);
    wanted.peer_certificate = PeerCertificate::Required;
    let client = Subject::new(b"replica").certificate();
    files.write("client.crt", &pem(&client));
    files.write("client.key", KEY);
    wanted.client = Identity {
        cert_file: files.path("client.crt"),
        key_file: files.path("client.key"),
        passphrase: Vec::new(),
    };
    wanted.dials = true;
    let mut world = listening(&wanted);
    let dial = |port| Dial {
        host: "127.0.0.1".to_owned(),
        port,
        role: Role::Client,
        transport: Transport::tls(),
        source: String::new(),
        timeout_ms: 5_000,
    };
    let port = world.port();
    world.echo().job(1, Job::Dial(dial(port)));
    world.turn_until(|echo| echo.origins.len() == 2);
    let dialed = world.echo().origins.iter().find(|o| o.dialed.is_some());
    assert!(matches!(dialed.unwrap().address, Address::Tcp { .. }));
    world.echo().say(b"hello, you two");
    world.turn_until(|echo| echo.sessions.values().all(|s| s.received.len() >= 14));
    // A server that nobody vouches for.
    let strange = Subject {
        issuer: b"Other CA".to_vec(),
        ..Subject::new(b"server")
    };
    files.write("server.crt", &pem(&strange.certificate()));
    world.reactor.load_tls(&wanted).unwrap();
    world.echo().job(2, Job::Dial(dial(port)));
    world.turn_until(|echo| !echo.outcomes.is_empty());
    let (job, outcome) = world.echo().outcomes.pop().unwrap();
    let Outcome::Failed(failure) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((job, failure.kind), (JobId(2), ErrorKind::InvalidData));
    assert!(
        failure.text.contains("invalid peer certificate"),
        "{failure}"
    );
}
