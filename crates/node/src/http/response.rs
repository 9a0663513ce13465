//! Responses: a status, a body, and the head that goes before it.
//!
//! Always true: a head says how long the body is, also where the body does not follow.

use std::fmt::Write;

use bytes::Bytes;

use super::head::{Refusal, Request};

/// The status of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    ContentTooLarge,
    HeadTooLarge,
    Unavailable,
    VersionNotSupported,
}

impl Status {
    /// Its number and its name.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::Unauthorized => "401 Unauthorized",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::ContentTooLarge => "413 Content Too Large",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::Unavailable => "503 Service Unavailable",
            Self::VersionNotSupported => "505 HTTP Version Not Supported",
        }
    }

    /// The fields that a response of it has beside the usual ones.
    fn fields(self) -> &'static str {
        match self {
            Self::Unauthorized => {
                "WWW-Authenticate: Basic realm=\"metrics\", charset=\"UTF-8\"\r\n"
            }
            Self::MethodNotAllowed => "Allow: GET, HEAD\r\n",
            _ => "",
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed => Self::BadRequest,
            Refusal::Body => Self::ContentTooLarge,
            Refusal::TooLarge => Self::HeadTooLarge,
            Refusal::Version => Self::VersionNotSupported,
        }
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// Its status.
    pub status: Status,
    /// The type of its body.
    pub media: &'static str,
    /// Its body.
    pub body: Bytes,
}

/// Plain text.
pub(crate) const PLAIN: &str = "text/plain; charset=utf-8";

impl Response {
    /// A line of plain text.
    pub(crate) fn line(status: Status, text: &'static str) -> Self {
        Self {
            status,
            media: PLAIN,
            body: Bytes::from_static(text.as_bytes()),
        }
    }

    /// The name of the status as its text.
    pub(crate) fn bare(status: Status) -> Self {
        Self {
            status,
            media: PLAIN,
            body: Bytes::from(format!("{}\n", status.text())),
        }
    }

    /// The head that goes before the body, for a client that hears whether the connection stays
    /// open: HTTP/1.1 takes that for granted.
    pub(super) fn head(&self, request: Option<&Request>) -> String {
        let mut head = String::with_capacity(256);
        let (status, media, length) = (self.status.text(), self.media, self.body.len());
        let _ = write!(
            head,
            "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\
             Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        );
        head.push_str(self.status.fields());
        match request {
            Some(request) if request.is_kept && request.is_old => {
                head.push_str("Connection: keep-alive\r\n");
            }
            Some(request) if request.is_kept => {}
            _ => head.push_str("Connection: close\r\n"),
        }
        head.push_str("\r\n");
        head
    }
}
