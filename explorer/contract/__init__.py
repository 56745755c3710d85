"""What passes between trainers and explorer: bundles, run folders, pixels and the errors about them."""
