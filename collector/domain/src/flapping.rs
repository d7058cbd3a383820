//! Whether something goes up and down too often to be told each time.
