"""`tunedrop doctor`: whether a deployment is right, a check for each thing that AWS may lack."""
