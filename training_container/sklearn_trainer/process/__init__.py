"""The processes, threads and memory of a training job."""
