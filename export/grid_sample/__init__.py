"""`grid_sample` of anybody's program, in operators that runtimes run fast."""
