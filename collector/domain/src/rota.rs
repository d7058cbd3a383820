//! Who is on call, when, and where nobody is.
