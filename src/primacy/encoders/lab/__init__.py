"""`lab:` encoders: small CLIPs that `primacy lab` trains. The model, its words, and how it is served."""
