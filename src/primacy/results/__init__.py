"""Results: versioned records and the run folder that holds them."""
