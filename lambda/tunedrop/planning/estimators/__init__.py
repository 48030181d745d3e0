"""Which estimators a run has, what is tuned of them, and which values they take."""
