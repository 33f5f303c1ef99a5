"""Reports and key figures (DOMAIN 5): measures, the question asked of them, and the fixed reports."""
