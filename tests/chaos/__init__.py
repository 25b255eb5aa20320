"""Kills, freezes and cuts off servers while visitors ask for calls, and then compares the ledgers.

The suite has a short run (tests/integration/test_chaos.py); `make chaos` is a long one.
"""
