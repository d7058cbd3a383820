//! Text in fewer bytes.
//!
//! Most of a stored alert are names and words that stand in every other one,
//! too, and sled copies what it keeps more often than it keeps it. So text is
//! packed (LZ4: quick in both directions), and what all text is full of stands
//! in a dictionary beside this module. What is binary is short as it is.
//!
//! The dictionary is part of the stored form: it is never changed. Another one
//! would be another [`Packing`].

use lz4_flex::block::{
    compress_prepend_size_with_dict, decompress_size_prepended, decompress_size_prepended_with_dict,
};

/// What most of stored text is like.
const DICTIONARY: &[u8] = include_bytes!("packed/dictionary.txt");

/// Shorter text is not worth the trouble; bytes.
const WORTHWHILE: usize = 64;

/// Longer text is not packed; bytes. What says that it was has been damaged.
const LONGEST: usize = 256 << 20;

/// How a value is packed. Stored as its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// Not at all.
    Plain,
    /// By itself; up to format 2.
    Alone,
    /// With the dictionary.
    WithDictionary,
}

impl Packing {
    /// What was stored as this place, if anything.
    pub(super) fn of(place: usize) -> Option<Self> {
        [Self::Plain, Self::Alone, Self::WithDictionary].get(place).copied()
    }
}

/// Packs a value, if that makes it shorter.
pub(super) fn pack(value: &[u8]) -> Option<(Packing, Vec<u8>)> {
    let is_worthwhile = (WORTHWHILE..=LONGEST).contains(&value.len());
    if !is_worthwhile || value.first() != Some(&b'{') {
        return None;
    }
    let packed = compress_prepend_size_with_dict(value, DICTIONARY);
    (packed.len() < value.len()).then_some((Packing::WithDictionary, packed))
}

/// What was packed, unless that is damaged.
pub(super) fn unpack(packing: Packing, packed: Vec<u8>) -> Option<Vec<u8>> {
    if packing == Packing::Plain {
        return Some(packed);
    }
    let length = u32::from_le_bytes(*packed.first_chunk()?);
    if length as usize > LONGEST {
        return None;
    }
    match packing {
        Packing::Plain => Some(packed),
        Packing::Alone => decompress_size_prepended(&packed).ok(),
        Packing::WithDictionary => decompress_size_prepended_with_dict(&packed, DICTIONARY).ok(),
    }
}

#[cfg(test)]
mod tests {
    use lz4_flex::block::compress_prepend_size;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        adapters::sled::record::encode_whole,
        ports::store::{AnyRecord, conformance::sample, sha256},
    };

    fn packing() -> impl Strategy<Value = Packing> {
        prop_oneof![Just(Packing::Plain), Just(Packing::Alone), Just(Packing::WithDictionary)]
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(word in "[a-z]{1,20}", times in 1..2_000_usize) {
            let value = format!("{{{}}}", word.repeat(times)).into_bytes();
            match pack(&value) {
                Some((packing, packed)) => {
                    prop_assert!(packed.len() < value.len());
                    prop_assert_eq!(unpack(packing, packed), Some(value));
                }
                None => prop_assert!(value.len() < 2 * WORTHWHILE || times == 1),
            }
        }

        #[test]
        fn whatever_is_damaged_is_refused(
            packing in packing(),
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            // Nothing but that it does not panic, and takes no more than it may.
            let _ = unpack(packing, bytes);
        }
    }

    #[test]
    fn what_is_binary_or_short_stays_as_it_is() {
        assert_eq!(pack(&[1; 9_000]), None);
        assert_eq!(pack(b"{}"), None);
    }

    #[test]
    fn what_was_packed_by_itself_is_understood() {
        let value = b"{ what format 2 has written }".repeat(20);
        assert_eq!(unpack(Packing::Alone, compress_prepend_size(&value)), Some(value));
    }

    /// Whoever changes it makes every data folder unreadable.
    #[test]
    fn the_dictionary_is_the_one_that_folders_were_written_with() {
        let hash: String = sha256(DICTIONARY).iter().map(|it| format!("{it:02x}")).collect();
        assert_eq!(hash, "6ff11c5e7abd6de50b9e3ee712ddeb97e938da1b71b46a378417e8473eaf38c4");
    }

    #[test]
    fn an_alert_takes_a_third_of_its_text() {
        let alert = sample::alert(1, sample::endpoint_id(1), "/srv", 0);
        let text = encode_whole(&AnyRecord::Alert(alert.into()), 1).unwrap();
        let (_, packed) = pack(&text).unwrap();
        assert!(3 * packed.len() < text.len(), "{} of {} bytes", packed.len(), text.len());
    }
}
