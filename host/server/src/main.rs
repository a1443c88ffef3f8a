//! The `lectern` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    lectern::main()
}
