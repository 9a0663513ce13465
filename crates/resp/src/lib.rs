//! RESP2 and RESP3 codec: push bytes, pull frames, both sides of the wire.
