//! Commands on keys and databases: replies, effects, and what hostile requests must not do.

mod bench;
mod hostile;
mod replies;
