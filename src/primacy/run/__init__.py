"""The one place where design, encoders, probes, statistics and report meet."""
