"""Why do two models differ, and what is to be written?"""
