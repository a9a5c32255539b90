"""Do a user's own two models?"""
