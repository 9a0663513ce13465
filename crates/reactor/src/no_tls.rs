//! TLS in a build without it: nothing can be loaded, so no connection has a stream.
//!
//! Always true: it has the names that `tls.rs` has for the rest of the loop, and no more.
//! Not here: TLS — `tls.rs`.

use std::io;
use std::net::IpAddr;

use russet_io::{Piece, TlsSettings};
use socket2::Socket;

use crate::shake::Shaken;
use crate::transport::{Got, Sent, unavailable};

/// Nobody has one.
#[derive(Debug, Clone)]
pub(crate) enum Context {}

/// The result of reading the files.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) context: Option<Context>,
    pub(crate) warnings: Vec<String>,
}

/// Nobody has one.
#[derive(Debug)]
pub(crate) enum Stream {}

/// Refuses.
pub(crate) fn load(_: &TlsSettings, _: Option<u64>) -> Result<Loaded, String> {
    Err(unavailable().to_string())
}

impl Context {
    pub(crate) fn accept(&self) -> io::Result<Stream> {
        match *self {}
    }

    pub(crate) fn connect(&self, _: IpAddr) -> io::Result<Stream> {
        match *self {}
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        match *self {}
    }
}

impl Stream {
    pub(crate) fn shake(&mut self, _: &Socket) -> io::Result<Shaken> {
        match *self {}
    }

    pub(crate) fn peer_names(&self) -> Box<[Box<[u8]>]> {
        match *self {}
    }

    pub(crate) fn read(&mut self, _: &Socket, _: &mut [u8]) -> io::Result<Got> {
        match *self {}
    }

    pub(crate) fn peek(&mut self, _: &Socket) -> io::Result<bool> {
        match *self {}
    }

    pub(crate) fn write(&mut self, _: &Socket, _: &[Piece<'_>]) -> io::Result<Sent> {
        match *self {}
    }

    pub(crate) fn owes(&self) -> bool {
        match *self {}
    }

    pub(crate) fn pay(&mut self, _: &Socket) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn owed(&mut self) -> usize {
        match *self {}
    }

    pub(crate) fn close(&mut self, _: &Socket) {
        match *self {}
    }
}
