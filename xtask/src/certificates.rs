//! Certificates for servers and clients that speak TLS in a check, made by openssl under the names
//! that the official suite looks for.
//!
//! Always true: they lie in a directory of their user, and are gone with it.
//! Not here: certificates of the loop's own tests — `crates/reactor/tests/it/tls/certs.rs`

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::tool;

/// What a certificate is for, as a section of a file of extensions.
const EXTENSIONS: &str = "\
[ server ]
keyUsage = digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[ client ]
keyUsage = digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth
[ p256 ]
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[ redis ]
keyUsage = digitalSignature, keyEncipherment
";

/// Makes an authority, parameters, and certificates in `dir`: `server`, `client` and `redis` (for
/// both) with keys of RSA-2048, and `p256` for a server.
///
/// # Errors
/// There is no openssl, or it failed.
pub(crate) fn make(dir: &Path) -> Result<(), String> {
    fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let extensions = dir.join("extensions.cnf");
    fs::write(&extensions, EXTENSIONS)
        .map_err(|error| format!("{}: {error}", extensions.display()))?;
    openssl(dir, "genrsa -out ca.key 2048")?;
    openssl(
        dir,
        "req -x509 -new -sha256 -key ca.key -days 3650 -subj /CN=Tests -out ca.crt",
    )?;
    for name in ["server", "client", "redis", "p256"] {
        let key = match name {
            "p256" => "ecparam -name prime256v1 -genkey -noout",
            _ => "genrsa",
        };
        openssl(dir, &format!("{key} -out {name}.key"))?;
        openssl(
            dir,
            &format!("req -new -sha256 -subj /CN={name} -key {name}.key -out {name}.csr"),
        )?;
        let signs = "x509 -req -sha256 -days 365 -CA ca.crt -CAkey ca.key -CAcreateserial";
        let what = format!("-in {name}.csr -extfile extensions.cnf -extensions {name}");
        openssl(dir, &format!("{signs} {what} -out {name}.crt"))?;
    }
    // Only a server with another library reads them.
    openssl(dir, "dhparam -dsaparam -out redis.dh 2048")
}

fn openssl(dir: &Path, words: &str) -> Result<(), String> {
    let mut command = Command::new("openssl");
    command.args(words.split(' ')).current_dir(dir);
    tool::output(&mut command).map(drop)
}

/// Options of a server that listens for TLS on a port, with the certificate of this name.
pub(crate) fn options(dir: &Path, name: &str, port: u16) -> Vec<String> {
    let file = |name: String| dir.join(name).display().to_string();
    let words = [
        "--tls-port".to_owned(),
        port.to_string(),
        "--tls-cert-file".to_owned(),
        file(format!("{name}.crt")),
        "--tls-key-file".to_owned(),
        file(format!("{name}.key")),
        "--tls-ca-cert-file".to_owned(),
        file("ca.crt".to_owned()),
        "--tls-auth-clients".to_owned(),
        "optional".to_owned(),
    ];
    words.to_vec()
}
