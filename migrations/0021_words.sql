-- The words of all texts that are searched, so that a search for a piece of a word need not read the texts: it finds the words that have it, and
-- in the index of the texts (event_gram and others) those that have these words.

-- See host/data/src/text/word.rs for what a word is. texts: in how many texts it is, counted up to 16.
CREATE TABLE word (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, texts INTEGER NOT NULL) STRICT;
CREATE VIRTUAL TABLE word_gram USING fts5 (gram, content = '', columnsize = 0, detail = 'none', tokenize = 'ascii');
