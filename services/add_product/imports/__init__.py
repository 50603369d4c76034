"""Import files: from uploaded bytes to written products and a report by row and field.

In order: encoding (bytes to text), table or lines (text to records), headings (which column is which field),
candidates (records to validated values), importer (values to database rows), report.
"""
