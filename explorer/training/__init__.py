"""Client of the trainers: starts them as processes of their own, reads the run folders they write, and steers them."""
