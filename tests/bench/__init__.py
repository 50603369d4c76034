"""What the catalogue takes, measured: `make bench`."""
