use super::*;

#[test]
fn the_starter_is_clean() {
    let file = read("starter.toml", STARTER).unwrap();
    let remarks = file.lint("2026-03-02T12:00Z".parse().unwrap());
    assert_eq!(remarks, []);
}
