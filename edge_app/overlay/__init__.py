"""Draw what a person looks at: frame, classes and figures on one canvas."""
