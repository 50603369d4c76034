"""Import files: from uploaded bytes to written products and a report by row and field.

In order: encoding (bytes to text), table or lines (text to records), headings (which cell is what),
candidates (records to checked values), importer (values to rows of the database), report.
"""
