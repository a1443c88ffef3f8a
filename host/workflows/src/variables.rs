//! `${variables}` in the options of operations.

/// Replaces each `${name}` by its value; an error names the variable that has none.
pub fn replace(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut rest = text;
    let mut replaced = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else {
            return Err(format!("a variable in {text:?} does not end with '}}'"));
        };
        replaced.push_str(before);
        let name = name.trim();
        match value(name) {
            Some(value) => replaced.push_str(&value),
            None => return Err(format!("the variable '{name}' has no value")),
        }
        rest = behind;
    }
    replaced.push_str(rest);
    Ok(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str) -> Option<String> {
        (name == "a").then(|| "${b}".to_owned())
    }

    #[test]
    fn each_variable_is_replaced_once() {
        assert_eq!(replace("x ${a}/${ a }$ {}", &value).unwrap(), "x ${b}/${b}$ {}");
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        assert!(replace("${c}", &value).unwrap_err().contains("'c'"));
        assert!(replace("${a", &value).is_err());
    }
}
