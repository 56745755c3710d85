"""Files out of the app: pictures and the recipes inside them."""
