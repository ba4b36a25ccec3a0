//! The JSON of what is handed in and shown, as JSON Schema: what the REST interface's description is drawn
//! from. Structs derive theirs; here are the texts that have a form of their own. Whatever is a
//! field of a view or of a body has a schema, or the daemon does not compile.

#[cfg(feature = "schema")]
mod shapes {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use crate::actor::Actor;
    use crate::secret::Secret;
    use crate::time::Time;

    impl JsonSchema for Time {
        fn schema_name() -> Cow<'static, str> {
            "Time".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "string",
                "format": "date-time",
                "description": "A point in time, RFC 3339; written with six digits, in UTC."
            })
        }
    }

    impl JsonSchema for Secret {
        fn schema_name() -> Cow<'static, str> {
            "Secret".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "string",
                "format": "password",
                "writeOnly": true,
                "description": "Goes in and never comes out."
            })
        }
    }

    impl JsonSchema for Actor {
        fn schema_name() -> Cow<'static, str> {
            "Actor".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "string",
                "description": "Who caused it: scheduler, a user of the socket, a token, a user, or anonymous, and where from."
            })
        }
    }
}

/// What `words!` draws on: an enum of words is one of its words.
#[doc(hidden)]
#[cfg(feature = "schema")]
#[macro_export]
macro_rules! word_schema {
    ($name:ident) => {
        impl $crate::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                $crate::schemars::json_schema!({ "type": "string", "enum": Self::WORDS })
            }
        }
    };
}

/// Without the feature there is nothing to draw.
#[doc(hidden)]
#[cfg(not(feature = "schema"))]
#[macro_export]
macro_rules! word_schema {
    ($name:ident) => {};
}
