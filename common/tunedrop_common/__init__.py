"""What the Lambdas and the training container both know; the standard library and pydantic only."""
