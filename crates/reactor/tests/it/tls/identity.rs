//! Certificates of clients: who gets in, and under which name.

use std::io::{ErrorKind, Read};

use russet_io::{PeerCertificate, PeerField, Transport};
use rustls::pki_types::CertificateDer;

use super::certs::{Files, Subject};
use super::client::{Client, config, listening, settings};
use super::{BOTH, World};

/// Connects with a certificate, and says whether the service heard of it.
fn enters(world: &mut World, certificate: Option<CertificateDer<'static>>) -> bool {
    let count = world.echo().origins.len();
    let mut client = Client::new(world, config(BOTH, certificate));
    loop {
        assert_eq!(world.turn(), None);
        if world.echo().origins.len() > count {
            return true;
        }
        match client.read(&mut [0; 16]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            other => {
                other.unwrap_err();
                return false;
            }
        }
    }
}

fn asking(wanted: PeerCertificate, field: PeerField) -> World {
    let files = Files::new();
    let mut settings = settings(&files);
    settings.peer_certificate = wanted;
    settings.peer_field = field;
    listening(&settings)
}

fn names(world: &mut World) -> Vec<String> {
    let origin = world.echo().origins.pop().unwrap();
    let Transport::Tls { peer_names } = origin.transport else {
        panic!("{origin:?}");
    };
    let shown = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    peer_names.iter().map(|name| shown(name)).collect()
}

#[test]
fn a_certificate_is_asked_for_as_the_setting_says() {
    let good = Subject::new(b"alice").certificate();
    let foreign = Subject {
        issuer: b"Other CA".to_vec(),
        ..Subject::new(b"alice")
    };
    let expired = Subject {
        until: b"20200102000000Z",
        ..Subject::new(b"alice")
    };
    let of_server = Subject {
        is_for_servers: true,
        ..Subject::new(b"alice")
    };
    let bad = [foreign, expired, of_server].map(|subject| subject.certificate());
    use PeerCertificate::{Optional, Required, Unwanted};
    let cases = [
        (Required, false, false),
        (Optional, true, false),
        (Unwanted, true, true),
    ];
    for (wanted, without, with_bad) in cases {
        let mut world = asking(wanted, PeerField::Nothing);
        assert_eq!(enters(&mut world, None), without, "{wanted:?}");
        assert!(enters(&mut world, Some(good.clone())), "{wanted:?}");
        assert_eq!(names(&mut world), [""; 0]);
        for certificate in &bad {
            let entered = enters(&mut world, Some(certificate.clone()));
            assert_eq!(entered, with_bad, "{wanted:?}");
        }
    }
}

#[test]
fn the_service_is_told_the_names_in_the_field_that_was_chosen() {
    let subject = Subject {
        uris: vec![b"urn:a".to_vec(), b"urn:b".to_vec(), b"urn:c\0d".to_vec()],
        ..Subject::new(b"alice")
    };
    let cases: [(PeerField, &[&str]); 3] = [
        (PeerField::Nothing, &[]),
        (PeerField::CommonName, &["alice"]),
        (PeerField::Uri, &["urn:a", "urn:b"]),
    ];
    for (field, expect) in cases {
        let mut world = asking(PeerCertificate::Optional, field);
        assert!(enters(&mut world, Some(subject.certificate())));
        assert_eq!(names(&mut world), expect);
        assert!(enters(&mut world, None));
        assert_eq!(names(&mut world), [""; 0]);
    }
}

#[test]
fn a_name_with_a_byte_that_could_end_it_is_no_name() {
    for name in [&b"admin\0.example.org"[..], b"admin\n", b"\x7f", b""] {
        let mut world = asking(PeerCertificate::Required, PeerField::CommonName);
        assert!(enters(&mut world, Some(Subject::new(name).certificate())));
        assert_eq!(names(&mut world), [""; 0], "{name:?}");
    }
    let mut world = asking(PeerCertificate::Required, PeerField::CommonName);
    let name = "Zoë Ω".as_bytes();
    assert!(enters(&mut world, Some(Subject::new(name).certificate())));
    assert_eq!(names(&mut world), ["Zoë Ω"]);
}
