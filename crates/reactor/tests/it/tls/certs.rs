//! Certificates for tests, made as they are needed: whoever tests a rule breaks it here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::SigningKey;

/// A key that everything is signed with and by; made for these tests.
pub(crate) const KEY: &str = include_str!("keys/plain.pem");

pub(crate) fn key() -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap()
}

fn signer() -> Arc<dyn SigningKey> {
    any_ecdsa_type(&key()).unwrap()
}

/// What a certificate says.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) name: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) uris: Vec<Vec<u8>>,
    pub(crate) is_ca: bool,
    pub(crate) is_for_servers: bool,
    pub(crate) until: &'static [u8],
    pub(crate) is_version_1: bool,
}

impl Subject {
    pub(crate) fn new(name: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            issuer: b"Test CA".to_vec(),
            uris: Vec::new(),
            is_ca: false,
            is_for_servers: false,
            until: b"20991231235959Z",
            is_version_1: false,
        }
    }

    pub(crate) fn authority(name: &[u8]) -> Self {
        Self {
            issuer: name.to_vec(),
            is_ca: true,
            ..Self::new(name)
        }
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        let signer = signer();
        let algorithm = tlv(
            0x30,
            &[&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])],
        );
        let validity = tlv(
            0x30,
            &[&tlv(0x18, &[b"20200101000000Z"]), &tlv(0x18, &[self.until])],
        );
        let key = signer.public_key().unwrap();
        let mut parts = vec![
            tlv(0xa0, &[&tlv(0x02, &[&[2]])]),
            tlv(0x02, &[&[1]]),
            algorithm.clone(),
            name(&self.issuer),
            validity,
            name(&self.name),
            key.to_vec(),
            tlv(0xa3, &[&self.extensions()]),
        ];
        if self.is_version_1 {
            parts.pop();
            parts.remove(0);
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let body = tlv(0x30, &parts);
        let scheme = signer.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]);
        let signature = scheme.unwrap().sign(&body).unwrap();
        tlv(0x30, &[&body, &algorithm, &tlv(0x03, &[&[0], &signature])]).into()
    }

    fn extensions(&self) -> Vec<u8> {
        let extension = |id: &[u8], value: &[u8]| tlv(0x30, &[&oid(id), &tlv(0x04, &[value])]);
        let mut list = Vec::new();
        if self.is_ca {
            list.push(extension(
                &[0x55, 0x1d, 0x13],
                &tlv(0x30, &[&tlv(0x01, &[&[0xff]])]),
            ));
        }
        if self.is_for_servers {
            let usage = oid(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]);
            list.push(extension(&[0x55, 0x1d, 0x25], &tlv(0x30, &[&usage])));
        }
        let mut names = vec![tlv(0x82, &[b"localhost"])];
        names.extend(self.uris.iter().map(|uri| tlv(0x86, &[uri])));
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        list.push(extension(&[0x55, 0x1d, 0x11], &tlv(0x30, &names)));
        let list: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
        tlv(0x30, &list)
    }
}

fn name(text: &[u8]) -> Vec<u8> {
    let pair = tlv(0x30, &[&oid(&[0x55, 0x04, 0x03]), &tlv(0x0c, &[text])]);
    let organisation = tlv(0x30, &[&oid(&[0x55, 0x04, 0x0a]), &tlv(0x0c, &[b"Tests"])]);
    tlv(0x30, &[&tlv(0x31, &[&organisation]), &tlv(0x31, &[&pair])])
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    tlv(0x06, &[bytes])
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match content.len() {
        0..0x80 => vec![tag, length[1]],
        0x80..0x100 => vec![tag, 0x81, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    [header, content].concat()
}

pub(crate) fn pem(certificate: &CertificateDer<'_>) -> String {
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let encoded = Base64::encode_string(certificate);
    for line in encoded.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).unwrap());
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

/// Files of a server, in a directory of their own.
pub(crate) struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    /// A trusted authority, and a server with its certificate.
    pub(crate) fn new() -> Self {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        files.write(
            "ca.crt",
            &pem(&Subject::authority(b"Test CA").certificate()),
        );
        files.write("server.crt", &pem(&Subject::new(b"server").certificate()));
        files.write("server.key", KEY);
        files
    }

    pub(crate) fn path(&self, name: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(Path::new(&self.path(name)), text).unwrap();
    }
}
