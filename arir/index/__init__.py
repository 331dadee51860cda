"""Indexes: BM25 (Lucene) and dense (FAISS), laid out as Pyserini expects, and multi-vector."""
