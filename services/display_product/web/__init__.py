"""HTTP and browser concerns of the pages, independent of their content."""
