//! What a caller may do.

use crate::words;

words! {
    /// What a caller may do; each role may do all that the ones before it may, see [`Role::may`].
    pub enum Role: strict {
        /// Look at everything but private keys and user data.
        1 Viewer = "viewer",
        /// Create and remove entries, and see their private keys.
        2 Operator = "operator",
        /// Change accounts, and say who else may.
        3 Admin = "admin",
    }
}

impl Role {
    /// Whether it may do what takes `needed`. One that is not known may do nothing, and nobody may do
    /// what takes it.
    pub const fn may(self, needed: Self) -> bool {
        self.rank() > 0 && needed.rank() > 0 && self.rank() >= needed.rank()
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Viewer => 1,
            Self::Operator => 2,
            Self::Admin => 3,
            Self::Unknown => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_what_weaker_ones_may_and_one_that_is_not_known_nothing() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            for (needed_at, needed) in Role::ALL.into_iter().enumerate() {
                assert_eq!(role.may(needed), at >= needed_at, "{role} {needed}");
            }
            assert!(!Role::Unknown.may(role));
            assert!(!role.may(Role::Unknown));
        }
        assert!(!Role::Unknown.may(Role::Unknown));
    }
}
