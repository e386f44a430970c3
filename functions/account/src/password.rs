//! Passwords: argon2id, checked at the same cost whether the account exists or not.

use adapters::ports::Random;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use contract::error::FieldCode;
use edge::ApiError;

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

/// Hashes a password with a fresh salt: argon2id with the library's parameters (19 MiB, 2 passes), as a
/// PHC string.
///
/// # Errors
/// Only a defect of the library.
pub fn hash_password(password: &str, random: &dyn Random) -> Result<String, ApiError> {
    let mut salt = [0u8; 16];
    random.fill(&mut salt);
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(hash.to_string())
}

/// Is it the password of this hash? Without a hash the same work is done for nothing, so that the time
/// taken does not tell whether an account exists.
pub(crate) fn verify(password: &str, hash: Option<&str>) -> bool {
    // Any valid hash will do: of a password nobody has.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2VhbGtleW5vYm9keQ$oZB6mH0M1vVqkqv1Zl3Ww0b0m9Q2y2oZV0Q1b3p3b0E";
    let known = hash.unwrap_or(NOBODY);
    let Ok(parsed) = PasswordHash::new(known) else {
        return false;
    };
    let same = Argon2::default()
        .verify_password(password.as_bytes(), &parsed)
        .is_ok();
    same && hash.is_some()
}

/// What is wrong with a new password, if anything. `names` must not be part of it.
pub(crate) fn check(password: &str, names: &[&str]) -> Option<FieldCode> {
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
    use edge::real::OsRandom;

    #[test]
    fn the_right_password_opens_and_no_other() {
        let hash = hash_password("correct horse battery", &OsRandom).unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(verify("correct horse battery", Some(&hash)));
        assert!(!verify("correct horse batterz", Some(&hash)));
        assert!(!verify("correct horse battery", None));
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_a_real_one() {
        const PREFIX: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
        let real = hash_password("correct horse battery", &OsRandom).unwrap();
        assert!(real.starts_with(PREFIX));
        // Parsing it must not fail, or the work would be skipped.
        let nobody = "$argon2id$v=19$m=19456,t=2,p=1$c2VhbGtleW5vYm9keQ$oZB6mH0M1vVqkqv1Zl3Ww0b0m9Q2y2oZV0Q1b3p3b0E";
        assert!(PasswordHash::new(nobody).is_ok());
        assert!(nobody.starts_with(PREFIX));
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
