"""What the report's sections about the model and the data say: words and small tables, no HTML."""
