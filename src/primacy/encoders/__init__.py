"""Encoders: texts in, vectors out. One file a source, plus the store that keeps vectors and the nulls."""
