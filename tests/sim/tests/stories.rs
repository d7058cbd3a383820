//! Every scenario file, told to the pure core; and what a wrong one is told.

use remit_sim::{Story, play, shelf};

#[test]
fn every_story_is_true() {
    let mut differences = Vec::new();
    for (file, text) in shelf::stories().expect("the stories can be read") {
        let told = Story::read(&file, &text).map_err(|err| err.to_string());
        let told = told.and_then(|it| play(&it).map(|_| ()).map_err(|err| err.to_string()));
        differences.extend(told.err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
