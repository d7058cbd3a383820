//! Network interfaces.

use std::{io, ptr, slice};

use windows_sys::Win32::NetworkManagement::IpHelper::{
    FreeMibTable, GetIfTable2, MIB_IF_ROW2, MIB_IF_TABLE2,
};

use super::narrow;
use crate::probe::windows::network::Interface;

/// The bits of `InterfaceAndOperStatusFlags`.
const HARDWARE: u8 = 1;
const FILTER: u8 = 2;

pub(crate) fn interfaces() -> io::Result<Vec<Interface>> {
    let mut table: *mut MIB_IF_TABLE2 = ptr::null_mut();
    // SAFETY: the place for the pointer is ours.
    let error = unsafe { GetIfTable2(&mut table) };
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error.cast_signed()));
    }
    if table.is_null() {
        return Ok(vec![]);
    }
    // SAFETY: the call succeeded, so the table is valid until it is freed, and
    // has as many rows as it says behind its head.
    let rows = unsafe {
        let first = ptr::addr_of!((*table).Table).cast();
        slice::from_raw_parts::<MIB_IF_ROW2>(first, (*table).NumEntries as usize)
    };
    let found = rows
        .iter()
        .map(|row| Interface {
            name: narrow(&row.Alias),
            kind: row.Type,
            hardware: row.InterfaceAndOperStatusFlags._bitfield & HARDWARE != 0,
            filter: row.InterfaceAndOperStatusFlags._bitfield & FILTER != 0,
            received: row.InOctets,
            transmitted: row.OutOctets,
            errors: row.InErrors.saturating_add(row.OutErrors),
        })
        .collect();
    // SAFETY: the table came from GetIfTable2 and nothing refers to it any more.
    unsafe { FreeMibTable(table.cast()) };
    Ok(found)
}
