"""The stand-in DialogTech and the sample landing page of the demo."""
