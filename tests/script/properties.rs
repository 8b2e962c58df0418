//! Properties of the text forms.

use bindproof::script::{parse, parse_bytes};
use bindproof::trace;
use proptest::prelude::*;

use crate::strategies::script;

proptest! {
    #[test]
    fn a_printed_script_parses_to_itself(script in script()) {
        let text = script.to_string();
        let parsed = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&parsed[0].script, &script, "{}", text);
        prop_assert_eq!(&parsed[0].source, &text);
    }

    #[test]
    fn several_scripts_keep_their_text_and_place(first in script(), second in script()) {
        let text = format!("{first}---\r\n{second}");
        let parsed = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(parsed.len(), 2);
        prop_assert_eq!(&parsed[1].script, &second);
        prop_assert_eq!(parsed[1].line, first.to_string().lines().count() + 2);
    }

    #[test]
    fn lines_may_end_in_crlf_and_carry_comments(script in script()) {
        let text = script.to_string().replace('\n', " # why\r\n");
        let parsed = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&parsed[0].script, &script, "{}", text);
    }

    #[test]
    fn bytes_parse_or_name_a_place_inside_them(bytes in any::<Vec<u8>>()) {
        if let Err(error) = parse_bytes(&bytes) {
            let text = String::from_utf8_lossy(&bytes);
            let line = text.split('\n').nth(error.line - 1);
            prop_assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1), "{}", error);
        }
    }

    #[test]
    fn a_broken_script_never_panics(script in script(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = script.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(parsed) = parse_bytes(&bytes) {
            for one in parsed {
                let printed = one.script.to_string();
                let again = parse(&printed).map_err(|error| TestCaseError::fail(format!("{error}\n{printed}")))?;
                prop_assert_eq!(&again[0].script, &one.script);
            }
        }
    }

    #[test]
    fn garbage_is_no_trace_and_no_panic(text in any::<String>()) {
        prop_assert!(text.is_empty() || trace::read(&text).is_err());
    }
}
