//! A question before something is done that cannot be undone, or to many at once.

use crate::action::{Act, Object};
use crate::input::Input;
use crate::world::World;

/// Bytes of a number that is typed.
const NUMBER_BYTES_MAX: usize = 10;

/// The question. Cancel is chosen until somebody chooses otherwise.
#[derive(Debug)]
pub struct Confirm {
    /// What is to be done.
    pub act: Act,
    /// To what.
    pub objects: Vec<Object>,
    /// What each is called, and where it is.
    pub named: Vec<String>,
    /// The number of objects, which has to be typed where there are several.
    pub typed: Option<Input>,
    /// Whether the button that does it is chosen.
    pub goes_on: bool,
}

impl Confirm {
    /// Asks whether to do this to these.
    pub fn new(act: Act, objects: Vec<Object>, world: &World) -> Self {
        let several = objects.len() > 1;
        let named = objects.iter().map(|object| object.named(world));
        Self {
            act,
            named: named.collect(),
            objects,
            typed: several.then(|| Input::new("", NUMBER_BYTES_MAX)),
            goes_on: false,
        }
    }

    /// Whether the number is right, where one is wanted.
    pub fn is_sure(&self) -> bool {
        let number = self.objects.len().to_string();
        self.typed
            .as_ref()
            .is_none_or(|typed| typed.text() == number)
    }
}
