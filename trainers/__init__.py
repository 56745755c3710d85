"""Trains generative models and writes them as bundles; PyTorch, command line."""
