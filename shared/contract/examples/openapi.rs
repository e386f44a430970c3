//! Prints the OpenAPI document.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

fn main() -> Result<(), serde_json::Error> {
    println!(
        "{}",
        serde_json::to_string_pretty(&contract::openapi::document())?
    );
    Ok(())
}
