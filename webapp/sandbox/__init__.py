"""The stand-in DialogTech and the sample landing page: what the demo needs besides Callme itself."""
