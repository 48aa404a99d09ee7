//! campaign.
