"""Servers are killed, frozen and cut off while visitors ask for calls; then the ledgers are compared.

Short in the suite (tests/integration/test_chaos.py), long by `make chaos`.
"""
