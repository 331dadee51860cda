"""Java without an installed Java, and the parts of Lucene and Anserini that arir calls."""
