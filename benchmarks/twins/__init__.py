"""Do a user's own two models compute the same?"""
