"""The stand-in DialogTech and the sample landing page: what a demo needs besides Callme itself."""
