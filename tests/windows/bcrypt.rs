//! The library that Rust's programs need and Wine 8 lacks: one function of
//! `bcryptprimitives.dll`, which gives random bytes. Wine has an older one that
//! does the same.

use std::{fs, path::Path};

use tokio::process::Command;

use crate::wine::{finish_patiently, need};

const SOURCE: &str = r"
#include <windows.h>
BOOLEAN WINAPI SystemFunction036(PVOID bytes, ULONG count);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count)
{
    return SystemFunction036(bytes, (ULONG)count);
}
";

/// Makes it, in this folder.
pub(crate) async fn make(folder: &Path) {
    let compiler = need("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64");
    let source = folder.join("bcryptprimitives.c");
    fs::write(&source, SOURCE).expect("the test's folder can be written");
    let mut compile = Command::new(compiler);
    compile.args(["-shared", "-o"]).arg(folder.join("bcryptprimitives.dll")).arg(&source);
    let made = finish_patiently(compile.arg("-ladvapi32")).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
}
