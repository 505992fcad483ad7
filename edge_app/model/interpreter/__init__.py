"""Running a network, tensor to tensor. The only folder that names a runtime."""
