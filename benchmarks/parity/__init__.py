"""Do two frameworks compute the same?"""
