//! `cargo xtask`: the commands of this repository. README.md shows the two that matter.
#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures its own phases and reads its own environment"
)]

mod build;
mod cloud;
mod coverage;
mod deploy;
mod fuzz;
mod gateway;
mod generate;
mod operator;
mod package;
mod process;
mod repo;
mod stack;
mod terminal;
mod test;
mod token;
mod tools;
mod upkeep;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::stack::{Place, Stack};

const HELP: &str = "\
cargo xtask COMMAND

  up [--detach] [--port N]   builds and starts everything on loopback, prints where it is; Ctrl-C stops it
  down                       stops it, keeps all data
  reset                      stops it and throws its data away
  status                     what runs, where, and which function fails with what
  logs [NAME] [-f]           what a function said (or ministack, sandbox, agent); without a name, all functions

  test [PHASE...]            everything CI checks, on a stack of its own; `test --list` names the phases
  fuzz [TARGET] [SECONDS]    throws bytes at what reads gateways' notices, answers and bills (each for 60 seconds)
  coverage                   which rows of the requirements which tests show
  gen [--check]              writes what is generated: routes of the template, OpenAPI, web types, requirements
  build [--release]          the functions, packed for deployment, into .local/build
  package [--config DIR]     the agent for a user's computer, as a .deb; DIR has config.json and profiles/ of a stage
  deploy STAGE               to staging or prod on AWS (credentials from the environment)
  audit verify               compares what staff did with what was signed of it; fails when anything differs
  orders reindex             writes companies' lists anew, after a policy calls states by other words
  gateway check              tries the payment gateways' credentials without charging anybody; fails when one is wrong
  staff first-admin --name N --mail M
                             invites one of the first two administrators and shows the link
  staff code PERSON          the six digits that a demo login's second factor shows now
  agent ticket-key           what an agent's configuration has under `ticket_keys` to believe a stage's tickets
  token ACTION               virtual keys in .local/tokens: new, list, lock, expire, eject, insert; token --help says more
  demo                       plays one order against the running stack
  screenshots                pictures of every page of the running stack

  stack ACTION --stack FILE  stop, start, restart-ministack [--soft], stop-agent, start-agent, stream-off, stream-on: for tests

Option of audit, orders, gateway, agent and staff: --stage S (default local; staging and prod with credentials from the environment).
Options of up, down, reset, status, logs, demo, token: --dir D (default .local) for a second stack beside the first.
Environment: SEALKEY_PORT (first of three ports, default 4566; the agent listens on 27415, or where it says), SEALKEY_VENV (default .venv), CARGO_TARGET_DIR.
";

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let command = if words.is_empty() {
        "help".to_owned()
    } else {
        words.remove(0)
    };
    match run(&command, Args(words)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{} {error:#}", terminal::red("error:"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, mut args: Args) -> Result<()> {
    match command {
        "up" => {
            let detach = args.flag("--detach");
            let port = args.value("--port")?;
            let place = Place::of_up(args.value("--dir")?)?;
            args.done()?;
            stack::up(&place, port.as_deref(), detach)
        }
        "down" => {
            let place = Place::of_up(args.value("--dir")?)?;
            args.done()?;
            stack::down(&place)
        }
        "reset" => {
            let place = Place::of_up(args.value("--dir")?)?;
            args.done()?;
            stack::reset(&place)
        }
        "status" => {
            let place = Place::of_up(args.value("--dir")?)?;
            args.done()?;
            stack::status(&place)
        }
        "logs" => {
            let place = Place::of_up(args.value("--dir")?)?;
            let follow = args.flag("-f") || args.flag("--follow");
            let name = args.word();
            args.done()?;
            stack::logs(&place, name.as_deref(), follow)
        }
        "stack" => {
            let file = args.value("--stack")?;
            let soft = args.flag("--soft");
            let action = args.word();
            stack::act(
                &Stack::load(file.as_deref().map(std::path::Path::new))?,
                action.as_deref(),
                &args.rest()?,
                soft,
            )
        }
        "token" => token::run(&args.0),
        "test" => {
            let list = args.flag("--list");
            let keep = args.flag("--keep");
            test::run(&args.rest()?, list, keep)
        }
        "fuzz" => {
            let (first, second) = (args.word(), args.word());
            args.done()?;
            // A number alone is for how long.
            match (first, second) {
                (Some(time), None) if time.parse::<u32>().is_ok() => fuzz::run(None, Some(&time)),
                (target, time) => fuzz::run(target.as_deref(), time.as_deref()),
            }
        }
        "coverage" => {
            args.done()?;
            coverage::print()
        }
        "gen" => {
            let check = args.flag("--check");
            args.done()?;
            generate::run(check)
        }
        "build" => {
            let profile = if args.flag("--release") {
                build::Profile::Release
            } else {
                build::Profile::Dev
            };
            args.done()?;
            tools::python()?;
            build::functions(profile)
        }
        "package" => {
            let config = args.value("--config")?;
            args.done()?;
            package::run(config.as_deref())
        }
        "deploy" => {
            let stage = args.word();
            args.done()?;
            deploy::to_aws(stage.as_deref())
        }
        "audit" => {
            let stage = args.value("--stage")?;
            let dir = args.value("--dir")?;
            let action = args.word();
            args.done()?;
            if action.as_deref() != Some("verify") {
                bail!("audit does verify");
            }
            upkeep::verify(stage.as_deref(), dir)
        }
        "orders" => {
            let stage = args.value("--stage")?;
            let dir = args.value("--dir")?;
            let action = args.word();
            args.done()?;
            if action.as_deref() != Some("reindex") {
                bail!("orders does reindex");
            }
            upkeep::reindex(stage.as_deref(), dir)
        }
        "gateway" => {
            let stage = args.value("--stage")?;
            let dir = args.value("--dir")?;
            let action = args.word();
            args.done()?;
            if action.as_deref() != Some("check") {
                bail!("gateway does check");
            }
            gateway::check(stage.as_deref(), dir)
        }
        "agent" => {
            let stage = args.value("--stage")?;
            let dir = args.value("--dir")?;
            let action = args.word();
            args.done()?;
            if action.as_deref() != Some("ticket-key") {
                bail!("agent does ticket-key");
            }
            upkeep::ticket_key(stage.as_deref(), dir)
        }
        "staff" => {
            let stage = args.value("--stage")?;
            let dir = args.value("--dir")?;
            let (name, mail) = (args.value("--name")?, args.value("--mail")?);
            let (action, person) = (args.word(), args.word());
            args.done()?;
            match (action.as_deref(), name, mail, person) {
                (Some("first-admin"), Some(name), Some(mail), None) => {
                    upkeep::first_admin(stage.as_deref(), dir, &name, &mail)
                }
                (Some("code"), None, None, Some(person)) if stage.is_none() => {
                    stack::second_factor(&Stack::load(Some(&Place::of_up(dir)?.file()))?, &person)
                }
                _ => {
                    bail!("staff does first-admin, with --name and --mail, and code, with a person")
                }
            }
        }
        "demo" => {
            let place = Place::of_up(args.value("--dir")?)?;
            stack::demo(&Stack::load(Some(&place.file()))?, &args.rest()?)
        }
        "screenshots" => {
            let place = Place::of_up(args.value("--dir")?)?;
            args.done()?;
            web::screenshots(&Stack::load(Some(&place.file()))?)
        }
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("there is no command {other}; `cargo xtask help` lists them"),
    }
}

/// The words after the command.
struct Args(Vec<String>);

impl Args {
    fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.0.iter().position(|word| word == name) else {
            return Ok(None);
        };
        if at + 1 >= self.0.len() {
            bail!("{name} needs a value");
        }
        let value = self.0.remove(at + 1);
        self.0.remove(at);
        Ok(Some(value))
    }

    fn word(&mut self) -> Option<String> {
        let at = self.0.iter().position(|word| !word.starts_with('-'))?;
        Some(self.0.remove(at))
    }

    fn rest(self) -> Result<Vec<String>> {
        match self.0.iter().find(|word| word.starts_with('-')) {
            Some(unknown) => {
                bail!("unknown option {unknown}; `cargo xtask help` lists what there is")
            }
            None => Ok(self.0),
        }
    }

    fn done(self) -> Result<()> {
        match self.rest()?.first() {
            Some(unknown) => bail!("unexpected {unknown}; `cargo xtask help` lists what there is"),
            None => Ok(()),
        }
    }
}
