//! A whole Russet server as one deterministic value: sessions, configuration, admission, introspection.
