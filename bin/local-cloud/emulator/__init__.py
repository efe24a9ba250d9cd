"""ministack, plus what a serverless inference stack needs and ministack lacks. See ../README.md for the table."""
