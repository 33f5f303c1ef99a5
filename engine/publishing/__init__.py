"""Publishing: what stands in the way, what it does to running cases, taking it back; files in and out."""
