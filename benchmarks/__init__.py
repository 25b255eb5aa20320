"""`python -m benchmarks` measures how fast and how small Callme is, and prints one table."""
