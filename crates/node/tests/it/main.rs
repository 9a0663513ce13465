//! Tests of the node through its public face: bytes in, bytes out.

mod acl;
mod backup;
mod blocking;
mod config;
mod debug;
mod expired;
mod foreign;
mod himport;
mod info;
mod journal;
mod limits;
mod messages;
mod migrate;
mod monitor;
mod on_disk;
mod payloads;
mod pipeline;
mod preload;
mod replay;
mod restart;
mod rewrites;
mod scripts;
mod sessions;
mod syncs;
mod unchanged;
mod wait;
