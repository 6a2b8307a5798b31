"""Objects: where each comes from, under which licence, and how it looks from eight sides."""
