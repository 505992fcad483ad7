"""Run a network: tensor to tensor. The only room that names a runtime."""
