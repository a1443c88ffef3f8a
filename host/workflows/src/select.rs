//! Which elements an operation is about: `source-flavors` and `source-tags`.

use lectern_data::media::Element;

/// A selection of elements: those with one of the flavors or one of the tags, but none with an excluded tag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    flavors: Vec<Flavor>,
    tags: Vec<String>,
    /// Tags with a minus before them.
    excluded: Vec<String>,
}

/// `type/subtype`, either of which may be `*`.
#[derive(Debug, Clone, PartialEq)]
pub struct Flavor {
    kind: String,
    subtype: String,
}

impl Flavor {
    /// Reads `type/subtype`, or `*` for `*/*`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, subtype) = match text {
            "*" => ("*", "*"),
            text => text.split_once('/').unwrap_or((text, "")),
        };
        if kind.is_empty() || subtype.is_empty() || subtype.contains('/') || text.contains(char::is_whitespace) {
            return Err(format!("{text:?} is no flavor like 'presenter/source'"));
        }
        Ok(Self {
            kind: kind.to_owned(),
            subtype: subtype.to_owned(),
        })
    }

    /// Whether a flavor fits this pattern.
    pub fn fits(&self, flavor: &str) -> bool {
        let Some((kind, subtype)) = flavor.split_once('/') else {
            return false;
        };
        let fits = |pattern: &str, part: &str| pattern == "*" || pattern == part;
        fits(&self.kind, kind) && fits(&self.subtype, subtype)
    }

    /// This flavor, with the parts of another one where it has `*`.
    pub fn applied_to(&self, flavor: &str) -> String {
        let (kind, subtype) = flavor.split_once('/').unwrap_or((flavor, "*"));
        let part = |own: &str, other: &str| if own == "*" { other.to_owned() } else { own.to_owned() };
        format!("{}/{}", part(&self.kind, kind), part(&self.subtype, subtype))
    }
}

impl Selection {
    /// Reads the two lists, separated by commas.
    pub fn parse(flavors: &str, tags: &str) -> Result<Self, String> {
        let mut selection = Self {
            flavors: list(flavors).map(Flavor::parse).collect::<Result<_, _>>()?,
            ..Self::default()
        };
        for tag in list(tags) {
            match tag.strip_prefix('-') {
                Some(excluded) => selection.excluded.push(excluded.to_owned()),
                None => selection.tags.push(tag.strip_prefix('+').unwrap_or(tag).to_owned()),
            }
        }
        Ok(selection)
    }

    /// Whether nothing is said at all.
    pub fn is_empty(&self) -> bool {
        self.flavors.is_empty() && self.tags.is_empty() && self.excluded.is_empty()
    }

    /// Whether an element is one of those. If only tags are excluded, all others are.
    pub fn has(&self, element: &Element) -> bool {
        let tagged = |tags: &[String]| tags.iter().any(|tag| element.tags.contains(tag));
        let chosen = (self.flavors.is_empty() && self.tags.is_empty())
            || self.flavors.iter().any(|flavor| flavor.fits(&element.flavor))
            || tagged(&self.tags);
        chosen && !tagged(&self.excluded)
    }
}

/// The items of a list separated by commas.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Changes tags as `target-tags` says: `+tag` adds, `-tag` removes; without any sign the list replaces what was there.
pub fn change_tags(tags: &mut Vec<String>, target: &str) {
    if !target.contains(['+', '-']) || list(target).all(|tag| !tag.starts_with(['+', '-'])) {
        if list(target).next().is_some() {
            tags.clear();
        }
        for tag in list(target) {
            add(tags, tag);
        }
        return;
    }
    for tag in list(target) {
        match tag.strip_prefix('-') {
            Some(removed) => tags.retain(|tag| tag != removed),
            None => add(tags, tag.strip_prefix('+').unwrap_or(tag)),
        }
    }
}

fn add(tags: &mut Vec<String>, tag: &str) {
    if !tags.iter().any(|known| known == tag) {
        tags.push(tag.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(flavor: &str, tags: &[&str]) -> Element {
        Element {
            flavor: flavor.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..Element::default()
        }
    }

    #[test]
    fn a_flavor_or_a_tag_is_enough() {
        let selection = Selection::parse("*/source, dublincore/episode", "engage").unwrap();
        assert!(selection.has(&element("presenter/source", &[])));
        assert!(selection.has(&element("presenter/delivery", &["a", "engage"])));
        assert!(!selection.has(&element("presenter/delivery", &["a"])));
    }

    #[test]
    fn an_excluded_tag_counts_before_everything_else() {
        let selection = Selection::parse("presenter/*", "-archive").unwrap();
        assert!(selection.has(&element("presenter/source", &[])));
        assert!(!selection.has(&element("presenter/source", &["archive"])));
        let all_but = Selection::parse("", "-archive").unwrap();
        assert!(all_but.has(&element("x/y", &[])));
    }

    #[test]
    fn what_is_no_flavor_is_refused() {
        for flavor in ["presenter", "/source", "presenter/", "a/b/c", "a b/c"] {
            assert!(Selection::parse(flavor, "").is_err(), "{flavor}");
        }
        assert_eq!(
            Flavor::parse("*/delivery").unwrap().applied_to("presenter/source"),
            "presenter/delivery"
        );
    }

    #[test]
    fn tags_are_added_removed_or_replaced() {
        let changed = |target| {
            let mut tags = vec!["a".to_owned(), "b".to_owned()];
            change_tags(&mut tags, target);
            tags.join(",")
        };
        assert_eq!(changed("+c,-a"), "b,c");
        assert_eq!(changed("+a"), "a,b");
        assert_eq!(changed("c,d,c"), "c,d");
        assert_eq!(changed("with-dash"), "with-dash");
        assert_eq!(changed(""), "a,b");
    }
}
