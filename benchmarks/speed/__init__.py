"""How fast is it: against others, against the machine, as it grows, and step by step?"""
