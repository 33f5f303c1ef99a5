"""The web application: pages, the command line, what both read from outside."""
