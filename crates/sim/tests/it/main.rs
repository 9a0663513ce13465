//! Tests of the world: time, ends, and complaints about services that break the contract.

mod contract;
mod crash;
mod scenarios;
mod sweep;
mod time;
mod wild;
