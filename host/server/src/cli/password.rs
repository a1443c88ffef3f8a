//! Passwords come from standard input, because arguments are seen by every user of the machine.

use anyhow::{Context, Result, ensure};
use std::io::{self, BufRead};

/// Longer ones are a mistake, such as a whole file.
const MAX_BYTES: u64 = 1024;

/// The first line of standard input, without its end.
pub fn read() -> Result<String> {
    from(io::stdin().lock())
}

fn from(input: impl BufRead) -> Result<String> {
    let mut line = Vec::new();
    input
        .take(MAX_BYTES + 1)
        .read_until(b'\n', &mut line)
        .context("the password cannot be read from standard input")?;
    ensure!(
        line.len() as u64 <= MAX_BYTES,
        "the password on standard input is longer than {MAX_BYTES} bytes"
    );
    let line = String::from_utf8(line).context("the password on standard input is not UTF-8")?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    ensure!(
        !password.is_empty(),
        "the password is empty: give it as the first line of standard input"
    );
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_the_first_line_without_its_end() {
        for input in ["secret", "secret\n", "secret\r\n", "secret\nnot this\n"] {
            assert_eq!(from(input.as_bytes()).unwrap(), "secret", "{input:?}");
        }
    }

    #[test]
    fn spaces_belong_to_the_password() {
        assert_eq!(from(" two words \n".as_bytes()).unwrap(), " two words ");
    }

    #[test]
    fn an_empty_password_is_refused() {
        for input in ["", "\n", "\r\n", "\nsecret"] {
            assert!(
                from(input.as_bytes())
                    .unwrap_err()
                    .to_string()
                    .contains("password is empty"),
                "{input:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_a_password_is_refused() {
        assert!(from([0xff, 0xfe].as_slice()).is_err());
        assert!(from("x".repeat(5000).as_bytes()).is_err());
    }
}
