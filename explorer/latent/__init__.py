"""Pure numpy geometry of latent spaces."""
