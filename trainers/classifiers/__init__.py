"""Small classifiers whose features the quality metrics are measured in."""
