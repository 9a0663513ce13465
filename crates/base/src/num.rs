//! Numbers as text, both ways.
//!
//! Clients compare our answers byte by byte with Redis's, so each function states which of
//! Redis's conversions it equals, and is as strict: the whole input or nothing.
//!
//! ```text
//!  int          i64, u64            string2ll, ll2string
//!  float, grisu f64                 strtod as Redis guards it; digits and layout of Redis ≥ 7.2
//!  long_double  x87 extended        strtold, addition, %.17Lf: INCRBYFLOAT and HINCRBYFLOAT
//!  size         memory amounts      "64mb" in settings, "1.50M" in INFO
//! ```
//!
//! Always true: `parse_*` takes any bytes, never panics, and answers `None` for what Redis refuses.
//! Always true: formatting allocates only where a `String` is returned.
//! Not here: the error texts — `crates/command/src/error.rs`

mod float;
mod grisu;
mod int;
mod long_double;
mod size;

pub use float::{F64Buf, format_f64, format_f64_17g, parse_f64, push_f64};
pub use int::{I64Buf, digits10, format_i64, format_u64, parse_i64, parse_u64, push_i64, push_u64};
pub use long_double::LongDouble;
pub use size::{human_bytes, parse_memory};
