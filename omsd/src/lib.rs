//! omsd
