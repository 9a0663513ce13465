//! Private keys in PEM, also those that a passphrase protects.
//!
//! ```text
//!  BEGIN PRIVATE KEY            PKCS#8
//!  BEGIN RSA PRIVATE KEY        PKCS#1 ─┬─ with `DEK-Info: CIPHER,IV`: encrypted
//!  BEGIN EC PRIVATE KEY         SEC1 ───┘
//!  BEGIN ENCRYPTED PRIVATE KEY  PKCS#8, encrypted
//! ```
//! Always true: an error names what is wrong with a file and nothing of what it holds.

use aes::{Aes128, Aes192, Aes256};
use base64ct::{Base64, Encoding};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use des::TdesEde3;
use md5::{Digest, Md5};
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};

const WRONG: &str = "the passphrase is wrong, or missing";

/// The first private key in a file.
///
/// # Errors
/// The reason in words.
pub(super) fn read(pem: &[u8], passphrase: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    let text = String::from_utf8_lossy(pem);
    let block = find(&text).ok_or("no private key in PEM")?;
    let bytes = match block.cipher {
        Some(cipher) => decrypt(cipher, &block.decode()?, passphrase)?,
        None => block.decode()?,
    };
    match block.label {
        "PRIVATE KEY" => Ok(PrivatePkcs8KeyDer::from(bytes).into()),
        "RSA PRIVATE KEY" => Ok(PrivatePkcs1KeyDer::from(bytes).into()),
        "EC PRIVATE KEY" => Ok(PrivateSec1KeyDer::from(bytes).into()),
        _ => {
            let key = EncryptedPrivateKeyInfoRef::try_from(bytes.as_slice())
                .map_err(|error| format!("the encrypted key cannot be read: {error}"))?;
            let key = key.decrypt(passphrase).map_err(|_| WRONG)?;
            Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
        }
    }
}

/// A key between its two lines.
struct Block<'a> {
    label: &'a str,
    /// The name of a cipher and its start, in hexadecimal digits.
    cipher: Option<&'a str>,
    body: String,
}

impl Block<'_> {
    fn decode(&self) -> Result<Vec<u8>, String> {
        Base64::decode_vec(&self.body).map_err(|error| format!("the key is no PEM: {error}"))
    }
}

fn find(text: &str) -> Option<Block<'_>> {
    let mut lines = text.lines().map(str::trim);
    let label = lines.by_ref().find_map(|line| {
        let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
        label.ends_with("PRIVATE KEY").then_some(label)
    })?;
    let mut block = Block {
        label,
        cipher: None,
        body: String::new(),
    };
    for line in lines.take_while(|line| !line.starts_with("-----END ")) {
        match line.split_once(':') {
            Some(("DEK-Info", cipher)) => block.cipher = Some(cipher.trim()),
            Some(_) => {}
            None => block.body.push_str(line),
        }
    }
    Some(block)
}

/// Decrypts a key as OpenSSL encrypted it before there was PKCS#8.
fn decrypt(cipher: &str, bytes: &[u8], passphrase: &[u8]) -> Result<Vec<u8>, String> {
    let (name, digits) = cipher.split_once(',').unwrap_or((cipher, ""));
    let start = unhex(digits).ok_or("DEK-Info has no start that can be read")?;
    let plain = match name {
        "AES-128-CBC" => open::<Decryptor<Aes128>>(16, &start, bytes, passphrase),
        "AES-192-CBC" => open::<Decryptor<Aes192>>(24, &start, bytes, passphrase),
        "AES-256-CBC" => open::<Decryptor<Aes256>>(32, &start, bytes, passphrase),
        "DES-EDE3-CBC" => open::<Decryptor<TdesEde3>>(24, &start, bytes, passphrase),
        _ => return Err(format!("the cipher {name} of DEK-Info is not available")),
    };
    plain.ok_or_else(|| WRONG.to_owned())
}

fn open<D: BlockModeDecrypt + KeyIvInit>(
    key_size: usize,
    start: &[u8],
    bytes: &[u8],
    passphrase: &[u8],
) -> Option<Vec<u8>> {
    let key = derive(passphrase, start.get(..8)?, key_size);
    let decryptor = D::new_from_slices(&key, start).ok()?;
    decryptor.decrypt_padded_vec::<Pkcs7>(bytes).ok()
}

/// The key that OpenSSL makes of a passphrase: MD5 over and over.
fn derive(passphrase: &[u8], salt: &[u8], size: usize) -> Vec<u8> {
    let mut key = Vec::with_capacity(size + 16);
    let mut last: Vec<u8> = Vec::new();
    while key.len() < size {
        let mut hash = Md5::new();
        hash.update(&last);
        hash.update(passphrase);
        hash.update(salt);
        last = hash.finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(size);
    key
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    let pair = |pair: &[u8]| {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        u8::try_from(digit(pair[0])? << 4 | digit(*pair.get(1)?)?).ok()
    };
    digits.chunks(2).map(pair).collect()
}
