"""Models that others made: read, tried and described in a process of their own, and made into bundles."""
