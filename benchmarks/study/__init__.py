"""Who is better, by planned seeds, and did a change make a difference?"""
