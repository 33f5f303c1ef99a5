"""A general BPMN work engine: the pure core and the use cases. It knows nothing of property."""
