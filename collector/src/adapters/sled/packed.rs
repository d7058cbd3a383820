//! Text in fewer bytes.
//!
//! Most of a stored alert are names and words that stand in it more than once,
//! and sled copies what it keeps more often than it keeps it. So text is packed
//! (LZ4: quick in both directions). What is binary is short as it is.

use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};

/// Shorter text is not worth the trouble; bytes.
const WORTHWHILE: usize = 256;

/// Longer text is not packed; bytes. What says that it was has been damaged.
const LONGEST: usize = 256 << 20;

/// Packs a value, if that makes it shorter.
pub(super) fn pack(value: &[u8]) -> Option<Vec<u8>> {
    let is_worthwhile = (WORTHWHILE..=LONGEST).contains(&value.len());
    if !is_worthwhile || value.first() != Some(&b'{') {
        return None;
    }
    Some(compress_prepend_size(value)).filter(|it| it.len() < value.len())
}

/// What was packed, unless that is damaged.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let length = u32::from_le_bytes(*packed.first_chunk()?);
    if length as usize > LONGEST {
        return None;
    }
    decompress_size_prepended(packed).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(word in "[a-z]{1,20}", times in 1..2_000_usize) {
            let value = format!("{{{}}}", word.repeat(times)).into_bytes();
            match pack(&value) {
                Some(packed) => {
                    prop_assert!(packed.len() < value.len());
                    prop_assert_eq!(unpack(&packed), Some(value));
                }
                None => prop_assert!(value.len() < WORTHWHILE || times == 1),
            }
        }

        #[test]
        fn whatever_is_damaged_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            // Nothing but that it does not panic, and takes no more than it may.
            let _ = unpack(&bytes);
        }
    }

    #[test]
    fn what_is_binary_or_short_stays_as_it_is() {
        assert_eq!(pack(&[1; 9_000]), None);
        assert_eq!(pack(b"{}"), None);
    }
}
