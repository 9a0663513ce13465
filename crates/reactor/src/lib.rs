//! A single-threaded mio event loop for any sans-IO service.
