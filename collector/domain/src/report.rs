//! The week, the month and the quarter, in numbers.
