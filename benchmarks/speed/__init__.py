"""How fast, beside others and the machine?"""
