//! A large matrix: how long it takes to check it, and to put it into force.

use std::fmt::Write as _;

use anyhow::ensure;
use tokio::time::Instant;

use crate::{
    Plan, complain,
    figure::{Figure, Found},
    fleet,
    site::Site,
};

/// Sites with rows of their own.
const SITES: usize = 33;

/// What each site has a row for by day, and one by night.
const FUNCTIONS: [&str; 3] = ["infra_monitoring", "server_patching", "backup_monitoring"];

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let site = Site::open(plan, None).await?;
    let operator = site.operator().await?;
    let endpoints = plan.endpoints;
    fleet::enroll(&operator, endpoints).await?;
    let (mut lints, mut publishes) = (Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        let text = text();
        let began = Instant::now();
        let errors = operator.lint(&text).await?;
        let lint = began.elapsed().as_secs_f64() * 1e3;
        ensure!(errors.is_empty(), "the matrix is wrong: {}", errors.join("; "));
        let began = Instant::now();
        operator.publish(&text).await?;
        let publish = began.elapsed().as_secs_f64() * 1e3;
        complain(&format!("  checked in {lint:.0} ms, in force in {publish:.0} ms"));
        lints.push(lint);
        publishes.push(publish);
    }
    let rows = 2 + SITES * FUNCTIONS.len() * 2;
    let setup = format!("{rows} rows, {endpoints} endpoints, 400 days, over the network");
    Ok(vec![
        Found { figure: Figure::MatrixLint, setup: setup.clone(), runs: lints },
        Found { figure: Figure::MatrixPublish, setup, runs: publishes },
    ])
}

/// One team by day and one by night, and others at each site for some of the work.
fn text() -> String {
    let (before, rows) = include_str!("matrix.toml").split_once("[[row]]\n").expect("it has rows");
    let (_, catch_all) = rows.split_once("[[row]]\n").expect("it has two");
    let mut text = format!(
        "{before}[[calendar]]\nname = \"office\"\nzone = \"America/New_York\"\n\
         hours = \"mon-fri 08:00-17:00\"\nholiday_rules = \"us-federal\"\n\n[[row]]\n{catch_all}"
    );
    let mut row = |id: &str, function: &str, site: &str, when: &str, team: &str| {
        let sites = if site.is_empty() { String::new() } else { format!("sites = \"{site}\"\n") };
        let _ = write!(
            text,
            "\n[[row]]\nid = \"{id}\"\nfunction = \"{function}\"\n{sites}when = \"{when} office\"\n\
             responsible = \"{team}\"\naccountable = \"{team}\"\nescalate = [\"1h noc\"]\n"
        );
    };
    row("day", "*", "", "during", "it");
    row("night", "*", "", "outside", "noc");
    for number in 0..SITES {
        let site = format!("plant-{number}");
        for function in FUNCTIONS {
            let id = format!("{function}-{number}");
            row(&format!("{id}-day"), function, &site, "during", "noc");
            row(&format!("{id}-night"), function, &site, "outside", "it");
        }
    }
    for number in 0..SITES {
        let _ =
            write!(text, "\n[[site]]\nname = \"plant-{number}\"\nzone = \"America/New_York\"\n");
    }
    text
}
