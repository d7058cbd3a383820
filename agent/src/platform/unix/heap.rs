//! How much free memory the C library keeps for itself.
//!
//! Left alone it gives each thread a heap of its own, and a heap that once held
//! the answer of a package manager keeps the room for the next one. The agent
//! has a thread per probe, and most of them have work once an hour.

#![expect(unsafe_code, reason = "only a call to the C library changes this")]

/// From which size on memory is taken from the system, and given back, by
/// itself; and so much may be free at the end of the heap.
#[cfg(target_env = "gnu")]
const KEPT: i32 = 64 << 10;

/// Makes it one heap for all threads, which gives back what is free. To be
/// called before there is a second thread.
#[cfg(target_env = "gnu")]
pub fn keep_little() {
    let wishes =
        [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_THRESHOLD, KEPT), (libc::M_TRIM_THRESHOLD, KEPT)];
    for (name, value) in wishes {
        // SAFETY: takes two numbers and may be called at any time. What it
        // refuses stays as it was, which costs memory and nothing else.
        unsafe { libc::mallopt(name, value) };
    }
}

/// Other libraries are left as they are.
#[cfg(not(target_env = "gnu"))]
pub fn keep_little() {}
