"""What the three services share: the product, its storage, its wire format, and how a service is run."""

__version__ = "0.1.0"
