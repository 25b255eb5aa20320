"""The use cases: what Callme does, in terms of the domain, a store and a provider."""
