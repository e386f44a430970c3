//! Profiles: those that are there load, and whatever is wrong with one is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::catalog::Medium;
use local_agent::token::profile::{self, MediumRule, Profile, ProfileError, TextField};

const GOOD: &str = "\
name = \"model\"
serial = \"label\"
medium = { always = \"cpp\" }

[module]
linux = \"/opt/vendor/lib.so\"
windows = \"C:\\\\Windows\\\\lib.dll\"
macos = \"/Library/lib.dylib\"

[pin]
min = 6
max = 16

[so_pin]
min = 8
max = 16

[mechanisms]
sign = 0x80000101
";

fn load(name: &str, text: &str) -> Result<Vec<Profile>, ProfileError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    profile::load(folder.path(), &BTreeMap::new())
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles")
}

#[test]
fn the_shipped_profiles_and_the_example_load() {
    let profiles = profile::load(&shipped(), &BTreeMap::new()).unwrap();
    let names: Vec<_> = profiles
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    assert_eq!(names, ["soft", "softhsm2"]);
    // A bare name lies beside the program.
    assert_eq!(
        profiles[0].module_path().unwrap().parent(),
        std::env::current_exe().unwrap().parent()
    );
    let example = std::fs::read_to_string(shipped().join("vendor.toml.example")).unwrap();
    let profile = load("vendor.toml", &example).unwrap().remove(0);
    assert_eq!(
        profile.medium.medium("", "A CPP model", ""),
        Some(Medium::Cpp)
    );
    assert_eq!(profile.medium.medium("CPP", "", "CPP"), None);
    // What the example says of its other fields is true as well.
    for line in [
        "serial = \"serial\"",
        "hotplug = \"list\"",
        "signature = \"raw\"",
    ] {
        assert!(example.contains(line), "{line}");
        load("vendor.toml", &format!("{line}\n{example}")).unwrap();
    }
}

#[test]
fn a_machine_may_have_its_module_elsewhere() {
    let place = PathBuf::from("/elsewhere/module.so");
    let modules = BTreeMap::from([("soft".to_owned(), place.clone())]);
    let profiles = profile::load(&shipped(), &modules).unwrap();
    assert_eq!(profiles[0].module_path(), Some(place.clone()));
    let unknown = BTreeMap::from([("sotf".to_owned(), place.clone())]);
    let error = profile::load(&shipped(), &unknown).unwrap_err();
    assert!(error.to_string().contains("sotf"), "{error}");
    // One module for two would list its keys twice.
    let same = BTreeMap::from([
        ("soft".to_owned(), place.clone()),
        ("softhsm2".to_owned(), place),
    ]);
    let error = profile::load(&shipped(), &same).unwrap_err().to_string();
    assert!(
        error.contains("softhsm2.toml") && error.contains("module"),
        "{error}"
    );
}

#[test]
fn an_error_names_its_file_and_its_field() {
    assert_eq!(load("model.toml", GOOD).unwrap().len(), 1);
    for (from, to, field) in [
        ("serial = ", "serail = ", "serail"),
        ("max = 16", "max = \"16\"", "max"),
        ("max = 16", "max = 5", "pin"),
        ("min = 6", "min = 0", "pin"),
        ("min = 8\n", "", "min"),
        ("[so_pin]", "[so_pin]\nmid = 9", "mid"),
        ("\"cpp\"", "\"gold\"", "medium"),
        ("\"label\"", "\"sticker\"", "serial"),
        ("/opt/vendor/lib.so", "vendor/lib.so", "module"),
        ("/opt/vendor/lib.so", "../lib.so", "module"),
        ("0x80000101", "0x101", "mechanisms.sign"),
        ("0x80000101", "0x180000101", "sign"),
        ("sign =", "sing =", "sing"),
        ("name = \"model\"", "name = \"modell\"", "name"),
        ("name = \"model\"", "", "name"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let error = load("model.toml", &GOOD.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("model.toml") && error.contains(field),
            "{from} -> {to}: {error}"
        );
    }
    let error = load("model.toml", "name = ").unwrap_err().to_string();
    assert!(error.contains("model.toml, line 1"), "{error}");
    // The line is that of the mistake.
    let error = load("model.toml", &GOOD.replacen("max = 16", "max = \"x\"", 1)).unwrap_err();
    assert!(error.to_string().contains("line 12"), "{error}");
}

#[test]
fn a_medium_is_told_by_words() {
    let rule = MediumRule::Text {
        of: TextField::Label,
        cpp: Some("蓝".to_owned()),
        bjca: None,
    };
    assert_eq!(rule.medium("蓝色CPP", "", ""), Some(Medium::Cpp));
    assert_eq!(rule.medium("", "蓝", "蓝"), None);
    let without_words = GOOD.replacen(
        "medium = { always = \"cpp\" }",
        "medium = { text = { of = \"label\" } }",
        1,
    );
    let error = load("model.toml", &without_words).unwrap_err().to_string();
    assert!(error.contains("medium"), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let error = profile::load(Path::new("/nowhere/profiles"), &BTreeMap::new()).unwrap_err();
    assert!(matches!(error, ProfileError::File { .. }), "{error}");
    let huge = format!("{GOOD}#{}", "x".repeat(70_000));
    assert!(load("model.toml", &huge).is_err());
    // What does not end in .toml is none.
    assert!(load("model.toml.example", "nonsense").unwrap().is_empty());
}
