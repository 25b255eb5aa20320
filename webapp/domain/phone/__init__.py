"""Phone numbers: reading what people type, and writing it."""
