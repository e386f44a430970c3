//! The knobs as they stand.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Knobs;

/// The knobs as they stand, and as they stood at start.
pub struct Board {
    now: Mutex<Knobs>,
    at_start: Knobs,
}

impl Board {
    /// A board that starts, and after a reset stands, at `at_start`.
    pub fn new(at_start: Knobs) -> Self {
        let now = Mutex::new(at_start.clone());
        Self { now, at_start }
    }

    /// The knobs as they stand.
    pub fn get(&self) -> Knobs {
        self.lock().clone()
    }

    /// Turns all knobs.
    pub fn set(&self, knobs: Knobs) {
        *self.lock() = knobs;
    }

    /// Turns all knobs back.
    pub fn reset(&self) {
        self.set(self.at_start.clone());
    }

    /// Whether the answer to this call of `method` is to be lost; counts down.
    pub fn loses_response(&self, method: &str) -> bool {
        count_down(&mut self.lock().lose_response, method)
    }

    /// Whether the payer is to pay before this call of `method` is served; counts down.
    pub fn pays_before(&self, method: &str) -> bool {
        count_down(&mut self.lock().pay_before, method)
    }

    /// The error that this call of `method` is to answer with, if any; used up by asking.
    pub fn next_error(&self, method: &str) -> Option<String> {
        let mut knobs = self.lock();
        let errors = knobs.errors.get_mut(method)?;
        let error = errors.pop_front();
        if errors.is_empty() {
            knobs.errors.remove(method);
        }
        error
    }

    fn lock(&self) -> MutexGuard<'_, Knobs> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count_down(calls: &mut BTreeMap<String, u32>, method: &str) -> bool {
    let Some(left) = calls.get_mut(method) else {
        return false;
    };
    let counts = *left > 0;
    *left = left.saturating_sub(1);
    if *left == 0 {
        calls.remove(method);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn a_lost_response_counts_down() {
        let lose_response = BTreeMap::from([("m".to_owned(), 2)]);
        let board = Board::new(Knobs {
            lose_response,
            ..Knobs::default()
        });
        assert!(!board.loses_response("other"));
        assert!(board.loses_response("m"));
        assert!(board.loses_response("m"));
        assert!(!board.loses_response("m"));
        assert_eq!(board.get(), Knobs::default());
        board.reset();
        assert!(board.loses_response("m"));
    }

    #[test]
    fn errors_are_used_up_in_their_order() {
        let list = VecDeque::from(["A".to_owned(), "B".to_owned()]);
        let board = Board::new(Knobs {
            errors: BTreeMap::from([("m".to_owned(), list)]),
            ..Knobs::default()
        });
        assert_eq!(board.next_error("other"), None);
        assert_eq!(board.next_error("m").as_deref(), Some("A"));
        assert_eq!(board.next_error("m").as_deref(), Some("B"));
        assert_eq!(board.next_error("m"), None);
        assert_eq!(board.get(), Knobs::default());
    }
}
