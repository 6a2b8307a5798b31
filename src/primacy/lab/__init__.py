"""The lab: small CLIPs trained under dials, to find what causes a bias. See docs/lab/."""
