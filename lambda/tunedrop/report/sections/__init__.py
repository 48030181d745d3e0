"""The report's sections about the model and the data: sentences and small tables, no HTML."""
