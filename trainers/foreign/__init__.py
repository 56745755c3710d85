"""Models of others, from files of weights to bundles; no code of a file is ever run."""
