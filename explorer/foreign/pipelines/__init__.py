"""Latent diffusion in the folders that other programs export: a U-Net, an autoencoder, text encoders, a scheduler."""
