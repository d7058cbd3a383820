use std::{fs, time::Duration};

use remit_proto::convert::report;
use remit_shared::{Entry, RunResult};

use super::{adapter::shipped, *};

/// Logs in memory, which answer as the real one does.
#[derive(Clone, Debug, Default)]
struct FakeLog {
    events: Vec<String>,
    channels: Vec<&'static str>,
    refused: Vec<&'static str>,
}

impl EventLog for FakeLog {
    fn read(&mut self, question: &Question<'_>) -> Result<Vec<String>, LogError> {
        if self.refused.contains(&question.channel) {
            return Err(LogError::NoPermission(question.channel.into()));
        }
        if !self.channels.contains(&question.channel) {
            return Err(LogError::NoChannel(question.channel.into()));
        }
        let mut events: Vec<_> = self
            .events
            .iter()
            .map(|it| (Event::parse(it).ok(), it.clone()))
            .filter(|(event, _)| {
                let Some(event) = event else { return question.provider.is_some() };
                let is_meant = match question.select {
                    Select::After(record) => event.record > record,
                    Select::Only(record) => event.record == record,
                    Select::Since(at) => event.at >= at,
                    Select::Newest => true,
                };
                let is_whose = question.provider.is_none_or(|it| it == event.provider);
                is_meant && is_whose && event.channel == question.channel
            })
            .collect();
        events.sort_by_key(|it| it.0.as_ref().map(|it| it.record));
        if question.select == Select::Newest {
            events.reverse();
        }
        Ok(events.into_iter().map(|it| it.1).take(question.most).collect())
    }
}

/// The end of a run of Veeam's job `Nightly`; the level says how.
fn end(record: u64, at: &str, level: u8) -> String {
    let result = match level {
        4 => 0,
        3 => 1,
        _ => 2,
    };
    format!(
        "<Event><System><Provider Name='Veeam MP'/><EventID>190</EventID><Level>{level}</Level>\
         <TimeCreated SystemTime='{at}'/><EventRecordID>{record}</EventRecordID>\
         <Channel>Veeam Backup</Channel><Computer>srv</Computer></System><EventData>\
         <Data>00000000-0000-0000-0000-{record:012}</Data><Data/><Data>{result}</Data><Data/><Data/>\
         <Data>False</Data><Data>Nightly</Data><Data>said</Data></EventData></Event>"
    )
}

struct Site {
    folder: tempfile::TempDir,
    log: FakeLog,
}

impl Site {
    fn new() -> Self {
        let log = FakeLog { channels: vec!["Veeam Backup", "Application"], ..FakeLog::default() };
        Self { folder: tempfile::tempdir().unwrap(), log }
    }

    /// A look by a probe that was just started: all it knows is on disk.
    fn look(&self) -> Result<Sample, ProbeError> {
        let inbox = DropBox::open(&self.folder.path().join("inbox")).unwrap();
        let log = Box::new(self.log.clone());
        let mut probe = EventsProbe::new(log, shipped().unwrap(), inbox, self.folder.path());
        let now = "2026-11-29T12:00:00Z".parse().unwrap();
        probe.sample(Turn { now, monotonic: Duration::ZERO })
    }

    /// The records of the runs that were told since the last time.
    fn told(&self) -> Vec<(u64, RunResult)> {
        let mut paths: Vec<_> = fs::read_dir(self.folder.path().join("inbox"))
            .unwrap()
            .map(|it| it.unwrap().path())
            .filter(|it| it.is_file())
            .collect();
        paths.sort();
        let told = paths.iter().map(|path| {
            let record = report::from_bytes(&fs::read(path).unwrap()).unwrap();
            fs::remove_file(path).unwrap();
            let Entry::Answers(answers) = record.entry else { panic!() };
            let Body::Run(run) = &answers[0].body else { panic!() };
            let id = run.run_id.to_string();
            (id[id.len() - 12..].parse().unwrap(), run.result)
        });
        told.collect()
    }
}

#[test]
fn each_run_is_told_once_also_after_a_restart() {
    let mut site = Site::new();
    // Long over, and only the newest is worth telling.
    site.log.events.push(end(1, "2026-11-27T01:00:00Z", 2));
    site.log.events.push(end(2, "2026-11-28T01:00:00Z", 4));
    let sample = site.look().unwrap();
    assert_eq!(sample.source.as_deref(), Some("Windows event log (veeam-br)"));
    assert_eq!((sample.completeness, &*sample.missing), (Completeness::Full, ""));
    let Body::Backups(scan) = sample.body else { panic!() };
    let jobs: Vec<_> = scan.jobs.iter().map(|it| (&*it.name, &*it.product)).collect();
    assert_eq!(jobs, [("Nightly", "veeam-br")]);
    assert_eq!(site.told(), [(2, RunResult::Success)]);

    site.look().unwrap();
    assert_eq!(site.told(), []);
    site.log.events.push(end(3, "2026-11-29T01:00:00Z", 2));
    site.log.events.push(end(4, "2026-11-29T02:00:00Z", 3));
    site.look().unwrap();
    assert_eq!(site.told(), [(3, RunResult::Failed), (4, RunResult::Warning)]);
    site.look().unwrap();
    assert_eq!(site.told(), []);
}

#[test]
fn a_cleared_log_and_one_made_anew_lose_nothing() {
    let mut site = Site::new();
    site.log.events.push(end(50, "2026-11-28T01:00:00Z", 4));
    site.look().unwrap();
    site.told();

    // Cleared; numbers go on.
    site.log.events = vec![end(51, "2026-11-28T02:00:00Z", 4)];
    site.look().unwrap();
    assert_eq!(site.told(), [(51, RunResult::Success)]);

    // Made anew; numbers begin again, below ours.
    site.log.events = vec![end(1, "2026-11-28T03:00:00Z", 2)];
    site.look().unwrap();
    assert_eq!(site.told(), [(1, RunResult::Failed)]);

    // Made anew once more, and already past ours.
    site.log.events =
        (1..=3).map(|it| end(it, &format!("2026-11-28T0{}:00:00Z", it + 3), 4)).collect();
    site.look().unwrap();
    assert_eq!(site.told(), [1, 2, 3].map(|it| (it, RunResult::Success)));

    // Cleared, and silent since.
    site.log.events.clear();
    site.look().unwrap();
    assert_eq!(site.told(), []);
}

#[test]
fn more_than_a_batch_is_read_to_its_end() {
    let mut site = Site::new();
    site.log.events.push(end(1, "2026-11-27T00:00:00Z", 4));
    site.look().unwrap();
    site.told();
    let count = 2 * BATCH as u64 + 7;
    site.log.events.extend((2..2 + count).map(|it| end(it, "2026-11-28T00:00:00Z", 4)));
    site.look().unwrap();
    assert_eq!(site.told().len() as u64, count);
}

#[test]
fn no_log_no_rights_and_no_product_are_different_answers() {
    let mut site = Site::new();
    site.log.channels = vec!["Application"];
    let err = site.look().unwrap_err();
    assert_eq!(
        err.to_string(),
        "not on this machine: no backup product has written to the event log"
    );

    site.log.refused = vec!["Veeam Backup"];
    let err = site.look().unwrap_err();
    assert_eq!(err.to_string(), "no permission to read the event log `Veeam Backup`");

    site.log.channels.push("Veeam Agent");
    let sample = site.look().unwrap();
    assert_eq!(sample.completeness, Completeness::Partial);
    assert_eq!(sample.missing, "the event log `Veeam Backup` may not be read");

    // A log of its own proves that the product is there, though it never ran.
    site.log.refused.clear();
    let Body::Backups(scan) = site.look().unwrap().body else { panic!() };
    assert!(scan.jobs.is_empty());
}

#[test]
fn what_is_no_event_is_counted_and_passed_by() {
    let mut site = Site::new();
    site.log.events.push("<Event><System><EventRecordID>9</EventRecordID>".into());
    site.log.events.push(end(10, "2026-11-28T01:00:00Z", 4));
    let sample = site.look().unwrap();
    assert!(
        sample.missing.contains("1 events of `Veeam Backup` made no sense"),
        "{}",
        sample.missing
    );
    assert_eq!(site.told(), [(10, RunResult::Success)]);
}

#[test]
fn a_memory_that_makes_no_sense_is_put_aside_and_said() {
    let mut site = Site::new();
    site.log.events.push(end(10, "2026-11-28T01:00:00Z", 4));
    site.look().unwrap();
    let path = site.folder.path().join("backup-events.json");
    fs::write(&path, "{}").unwrap();
    let sample = site.look().unwrap();
    assert!(sample.missing.starts_with("its memory made no sense"), "{}", sample.missing);
    // Told again, under the same id.
    assert_eq!(site.told(), [(10, RunResult::Success), (10, RunResult::Success)]);
    assert!(path.with_extension("damaged").is_file());
    assert_eq!(site.look().unwrap().missing, "");
}

#[test]
fn a_run_that_goes_on_is_remembered_over_a_restart() {
    let mut site = Site::new();
    site.log.channels = vec!["Microsoft-Windows-Backup"];
    let event = |record: u64, id: u32, at: &str| {
        format!(
            "<Event><System><Provider Name='Microsoft-Windows-Backup'/><EventID>{id}</EventID>\
             <Level>4</Level><TimeCreated SystemTime='{at}'/><EventRecordID>{record}</EventRecordID>\
             <Channel>Microsoft-Windows-Backup</Channel></System>\
             <EventData><Data Name='HRESULT'>0x0</Data></EventData></Event>"
        )
    };
    site.log.events.push(event(1, 1, "2026-11-29T01:00:00Z"));
    site.look().unwrap();
    site.log.events.push(event(2, 4, "2026-11-29T03:00:00Z"));
    site.log.events.push(event(3, 14, "2026-11-29T03:00:00Z"));
    site.look().unwrap();
    let runs: Vec<_> = fs::read_dir(site.folder.path().join("inbox"))
        .unwrap()
        .map(|it| report::from_bytes(&fs::read(it.unwrap().path()).unwrap()).unwrap())
        .map(|it| {
            let Entry::Answers(answers) = it.entry else { panic!() };
            let Body::Run(run) = answers[0].body.clone() else { panic!() };
            run
        })
        .collect();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0].run_id, runs[1].run_id);
    let ended = runs.iter().find(|it| it.ended_at.is_some()).unwrap();
    assert_eq!(ended.result, RunResult::Success);
    assert_eq!(ended.started_at, Some("2026-11-29T01:00:00Z".parse().unwrap()));
}
