//! Passwords: argon2id, checked at the same cost whether the account exists or not.

use std::sync::atomic::{AtomicU64, Ordering};

use adapters::ports::Random;
use argon2::password_hash::phc;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use contract::error::FieldCode;
use domain::company::PasswordHash;

use crate::error::ApiError;

/// The shortest password, in characters.
const SHORTEST: usize = 10;
/// The longest; more is a way to keep the hash busy.
const LONGEST: usize = 128;
/// Passwords that everybody tries first. What they are made of is refused as well: see [`check`].
const COMMON: &[&str] = &[
    "1234567890",
    "0123456789",
    "password",
    "qwertyuiop",
    "1q2w3e4r5t",
    "abcdefghij",
    "iloveyou",
    "woaini1314",
    "sealkey",
];

/// Any valid hash will do: of a password nobody has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2VhbGtleW5vYm9keQ$oZB6mH0M1vVqkqv1Zl3Ww0b0m9Q2y2oZV0Q1b3p3b0E";

/// Hashes and compares passwords, and counts how often: the same work must be done whether an account
/// exists or not, and a test counts it.
#[derive(Debug, Default)]
pub struct Passwords(AtomicU64);

impl Passwords {
    /// How many hashes were worked out.
    pub fn work(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Hashes a password with a fresh salt: argon2id with the library's parameters (19 MiB, 2 passes).
    ///
    /// # Errors
    /// Only a defect of the library.
    pub fn hash(&self, password: &str, random: &dyn Random) -> Result<PasswordHash, ApiError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let mut salt = [0u8; 16];
        random.fill(&mut salt);
        let hash = Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|error| ApiError::internal(error.to_string()))?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Is it the password of this hash? Without a hash the same work is done for nothing, so that neither
    /// time nor work tells whether an account exists.
    pub fn verify(&self, password: &str, hash: Option<&PasswordHash>) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        let known = hash.map_or(NOBODY, |hash| hash.0.as_str());
        let Ok(parsed) = phc::PasswordHash::new(known) else {
            return false;
        };
        let same = Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok();
        same && hash.is_some()
    }
}

/// What is wrong with a new password, if anything. `names` must not be part of it.
pub fn check(password: &str, names: &[&str]) -> Option<FieldCode> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(FieldCode::TooShort);
    }
    if length > LONGEST {
        return Some(FieldCode::TooLong);
    }
    let lower = password.to_lowercase();
    let part_of = |name: &&str| {
        let name = name.trim().to_lowercase();
        name.chars().count() >= 3 && lower.contains(&name)
    };
    let mut kinds: Vec<char> = lower.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let weak = kinds.len() < 5
        || COMMON.iter().any(|common| lower.contains(common))
        || names.iter().any(part_of);
    weak.then_some(FieldCode::WeakPassword)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::OsRandom;

    #[test]
    fn the_right_password_opens_and_no_other_and_all_cost_the_same() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery", &OsRandom).unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("correct horse battery", Some(&hash)));
        assert!(!passwords.verify("correct horse batterz", Some(&hash)));
        assert!(!passwords.verify("correct horse battery", None));
        assert_eq!(passwords.work(), 4);
        assert_eq!(format!("{hash:?}"), "***");
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_a_real_one() {
        // Parsing it must not fail, or the work would be skipped.
        assert!(phc::PasswordHash::new(NOBODY).is_ok());
        assert!(NOBODY.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        assert_eq!(check("short1!", &[]), Some(FieldCode::TooShort));
        assert_eq!(check(&"ab1!x".repeat(30), &[]), Some(FieldCode::TooLong));
        assert_eq!(check("1212121212", &[]), Some(FieldCode::WeakPassword));
        assert_eq!(check("Password2026!", &[]), Some(FieldCode::WeakPassword));
        assert_eq!(
            check("南京测试公司2026abc", &["南京测试公司"]),
            Some(FieldCode::WeakPassword)
        );
        assert_eq!(check("correct horse battery", &["nanjing"]), None);
    }
}
