//! Prints `METHOD PATH function` of every route, for the generator of the template.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

fn main() {
    for route in contract::routes::ROUTES {
        println!("{} {} {}", route.method, route.path, route.function);
    }
}
