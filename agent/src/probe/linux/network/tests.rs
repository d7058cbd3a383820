use proptest::prelude::*;
use remit_shared::{Body, Completeness};

use super::*;
use crate::probe::fake;

const HEAD: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
";

fn names(table: &str) -> Vec<String> {
    parse(&format!("{HEAD}{table}")).unwrap().map(|(name, _)| name.into()).collect()
}

#[test]
fn a_real_machine_is_read() {
    let linux_6 = format!(
        "{HEAD}    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0: 203211558   10750    3    0    0     0          0         0   825693    6698    4    0    0     0       0          0
"
    );
    let read: Vec<_> = parse(&linux_6).unwrap().collect();
    let counters = Counters { received: 203_211_558, transmitted: 825_693, errors: 7 };
    assert_eq!(read, [("eth0", counters)]);
}

#[test]
fn an_old_kernel_leaves_no_space_and_a_name_may_have_a_colon() {
    let linux_2_6 = "  eth0:1234567890  10 0 0 0 0 0 0 99 6 0 0 0 0 0 0\neth0:1:5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n";
    assert_eq!(names(linux_2_6), ["eth0", "eth0:1"]);
}

#[test]
fn what_engines_make_is_left_out_and_what_people_make_is_kept() {
    let line = |name: &&str| format!("{name}: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n");
    let made =
        ["lo", "veth1a2b", "docker0", "br-9f3c", "virbr0", "vnet3", "tap100i0", "cali12", "sit0"];
    assert_eq!(names(&made.iter().map(line).collect::<String>()), [""; 0]);
    let kept = ["enp3s0", "bond0", "br0", "vmbr0", "eth0.10", "wg0", "tun0", "wlan0", "ib0"];
    assert_eq!(names(&kept.iter().map(line).collect::<String>()), kept);
}

#[test]
fn a_line_that_is_too_short_is_passed_over() {
    assert_eq!(names("eth0: 1 2 3\neth1: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"), ["eth1"]);
}

#[test]
fn a_text_without_a_table_is_named() {
    let err = parse("eth0: 1 2 3\n").err().unwrap().to_string();
    assert_eq!(err, "failed to find its two lines of head in /proc/self/net/dev");
}

#[test]
fn an_interface_is_measured_from_its_second_look() {
    let mut probe = NetworkProbe::new();
    let first = probe.sample(fake::turn(0)).unwrap();
    assert_eq!(first.body, Body::Readings(vec![]));
    // A machine without any interface has nothing to miss either.
    let interfaces = probe.traffic.len();
    assert_eq!(first.missing.is_empty(), interfaces == 0);
    let second = probe.sample(fake::turn(10_000)).unwrap();
    let Body::Readings(readings) = second.body else { panic!("{:?}", second.body) };
    assert_eq!(readings.len(), interfaces * 3);
    assert_eq!(second.completeness, Completeness::Full);
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in "(compressed\n)?([a-z0-9]{0,5}:? ?|[0-9]{1,25} |\n){0,40}") {
        if let Ok(lines) = parse(&text) {
            lines.count();
        }
    }
}
