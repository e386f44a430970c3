//! Which package may know which. They point one way: domain <- contract <- edge, domain <- adapters, functions on top.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{CargoOpt, Dependency, DependencyKind, Metadata, MetadataCommand, Package};
use spdx::{Expression, ParseMode};

use crate::support::{Faults, none, root, says};

/// Which of ours each of ours may depend on, outside tests. `functions` stands for each of them.
const OURS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("contract", &["domain"]),
    ("adapters", &["domain", "csr"]),
    ("imaging", &["domain"]),
    ("csr", &[]),
    ("eseal", &[]),
    ("jws", &[]),
    ("seal", &["contract"]),
    ("sealed", &[]),
    (
        "edge",
        &["domain", "contract", "adapters", "imaging", "jws"],
    ),
    (
        "testkit",
        &[
            "domain", "contract", "adapters", "csr", "edge", "eseal", "jws", "sealed",
        ],
    ),
    (
        "functions",
        &[
            "domain", "contract", "adapters", "imaging", "edge", "eseal", "jws", "seal", "sealed",
        ],
    ),
    // Beside a user's key: it knows what goes over the wire, and nothing of the cloud's inside.
    (
        "local-agent",
        &["domain", "contract", "csr", "eseal", "jws", "sealed"],
    ),
    // A virtual key for tests and the laptop.
    ("soft-token", &[]),
    // The outside world, written from its own documents: what it shared with us it would also get wrong with us.
    ("sandbox", &[]),
    // What whoever runs a stage does with its credentials.
    ("operator", &["domain", "adapters", "edge", "jws"]),
    // Must start at once.
    ("xtask", &[]),
    (
        "system-tests",
        &[
            "domain", "contract", "adapters", "edge", "jws", "operator", "testkit",
        ],
    ),
    // Installs what was built, and sees it as a user does.
    ("package-tests", &[]),
    ("tidy-tests", &[]),
];

/// All that the pure crates use from elsewhere.
const PURE: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "jiff",
            "rust_decimal",
            "schemars",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
        ],
    ),
    (
        "contract",
        &["jiff", "schemars", "serde", "serde_json", "thiserror"],
    ),
];

/// What must not be anywhere below the pure crates: async, HTTP, AWS, and clocks and chance of the machine's.
const IMPURE: [&str; 14] = [
    "tokio",
    "async-",
    "futures",
    "reqwest",
    "hyper",
    "aws-",
    "axum",
    "lambda_",
    "tower",
    "http",
    "chrono",
    "rand",
    "getrandom",
    "mio",
];

/// Packages that are tests themselves: they speak whatever they test.
const TESTS: [&str; 3] = ["testkit", "system-tests", "tidy-tests"];

/// Names (or their beginnings) that only these packages may depend on, outside tests.
const KEPT: &[(&str, &[&str], &str)] = &[
    ("aws-sdk-", &["adapters"], "only adapters names an AWS SDK"),
    (
        "aws-smithy-",
        &["adapters", "edge"],
        "only edge makes SDK clients",
    ),
    (
        "aws-types",
        &["adapters", "edge"],
        "only edge makes SDK clients",
    ),
    (
        "aws-config",
        &[],
        "it reads the system's root certificates: half of a cold start",
    ),
    (
        "serde_dynamo",
        &["adapters"],
        "only adapters knows DynamoDB",
    ),
    (
        "reqwest",
        &["adapters", "sandbox", "local-agent"],
        "only adapters speaks to vendors, and the agent to the cloud",
    ),
    (
        "lambda_http",
        &["edge", "functions"],
        "only edge and a function's main know Lambda",
    ),
    (
        "lambda_runtime",
        &["edge", "functions"],
        "only edge and a function's main know Lambda",
    ),
    (
        "axum",
        &["edge", "functions", "sandbox", "local-agent"],
        "only edge knows HTTP, and the agent for its own pages",
    ),
    (
        "http",
        &["edge", "functions", "sandbox", "local-agent"],
        "only edge knows HTTP, and the agent for its own pages",
    ),
    (
        "tower",
        &["edge", "local-agent"],
        "only edge knows HTTP, and the agent for its own pages",
    ),
    (
        "cryptoki",
        &["local-agent"],
        "only local-agent links PKCS#11",
    ),
    (
        "x509-cert",
        &["adapters", "csr", "eseal", "local-agent"],
        "only adapters knows certificates, csr how one is asked for, eseal who signed a seal, and the agent what stands on a key",
    ),
    (
        "hayro",
        &["imaging"],
        "only imaging opens what was uploaded",
    ),
    (
        "image",
        &["imaging", "seal"],
        "only imaging opens what was uploaded, and seal cuts stamps from what it opened",
    ),
    ("rusqlite", &[], "there is one store"),
];

/// Licences that ask for nothing but to be named.
const PERMISSIVE: [&str; 15] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "CC0-1.0",
    "BSL-1.0",
    "Unlicense",
    "OpenSSL",
    "bzip2-1.0.6",
];

/// Other licences that we take, by package, each with its reason.
const EXCUSED: &[(&str, &str, &str)] = &[];

/// Released functions run on Linux; what other systems would need is not looked at.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

fn shallow() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

fn deep() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(vec![
            "--locked".to_owned(),
            "--filter-platform".to_owned(),
            PLATFORM.to_owned(),
        ])
        .exec()
        .unwrap()
}

/// The folder of a package, from the repository: `functions/pay`.
fn folder(package: &Package) -> String {
    let path = package.manifest_path.parent().unwrap();
    path.strip_prefix(root().to_str().unwrap())
        .unwrap()
        .to_string()
}

/// The row of a package in the tables above.
fn role(package: &Package) -> String {
    if folder(package).starts_with("functions/") {
        "functions".to_owned()
    } else {
        package.name.to_string()
    }
}

fn place(package: &Package) -> String {
    format!("{}/Cargo.toml", folder(package))
}

fn used(package: &Package) -> impl Iterator<Item = &Dependency> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
}

/// The features of `adapters` that each function asks for.
pub fn adapter_features() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = shallow();
    let functions = metadata
        .packages
        .iter()
        .filter(|package| role(package) == "functions");
    functions
        .map(|package| {
            let adapters = used(package).filter(|dependency| dependency.name == "adapters");
            (
                package.name.to_string(),
                adapters
                    .flat_map(|dependency| dependency.features.clone())
                    .collect(),
            )
        })
        .collect()
}

// ---------------------------------------------------------------- rules

fn one_way(metadata: &Metadata) -> Faults {
    let mut faults = Faults::new();
    for package in &metadata.packages {
        let role = role(package);
        let Some((_, may)) = OURS.iter().find(|(name, _)| *name == role) else {
            faults.push(format!("{}: a package that tests/tidy/dependencies.rs (OURS) does not know; say there what it may depend on", place(package)));
            continue;
        };
        for dependency in used(package).filter(|dependency| dependency.path.is_some()) {
            if !may.contains(&dependency.name.as_str()) {
                faults.push(format!(
                    "{}: depends on {}; {role} may depend on {may:?} of ours",
                    place(package),
                    dependency.name
                ));
            }
        }
        if role == "functions" && *package.name != *folder(package).trim_start_matches("functions/")
        {
            faults.push(format!(
                "{}: the package must be named like its folder",
                place(package)
            ));
        }
    }
    faults
}

fn pure_crates_use_little(metadata: &Metadata) -> Faults {
    let mut faults = Faults::new();
    for (name, may) in PURE {
        for package in metadata
            .packages
            .iter()
            .filter(|package| *package.name == **name)
        {
            for dependency in used(package).filter(|dependency| dependency.path.is_none()) {
                if !may.contains(&dependency.name.as_str()) {
                    faults.push(format!(
                        "{}: depends on {}; {name} is pure and may use {may:?}",
                        place(package),
                        dependency.name
                    ));
                }
            }
        }
    }
    faults
}

/// What is compiled into a crate, as `cargo tree` tells it: `0 domain`, `1 jiff`, … (`cargo metadata` also counts
/// features that nobody asked for).
fn tree(package: &str) -> String {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "depth",
            "--format",
            " {p}",
        ])
        .args(["--target", PLATFORM, "--package", package])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&tree.stderr)
    );
    String::from_utf8(tree.stdout).unwrap()
}

fn nothing_impure_below(package: &str, tree: &str) -> Faults {
    let mut faults = Faults::new();
    let mut way: Vec<&str> = Vec::new();
    for line in tree.lines() {
        let mut words = line.split(' ');
        let (Some(depth), Some(name)) = (
            words.next().and_then(|depth| depth.parse().ok()),
            words.next(),
        ) else {
            continue;
        };
        way.truncate(depth);
        way.push(name);
        let impure = IMPURE
            .iter()
            .any(|word| name == *word || (word.ends_with(['-', '_']) && name.starts_with(word)));
        if impure {
            faults.push(format!(
                "shared/{package}/Cargo.toml: {package} is pure, but: {}",
                way.join(" -> ")
            ));
        }
    }
    faults
}

fn kept_names(metadata: &Metadata) -> Faults {
    let mut faults = Faults::new();
    for package in metadata
        .packages
        .iter()
        .filter(|package| !TESTS.contains(&package.name.as_str()))
    {
        for dependency in used(package) {
            for (name, may, why) in KEPT {
                let same = dependency.name == *name
                    || (name.ends_with('-') && dependency.name.starts_with(name));
                if same && !may.contains(&role(package).as_str()) {
                    faults.push(format!(
                        "{}: depends on {}; {why}",
                        place(package),
                        dependency.name
                    ));
                }
            }
        }
    }
    faults
}

fn testkit_in_tests_only(metadata: &Metadata) -> Faults {
    let mut faults = Faults::new();
    for package in metadata
        .packages
        .iter()
        .filter(|package| !TESTS.contains(&package.name.as_str()))
    {
        if used(package).any(|dependency| dependency.name == "testkit") {
            faults.push(format!(
                "{}: testkit stands under [dependencies]; move it to [dev-dependencies]",
                place(package)
            ));
        }
    }
    faults
}

fn licences_are_permissive(packages: &[(String, Option<String>)]) -> Faults {
    let mut faults = Faults::new();
    for (name, licence) in packages {
        let permissive = licence.as_deref().is_some_and(|licence| {
            Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| {
                expression.evaluate(|needed| {
                    let id = needed.license.id().map_or("", |id| id.name);
                    PERMISSIVE.contains(&id)
                        || EXCUSED
                            .iter()
                            .any(|(package, licence, _)| package == name && *licence == id)
                })
            })
        });
        if !permissive {
            let licence = licence.as_deref().unwrap_or("none named");
            faults.push(format!("Cargo.lock: {name}: licence {licence}; use another package, or add it with a reason to EXCUSED in tests/tidy/dependencies.rs"));
        }
    }
    faults
}

// ---------------------------------------------------------------- tests

#[test]
fn dependencies_point_one_way() {
    none(&one_way(&shallow()));
}

#[test]
fn pure_crates_use_what_is_listed() {
    none(&pure_crates_use_little(&shallow()));
}

#[test]
fn nothing_impure_stands_below_a_pure_crate() {
    for (package, _) in PURE {
        let tree = tree(package);
        assert!(
            tree.contains(" serde "),
            "cargo tree says nothing of {package}: {tree}"
        );
        none(&nothing_impure_below(package, &tree));
    }
}

#[test]
fn vendors_and_lambda_stand_where_they_belong() {
    none(&kept_names(&shallow()));
}

#[test]
fn testkit_is_for_tests() {
    none(&testkit_in_tests_only(&shallow()));
}

#[test]
fn all_licences_are_permissive() {
    let packages = deep().packages;
    assert!(
        packages.len() > 100,
        "{} packages; did cargo metadata see all?",
        packages.len()
    );
    let ours = |package: &Package| package.source.is_none();
    let list: Vec<_> = packages
        .iter()
        .filter(|package| !ours(package))
        .map(|package| (package.name.to_string(), package.license.clone()))
        .collect();
    none(&licences_are_permissive(&list));
}

/// Gives a package one more dependency.
fn with(package: &str, dependency: &serde_json::Value) -> Metadata {
    let mut metadata = serde_json::to_value(shallow()).unwrap();
    let packages = metadata["packages"].as_array_mut().unwrap();
    let package = packages
        .iter_mut()
        .find(|it| it["name"] == package)
        .unwrap();
    let dependencies = package["dependencies"].as_array_mut().unwrap();
    let mut more = dependencies
        .iter()
        .find(|it| it["kind"].is_null() || it["kind"] == "normal")
        .unwrap()
        .clone();
    for (key, value) in dependency.as_object().unwrap() {
        more[key] = value.clone();
    }
    dependencies.push(more);
    serde_json::from_value(metadata).unwrap()
}

#[test]
fn each_rule_finds_its_fault() {
    let own =
        |name: &str| serde_json::json!({"name": name, "path": root().join("shared").join(name)});
    let foreign = |name: &str| serde_json::json!({"name": name, "path": null});
    says(
        &one_way(&with("domain", &own("adapters"))),
        "shared/domain/Cargo.toml: depends on adapters",
    );
    says(
        &one_way(&with("adapters", &own("edge"))),
        "shared/adapters/Cargo.toml: depends on edge",
    );
    says(
        &one_way(&with("pay", &own("order"))),
        "functions/pay/Cargo.toml: depends on order",
    );
    says(
        &pure_crates_use_little(&with("domain", &foreign("tokio"))),
        "shared/domain/Cargo.toml: depends on tokio",
    );
    says(
        &pure_crates_use_little(&with("contract", &foreign("axum"))),
        "shared/contract/Cargo.toml: depends on axum",
    );
    says(
        &kept_names(&with("pay", &foreign("aws-sdk-s3"))),
        "functions/pay/Cargo.toml: depends on aws-sdk-s3",
    );
    says(
        &kept_names(&with("adapters", &foreign("lambda_http"))),
        "shared/adapters/Cargo.toml: depends on lambda_http",
    );
    says(
        &testkit_in_tests_only(&with("pay", &own("testkit"))),
        "functions/pay/Cargo.toml: testkit stands",
    );
    let licences = [
        ("a", Some("GPL-3.0-only")),
        ("b", Some("MIT AND MPL-2.0")),
        ("c", None),
        ("d", Some("MIT OR GPL-3.0-only")),
        ("e", Some("Apache-2.0/MIT")),
    ];
    let licences: Vec<_> = licences
        .iter()
        .map(|(name, licence)| ((*name).to_owned(), licence.map(ToOwned::to_owned)))
        .collect();
    let found = licences_are_permissive(&licences);
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn an_impure_package_far_below_is_found() {
    let tree = "0 domain v0.1.0 (x)\n1 serde v1\n2 serde_core v1\n1 jiff v0.2\n2 tokio v1\n1 serde_json v1\n";
    let found = nothing_impure_below("domain", tree);
    assert_eq!(
        found,
        ["shared/domain/Cargo.toml: domain is pure, but: domain -> jiff -> tokio"]
    );
}
