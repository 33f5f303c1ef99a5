"""The pure core: diagrams, expressions, decisions, forms and the machine that runs them. No database, web or clock."""
