//! The power goes out: at any write, before it or after it.
//!
//! Every fake of this crate asks [`PowerCut`] before and after each write and before each read. So a test
//! can do a job once for each of its writes, lose the power there, and see whether what is left can be taken
//! up again.

use std::sync::{Arc, Mutex};

use adapters::ports::PortError;

use crate::lock;

/// On which side of a write the power goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It never happened.
    Before,
    /// It happened, and nobody was told.
    After,
}

/// How long it is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Until [`PowerCut::restore`]: whoever was working is dead, nothing answers.
    Outage,
    /// For this one write: whoever was working gets an error and goes on.
    Flicker,
}

/// The power is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Out;

impl std::fmt::Display for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the power is out")
    }
}

impl std::error::Error for Out {}

impl From<Out> for PortError {
    fn from(out: Out) -> Self {
        Self::unavailable("test", out)
    }
}

#[derive(Debug, Default)]
struct State {
    writes: u32,
    planned: Option<(u32, Moment, Length)>,
    struck: Option<String>,
    dark: bool,
    log: Vec<&'static str>,
}

/// Counts writes and fails one of them.
#[derive(Debug, Default)]
pub struct PowerCut(Mutex<State>);

/// A write on its way.
#[derive(Debug)]
pub struct Ticket {
    number: u32,
    what: &'static str,
}

impl PowerCut {
    /// Power that never fails.
    pub fn never() -> Arc<Self> {
        Arc::default()
    }

    /// Power that fails at the write with this number, counted from 1.
    pub fn at(number: u32, moment: Moment, length: Length) -> Arc<Self> {
        let state = State {
            planned: Some((number, moment, length)),
            ..State::default()
        };
        Arc::new(Self(Mutex::new(state)))
    }

    /// A write begins.
    ///
    /// # Errors
    /// [`Out`]: it must not happen.
    pub fn before(&self, what: &'static str) -> Result<Ticket, Out> {
        let mut state = lock(&self.0);
        if state.dark {
            return Err(Out);
        }
        state.writes += 1;
        state.log.push(what);
        let ticket = Ticket {
            number: state.writes,
            what,
        };
        strike(&mut state, &ticket, Moment::Before)?;
        Ok(ticket)
    }

    /// A write has happened.
    ///
    /// # Errors
    /// [`Out`]: nobody may be told.
    pub fn after(&self, ticket: &Ticket) -> Result<(), Out> {
        strike(&mut lock(&self.0), ticket, Moment::After)
    }

    /// Somebody wants to read.
    ///
    /// # Errors
    /// [`Out`] while the power is out.
    pub fn read(&self) -> Result<(), Out> {
        if lock(&self.0).dark { Err(Out) } else { Ok(()) }
    }

    /// Is it out now?
    pub fn is_out(&self) -> bool {
        lock(&self.0).dark
    }

    /// It comes back.
    pub fn restore(&self) {
        lock(&self.0).dark = false;
    }

    /// How many writes there were.
    pub fn writes(&self) -> u32 {
        lock(&self.0).writes
    }

    /// All writes, by what they were.
    pub fn log(&self) -> Vec<&'static str> {
        lock(&self.0).log.clone()
    }

    /// Where the power went out, if it did.
    pub fn struck(&self) -> Option<String> {
        lock(&self.0).struck.clone()
    }
}

fn strike(state: &mut State, ticket: &Ticket, moment: Moment) -> Result<(), Out> {
    match state.planned {
        Some((number, when, length)) if number == ticket.number && when == moment => {
            state.planned = None;
            state.struck = Some(format!(
                "{when:?} write {number}, {}, {length:?}",
                ticket.what
            ));
            state.dark = length == Length::Outage;
            Err(Out)
        }
        _ => Ok(()),
    }
}
