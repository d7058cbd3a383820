//! Jobs: a child and all that it starts.

use std::{
    ffi::c_void,
    io,
    os::windows::io::{AsRawHandle as _, BorrowedHandle, FromRawHandle as _, OwnedHandle},
    ptr,
};

use windows_sys::Win32::System::{
    JobObjects::{
        AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
        SetInformationJobObject, TerminateJobObject,
    },
    Threading::{INFINITE, WaitForSingleObject},
};

use super::checked;

/// Ends with everything in it when it is dropped.
#[derive(Debug)]
pub(crate) struct Job(OwnedHandle);

impl Job {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: without attributes and name the call takes nothing of ours.
        let handle = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is new and nobody else's.
        let job = Self(unsafe { OwnedHandle::from_raw_handle(handle) });
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        let size = u32::try_from(size_of_val(&limits)).map_err(io::Error::other)?;
        // SAFETY: the handle is a job's, and the limits are as large as said.
        checked(unsafe {
            SetInformationJobObject(
                job.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                ptr::from_ref(&limits).cast::<c_void>(),
                size,
            )
        })?;
        Ok(job)
    }

    /// Takes a process in, and whatever it starts from now on.
    pub(crate) fn add(&self, process: BorrowedHandle<'_>) -> io::Result<()> {
        // SAFETY: both handles are open for as long as they are borrowed.
        checked(unsafe {
            AssignProcessToJobObject(self.0.as_raw_handle(), process.as_raw_handle())
        })
    }

    /// Ends all that is in it.
    pub(crate) fn kill(&self) -> io::Result<()> {
        // SAFETY: the handle is a job's.
        checked(unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) })
    }
}

/// Waits until a process has ended.
pub(crate) fn wait(process: BorrowedHandle<'_>) {
    // SAFETY: the handle is open for as long as it is borrowed.
    unsafe { WaitForSingleObject(process.as_raw_handle(), INFINITE) };
}
