"""`.pte` files, by torch.export and XNNPACK's partitioner."""
