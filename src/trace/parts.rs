//! Objects out of JSON, straight into their types: a trace has a line for every call, and a value
//! in between costs more than the rest of reading.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};

/// An object of a trace, and what a mistake calls it.
pub(super) trait Part: DeserializeOwned {
    const CALLED: &'static str;
}

/// A line's object.
pub(super) fn parsed<T: Part>(text: &str) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    object(&mut json)
        .and_then(|line| json.end().map(|()| line))
        // Whoever reads line by line says which line it is.
        .map_err(|error: serde_json::Error| error.to_string().replace(" at line 1 ", " at "))
}

/// A `T` out of an object only: what serde derives would take a list of the values, too.
pub(super) fn object<'de, D: Deserializer<'de>, T: Part>(json: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Part> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "an object as {}", T::CALLED)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    json.deserialize_map(Object(PhantomData))
}
