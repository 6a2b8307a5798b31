"""Caption corpora: which objects captions mention, in what order, and whether that order tells which is larger."""
