"""Do two compute the same?"""
