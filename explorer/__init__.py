"""Latent Explorer: hold a generative model in your hands."""
