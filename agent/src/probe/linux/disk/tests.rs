use proptest::prelude::*;

use super::*;
use crate::probe::fake;

const EXT4: Blocks = Blocks {
    size: 4096,
    all: 66_053_021,
    free: 59_661_107,
    available: 17_429_558,
    inodes: 16_777_216,
    inodes_free: 16_500_000,
    inodes_available: 16_500_000,
};

#[test]
fn shares_are_those_of_df() {
    // `df` said 27 %, `df -i` 2 %.
    let size = 66_053_021 * 4096;
    let available = 17_429_558 * 4096;
    assert_eq!(EXT4.values(), [Some(size), Some(available), Some(269), Some(17)]);
}

#[test]
fn a_disk_without_inodes_has_no_share_of_them() {
    let btrfs = Blocks { inodes: 0, inodes_free: 0, inodes_available: 0, ..EXT4 };
    assert_eq!(btrfs.values()[3], None);
}

#[test]
fn a_full_disk_is_full_and_an_empty_one_empty() {
    // The reserve is left, but only to root.
    let full = Blocks { all: 1000, free: 50, available: 0, ..EXT4 };
    assert_eq!(full.values()[1..3], [Some(0), Some(1000)]);
    let overfull = Blocks { available: u64::MAX - 3, ..full };
    assert_eq!(overfull.values()[1..3], [Some(0), Some(1000)]);
    let empty = Blocks { all: 1000, free: 1000, available: 1000, ..EXT4 };
    assert_eq!(empty.values()[2], Some(0));
    let one_block = Blocks { all: 1_000_000, free: 999_999, available: 999_999, ..EXT4 };
    assert_eq!(one_block.values()[2], Some(1));
}

#[test]
fn a_file_system_without_blocks_says_nothing() {
    assert_eq!(Blocks { all: 0, ..EXT4 }.values(), [None; 4]);
}

#[test]
fn a_mount_that_cannot_be_read_is_named_and_the_others_are_read() {
    let mut probe = DiskProbe::local();
    probe.known = probe.mountinfo.read().unwrap().into_owned();
    probe.disks = ["/no/such", "/"].map(|point| Disk::new(point.into())).into();
    let sample = probe.sample(fake::turn(0)).unwrap();
    assert_eq!(sample.completeness, Completeness::Partial);
    assert!(sample.missing.starts_with("/no/such: No such file"), "{}", sample.missing);
    let Body::Readings(readings) = sample.body else { panic!("{:?}", sample.body) };
    assert_eq!(readings[0].series.to_string(), "disk_size[/]");
}

#[test]
fn mounts_beyond_the_limit_are_counted() {
    let mut probe = DiskProbe::local();
    probe.known = probe.mountinfo.read().unwrap().into_owned();
    probe.disks = vec![Disk::new("/".into())];
    probe.beyond = 3;
    assert_eq!(probe.sample(fake::turn(0)).unwrap().missing, "3 more");
}

proptest! {
    #[test]
    fn no_figures_are_a_panic(figures: [u64; 7]) {
        let [size, all, free, available, inodes, inodes_free, inodes_available] = figures;
        let blocks = Blocks { size, all, free, available, inodes, inodes_free, inodes_available };
        for share in blocks.values().into_iter().skip(2).flatten() {
            prop_assert!((0..=1000).contains(&share));
        }
    }
}
