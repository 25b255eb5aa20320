"""What Callme knows without Flask, SQL or HTTP: numbers, call states, sites, tokens."""
