"""What the three services share: the product, its storage, and its wire format."""

__version__ = "0.1.0"
