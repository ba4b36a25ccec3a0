//! The command line that ssh gets.
