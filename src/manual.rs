//! The manual: what its readers want who run a program that has this crate in it.

#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[doc = include_str!("../docs/etw.md")]
pub mod etw {}

#[doc = include_str!("../docs/journald.md")]
pub mod journald {}

#[doc = include_str!("../docs/dispatch-failure.md")]
pub mod dispatch_failure {}
