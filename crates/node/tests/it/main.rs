//! Tests of the node through its public face: bytes in, bytes out.

mod pipeline;
