"""How a service is run, whatever it is about: its factory, server, settings, logs, metrics, and answers."""
