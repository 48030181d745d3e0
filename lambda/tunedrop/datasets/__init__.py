"""What is below datasets/: layout, file names, copies."""
