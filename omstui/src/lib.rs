//! omstui
