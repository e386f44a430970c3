//! What Rust sources do, as far as rules ask: variables of the environment read, methods called, literals and
//! floats outside tests.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, Item, Lit, Token, UseTree};

use crate::support::{Faults, read, rust_files, says};

/// One function: what it names and what it reads.
#[derive(Default)]
struct Body {
    /// Paths that it names, resolved as far as `use` tells.
    paths: BTreeSet<String>,
    /// Variables of the environment.
    reads: BTreeSet<String>,
}

/// One file, looked at.
#[derive(Default)]
struct File {
    /// Free functions by name; everything else together under the empty name.
    bodies: BTreeMap<String, Body>,
    methods: BTreeSet<String>,
    faults: Faults,
}

struct Look<'a> {
    path: &'a str,
    uses: BTreeMap<String, String>,
    file: File,
    current: String,
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = quote(&attribute.meta);
        text.contains("cfg (test)") || text == "test" || text.ends_with("::test")
    })
}

fn quote(meta: &syn::Meta) -> String {
    match meta {
        syn::Meta::Path(path) => joined(path),
        syn::Meta::List(list) => format!("{} ({})", joined(&list.path), list.tokens),
        syn::Meta::NameValue(pair) => joined(&pair.path),
    }
}

fn joined(path: &syn::Path) -> String {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect::<Vec<_>>()
        .join("::")
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn collect_uses(tree: &UseTree, prefix: &str, into: &mut BTreeMap<String, String>) {
    match tree {
        UseTree::Path(path) => collect_uses(&path.tree, &format!("{prefix}{}::", path.ident), into),
        UseTree::Name(name) if name.ident == "self" => {
            let whole = prefix.trim_end_matches("::");
            into.insert(
                whole.rsplit("::").next().unwrap_or(whole).to_owned(),
                whole.to_owned(),
            );
        }
        UseTree::Name(name) => {
            drop(into.insert(name.ident.to_string(), format!("{prefix}{}", name.ident)));
        }
        UseTree::Rename(name) => {
            drop(into.insert(name.rename.to_string(), format!("{prefix}{}", name.ident)));
        }
        UseTree::Group(group) => group
            .items
            .iter()
            .for_each(|tree| collect_uses(tree, prefix, into)),
        UseTree::Glob(_) => {}
    }
}

impl Look<'_> {
    fn resolve(&self, path: &syn::Path) -> String {
        let text = joined(path);
        let (first, rest) = text.split_once("::").unwrap_or((&text, ""));
        let Some(full) = self.uses.get(first) else {
            return text;
        };
        if rest.is_empty() {
            full.clone()
        } else {
            format!("{full}::{rest}")
        }
    }

    fn body(&mut self) -> &mut Body {
        self.file.bodies.entry(self.current.clone()).or_default()
    }
}

impl<'ast> Visit<'ast> for Look<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(attributes(item)) {
            return;
        }
        if let Item::Use(item) = item {
            collect_uses(&item.tree, "", &mut self.uses);
        }
        let outer = self.current.clone();
        if let Item::Fn(function) = item
            && outer.is_empty()
        {
            self.current = function.sig.ident.to_string();
        }
        visit::visit_item(self, item);
        self.current = outer;
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if let ImplItem::Fn(function) = item
            && is_test(&function.attrs)
        {
            return;
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let name = self.resolve(&path.path);
            if name.ends_with("config::required") || name.ends_with("config::optional") {
                match call.args.first() {
                    Some(Expr::Lit(literal)) if matches!(literal.lit, Lit::Str(_)) => {
                        if let Lit::Str(variable) = &literal.lit {
                            self.body().reads.insert(variable.value());
                        }
                    }
                    _ => {
                        let line = call.span().start().line;
                        let fault = "names the variable by an expression; write the name, so that the template can be held to it";
                        self.file
                            .faults
                            .push(format!("{}:{line}: {fault}", self.path));
                    }
                }
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let name = self.resolve(path);
        if name.ends_with("::try_from_default_env") {
            self.body().reads.insert("RUST_LOG".to_owned());
        }
        if let Some(last) = name.rsplit("::").nth(1) {
            self.file.methods.insert(last.to_owned());
        }
        self.body().paths.insert(name);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.file.methods.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        if let Ok(parts) = found.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            for part in parts {
                // The parsed parts live only here; a visitor of its own sees them.
                let mut inner = Look {
                    path: self.path,
                    uses: self.uses.clone(),
                    file: File::default(),
                    current: String::new(),
                };
                inner.visit_expr(&part);
                self.file.methods.append(&mut inner.file.methods);
                self.file.faults.append(&mut inner.file.faults);
                for mut body in inner.file.bodies.into_values() {
                    let own = self.body();
                    own.paths.append(&mut body.paths);
                    own.reads.append(&mut body.reads);
                }
            }
        }
    }
}

fn look(path: &str, text: &str) -> File {
    let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut look = Look {
        path,
        uses: BTreeMap::new(),
        file: File::default(),
        current: String::new(),
    };
    // Names that a function imports within itself count for the whole file: more is seen, never less.
    look.visit_file(&parsed);
    look.file = File::default();
    look.visit_file(&parsed);
    look.file
}

/// What the programs read from their environment.
pub struct Environment {
    /// By function (the folder's name).
    pub reads: BTreeMap<String, BTreeSet<String>>,
    /// What this test could not see.
    pub faults: Faults,
}

/// Follows each function of `functions/` into the functions of `edge` that it names.
pub fn environment() -> Environment {
    let mut edge: BTreeMap<String, Body> = BTreeMap::new();
    let mut faults = Faults::new();
    for path in rust_files("shared/edge/src") {
        let module = path
            .trim_start_matches("shared/edge/src/")
            .trim_end_matches(".rs")
            .replace('/', "::");
        if module == "config" {
            continue;
        }
        let file = look(&path, &read(&path));
        faults.extend(file.faults);
        for (name, body) in file.bodies {
            if name.is_empty() && !body.reads.is_empty() {
                faults.push(format!("{path}: a method reads {:?}; read it in a free function, which this test can follow", body.reads));
            }
            edge.insert(format!("edge::{module}::{name}"), body);
        }
    }
    let mut reads = BTreeMap::new();
    for name in crate::support::function_folders() {
        let (mut own, mut open, mut seen) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        for path in rust_files(&format!("functions/{name}/src")) {
            let file = look(&path, &read(&path));
            faults.extend(file.faults);
            for body in file.bodies.into_values() {
                own.extend(body.reads);
                open.extend(body.paths);
            }
        }
        while let Some(path) = open.pop() {
            if let Some(body) = edge.get(&path)
                && seen.insert(path.clone())
            {
                own.extend(body.reads.iter().cloned());
                let module = path.rsplit_once("::").map_or("", |(module, _)| module);
                for next in &body.paths {
                    let next = next.replacen("crate::", "edge::", 1);
                    open.push(if next.contains("::") {
                        next
                    } else {
                        format!("{module}::{next}")
                    });
                }
            }
        }
        reads.insert(name, own);
    }
    Environment { reads, faults }
}

/// Every method called, and every type whose associated function is, in a folder.
pub fn methods(folder: &str) -> BTreeSet<String> {
    rust_files(folder)
        .iter()
        .flat_map(|path| look(path, &read(path)).methods)
        .collect()
}

// ---------------------------------------------------------------- literals and floats

struct Literals<'a> {
    path: &'a str,
    texts: &'a [String],
    floats: bool,
    faults: Faults,
}

fn is_excused(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        quote(&attribute.meta).starts_with("expect") && quote(&attribute.meta).contains("reason")
    })
}

impl Literals<'_> {
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(name) => self.name(&name),
                TokenTree::Literal(literal) => {
                    self.literal(&Lit::new(literal.clone()), literal.span());
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn name(&mut self, name: &proc_macro2::Ident) {
        if self.floats && (name == "f32" || name == "f64") {
            let line = name.span().start().line;
            self.faults.push(format!("{}:{line}: {name}; use Decimal or integers, or #[expect(clippy::float_arithmetic, reason)]", self.path));
        }
    }

    fn literal(&mut self, literal: &Lit, span: proc_macro2::Span) {
        let line = span.start().line;
        match literal {
            Lit::Str(text) if self.texts.contains(&text.value()) => {
                self.faults.push(format!(
                    "{}:{line}: names the storefront {:?}; ask its policy instead",
                    self.path,
                    text.value()
                ));
            }
            Lit::Float(_) if self.floats => {
                self.faults.push(format!(
                    "{}:{line}: a float; use Decimal or integers",
                    self.path
                ));
            }
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Literals<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) && !is_excused(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if let ImplItem::Fn(function) = item
            && (is_test(&function.attrs) || is_excused(&function.attrs))
        {
            return;
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_excused(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_ident(&mut self, name: &'ast proc_macro2::Ident) {
        self.name(name);
    }

    fn visit_lit(&mut self, literal: &'ast Lit) {
        self.literal(literal, literal.span());
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        self.tokens(found.tokens.clone());
    }
}

/// Where these texts stand as literals, and floats if asked, outside tests.
pub fn literals(path: &str, text: &str, texts: &[String], floats: bool) -> Faults {
    let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut look = Literals {
        path,
        texts,
        floats,
        faults: Faults::new(),
    };
    look.visit_file(&parsed);
    look.faults
}

#[test]
fn reads_are_seen_through_names_and_outside_tests_only() {
    let text = r#"
        use edge::config::{self, required};
        use edge::wiring::table as open;
        pub fn connect() { open(); required("A"); vec![config::optional("B")]; edge::config::required("C").map(f); }
        #[cfg(test)]
        mod tests { fn f() { edge::config::required("D"); } }
    "#;
    let file = look("x.rs", text);
    let body = &file.bodies["connect"];
    assert_eq!(body.reads.iter().collect::<Vec<_>>(), ["A", "B", "C"]);
    assert!(body.paths.contains("edge::wiring::table"));
    says(
        &look("x.rs", "fn f(name: &str) { edge::config::required(name); }").faults,
        "x.rs:1: names the variable by an expression",
    );
}

#[test]
fn literals_and_floats_are_seen_outside_tests_only() {
    let text = r#"
        fn f(s: &str) -> bool { s == "mall" }
        fn g() { assert!(x == "mall"); let y: f64 = 1.5; }
        #[expect(clippy::float_arithmetic, reason = "a ratio, no money")]
        fn h() -> f32 { 2.0 }
        #[cfg(test)]
        mod tests { fn f() { g("mall", 1.0f32); } }
    "#;
    let found = literals("x.rs", text, &["mall".to_owned()], true);
    let lines: Vec<&str> = found
        .iter()
        .map(|fault| fault.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        lines,
        ["x.rs:2:", "x.rs:3:", "x.rs:3:", "x.rs:3:"],
        "{found:?}"
    );
}
