use super::*;
use crate::dist::product::PRODUCTS;

fn package(name: &str, source: Option<&str>) -> Package {
    Package {
        id: format!("{name}@1"),
        name: name.into(),
        version: "1.0.0".into(),
        license: Some("MIT/Apache-2.0".into()),
        source: source.map(Into::into),
        manifest_path: "Cargo.toml".into(),
    }
}

fn edge(pkg: &str, kind: Option<&str>) -> Edge {
    Edge { pkg: format!("{pkg}@1"), dep_kinds: vec![EdgeKind { kind: kind.map(Into::into) }] }
}

fn small_world() -> Metadata {
    Metadata {
        packages: vec![
            package("remit-agent", None),
            package("tokio", Some("registry")),
            package("cc", Some("registry")),
        ],
        resolve: Resolve {
            nodes: vec![
                Node {
                    id: "remit-agent@1".into(),
                    deps: vec![edge("tokio", None), edge("cc", Some("build"))],
                },
                Node { id: "tokio@1".into(), deps: vec![] },
                Node { id: "cc@1".into(), deps: vec![] },
            ],
        },
    }
}

#[test]
fn what_only_builds_is_no_part() {
    let world = small_world();
    let names: Vec<_> =
        parts(&world, "remit-agent").unwrap().iter().map(|it| &*it.package.name).collect();
    assert_eq!(names, ["remit-agent", "tokio"]);
}

#[test]
fn a_part_is_named_as_scanners_name_it_with_the_sum_of_the_lock_file() {
    let world = small_world();
    let lock = "[[package]]\nname = \"tokio\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n";
    let parts = parts(&world, "remit-agent").unwrap();
    let bom = bom(&PRODUCTS[0], &parts, &checksums(lock), "2026-01-01T00:00:00Z").unwrap();
    assert_eq!(
        bom.components,
        [json!({
            "type": "library", "bom-ref": "pkg:cargo/tokio@1.0.0", "name": "tokio",
            "version": "1.0.0", "purl": "pkg:cargo/tokio@1.0.0",
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            "hashes": [{ "alg": "SHA-256", "content": "abc" }],
        })]
    );
    assert_eq!(
        bom.dependencies[0],
        json!({ "ref": "pkg:generic/remit-agent@1.0.0", "dependsOn": ["pkg:cargo/tokio@1.0.0"] })
    );
}
