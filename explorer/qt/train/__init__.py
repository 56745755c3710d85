"""The Train page: runs, the form of a new one, and one run in view."""
