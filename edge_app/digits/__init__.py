"""Find handwritten digits in a picture and bring each into the form of MNIST."""
