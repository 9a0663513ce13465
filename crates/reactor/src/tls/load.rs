//! Reads the files that settings name, and makes a context of them.
//!
//! Always true: an error is one line for the log, which names the setting or the file, and the
//! cause.
//! Always true: settings and files that equal those before make no new context.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use russet_io::{Identity, PeerCertificate, TlsSettings};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion,
};

use super::sessions::{Sessions, Tickets};
use super::verify::AnyName;
use super::{Context, Loaded, keys, peer, suites};
use crate::log::os_text;

const NO_CA: &str = "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when \
                     tls-cluster, tls-replication or tls-auth-clients are enabled!";

/// What is read while a context is made.
struct Reader<'a> {
    settings: &'a TlsSettings,
    hash: DefaultHasher,
    warnings: Vec<String>,
}

/// Makes a context. `before` is the fingerprint of the one that is there.
///
/// # Errors
/// The line for the log.
pub(crate) fn load(settings: &TlsSettings, before: Option<u64>) -> Result<Loaded, String> {
    let mut hash = DefaultHasher::new();
    settings.hash(&mut hash);
    let mut reader = Reader {
        settings,
        hash,
        warnings: Vec::new(),
    };
    let context = reader.context(before)?;
    Ok(Loaded {
        context,
        warnings: reader.warnings,
    })
}

impl Reader<'_> {
    fn context(&mut self, before: Option<u64>) -> Result<Option<Context>, String> {
        let settings = self.settings;
        if settings.server.cert_file.is_empty() {
            return Err("No tls-cert-file configured!".to_owned());
        }
        if settings.server.key_file.is_empty() {
            return Err("No tls-key-file configured!".to_owned());
        }
        let trusts = !settings.ca_file.is_empty() || !settings.ca_dir.is_empty();
        let asks = settings.peer_certificate != PeerCertificate::Unwanted;
        if (asks || settings.dials) && !trusts {
            return Err(NO_CA.to_owned());
        }
        let versions = suites::versions(&settings.protocols, &mut self.warnings)?;
        let provider = self.provider()?;
        let server = self.identity(&settings.server, &provider)?;
        let client = match settings.client.cert_file.is_empty() {
            true => Arc::clone(&server),
            false => self.identity(&settings.client, &provider)?,
        };
        let roots = Arc::new(self.roots()?);
        let fingerprint = self.hash.finish();
        if before == Some(fingerprint) {
            return Ok(None);
        }
        let server = self.server(&provider, &versions, &roots, server)?;
        let client = match trusts {
            true => Some(dialer(&provider, &versions, roots, client)?),
            false => None,
        };
        Ok(Some(Context {
            server: Arc::new(server),
            client: client.map(Arc::new),
            field: settings.peer_field,
            fingerprint,
        }))
    }

    /// The ciphers that may be used.
    fn provider(&mut self) -> Result<Arc<CryptoProvider>, String> {
        let settings = self.settings;
        let mut chosen: Vec<SupportedCipherSuite> = suites::ciphersuites(&settings.ciphersuites)
            .map_err(|reason| {
                let list = &settings.ciphersuites;
                format!("Failed to configure ciphersuites: {list}: {reason}")
            })?;
        let older = suites::ciphers(&settings.ciphers, &mut self.warnings).map_err(|reason| {
            let list = &settings.ciphers;
            format!("Failed to configure ciphers: {list}: {reason}")
        })?;
        chosen.extend(older);
        Ok(Arc::new(CryptoProvider {
            cipher_suites: chosen,
            ..ring::default_provider()
        }))
    }

    /// A certificate with its key.
    fn identity(
        &mut self,
        identity: &Identity,
        provider: &CryptoProvider,
    ) -> Result<Arc<CertifiedKey>, String> {
        let Identity {
            cert_file,
            key_file,
            passphrase,
        } = identity;
        let of_cert = |reason: String| format!("Failed to load certificate: {cert_file}: {reason}");
        let of_key = |reason: String| format!("Failed to load private key: {key_file}: {reason}");
        let chain =
            certificates(&self.read(Path::new(cert_file)).map_err(of_cert)?).map_err(of_cert)?;
        let first = chain
            .first()
            .ok_or_else(|| of_cert(NO_CERTIFICATE.into()))?;
        let public = peer::public_key(first).ok_or_else(|| of_cert("no certificate".into()))?;
        let pem = self.read(Path::new(key_file)).map_err(of_key)?;
        let key: PrivateKeyDer<'static> = keys::read(&pem, passphrase).map_err(of_key)?;
        let key = provider
            .key_provider
            .load_private_key(key)
            .map_err(|error| of_key(error.to_string()))?;
        // A certificate of version 1 may be shown, but rustls would not look into it.
        if key.public_key().is_some_and(|key| key.as_ref() != public) {
            return Err(of_key("the key is not that of the certificate".into()));
        }
        Ok(Arc::new(CertifiedKey::new(chain, key)))
    }

    /// The certificates that are trusted.
    fn roots(&mut self) -> Result<RootCertStore, String> {
        let TlsSettings {
            ca_file, ca_dir, ..
        } = self.settings;
        let failed = |path: &str, reason: String| {
            format!("Failed to configure CA certificate(s) file/directory: {path}: {reason}")
        };
        let mut roots = RootCertStore::empty();
        if !ca_file.is_empty() {
            let failed = |reason| failed(ca_file, reason);
            let list = certificates(&self.read(Path::new(ca_file)).map_err(failed)?);
            let list = list.map_err(failed)?;
            if list.is_empty() {
                return Err(failed(NO_CERTIFICATE.into()));
            }
            for certificate in list {
                let added = roots.add(certificate);
                added.map_err(|error| failed(error.to_string()))?;
            }
        }
        if !ca_dir.is_empty() {
            let failed = |error: std::io::Error| failed(ca_dir, os_text(&error));
            let entries = fs::read_dir(ca_dir).map_err(failed)?;
            let mut paths: Vec<_> = entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()
                .map_err(failed)?;
            paths.sort();
            // COMPAT: OpenSSL passes over files that hold no certificate as well.
            for path in paths.iter().filter(|path| path.is_file()) {
                if let Ok(list) = self.read(path).and_then(|pem| certificates(&pem)) {
                    roots.add_parsable_certificates(list);
                }
            }
        }
        Ok(roots)
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        let contents = fs::read(path).map_err(|error| os_text(&error))?;
        contents.hash(&mut self.hash);
        Ok(contents)
    }

    fn server(
        &self,
        provider: &Arc<CryptoProvider>,
        versions: &[&'static SupportedProtocolVersion],
        roots: &Arc<RootCertStore>,
        identity: Arc<CertifiedKey>,
    ) -> Result<ServerConfig, String> {
        let settings = self.settings;
        let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(versions)
            .map_err(|error| failed(&error))?;
        let builder = match settings.peer_certificate {
            PeerCertificate::Unwanted => builder.with_no_client_auth(),
            wanted => {
                let (roots, provider) = (Arc::clone(roots), Arc::clone(provider));
                let mut verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                if wanted == PeerCertificate::Optional {
                    verifier = verifier.allow_unauthenticated();
                }
                let verifier = verifier.build().map_err(|error| failed(&error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
        config.ignore_client_order = settings.prefers_own_ciphers;
        if settings.resumes && settings.session_s > 0 {
            let tickets = Tickets::new(settings.session_s).map_err(|error| failed(&error))?;
            config.ticketer = Arc::new(tickets);
            let sessions = Sessions::new(settings.sessions_max, settings.session_s);
            config.session_storage = Arc::new(sessions);
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(config)
    }
}

const NO_CERTIFICATE: &str = "no certificate in PEM";

fn dialer(
    provider: &Arc<CryptoProvider>,
    versions: &[&'static SupportedProtocolVersion],
    roots: Arc<RootCertStore>,
    identity: Arc<CertifiedKey>,
) -> Result<ClientConfig, String> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
        .build()
        .map_err(|error| failed(&error))?;
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)
        .map_err(|error| failed(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyName(verifier)))
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
    config.enable_sni = false;
    Ok(config)
}

fn failed(error: &dyn std::error::Error) -> String {
    format!("Failed to configure TLS: {error}")
}

/// The certificates of a file, in its order.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let list: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    list.map_err(|error| error.to_string())
}
