//! Small services that a world can be tried on without a server.

mod desk;
mod dialer;
mod echo;
mod errands;
mod ledger;

pub use dialer::Dialer;
pub use echo::Echo;
pub use errands::Errands;
pub use ledger::Ledger;
