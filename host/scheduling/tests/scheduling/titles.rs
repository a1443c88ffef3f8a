use lectern_scheduling::numbered_titles;

#[test]
fn titles_are_numbered_from_one_after_a_blank() {
    let titles: Vec<_> = numbered_titles("Captivating title", 9).collect();
    assert_eq!(titles.first().unwrap(), "Captivating title 1");
    assert_eq!(titles.last().unwrap(), "Captivating title 9");
    assert_eq!(titles.len(), 9);
}

#[test]
fn numbers_are_padded_to_the_width_of_the_total_so_that_titles_sort() {
    let titles: Vec<_> = numbered_titles("My Event", 16).collect();
    assert_eq!(titles.first().unwrap(), "My Event 01");
    assert_eq!(titles.last().unwrap(), "My Event 16");
    assert!(titles.is_sorted());
    assert_eq!(numbered_titles("My Event", 25_000).next().unwrap(), "My Event 00001");
}

#[test]
fn the_only_occurrence_of_a_rule_is_number_one() {
    assert_eq!(numbered_titles("Lecture", 1).collect::<Vec<_>>(), ["Lecture 1"]);
}

#[test]
fn without_a_title_there_is_the_number_alone() {
    assert_eq!(numbered_titles("", 2).collect::<Vec<_>>(), ["1", "2"]);
}
