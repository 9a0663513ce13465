//! The head of a request: its line and its fields, read from bytes of a stranger.
//!
//! Always true: the result depends on the bytes only, not on how they were split.
//! Not here: when bytes arrive — `session.rs`.

use httparse::{EMPTY_HEADER, Error, Header, Status};

/// The longest head, in bytes.
pub(crate) const HEAD_SIZE_MAX: usize = 8 << 10;

/// The most fields of a head.
const FIELD_COUNT_MAX: usize = 64;

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// The page with its body.
    Get,
    /// The page without its body.
    Head,
    /// A method that no page has.
    Other,
}

/// A request without a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Its method.
    pub method: Method,
    /// The path of its target, as it was written.
    pub path: String,
    /// The query of its target, as it was written.
    pub query: String,
    /// The credentials that it carries.
    pub authorization: Option<Vec<u8>>,
    /// Whether the connection stays open after the response.
    pub is_kept: bool,
    /// Whether the client speaks HTTP/1.0, where an open connection must be announced.
    pub is_old: bool,
}

/// Why a request is refused; the connection ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It breaks the rules of HTTP.
    Malformed,
    /// It has a body.
    Body,
    /// Its head is too long or has too many fields.
    TooLarge,
    /// It is of another version of HTTP.
    Version,
}

/// Reads the head that begins the bytes, and gives its length; `None` when it has not ended.
///
/// # Errors
/// Why the request is refused.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Request, usize)>, Refusal> {
    let mut fields = [EMPTY_HEADER; FIELD_COUNT_MAX];
    let mut head = httparse::Request::new(&mut fields);
    let size = match head.parse(bytes) {
        Ok(Status::Complete(size)) => size,
        Ok(Status::Partial) => return Ok(None),
        Err(Error::TooManyHeaders) => return Err(Refusal::TooLarge),
        Err(Error::Version) => return Err(Refusal::Version),
        Err(_) => return Err(Refusal::Malformed),
    };
    let is_old = head.version == Some(0);
    check_host(head.headers, is_old)?;
    check_body(head.headers)?;
    let target = head.path.unwrap_or_default();
    let (path, query) = split_target(target).ok_or(Refusal::Malformed)?;
    let method = match head.method {
        Some("GET") => Method::Get,
        Some("HEAD") => Method::Head,
        _ => Method::Other,
    };
    let authorization = only(head.headers, "authorization")?;
    let request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        authorization: authorization.map(<[u8]>::to_vec),
        is_kept: is_kept(head.headers, is_old),
        is_old,
    };
    Ok(Some((request, size)))
}

/// The path and the query of a target, which may be a whole URI.
fn split_target(target: &str) -> Option<(&str, &str)> {
    let target = match target.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("http://") => {
            let at = target[7..].find('/').map_or(target.len(), |at| at + 7);
            &target[at..]
        }
        _ => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match path {
        "" => Some(("/", query)),
        "*" => Some((path, query)),
        _ => path.starts_with('/').then_some((path, query)),
    }
}

fn all<'h>(fields: &'h [Header<'h>], name: &'h str) -> impl Iterator<Item = &'h [u8]> {
    let named = fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name));
    named.map(|field| field.value)
}

/// The value of a field that may come once.
fn only<'h>(fields: &'h [Header<'h>], name: &'h str) -> Result<Option<&'h [u8]>, Refusal> {
    let mut values = all(fields, name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Refusal::Malformed),
        (value, None) => Ok(value),
    }
}

/// HTTP/1.1 wants to hear the host, though nothing here depends on it.
fn check_host(fields: &[Header<'_>], is_old: bool) -> Result<(), Refusal> {
    match only(fields, "host")? {
        None if !is_old => Err(Refusal::Malformed),
        _ => Ok(()),
    }
}

fn check_body(fields: &[Header<'_>]) -> Result<(), Refusal> {
    if all(fields, "transfer-encoding").next().is_some() {
        return Err(Refusal::Body);
    }
    match only(fields, "content-length")? {
        None | Some(b"0") => Ok(()),
        Some(length) if length.iter().all(u8::is_ascii_digit) => Err(Refusal::Body),
        Some(_) => Err(Refusal::Malformed),
    }
}

/// Whether the connection stays open: in HTTP/1.1 unless the client says otherwise, before it only
/// if the client says so.
fn is_kept(fields: &[Header<'_>], is_old: bool) -> bool {
    let has = |word: &str| {
        let lists = all(fields, "connection");
        let mut words = lists.flat_map(|list| list.split(|&byte| byte == b','));
        words.any(|one| one.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    };
    !has("close") && (!is_old || has("keep-alive"))
}
