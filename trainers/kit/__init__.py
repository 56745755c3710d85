"""What every family of models needs to be trained, measured and exported."""
