"""datar-edge: a deformable audio transformer, from PyTorch to the phone."""
