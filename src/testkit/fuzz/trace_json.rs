//! The reader of traces, and that writing is its inverse.

use super::Found;
use crate::trace::{read, write};

pub(super) fn body(data: &[u8]) -> Found {
    let text = String::from_utf8_lossy(data);
    let Ok(traces) = read(&text) else { return Ok(()) };
    let written: String = traces.iter().map(write).collect();
    let again = read(&written).map_err(|error| format!("it is written as\n{written}{error}"))?;
    if again != traces {
        return Err(format!("it is written as another trace:\n{written}"));
    }
    Ok(())
}
