//! What a person sees: one line a step, with its time.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use anyhow::Result;

fn coloured(code: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

pub(crate) fn red(text: &str) -> String {
    coloured("31;1", text)
}

pub(crate) fn green(text: &str) -> String {
    coloured("32", text)
}

pub(crate) fn bold(text: &str) -> String {
    coloured("1", text)
}

/// `12.3 s`, in whole tenths.
pub(crate) fn seconds(since: Instant) -> String {
    let tenths = since.elapsed().as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Says what is being done, does it, says how long it took and, if it has to say something, what.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<(T, String)>) -> Result<T> {
    let mut out = std::io::stdout();
    let began = Instant::now();
    write!(out, "  {what:<34}")?;
    out.flush()?;
    match work() {
        Ok((value, note)) => {
            writeln!(out, "{:>8}  {note}", seconds(began))?;
            Ok(value)
        }
        Err(error) => {
            writeln!(out, "{:>8}  {}", seconds(began), red("failed"))?;
            Err(error)
        }
    }
}
