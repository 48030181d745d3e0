"""What the report says about the model and the data, found out on rows the model had not seen."""
