//! Whether it is one machine that is gone, or a site, or ourselves.
