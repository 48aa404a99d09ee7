//! Scripts read, refused, changed, expanded and selected.

mod also_kills;
mod bed;
mod cases;
mod changes;
mod expected;
mod fuzzing;
mod problems;
mod selections;
mod sut_files;
