//! Randomness, from the operating system and good enough for secrets.

use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::Uuid;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // A machine that cannot give random bytes must not make keys or ids.
    SystemRandom::new().fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

/// A random number.
pub fn u64() -> u64 {
    u64::from_le_bytes(bytes())
}

/// A random (version 4) UUID.
pub fn uuid() -> Uuid {
    uuid::Builder::from_random_bytes(bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_twice() {
        assert_ne!(bytes::<20>(), bytes::<20>());
        assert_ne!(u64(), u64());
        assert_ne!(uuid(), uuid());
        assert_eq!(uuid().get_version_num(), 4);
    }
}
