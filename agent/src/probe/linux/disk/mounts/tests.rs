use proptest::prelude::*;

use super::*;

fn check(mountinfo: &str, local: &[&str], remote: &[&str]) {
    assert_eq!(find(mountinfo, Place::Local), local);
    assert_eq!(find(mountinfo, Place::Remote), remote);
}

#[test]
fn a_server_has_its_disks_and_shares() {
    let debian = "\
22 29 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
23 29 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:14 - proc proc rw
24 29 0:5 / /dev rw,nosuid,relatime shared:2 - devtmpfs udev rw,size=8123456k,nr_inodes=2030864
26 29 0:24 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=1631848k
29 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg0-root rw,errors=remount-ro
38 23 0:33 / /proc/sys/fs/binfmt_misc rw,relatime shared:17 - autofs systemd-1 rw,fd=29
88 29 8:2 / /boot rw,relatime shared:46 - ext2 /dev/sda2 rw
91 88 8:1 / /boot/efi rw,relatime shared:48 - vfat /dev/sda1 rw,fmask=0077
94 29 254:2 / /srv/data\\040and\\040more rw,noatime shared:50 - xfs /dev/mapper/vg0-data rw
97 29 0:45 / /mnt/share rw,relatime shared:52 - nfs4 files:/export rw,vers=4.2
99 29 0:47 / /mnt/win rw,relatime shared:54 - cifs //files/c$ rw,vers=3.1.1
";
    let local = ["/", "/boot", "/boot/efi", "/srv/data and more"];
    check(&debian.replace("\\\\", "\\"), &local, &["/mnt/share", "/mnt/win"]);
}

#[test]
fn snaps_and_containers_are_not_disks() {
    let ubuntu = "\
29 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
40 29 7:0 / /snap/core20/1974 ro,nodev,relatime shared:18 - squashfs /dev/loop0 ro
41 29 7:1 / /snap/lxd/24322 ro,nodev,relatime shared:19 - squashfs /dev/loop1 ro
60 29 259:2 /var/lib/docker /var/lib/docker rw,relatime - ext4 /dev/nvme0n1p2 rw
61 60 0:52 / /var/lib/docker/overlay2/3f1c/merged rw,relatime shared:400 - overlay overlay rw
62 26 0:4 net:[4026532456] /run/docker/netns/0f2a rw shared:401 - nsfs nsfs rw
63 29 0:60 / /var/lib/lxcfs rw,nosuid,nodev,relatime shared:402 - fuse.lxcfs lxcfs rw
64 29 0:61 / /run/user/1000/gvfs rw,nosuid,nodev - fuse.gvfsd-fuse gvfsd-fuse rw
";
    check(ubuntu, &["/"], &[]);
}

#[test]
fn a_container_keeps_its_root() {
    let docker = "\
1103 842 0:99 / / rw,relatime master:391 - overlay overlay rw,lowerdir=/l/A:/l/B
1104 1103 0:102 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1105 1103 0:103 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
1119 1103 8:1 /var/lib/docker/volumes/data/_data /data rw,relatime - ext4 /dev/sda1 rw
1120 1103 8:1 /var/lib/docker/containers/4c/hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw
";
    check(docker, &["/", "/data"], &[]);
}

#[test]
fn subvolumes_share_their_disk() {
    let suse = "\
63 1 0:34 /@/.snapshots/1/snapshot / rw,relatime - btrfs /dev/sda2 rw,subvolid=268
91 63 0:34 /@/home /home rw,relatime - btrfs /dev/sda2 rw,subvolid=263
92 63 0:34 /@/var /var rw,relatime - btrfs /dev/sda2 rw,subvolid=258
";
    check(suse, &["/"], &[]);
}

#[test]
fn a_whole_disk_beats_a_part_of_it() {
    let bound = "\
29 1 8:1 / / rw - ext4 /dev/sda1 rw
30 29 8:2 /www /srv rw - ext4 /dev/sdb1 rw
31 29 8:2 / /mnt/second rw - ext4 /dev/sdb1 rw
";
    check(bound, &["/", "/mnt/second"], &[]);
}

#[test]
fn what_another_mount_covers_cannot_be_seen() {
    let covered = "\
29 1 8:1 / / rw - ext4 /dev/sda1 rw
30 29 8:2 / /mnt rw - ext4 /dev/sdb1 rw
31 30 0:50 / /mnt rw - tmpfs tmpfs rw
";
    check(covered, &["/"], &[]);
}

#[test]
fn datasets_of_a_pool_are_told_apart() {
    let zfs = "\
29 1 0:25 / / rw,relatime - zfs rpool/ROOT/pve-1 rw,xattr,noacl
50 29 0:55 / /rpool/data rw,relatime - zfs rpool/data rw,xattr,noacl
";
    check(zfs, &["/", "/rpool/data"], &[]);
}

#[test]
fn a_line_that_makes_no_sense_is_passed_over() {
    check("nonsense\n29 1 8:1\n - \n29 1 8:1 / / rw - ext4 /dev/sda1 rw\n", &["/"], &[]);
}

proptest! {
    #[test]
    fn an_escaped_path_reads_back(path in "[a-z \t\\\\/#]{1,30}") {
        let escaped: String = path
            .chars()
            .map(|it| match it {
                ' ' | '\t' | '\\' | '#' => format!("\\{:03o}", u32::from(it)),
                plain => plain.to_string(),
            })
            .collect();
        prop_assert_eq!(unescape(&escaped), path);
    }

    #[test]
    fn no_text_is_a_panic(text in "([0-9]{1,2} |/é?|\\\\[0-7]{0,3}|- |ext4 |nfs |\n|8:1 ){0,60}") {
        find(&text, Place::Local);
        find(&text, Place::Remote);
    }
}
