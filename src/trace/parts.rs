//! Objects out of JSON, straight into their types: a trace has a line for every call, and a value
//! in between costs more than the rest of reading.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use serde_json::map::Entry;
use serde_json::{Map, Value as Json};

/// An object of a trace, and what a mistake calls it.
pub(super) trait Part: DeserializeOwned {
    const CALLED: &'static str;
}

/// A line's object.
pub(super) fn parsed<T: Part>(text: &str) -> Result<T, String> {
    whole(text, |json| object(json))
}

/// Any JSON in which no object has a key twice.
pub(crate) fn json(text: &str) -> Result<Json, String> {
    whole(text, |json| unambiguous(json))
}

fn whole<'de, T>(
    text: &'de str,
    read: impl FnOnce(
        &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    ) -> serde_json::Result<T>,
) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    read(&mut json)
        .and_then(|value| json.end().map(|()| value))
        // Whoever reads line by line says which line it is.
        .map_err(|error| error.to_string().replace(" at line 1 ", " at "))
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

/// Any JSON in which no object has a key twice: serde's own keeps the last of them.
pub(super) fn unambiguous<'de, D: Deserializer<'de>>(json: D) -> Result<Json, D::Error> {
    Unambiguous::deserialize(json).map(|Unambiguous(json)| json)
}

struct Unambiguous(Json);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(value.into())
            }

            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(value.into())
            }

            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(value.into())
            }

            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(value.into())
            }

            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(value.into())
            }

            fn visit_string<E>(self, value: String) -> Result<Json, E> {
                Ok(value.into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut values = Vec::new();
                while let Some(Unambiguous(value)) = list.next_element()? {
                    values.push(value);
                }
                Ok(values.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
                let mut values = Map::new();
                while let Some((key, Unambiguous(value))) = object.next_entry::<String, _>()? {
                    match values.entry(key) {
                        Entry::Vacant(new) => new.insert(value),
                        Entry::Occupied(old) => {
                            let message = format!("duplicate field `{}`", old.key());
                            return Err(A::Error::custom(message));
                        }
                    };
                }
                Ok(values.into())
            }
        }

        json.deserialize_any(Any).map(Self)
    }
}
