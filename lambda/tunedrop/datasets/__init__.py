"""What lies below datasets/: layout, file names, copies."""
