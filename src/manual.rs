//! The manual, for whoever runs a program that uses this crate.

// The pages are files of the repository, and link to other files by reference: `[text][label]`, with the definitions at
// their end. Of two definitions of a label, Markdown uses the first. So with `manual/links.md` in front, the same links
// lead to modules here.

#[doc = include_str!("manual/links.md")]
#[doc = include_str!("../docs/configuration.md")]
pub mod configuration {}

#[doc = include_str!("manual/links.md")]
#[doc = include_str!("../docs/record.md")]
pub mod record {}

#[doc = include_str!("manual/links.md")]
#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[doc = include_str!("manual/links.md")]
#[doc = include_str!("../docs/etw.md")]
pub mod etw {}

#[doc = include_str!("manual/links.md")]
#[doc = include_str!("../docs/journald.md")]
pub mod journald {}

#[doc = include_str!("manual/links.md")]
// The site has no PNG files, so the page holds the pictures as data. Only rustdoc reads them.
#[cfg_attr(doc, doc = include_str!("manual/pictures.md"))]
#[doc = include_str!("../docs/dispatch-failure.md")]
pub mod dispatch_failure {}
