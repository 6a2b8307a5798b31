"""What is shown: vocabularies, object sets, orders, templates, and the designs made of them. Pure: no torch, no I/O
beyond reading a vocabulary file."""
