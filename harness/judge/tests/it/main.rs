//! The judge against small logs made by hand.

mod aka_oracles;
mod background;
mod build;
mod case_order;
mod certificates;
mod core_oracles;
mod digest_oracles;
mod edge_oracles;
mod edge_readings;
mod edge_transport;
mod expectations;
mod fuzzing;
mod life_oracles;
mod malformed;
mod one_lie;
mod portal_in_clear;
mod portal_oracles;
mod roll_up;
mod scenes;
mod shipped;
mod token_oracles;
mod waf_oracles;
mod whose_message;
mod wic_audits;
mod wic_oracles;
