//! What all COM interfaces have in common.
//!
//! These are called in a child process only, by its main thread: some of them
//! hang, and a hanging thread cannot be killed. The process ends with its last
//! answer, so that the apartment is never left.

use windows::{
    Win32::System::{
        Com::{CLSCTX_INPROC_SERVER, COINIT_APARTMENTTHREADED, CoCreateInstance, CoInitializeEx},
        Variant::{VARIANT, VT_BSTR, VT_DATE},
    },
    core::{GUID, Interface, Result},
};

use crate::probe::patch::wua::scan::Fault;

/// Names the step that an error belongs to.
pub(super) trait Step<T> {
    /// The value, or the fault of this step.
    fn step(self, step: &str) -> std::result::Result<T, Fault>;
}

impl<T> Step<T> for Result<T> {
    fn step(self, step: &str) -> std::result::Result<T, Fault> {
        self.map_err(|err| Fault { step: step.into(), hresult: err.code().0 })
    }
}

/// Makes this thread an apartment, as these interfaces want it.
pub(super) fn enter() -> std::result::Result<(), Fault> {
    // SAFETY: nothing is passed, and this thread calls it once.
    unsafe { CoInitializeEx(None, COINIT_APARTMENTTHREADED) }.ok().step("entering COM")
}

/// Makes an object of a class.
pub(super) fn create<T: Interface>(class: &GUID) -> Result<T> {
    // SAFETY: the class id is ours for the time of the call, and the interface
    // is asked for by its own id.
    unsafe { CoCreateInstance(class, None, CLSCTX_INPROC_SERVER) }
}

/// The date in a variant, if it has one.
pub(super) fn date(variant: &VARIANT) -> Option<f64> {
    // SAFETY: the tag says which field of the union is set.
    unsafe {
        let inner = &variant.Anonymous.Anonymous;
        (inner.vt == VT_DATE).then(|| inner.Anonymous.date)
    }
}

/// The text in a variant, if it has one.
pub(super) fn text(variant: &VARIANT) -> Option<String> {
    // SAFETY: the tag says which field of the union is set.
    unsafe {
        let inner = &variant.Anonymous.Anonymous;
        (inner.vt == VT_BSTR).then(|| inner.Anonymous.bstrVal.to_string())
    }
}
