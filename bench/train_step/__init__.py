"""Training steps of every family: arir against the plain trainers of sentence-transformers.

    python -m bench.train_step [CASE ...]

Both ways get the same random weights, examples, batches, loss, optimiser, precision and device;
dropout is off, so that the losses must agree, and the gap between them is printed. They take turns
and the best of each counts. What is timed is tokenising and the steps; opening the model, building
the data set and setting the trainer up is not. Nothing is downloaded.

On a CPU the student is a BERT of 6 layers, 384 wide; on a GPU of 12 layers, 768 wide, in larger
batches. Utilisation is 6 * parameters * tokens / seconds as a share of the device's peak: a
parameter takes 2 floating-point operations a token forward and 4 backward (Kaplan et al., 2020,
arXiv 2001.08361, section 2.1). Embeddings, products of attention and padding are left out, and so
is what is computed a second time.
"""
