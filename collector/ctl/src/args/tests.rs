use clap::CommandFactory as _;

use super::*;

fn every(command: &clap::Command, visit: &mut impl FnMut(&clap::Command)) {
    visit(command);
    command.get_subcommands().for_each(|it| every(it, visit));
}

#[test]
fn the_command_line_makes_sense() {
    Args::command().debug_assert();
}

#[test]
fn every_command_has_examples_and_every_example_can_be_typed() {
    let mut examples = 0;
    every(&Args::command(), &mut |command| {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.starts_with("Examples:\n  remit "), "{}: {help:?}", command.get_name());
        for line in help.lines().filter(|it| it.starts_with("  remit ")) {
            let typed = words(line);
            if let Err(err) = Args::try_parse_from(&typed) {
                panic!("{typed:?}: {err}");
            }
            examples += 1;
        }
    });
    assert!(examples > 40, "{examples}");
}

#[test]
fn global_options_stand_anywhere() {
    for line in [
        "remit --json --tenant acme alert list",
        "remit alert --tenant acme list --json",
        "remit alert list --json --tenant=acme",
    ] {
        let args = Args::try_parse_from(words(line)).unwrap();
        assert!(args.global.json && args.global.tenant == ["acme"], "{line}");
    }
}

#[test]
fn nobody_makes_an_administrator_from_afar() {
    let line = "remit operator create --name eve --party provider --role administrator --out e";
    let err = Args::try_parse_from(words(line)).unwrap_err().to_string();
    assert!(err.contains("[possible values: manager, operator, auditor, viewer]"), "{err}");
}

/// What a shell would make of a line, up to where its own part begins.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    let shell = words.iter().position(|it| ["|", "||", ">"].contains(&it.as_str()));
    words.truncate(shell.unwrap_or(words.len()));
    words
}
