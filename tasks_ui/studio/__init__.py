"""The studio: where process owners change diagrams, tables and forms, try the change, publish it and take it back."""
