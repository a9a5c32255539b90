"""The porting bench: situations with their truth, and the networks that people port."""
