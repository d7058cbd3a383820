//! What the two teams talk about once a week.
