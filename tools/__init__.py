"""Programs of the Makefile that maintain the project: licences, oldest versions, tables."""
