"""The property application: diagrams, decision tables and forms as data, and the services they call."""
