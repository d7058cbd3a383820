//! What becomes true by waiting, and who is silent.

use remit_shared::{Answer, FailureKind, Schedule};

use super::*;
use crate::{
    detect::presence,
    endpoint::tests::stage::{at, fails},
};

const DAY: i64 = 86_400;

#[test]
fn a_probe_that_had_answers_and_has_none_is_told_after_an_hour() {
    let mut stage = Stage::default();
    stage.measures(1, 0, 700);
    for (seq, second) in [(1, 10), (2, 3_000), (3, 3_610), (4, 3_700)] {
        stage.says(seq, second, failure("disk"));
        stage.waits(second);
    }
    stage.measures(2, 4_000, 700);
    stage.waits(4_001);
    assert_eq!(
        stage.told(),
        [
            "probe-failing low: probe `disk` has had no answer for 1 h: timeout: no answer within 10 s",
            "probe-failing over: the probe answers again",
        ]
    );
}

#[test]
fn a_probe_that_never_answered_or_has_nothing_to_ask_is_not_failing() {
    let mut stage = Stage::default();
    stage.measures(1, 0, 700);
    for (seq, second) in [(1, 10), (3, DAY)] {
        stage.says(seq, second, fails("zfs", FailureKind::MissingTool));
        stage.says(seq + 1, second, fails("disk", FailureKind::Unsupported));
        stage.waits(second);
    }
    assert_eq!(stage.told(), [""; 0]);
}

#[test]
fn silence_is_not_a_probe_that_fails() {
    let mut stage = Stage::default();
    stage.measures(1, 0, 700);
    stage.says(1, 10, failure("disk"));
    stage.waits(10 * DAY);
    assert_eq!(stage.told(), [""; 0]);
}

#[test]
fn a_certificate_that_is_not_renewed_is_told_before_it_expires() {
    let mut stage = Stage::default();
    let certificate = |second| Certificate { serial: "1a".into(), not_after: at(second) };
    stage.endpoint = renew(&stage.endpoint, certificate(30 * DAY));
    for day in [20, 21, 22, 27, 28, 31] {
        stage.waits(day * DAY);
    }
    stage.endpoint = renew(&stage.endpoint, certificate(60 * DAY));
    stage.waits(32 * DAY);
    assert_eq!(
        stage.told(),
        [
            "certificate-expiry medium: the agent's certificate expires in 9 days and is not renewed",
            "certificate-expiry high: the agent's certificate expires in 3 days and is not renewed",
            "certificate-expiry over: the agent has a new certificate",
        ]
    );
}

#[test]
fn an_endpoint_whose_trust_has_ended_is_left_alone() {
    let mut stage = Stage::default();
    let certificate = Certificate { serial: "1a".into(), not_after: at(DAY) };
    stage.endpoint = revoke(&renew(&stage.endpoint, certificate), "ann", "retired", at(0));
    stage.waits(2 * DAY);
    stage.turns(Presence::Offline, 2 * DAY);
    assert_eq!(stage.told(), [""; 0]);
}

impl Stage {
    fn turns(&mut self, to: Presence, second: i64) {
        let (endpoint, signals) = presence::change(&self.endpoint, to, &self.rules, at(second));
        self.endpoint = endpoint;
        self.hear(signals);
    }
}

#[test]
fn a_server_that_falls_silent_is_told_once_and_so_is_its_return() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    stage.turns(Presence::Late, 45);
    stage.turns(Presence::Offline, 180);
    stage.turns(Presence::Offline, 240);
    assert_eq!(stage.endpoint.pulse.presence_since, at(180));
    stage.measures(1, 300, 700);
    assert_eq!(stage.endpoint.pulse.presence, Presence::Online);
    assert_eq!(
        stage.told(),
        [
            "endpoint-offline critical: db-7 is not heard any more",
            "endpoint-offline over: the endpoint is heard again",
        ]
    );
}

#[test]
fn what_is_still_bad_is_told_again_each_hour_and_not_more_often() {
    let mut stage = Stage::default();
    for seq in 1..=10 {
        stage.measures(seq, seq as i64 * 10, 990);
    }
    assert_eq!(stage.told().len(), 1);
    for second in [200, 1_800, 3_500] {
        stage.waits(second);
    }
    assert_eq!(stage.reminded(), [""; 0]);
    stage.waits(3_700);
    stage.turns(Presence::Offline, 3_800);
    for second in [3_900, 7_200] {
        stage.waits(second);
    }
    assert_eq!(stage.reminded(), ["disk-space"]);
    stage.waits(7_400);
    assert_eq!(stage.reminded(), ["disk-space", "endpoint-offline"], "both together");
    stage.turns(Presence::Online, 7_500);
    stage.measures(11, 7_600, 100);
    stage.measures(12, 7_700, 100);
    stage.waits(20_000);
    assert_eq!(stage.reminded(), [""; 0], "what is well is not told");
    assert_eq!(stage.told().len(), 3);
}

#[test]
fn a_clock_that_ran_ahead_does_not_silence_what_is_bad() {
    let mut stage = Stage::default();
    for seq in 1..=10 {
        stage.measures(seq, seq as i64 * 10, 990);
    }
    stage.waits(400 * DAY);
    stage.waits(4_000);
    assert_eq!(stage.reminded(), ["disk-space", "disk-space"]);
}

#[test]
fn a_job_that_somebody_switched_off_is_told_once() {
    let mut stage = Stage::default();
    let job = |enabled| BackupJob {
        name: "nightly".into(),
        product: "restic".into(),
        schedule: Schedule::Undeclared,
        start_grace: SignedDuration::ZERO,
        run_grace: SignedDuration::from_hours(1),
        enabled,
    };
    for (seq, enabled) in [(1, true), (2, false)] {
        let jobs = Body::Jobs(vec![job(enabled)]);
        stage.says(seq, 1, Answer::full("backup-declared", "agent.toml", at(1), jobs));
    }
    assert_eq!(stage.told().len(), 1);
    stage.waits(DAY);
    assert_eq!(stage.reminded(), [""; 0]);
}

#[test]
fn only_what_is_no_server_stays_away_after_a_goodbye() {
    for (kind, departure, after) in [
        (EndpointKind::Server, Departure::ServiceStop, Presence::Offline),
        (EndpointKind::Server, Departure::Shutdown, Presence::Offline),
        (
            EndpointKind::Workstation,
            Departure::ServiceStop,
            Presence::ExpectedOff(Departure::ServiceStop),
        ),
        (
            EndpointKind::Workstation,
            Departure::Shutdown,
            Presence::ExpectedOff(Departure::Shutdown),
        ),
        (EndpointKind::Workstation, Departure::Upgrade, Presence::Offline),
    ] {
        let mut stage = Stage::default();
        Arc::make_mut(&mut stage.endpoint.registration).kind = kind;
        stage.turns(Presence::ExpectedOff(departure), 10);
        stage.turns(Presence::Offline, DAY);
        assert_eq!(stage.endpoint.pulse.presence, after, "{kind:?} {departure:?}");
    }
}

#[test]
fn a_workstation_that_falls_silent_wakes_nobody() {
    let mut stage = Stage::default();
    let registration = Arc::make_mut(&mut stage.endpoint.registration);
    registration.kind = EndpointKind::Workstation;
    stage.greets(1, None, (0, 0), 0);
    stage.turns(Presence::Offline, 180);
    assert_eq!(stage.endpoint.pulse.presence, Presence::Offline);
    assert_eq!(stage.told(), [""; 0]);
}

#[test]
fn a_backup_is_missed_with_the_agent_dead() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    let job = BackupJob {
        name: "nightly".into(),
        product: "restic".into(),
        schedule: Schedule::Every(SignedDuration::from_hours(24)),
        start_grace: SignedDuration::from_hours(1),
        run_grace: SignedDuration::from_hours(1),
        enabled: true,
    };
    let jobs = Body::Jobs(vec![job]);
    stage.says(1, 0, Answer::full("backup-declared", "agent.toml", at(0), jobs));
    stage.turns(Presence::Offline, 180);
    stage.told();
    stage.waits(DAY + 3_600);
    assert_eq!(stage.told(), [""; 0]);
    stage.waits(DAY + 3_601);
    assert_eq!(
        stage.told(),
        ["backup-missed high: backup `nightly` did not start at Tue 2026-03-03 00:00 UTC"]
    );
}
