//! Packs one value after the other.
//!
//! Whoever packs with a dictionary first learns where in it what stands, which
//! takes as long as packing an alert. So that is learnt once and copied. What
//! comes out is an LZ4 block like any other.

use lz4_flex::block::compress_prepend_size_with_dict;

use super::{DICTIONARY, LONGEST, Packing, WORTHWHILE};

/// Places in the table of what was seen; 12 bits.
const PLACES: usize = 1 << 12;

/// The shortest repetition that is said as one.
const SHORTEST: usize = 4;

/// The end of a block is said as it is: its last 5 bytes, and no repetition
/// begins in its last 12.
const AS_IT_IS: usize = 5;
const NO_BEGINNING: usize = 12;

/// What fits into half a byte; longer lengths go on behind it.
const HALF: usize = 15;

/// Where what was seen last stands, by its hash.
type Seen = [u16; PLACES];

/// Packs values, with the dictionary.
#[derive(Debug)]
pub(in crate::adapters::sled) struct Packer {
    /// Where what stands in the dictionary.
    known: Box<Seen>,
    seen: Box<Seen>,
    /// The dictionary, and behind it what is packed.
    text: Vec<u8>,
    packed: Vec<u8>,
}

impl Packer {
    pub(in crate::adapters::sled) fn new() -> Self {
        let text = DICTIONARY.to_vec();
        let mut known = Box::new([0; PLACES]);
        for at in 0..=text.len() - SHORTEST {
            known[place(four(&text, at))] = at as u16;
        }
        Self { seen: known.clone(), known, text, packed: Vec::new() }
    }

    /// Packs a value, if that makes it shorter.
    pub(in crate::adapters::sled) fn pack(&mut self, value: &[u8]) -> Option<(Packing, &[u8])> {
        let is_worthwhile = (WORTHWHILE..=LONGEST).contains(&value.len());
        if !is_worthwhile || value.first() != Some(&b'{') {
            return None;
        }
        if DICTIONARY.len() + value.len() > usize::from(u16::MAX) {
            self.packed = compress_prepend_size_with_dict(value, DICTIONARY);
        } else {
            self.block(value);
        }
        let is_shorter = self.packed.len() < value.len();
        is_shorter.then_some((Packing::WithDictionary, self.packed.as_slice()))
    }

    /// The length of a value, and the value as a block.
    fn block(&mut self, value: &[u8]) {
        let Self { known, seen, text, packed } = self;
        text.truncate(DICTIONARY.len());
        text.extend_from_slice(value);
        seen.copy_from_slice(known.as_slice());
        packed.clear();
        packed.extend_from_slice(&(value.len() as u32).to_le_bytes());
        let (mut at, mut said) = (DICTIONARY.len(), DICTIONARY.len());
        while at + NO_BEGINNING <= text.len() {
            let here = four(text, at);
            let before = usize::from(std::mem::replace(&mut seen[place(here)], at as u16));
            if four(text, before) != here {
                // The longer nothing was found, the less is looked for.
                at += 1 + ((at - said) >> 6);
                continue;
            }
            // What begins in the dictionary ends there.
            let room = text.len() - AS_IT_IS - at;
            let (begin, room) = match DICTIONARY.len().checked_sub(before) {
                Some(rest) if rest > 0 => (0, room.min(rest)),
                _ => (DICTIONARY.len(), room),
            };
            let back = text[said..at].iter().rev().zip(text[begin..before].iter().rev());
            let back = back.take_while(|(here, before)| here == before).count();
            let ahead = alike(&text[at..at + room], &text[before..before + room]);
            say(packed, &text[said..at - back], Some((at - before, back + ahead)));
            at += ahead;
            said = at;
            seen[place(four(text, at - 2))] = (at - 2) as u16;
        }
        say(packed, &text[said..], None);
    }
}

/// Says what is new, and then how far back what follows stands, and how much
/// of it.
fn say(packed: &mut Vec<u8>, new: &[u8], again: Option<(usize, usize)>) {
    let more = again.map_or(0, |it| it.1 - SHORTEST);
    packed.push((new.len().min(HALF) << 4 | more.min(HALF)) as u8);
    put_length(packed, new.len());
    packed.extend_from_slice(new);
    if let Some((distance, _)) = again {
        packed.extend_from_slice(&(distance as u16).to_le_bytes());
        put_length(packed, more);
    }
}

/// What of a length does not fit into half a byte.
fn put_length(packed: &mut Vec<u8>, length: usize) {
    let Some(mut rest) = length.checked_sub(HALF) else { return };
    while rest >= 255 {
        packed.push(255);
        rest -= 255;
    }
    packed.push(rest as u8);
}

/// How many bytes at the beginning are the same.
fn alike(one: &[u8], other: &[u8]) -> usize {
    let (ones, others) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
    let same = ones.iter().zip(others).take_while(|(one, other)| one == other).count() * 8;
    let rest = one[same..].iter().zip(&other[same..]);
    same + rest.take_while(|(one, other)| one == other).count()
}

fn four(text: &[u8], at: usize) -> u32 {
    text[at..].first_chunk().map_or(0, |it| u32::from_le_bytes(*it))
}

fn place(four: u32) -> usize {
    (four.wrapping_mul(2_654_435_761) >> 20) as usize
}
