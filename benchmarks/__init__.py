"""How fast and how small Callme is: `python -m benchmarks` measures it and prints one table."""
