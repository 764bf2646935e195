"""HTTP in and out: Flask's views, and nothing else."""
