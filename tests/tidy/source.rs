//! Words and literals that stand nowhere in what is committed.

use std::fs;

use domain::policy::Policies;

use crate::support::{Faults, committed, is, none, read, root, rust_files, says};
use crate::{asl, code};

/// The one place that may name storefronts: where their files are listed.
const REGISTRY: &str = "shared/domain/src/policy.rs";

/// Words, put together here so that this file has none of them.
fn words() -> Vec<(String, &'static str)> {
    let join = |parts: &[&str]| parts.concat();
    vec![
        (join(&["TO", "DO"]), "do it, or file an issue and name it"),
        (
            join(&["FIX", "ME"]),
            "mend it, or file an issue and name it",
        ),
        (
            join(&["/wor", "k/"]),
            "a path of one machine; write it from the repository or from $HOME",
        ),
        (
            join(&["/roo", "t/"]),
            "a path of one machine; write it from the repository or from $HOME",
        ),
        (
            join(&["crates", ".io"]),
            "a package registry's host; packages are found by name",
        ),
        (
            join(&["registry.npm", "js.org"]),
            "a package registry's host; packages are found by name",
        ),
        (
            join(&["registry.npm", "mirror.com"]),
            "a package registry's host; packages are found by name",
        ),
        (
            join(&["pypi", ".org"]),
            "a package registry's host; packages are found by name",
        ),
        (
            join(&["files.python", "hosted.org"]),
            "a package registry's host; packages are found by name",
        ),
        (
            join(&["deb.debian", ".org"]),
            "a package registry's host; packages are found by name",
        ),
        (
            join(&["--index-", "url"]),
            "a package registry by address; packages are found by name",
        ),
        (
            join(&["--extra-index-", "url"]),
            "a package registry by address; packages are found by name",
        ),
    ]
}

/// The source that every lock file of cargo names.
fn is_lock_line(path: &str, line: &str) -> bool {
    let source = format!(
        "source = \"registry+https://github.com/rust-lang/crates{}\"",
        ".io-index"
    );
    path == "Cargo.lock" && line == source
}

fn no_words(path: &str, text: &str) -> Faults {
    let mut faults = Faults::new();
    for (number, line) in text.lines().enumerate() {
        if is_lock_line(path, line) {
            continue;
        }
        for (word, mend) in words() {
            // A path stands at its beginning, a word alone: `/a/work/` is neither, nor is `MASTODON`.
            let alone = |at: usize| {
                let before = line[..at].chars().next_back();
                let after = line[at + word.len()..].chars().next();
                let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let begins = !before
                    .is_some_and(|c| letter(c) || (word.starts_with('/') && "}/.-)".contains(c)));
                begins && (!word.ends_with(char::is_alphabetic) || !after.is_some_and(letter))
            };
            if line.match_indices(&word).any(|(at, _)| alone(at)) {
                faults.push(format!("{path}:{}: `{word}`: {mend}", number + 1));
            }
        }
    }
    faults
}

fn begins_with_doc(path: &str, text: &str) -> Faults {
    let says_enough = text
        .lines()
        .next()
        .is_some_and(|line| line.starts_with("//! ") && line.len() > 20);
    if says_enough {
        Vec::new()
    } else {
        vec![format!(
            "{path}:1: must begin with a `//!` line that says what it is for"
        )]
    }
}

fn says_it_may_run_twice(path: &str, text: &str) -> Faults {
    let doc: String = text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .collect();
    if doc.contains("twice") {
        Vec::new()
    } else {
        vec![format!(
            "{path}:1: a step may run twice; its doc must say what then happens"
        )]
    }
}

fn inherits_lints(path: &str, text: &str) -> Faults {
    let inherits = text
        .replace("\r\n", "\n")
        .contains("[lints]\nworkspace = true");
    if inherits {
        Vec::new()
    } else {
        vec![format!("{path}: must have `[lints] workspace = true`")]
    }
}

#[test]
fn nothing_unfinished_and_nothing_of_one_machine_is_committed() {
    let mut faults = Faults::new();
    for path in committed() {
        // What is no text has no words.
        if let Ok(text) = String::from_utf8(fs::read(root().join(&path)).unwrap()) {
            faults.extend(no_words(&path, &text));
        }
    }
    none(&faults);
}

#[test]
fn every_function_says_what_it_is_for() {
    let mut faults = Faults::new();
    for name in crate::support::function_folders() {
        for file in ["lib.rs", "main.rs"] {
            let path = format!("functions/{name}/src/{file}");
            faults.extend(begins_with_doc(&path, &read(&path)));
        }
    }
    none(&faults);
}

#[test]
fn every_step_says_that_it_may_run_twice() {
    let called: Vec<String> = asl::machines()
        .iter()
        .flat_map(asl::called_functions)
        .collect();
    assert!(!called.is_empty());
    let mut faults = Faults::new();
    for name in crate::support::function_folders() {
        if called.contains(&format!(
            "${{{}FunctionArn}}",
            crate::support::pascal(&name)
        )) {
            let path = format!("functions/{name}/src/lib.rs");
            faults.extend(says_it_may_run_twice(&path, &read(&path)));
        }
    }
    none(&faults);
}

#[test]
fn no_code_asks_which_storefront_it_serves() {
    let mut names: Vec<String> = Policies::shipped()
        .unwrap()
        .iter()
        .map(|policy| policy.id.0.clone())
        .collect();
    names.extend(["mall".to_owned(), "counter".to_owned()]);
    let mut faults = Faults::new();
    for folder in ["shared/", "functions/"] {
        let is_test = |path: &str| path.contains("/tests/") || path.starts_with("shared/testkit/");
        for path in rust_files(folder)
            .iter()
            .filter(|path| *path != REGISTRY && !is_test(path))
        {
            faults.extend(code::literals(path, &read(path), &names, false));
        }
    }
    none(&faults);
}

#[test]
fn there_is_no_float_in_domain_and_contract() {
    let mut faults = Faults::new();
    for folder in ["shared/domain/", "shared/contract/"] {
        for path in rust_files(folder) {
            faults.extend(code::literals(&path, &read(&path), &[], true));
        }
    }
    none(&faults);
}

#[test]
fn every_package_keeps_the_lints() {
    let manifests = committed()
        .into_iter()
        .filter(|path| path.ends_with("/Cargo.toml"));
    none(
        &manifests
            .flat_map(|path| inherits_lints(&path, &read(&path)))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn each_rule_finds_its_fault() {
    for (word, _) in words() {
        let line = format!("a\nsee \"{word}x\"");
        let alone = format!("a\n// {word}: b");
        assert!(
            !(no_words("x.md", &line).is_empty() && no_words("x.md", &alone).is_empty()),
            "{word}"
        );
    }
    let path = ["/roo", "t/.cache"].concat();
    says(&no_words("x.sh", &format!("# ok\ncd {path}")), "x.sh:2: ");
    none(&no_words(
        "x.rs",
        "the MASTODON of /a/work/b and frame/root/x",
    ));
    let other = format!(
        "source = \"registry+https://mirror.example/crates{}\"",
        ".io-index"
    );
    says(&no_words("Cargo.lock", &other), "Cargo.lock:1: ");
    says(&begins_with_doc("x.rs", "use std;"), "x.rs:1");
    says(
        &says_it_may_run_twice("x.rs", "//! A step.\nuse twice;"),
        "x.rs:1",
    );
    says(&inherits_lints("x/Cargo.toml", "[package]"), "x/Cargo.toml");
    assert!(is("a/b.rs", "rs"));
}
