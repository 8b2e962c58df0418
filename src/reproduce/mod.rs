//! Reproducers: a script with what is expected of it, as a program that stands alone.
//!
//! Each exits 0 where every step answers as expected and 1 where one does not, and prints the
//! steps that did not. It needs nothing of bindproof: the C form a C compiler, the Python form
//! Python 3, the Rust form `rustc` without crates. All three are for Unix; Windows is left to the
//! script form.

mod c;
mod python;
mod rust;
mod statement;

use std::fmt;
use std::str::FromStr;

use crate::script::{Script, UnknownWord, nearest};

/// What a reproducer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// C99 with POSIX sockets.
    C,
    /// Python 3, standard library.
    Python,
    /// Rust, standard library.
    Rust,
    /// A script with expectations, for `bindproof check --behaviours`.
    Script,
}

const FORMS: [(&str, Form); 4] =
    [("c", Form::C), ("python", Form::Python), ("rust", Form::Rust), ("script", Form::Script)];

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, _) = FORMS.iter().find(|(_, form)| form == self).expect("every form is there");
        f.write_str(word)
    }
}

impl FromStr for Form {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = FORMS.iter().find(|(word, _)| *word == text).map(|(_, form)| *form);
        found.ok_or_else(|| UnknownWord {
            expected: "expected a form (c, python, rust, script)".into(),
            found: text.into(),
            nearest: nearest(text, FORMS.iter().map(|(word, _)| *word)),
        })
    }
}

/// A call that only a script can make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step}: `{call}` cannot be made outside of bindproof; use --as script")]
pub struct OnlyInScripts {
    /// The step, from 1.
    pub step: usize,
    /// The call.
    pub call: String,
}

/// The program for a script; a step without an expectation may answer anything.
///
/// # Errors
/// [`OnlyInScripts`] for `bind_sockets`, `resolve`, `inherited` and `env fail` in another form than
/// a script.
///
/// ```
/// use bindproof::reproduce::{Form, reproduce};
/// let text = "a = socket inet\nbind a 127.0.0.1:p => ok\n";
/// let script = &bindproof::script::parse(text)?[0].script;
/// let program = reproduce(script, Form::Python)?;
/// assert!(program.contains("bind_(\"a\", \"127.0.0.1\", port_p)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn reproduce(script: &Script, form: Form) -> Result<String, OnlyInScripts> {
    match form {
        Form::C => c::program(script),
        Form::Python => python::program(script),
        Form::Rust => rust::program(script),
        Form::Script => Ok(script.to_string()),
    }
}
