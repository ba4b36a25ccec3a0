//! omsctl
