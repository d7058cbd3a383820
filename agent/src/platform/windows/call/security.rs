//! Access lists of files and folders, in their text form (SDDL), and who we
//! are.

use std::{
    ffi::{OsStr, c_void},
    io,
    os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle},
    path::Path,
    ptr, slice,
};

use windows_sys::Win32::{
    Foundation::{HANDLE, LocalFree},
    Security::{
        ACL,
        Authorization::{
            ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
            ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW,
            SDDL_REVISION_1, SE_FILE_OBJECT, SetNamedSecurityInfoW,
        },
        DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl, GetTokenInformation,
        OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
        SECURITY_ATTRIBUTES, SetFileSecurityW, TOKEN_ELEVATION, TOKEN_INFORMATION_CLASS,
        TOKEN_QUERY, TOKEN_USER, TokenElevation, TokenUser,
    },
    Storage::FileSystem::CreateDirectoryW,
    System::Threading::{GetCurrentProcess, OpenProcessToken},
};

use super::{checked, narrow, wide};

/// Memory that Windows gave us and wants back.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a call that says to free it like this,
        // and is not used again.
        unsafe { LocalFree(self.0) };
    }
}

/// Owner and access list of a file or folder.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    const WHAT: u32 = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let name = wide(path.as_os_str())?;
    let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
    let none = ptr::null_mut();
    // SAFETY: the name ends with a zero, the place for the descriptor is ours,
    // and of its parts we ask for none.
    let error = unsafe {
        GetNamedSecurityInfoW(
            name.as_ptr(),
            SE_FILE_OBJECT,
            WHAT,
            none,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &mut descriptor,
        )
    };
    succeeded(error)?;
    let descriptor = Local(descriptor);
    let (mut text, mut length) = (ptr::null_mut(), 0);
    // SAFETY: the descriptor is valid until it is dropped, the places are ours.
    checked(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor.0,
            SDDL_REVISION_1,
            WHAT,
            &mut text,
            &mut length,
        )
    })?;
    let text = Local(text.cast());
    // SAFETY: the call gave as many units as it says.
    Ok(narrow(unsafe { slice::from_raw_parts(text.0.cast::<u16>(), length as usize) }))
}

/// Gives an existing file or folder an access list of its own, which what is
/// in it inherits.
pub(crate) fn write(path: &Path, list: &str) -> io::Result<()> {
    let name = wide(path.as_os_str())?;
    let descriptor = parse(list)?;
    let (mut present, mut defaulted) = (0, 0);
    let mut acl: *mut ACL = ptr::null_mut();
    // SAFETY: the descriptor is valid until it is dropped, the places are ours.
    checked(unsafe {
        GetSecurityDescriptorDacl(descriptor.0, &mut present, &mut acl, &mut defaulted)
    })?;
    if present == 0 || acl.is_null() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no access list"));
    }
    const WHAT: u32 = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    let none = ptr::null_mut();
    // SAFETY: the name ends with a zero, and the list is part of the descriptor,
    // which is still there.
    succeeded(unsafe {
        SetNamedSecurityInfoW(name.as_ptr(), SE_FILE_OBJECT, WHAT, none, none, acl, ptr::null())
    })?;
    // That was for what is inside. For the thing itself some systems add what
    // is inherited from above, and this does not.
    // SAFETY: the name ends with a zero, and the descriptor is still there.
    checked(unsafe { SetFileSecurityW(name.as_ptr(), WHAT, descriptor.0) })
}

/// Makes a folder that has its access list from its first moment on.
pub(crate) fn create_folder(path: &Path, list: &str) -> io::Result<()> {
    let name = wide(path.as_os_str())?;
    let descriptor = parse(list)?;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).map_err(io::Error::other)?,
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: 0,
    };
    // SAFETY: the name ends with a zero; attributes and descriptor are valid
    // until the call returns.
    checked(unsafe { CreateDirectoryW(name.as_ptr(), &attributes) })
}

/// The user that this process runs as: `S-1-5-…`.
pub(crate) fn own_sid() -> io::Result<String> {
    let token = token()?;
    let user = ask(&token, TokenUser)?;
    // SAFETY: the answer to this question begins with this structure, and the
    // buffer is aligned for it.
    let sid = unsafe { (*user.as_ptr().cast::<TOKEN_USER>()).User.Sid };
    let mut text = ptr::null_mut();
    // SAFETY: the id is part of the answer, which is still there.
    checked(unsafe { ConvertSidToStringSidW(sid, &mut text) })?;
    let text = Local(text.cast());
    let units = text.0.cast::<u16>();
    // SAFETY: the text ends with a zero, and so do these units.
    let units = unsafe {
        let length = (0..).take_while(|at| *units.add(*at) != 0).count();
        slice::from_raw_parts(units, length)
    };
    Ok(narrow(units))
}

/// Whether this process has an administrator's rights in full.
pub(crate) fn is_elevated() -> io::Result<bool> {
    let answer = ask(&token()?, TokenElevation)?;
    // SAFETY: the answer to this question is this structure, and the buffer is
    // aligned for it.
    Ok(unsafe { (*answer.as_ptr().cast::<TOKEN_ELEVATION>()).TokenIsElevated } != 0)
}

fn token() -> io::Result<OwnedHandle> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the place for the handle is ours.
    checked(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) })?;
    // SAFETY: the handle is new and nobody else's.
    Ok(unsafe { OwnedHandle::from_raw_handle(token) })
}

/// The answer to one question, in a buffer that is aligned for any of them.
fn ask(token: &OwnedHandle, question: TOKEN_INFORMATION_CLASS) -> io::Result<Vec<u64>> {
    // More than a user with the longest id takes.
    let mut answer = vec![0u64; 32];
    let room = u32::try_from(size_of_val(&*answer)).map_err(io::Error::other)?;
    let mut length = 0;
    // SAFETY: the buffer is ours and as large as said.
    checked(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            question,
            answer.as_mut_ptr().cast(),
            room,
            &mut length,
        )
    })?;
    Ok(answer)
}

fn parse(list: &str) -> io::Result<Local> {
    let text = wide(OsStr::new(list))?;
    let mut descriptor = ptr::null_mut();
    // SAFETY: the text ends with a zero, and the place for the answer is ours.
    checked(unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &mut descriptor,
            ptr::null_mut(),
        )
    })?;
    Ok(Local(descriptor))
}

fn succeeded(error: u32) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error.cast_signed())) }
}
