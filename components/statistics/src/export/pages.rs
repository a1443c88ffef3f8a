//! The lines of many resources, page by page.

use std::rc::Rc;

use lectern_handler::Interrupted;
use lectern_handler::api::{Item, Query as Search, Question, Reason, Session, TimeSeries};
use lectern_handler::metadata::Layouts;

use super::listed::Description;
use super::table::Table;

/// How many lines are made at once, roughly.
const LINES: usize = 20_000;

/// How many resources are read at once, however few lines they have.
const PAGE: usize = 500;

/// An iterator over the pieces of a table.
pub struct Pages {
    session: Rc<dyn Session>,
    search: Search,
    /// What is asked about each resource.
    question: Question,
    layouts: Layouts,
    table: Table,
    chunk: usize,
    /// How many resources may still come; all if none.
    left: Option<u64>,
    is_done: bool,
}

impl Pages {
    pub fn new(session: &Rc<dyn Session>, search: Search, question: Question, layouts: Layouts, table: Table) -> Pages {
        Pages {
            session: Rc::clone(session),
            search,
            question,
            layouts,
            table,
            chunk: PAGE,
            left: None,
            is_done: false,
        }
    }

    /// Leaves resources out at the start, and ends behind some.
    pub fn within(mut self, offset: u64, limit: Option<u64>) -> Pages {
        self.search.offset = offset;
        self.left = limit;
        self
    }

    /// Reads so many resources at once that there are not too many lines, given how many each has.
    pub fn with_buckets(mut self, buckets: usize) -> Pages {
        self.chunk = (LINES / buckets.max(1)).clamp(1, PAGE);
        self
    }

    fn page(&mut self) -> Result<String, Interrupted> {
        let chunk = self.chunk as u64;
        let limit = self.left.map_or(chunk, |left| left.min(chunk));
        self.search.limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let page = self.session.find(&self.search).map_err(|_| Interrupted)?;
        for (item, series) in self.counted(&page.items)? {
            let description = Description::of(&self.layouts, &item.values);
            self.table.lines(&item.identifier, &description, &series);
        }
        let read = page.items.len() as u64;
        self.left = self.left.map(|left| left.saturating_sub(read));
        self.is_done = read == 0 || page.next.is_none() || self.left == Some(0);
        self.search.offset = 0;
        self.search.cursor = page.next;
        Ok(self.table.take())
    }

    /// The views of all items. One that has just been deleted, or hidden, is left out.
    fn counted<'i>(&self, items: &'i [Item]) -> Result<Vec<(&'i Item, TimeSeries)>, Interrupted> {
        let about = |item: &Item| Question {
            resource_id: item.identifier.clone(),
            ..self.question.clone()
        };
        let questions: Vec<Question> = items.iter().map(about).collect();
        match self.session.count_views(&questions) {
            Ok(series) => Ok(items.iter().zip(series).collect()),
            Err(error) if error.reason == Reason::Denied => {
                let mut counted = Vec::new();
                for (item, question) in items.iter().zip(&questions) {
                    match self.session.count_views(std::slice::from_ref(question)) {
                        Ok(series) => counted.extend(series.into_iter().map(|series| (item, series))),
                        Err(error) if error.reason == Reason::Denied => {}
                        Err(_) => return Err(Interrupted),
                    }
                }
                Ok(counted)
            }
            Err(_) => Err(Interrupted),
        }
    }
}

impl Iterator for Pages {
    type Item = Result<String, Interrupted>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let page = self.page();
        self.is_done |= page.is_err();
        Some(page)
    }
}
