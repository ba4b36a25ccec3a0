//! Why settings were refused, in one line each: where, which setting, what is allowed.

use std::io;
use std::path::PathBuf;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is too large to be a configuration.
    #[error("{}: larger than {max_bytes} bytes, so hardly a configuration", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound.
        max_bytes: u64,
    },
    /// The file has bytes that are not UTF-8.
    #[error("{}:{line}: not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The file is no TOML.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A setting in the file is unknown or not allowed.
    #[error("{}:{line}: {key}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The setting.
        key: String,
        /// What is wrong, and what is allowed.
        message: String,
    },
    /// A setting in the environment is unknown or not allowed.
    #[error("environment variable {name}: {message}")]
    Environment {
        /// The variable.
        name: String,
        /// What is wrong, and what is allowed.
        message: String,
    },
    /// A setting on the command line is unknown or not allowed.
    #[error("--set {argument}: {message}")]
    Flag {
        /// The argument.
        argument: String,
        /// What is wrong, and what is allowed.
        message: String,
    },
    /// The settings do not go together, although each is allowed.
    #[error("the settings do not go together: {message}")]
    Combined {
        /// What is wrong.
        message: String,
    },
}
