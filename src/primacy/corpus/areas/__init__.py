"""How much of an image each category covers: from annotations, from a table, or from detectors."""
