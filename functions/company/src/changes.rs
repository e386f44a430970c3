//! What changes of a record have in common: fields before and after, fields that are sealed, lists of which
//! one entry is chosen at first.

use adapters::ports::PortError;
use contract::error::FieldCode;
use domain::company::{FieldChange, SealedText};
use edge::FieldErrors;

use crate::Ports;

/// How a field of something is read.
pub(crate) type Field<'a, T> = (&'a str, fn(&T) -> String);

/// Fields that changed, in the order in which they were compared.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<FieldChange>);

impl Changes {
    /// Compares a field.
    pub(crate) fn text(&mut self, field: &str, from: &str, to: &str) {
        self.0.extend(FieldChange::of(field, from, to));
    }

    /// Compares fields of something before and after; what is not there has empty ones.
    pub(crate) fn fields<T>(&mut self, from: Option<&T>, to: Option<&T>, fields: &[Field<'_, T>]) {
        for (field, read) in fields {
            let text = |thing: Option<&T>| thing.map(read).unwrap_or_default();
            self.text(field, &text(from), &text(to));
        }
    }

    /// Compares a field that is sealed. Two different texts may have one mask: it is a change all the same.
    pub(crate) fn sealed(
        &mut self,
        field: &str,
        from: Option<&SealedText>,
        to: Option<&SealedText>,
    ) {
        let tag = |text: Option<&SealedText>| text.map(|text| text.tag.clone());
        let mask = |text: Option<&SealedText>| text.map(|text| text.masked.clone());
        if tag(from) != tag(to) {
            self.0.push(FieldChange {
                field: field.to_owned(),
                from: mask(from).unwrap_or_default(),
                to: mask(to).unwrap_or_default(),
            });
        }
    }

    /// Has none changed?
    pub(crate) fn none(&self) -> bool {
        self.0.is_empty()
    }

    /// Has this one changed?
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.iter().any(|change| change.field == field)
    }

    /// As the history keeps them.
    pub(crate) fn finish(self) -> Vec<FieldChange> {
        self.0
    }
}

/// Seals a text of the company unless it is the one that is sealed already.
pub(crate) async fn sealed(
    ports: &Ports,
    owner: &str,
    field: &str,
    old: Option<&SealedText>,
    text: &str,
    shown: (usize, usize),
) -> Result<SealedText, PortError> {
    if let Some(old) = old
        && old.tag == ports.fields.tag(owner, field, text).await?
    {
        return Ok(old.clone());
    }
    ports.fields.seal(owner, field, text, shown).await
}

/// A text that may be empty.
pub(crate) fn optional(errors: &mut FieldErrors, value: &str, field: &str, max: usize) -> String {
    if value.trim().is_empty() {
        String::new()
    } else {
        errors.text(value, field, max)
    }
}

/// A telephone number of an office, as people write it; may be empty.
pub(crate) fn phone(errors: &mut FieldErrors, value: &str, field: &str) -> String {
    let value = optional(errors, value, field, 30);
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_digit() || "+-() 转".contains(c);
    errors.require(
        value.is_empty() || (digits >= 5 && value.chars().all(plain)),
        field,
        FieldCode::Invalid,
    );
    value
}

/// Leaves exactly one entry of a list chosen at first, if there is any: the wanted one, or the one that
/// was, or the first.
pub(crate) fn one_default<T>(
    list: &mut [T],
    wanted: Option<usize>,
    flag: for<'a> fn(&'a mut T) -> &'a mut bool,
) {
    let chosen = wanted
        .or_else(|| list.iter_mut().position(|entry| *flag(entry)))
        .unwrap_or_default();
    for (place, entry) in list.iter_mut().enumerate() {
        *flag(entry) = place == chosen;
    }
}
