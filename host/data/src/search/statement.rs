//! Statements put together from parts, text and parameters in step.

use crate::sql::{Param, Row, Sql, SqlError};

/// A parameter that a part of a query keeps.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    Null,
    Integer(i64),
    Text(String),
}

impl Bound {
    pub fn param(&self) -> Param<'_> {
        match self {
            Bound::Null => Param::Null,
            Bound::Integer(value) => Param::Integer(*value),
            Bound::Text(text) => Param::Text(text),
        }
    }
}

/// A statement under construction.
#[derive(Debug, Default)]
pub struct Statement<'a> {
    text: String,
    params: Vec<Param<'a>>,
    has_conditions: bool,
}

impl<'a> Statement<'a> {
    pub fn new(text: impl Into<String>) -> Self {
        Statement {
            text: text.into(),
            ..Statement::default()
        }
    }

    /// Appends text without parameters.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Continues with another condition.
    pub fn and(&mut self) -> &mut Self {
        let word = if self.has_conditions { " AND " } else { " WHERE " };
        self.has_conditions = true;
        self.push(word)
    }

    /// Gives the next `?` of the text its value.
    pub fn bind(&mut self, param: Param<'a>) -> &mut Self {
        self.params.push(param);
        self
    }

    pub fn query(&self, sql: &dyn Sql, each: &mut dyn FnMut(&dyn Row) -> Result<(), SqlError>) -> Result<(), SqlError> {
        sql.query(&self.text, &self.params, each)
    }

    /// The integer in the first column of the first row, 0 if there is none.
    pub fn number(&self, sql: &dyn Sql) -> Result<i64, SqlError> {
        let mut number = 0;
        self.query(sql, &mut |row| {
            number = row.column(0).integer().unwrap_or_default();
            Ok(())
        })?;
        Ok(number)
    }
}
