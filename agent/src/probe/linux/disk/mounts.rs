//! Which of many mounts are file systems that can fill up.
//!
//! One mount per device: where a device is mounted more than once, the whole
//! of it beats a part (a bind mount), and then the shortest path wins. Where
//! several are mounted on one path, only the last can be seen.

use std::collections::{BTreeMap, BTreeSet};

/// Where a file system's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In this machine.
    Local,
    /// In another one, which may be out of reach.
    Remote,
}

/// One line of mountinfo.
#[derive(Debug)]
struct Mount<'a> {
    device: &'a str,
    /// Whether the whole file system is mounted.
    whole: bool,
    point: String,
    kind: &'a str,
}

/// The mount points of the file systems in one place, sorted.
pub(super) fn find(mountinfo: &str, place: Place) -> Vec<String> {
    let mut visible: BTreeMap<String, Mount<'_>> = BTreeMap::new();
    for mount in mountinfo.lines().filter_map(parse) {
        visible.insert(mount.point.clone(), mount);
    }
    let mut best: BTreeMap<&str, &Mount<'_>> = BTreeMap::new();
    for mount in visible.values().filter(|mount| mount.place() == Some(place)) {
        let known = best.entry(mount.device).or_insert(mount);
        if mount.rank() < known.rank() {
            *known = mount;
        }
    }
    let points: BTreeSet<String> = best.into_values().map(|mount| mount.point.clone()).collect();
    points.into_iter().collect()
}

impl Mount<'_> {
    /// Where it is, if it is a file system that can fill up.
    fn place(&self) -> Option<Place> {
        match self.kind {
            // Images, full by design; snaps and live systems have dozens.
            "squashfs" | "erofs" | "cramfs" | "romfs" | "iso9660" | "udf" => None,
            "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "ceph" | "afs" | "lustre" | "beegfs"
            | "gpfs" | "glusterfs" | "9p" | "virtiofs" | "vboxsf" | "fuse.sshfs"
            | "fuse.glusterfs" | "fuse.ceph" | "fuse.ceph-fuse" | "fuse.rclone" | "fuse.s3fs"
            | "fuse.vmhgfs-fuse" | "fuse.juicefs" => Some(Place::Remote),
            // Disks' own, though they have no block device to name.
            "btrfs" | "zfs" | "bcachefs" | "ubifs" | "fuse.mergerfs" => Some(Place::Local),
            // A container's root; any other is a container's of this machine.
            "overlay" | "fuse.fuse-overlayfs" if self.point == "/" => Some(Place::Local),
            // The kernel numbers what has no device, pseudo file systems, with 0.
            _ if self.device.starts_with("0:") => None,
            _ => Some(Place::Local),
        }
    }

    /// The lower, the better it stands for its device.
    fn rank(&self) -> (bool, usize) {
        (!self.whole, self.point.len())
    }
}

/// `36 35 98:0 /root /mnt/point rw,noatime master:1 - ext4 /dev/vda rw`, with
/// any number of words before the dash.
fn parse(line: &str) -> Option<Mount<'_>> {
    let (mount, system) = line.split_once(" - ")?;
    let mut words = mount.split(' ').skip(2);
    let (device, root, point) = (words.next()?, words.next()?, words.next()?);
    let kind = system.split(' ').next()?;
    Some(Mount { device, whole: root == "/", point: unescape(point), kind })
}

/// Undoes the kernel's escapes: `\040` is a space.
fn unescape(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = String::from(parts.next().unwrap_or_default());
    for part in parts {
        let code = part.get(..3).and_then(|octal| u8::from_str_radix(octal, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                plain.push(char::from(code));
                plain.push_str(&part[3..]);
            }
            None => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests;
