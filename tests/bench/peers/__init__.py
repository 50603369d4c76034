"""What others would build: applications on the catalogue's own table, which `make bench` measures it beside.

They run with packages that the catalogue does not have (`requirements/bench.txt`).
"""
