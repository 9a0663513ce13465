//! Users, as sessions know them.
//!
//! Always true: a session without a user has not authenticated.
//! Not here: passwords — the setting `requirepass`.

use std::sync::Arc;

/// A user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// Its name.
    pub name: Box<str>,
}

/// All users.
#[derive(Debug)]
pub(crate) struct Users {
    default: Arc<User>,
}

impl Users {
    /// The user of connections that name none.
    pub(crate) fn default_user(&self) -> Arc<User> {
        Arc::clone(&self.default)
    }

    /// A user by name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<Arc<User>> {
        (self.default.name.as_bytes() == name).then(|| self.default_user())
    }
}

impl Default for Users {
    fn default() -> Self {
        let name = "default".into();
        Self {
            default: Arc::new(User { name }),
        }
    }
}
