"""Who is better, by planned seeds?"""
