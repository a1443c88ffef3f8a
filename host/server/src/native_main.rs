//! The `lectern` program with handlers linked into it. The benchmark measures by it what WebAssembly costs; it is no way to serve, since
//! nothing limits what such a handler takes or sees.

use std::process::ExitCode;

fn main() -> ExitCode {
    lectern::main()
}
