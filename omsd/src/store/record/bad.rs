//! What can be wrong with a record.

use oms_proto::codec::CodecError;

/// What is wrong with a record, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(in crate::store) struct Bad(pub(in crate::store) String);

impl From<CodecError> for Bad {
    fn from(error: CodecError) -> Self {
        Self(error.to_string())
    }
}
